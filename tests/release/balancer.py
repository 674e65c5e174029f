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

DRAIN_S = 1.0  # as long as a pod that is to end still takes what comes, until nobody sends it any more


class Balancer:
    """Caddy with one door for each service. ``behind`` says which replicas take what comes."""

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

    def behind(self, service: str, *replicas: str) -> None:
        """From now on these take what comes; whoever is not among them has had time to answer what he had."""
        self._replicas[service] = list(replicas)
        connection = http.client.HTTPConnection("127.0.0.1", self._admin, timeout=10)
        connection.request("POST", "/load", json.dumps(self._config()), {"content-type": "application/json"})
        answer = connection.getresponse()
        said = answer.read().decode()
        connection.close()
        assert answer.status == 200, said
        time.sleep(DRAIN_S)

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
            "load_balancing": {"selection_policy": {"policy": "round_robin"}},
            "transport": {"protocol": "http", "dial_timeout": "2s"},
            "flush_interval": -1,
        }
        return {
            "listen": [f"127.0.0.1:{self._ports[name]}"],
            "automatic_https": {"disable": True},
            "routes": [{"handle": [proxy]}],
        }
