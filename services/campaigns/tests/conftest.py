"""The service whole, for component tests."""

from campaigns.app import build
from campaigns.settings import CampaignsSettings
from chassis_testing import service_fixture

service = service_fixture(build, CampaignsSettings, teams=("berlin", "munich"))
