"""The four services, each whole on a database of its own, and the spans that they record."""

import sys
from pathlib import Path

import yaml

import chassis_testing
from campaigns.app import build as build_campaigns
from campaigns.settings import CampaignsSettings
from leads.app import build as build_leads
from leads.settings import LeadsSettings
from metrics.app import build as build_metrics
from metrics.settings import MetricsSettings
from territory.app import build as build_territory
from territory.settings import TerritorySettings
from tributary.traffic import market

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))  # for what people and programs get wrong at the doors

TEAMS = [team["id"] for team in yaml.safe_load(market())["teams"]]
leads = chassis_testing.service_fixture(build_leads, LeadsSettings, teams=TEAMS, trust_traces=True)
territory = chassis_testing.service_fixture(build_territory, TerritorySettings, teams=TEAMS, trust_traces=True)
campaigns = chassis_testing.service_fixture(build_campaigns, CampaignsSettings, teams=TEAMS, trust_traces=True)
metrics = chassis_testing.service_fixture(build_metrics, MetricsSettings, teams=TEAMS, trust_traces=True)
spans = chassis_testing.spans
