"""What stands before the replicas of every service, as a cluster's own would: one address each, behind which they come and go."""

import http.client
import json
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tributary.child_process import Owned, free_port
from tributary.gateway import caddy

PROBE_S, FAILURES = 0.5, 20  # as the chart has it: who is not ready for ten seconds is sent nothing
TRIES_S = "10s"  # who can't be reached at all has taken nothing, and another is asked


class Balancer:
    """Caddy with one door for each service. ``replicas`` are all that there will ever be; those that are ready take what comes."""

    def __init__(self, home: Path, replicas: Mapping[str, list[str]]) -> None:
        self._replicas = dict(replicas)
        self._ports = {name: free_port() for name in replicas}
        self._admin = free_port()
        home.mkdir(parents=True, exist_ok=True)
        config = home / "balancer.json"
        config.write_text(json.dumps(self._config()))
        told = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_DATA_HOME": str(home)}
        command = [caddy(), "run", "--config", config]
        self._process = Owned("the balancer", command, log=home / "balancer.log", env=told, grace=5)

    def url(self, service: str) -> str:
        """Where everybody comes to a service."""
        return f"http://127.0.0.1:{self._ports[service]}"

    def __enter__(self) -> Self:
        self._process.start()
        end = time.monotonic() + 10
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self._admin, timeout=1)
                connection.request("GET", "/config/")
                connection.getresponse().read()
                connection.close()
                return self
            except OSError:
                assert time.monotonic() < end, self._process.tail()
                time.sleep(0.05)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.stop()

    def _config(self) -> dict[str, Any]:
        return {
            "admin": {"listen": f"127.0.0.1:{self._admin}", "config": {"persist": False}},
            "logging": {"logs": {"default": {"level": "WARN"}}},
            "apps": {"http": {"servers": {name: self._server(name) for name in self._replicas}}},
        }

    def _server(self, name: str) -> dict[str, Any]:
        proxy = {
            "handler": "reverse_proxy",
            "upstreams": [{"dial": one.removeprefix("http://")} for one in self._replicas[name]],
            "load_balancing": {
                "selection_policy": {"policy": "round_robin"},
                "try_duration": TRIES_S,
                "try_interval": "50ms",
            },
            "health_checks": {
                "active": {"uri": "/readyz", "interval": f"{PROBE_S}s", "timeout": "4s", "passes": 1, "fails": FAILURES}
            },
            "transport": {"protocol": "http", "dial_timeout": "2s", "keep_alive": {"enabled": False}},
            "flush_interval": -1,
        }
        return {
            "listen": [f"127.0.0.1:{self._ports[name]}"],
            "automatic_https": {"disable": True},
            "routes": [{"handle": [proxy]}],
        }
