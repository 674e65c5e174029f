"""The metrics service whole, on a real Postgres."""

from chassis_testing import service_fixture
from metrics.app import build
from metrics.settings import MetricsSettings

service = service_fixture(
    build,
    MetricsSettings,
    teams=("berlin", "roma", "oslo"),
    stream_tick_ms=10,
    stream_readers=3,
    stream_ring_bytes=2000,
    stream_backlog=4,
    stream_keep_alive_s=0.05,
)
