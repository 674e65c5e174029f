"""The toy service whole; tests import it by name, as a service's process would."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from toy.app import build

import chassis_testing
from chassis import Settings

service = chassis_testing.service_fixture(build, Settings)
spans = chassis_testing.spans
