"""The service whole, for component tests."""

from chassis_testing import service_fixture
from territory.app import build
from territory.settings import TerritorySettings

service = service_fixture(build, TerritorySettings, teams=("germany", "berlin", "munich", "head-office"))
