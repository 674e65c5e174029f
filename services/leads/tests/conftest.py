"""The leads service on a real Postgres."""

from chassis_testing import service_fixture
from leads.app import build
from leads.settings import LeadsSettings

service = service_fixture(build, LeadsSettings, teams=("berlin", "munich"))
