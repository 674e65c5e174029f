"""The toy service whole; tests import it by name, as a service's process would."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from toy.app import build

from chassis import Settings
from chassis.testing import service_fixture

service = service_fixture(build, Settings)
