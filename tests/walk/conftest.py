"""The four services in one process, on a real Kafka and a real Postgres, so that one profiler and one exporter see the whole walk."""

import asyncio
import contextlib
import importlib
import socket
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
import yaml
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import SecretStr

from chassis import Service, migrations, telemetry
from chassis_testing import MACHINE, MASTER, TOKEN, grants, lets_in
from contracts.territory.access import UNPLACED
from tributary.kafka import LocalKafka
from tributary.postgres import address_of, ensure_role_and_database
from tributary.topics import create_topics
from tributary.traffic import market

SERVICES = ("leads", "territory", "campaigns", "metrics")


@dataclass
class World:
    """Four services at work."""

    urls: dict[str, str]
    http: httpx.AsyncClient
    spans: InMemorySpanExporter


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _serve(service: Service) -> tuple[uvicorn.Server, list["asyncio.Task[None]"]]:
    config = uvicorn.Config(
        service.asgi, port=service.settings.port, lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    return server, [asyncio.create_task(server.serve()), asyncio.create_task(service._work())]


@pytest.fixture
async def world(postgres_server: str, tmp_path: Path) -> AsyncIterator[World]:
    loop = asyncio.get_running_loop()
    spans = InMemorySpanExporter()
    telemetry.record_spans("walk", SimpleSpanProcessor(spans))
    kafka = LocalKafka(tmp_path / "kafka", port=free_port())
    bootstrap = await loop.run_in_executor(None, kafka.start)
    services, running, run = [], [], uuid.uuid4().hex[:8]
    try:
        await loop.run_in_executor(None, create_topics, kafka.bus)
        for name in SERVICES:
            url = await loop.run_in_executor(
                None, ensure_role_and_database, postgres_server, f"walk_{run}_{name}", "walk"
            )
            await loop.run_in_executor(None, migrations.upgrade, name, url)
            settings_type = getattr(importlib.import_module(f"{name}.settings"), f"{name.capitalize()}Settings")
            settings = settings_type(
                database_url=SecretStr(address_of(url, "worker")),
                door_database_url=SecretStr(address_of(url, "door")),
                kafka_bootstrap_servers=[bootstrap],
                port=free_port(),
                instance="walk",
                operator_token=SecretStr(TOKEN),
                master_key=SecretStr(MASTER),
                trace_ratio=1.0,
            )
            service = importlib.import_module(f"{name}.app").build(settings)
            services.append(service)
            running.append(await _serve(service))
        urls = {s.name: f"http://127.0.0.1:{s.settings.port}" for s in services}
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {TOKEN}"}, timeout=20, trust_env=False) as http:
            async with asyncio.timeout(60):
                while any([(await http.get(f"{url}/readyz")).status_code != 200 for url in urls.values()]):
                    await asyncio.sleep(0.1)
            put = {"content": market().encode(), "headers": {"content-type": "application/yaml"}}
            assert (await http.put(f"{urls['territory']}/v1/market", **put)).status_code == 200
            teams = [team["id"] for team in yaml.safe_load(market())["teams"]]
            for service in services:
                lets_in(service)
                await grants(service.database, MACHINE, *teams, UNPLACED)
            yield World(urls, http, spans)
    finally:
        for service, (server, tasks) in zip(services, running, strict=True):
            service.stopping.set()
            server.should_exit = True
            await service.kafka_consumer.stop()
            await asyncio.wait(tasks, timeout=5)
            await service.database.close()
        await loop.run_in_executor(None, kafka.stop)
