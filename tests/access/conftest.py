"""The four services whole, each on a real Postgres with the roles that its doors and workers have."""

from pathlib import Path

from campaigns.app import build as campaigns_app
from campaigns.settings import CampaignsSettings
from chassis_testing import service_fixture
from leads.app import build as leads_app
from leads.settings import LeadsSettings
from metrics.app import build as metrics_app
from metrics.settings import MetricsSettings
from territory.app import build as territory_app
from territory.settings import TerritorySettings

HERE = Path(__file__).resolve().parents[2]

leads = service_fixture(leads_app, LeadsSettings)
campaigns = service_fixture(campaigns_app, CampaignsSettings)
territory = service_fixture(territory_app, TerritorySettings)
metrics = service_fixture(metrics_app, MetricsSettings, stream_tick_ms=10, stream_readers=50)
