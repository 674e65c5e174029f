"""Each service does at its doors what its OpenAPI document says, whatever is sent there: schemathesis tries."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn

import campaigns.app
import campaigns.settings
import leads.app
import leads.settings
import metrics.app
import metrics.settings
import territory.app
import territory.settings
from chassis_testing import TOKEN, ServiceUnderTest, service_fixture
from leads.api.form_cache import published

CONFIG = Path(__file__).with_name("schemathesis.toml")

leads_service = service_fixture(leads.app.build, leads.settings.LeadsSettings)
territory_service = service_fixture(territory.app.build, territory.settings.TerritorySettings)
campaigns_service = service_fixture(campaigns.app.build, campaigns.settings.CampaignsSettings)
metrics_service = service_fixture(metrics.app.build, metrics.settings.MetricsSettings)


@asynccontextmanager
async def listening(service: ServiceUnderTest) -> AsyncIterator[str]:
    """The service's doors on a port of this machine, as its process opens them."""
    server = uvicorn.Server(uvicorn.Config(service.service.asgi, port=0, lifespan="off", log_config=None))
    serving = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


async def does_what_it_says(service: ServiceUnderTest, empty: Path) -> None:
    """Runs every check on every door; the same seed, the same requests."""
    async with listening(service) as url:
        words = [
            "--config-file",
            str(CONFIG),
            "run",
            f"{url}/openapi.json",
            "--header",
            f"Authorization: Bearer {TOKEN}",
        ]
        trying = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "schemathesis.cli",
            *words,
            stdout=-1,
            stderr=-2,
            env={**os.environ, "NO_COLOR": "1"},
            cwd=empty,  # it remembers failures where it runs
        )
        said, _ = await trying.communicate()
    assert trying.returncode == 0, said.decode()


async def test_leads_does_what_its_document_says(leads_service: ServiceUnderTest, tmp_path: Path) -> None:
    await published(leads_service.service).look()  # what its process does as it begins
    await does_what_it_says(leads_service, tmp_path)


async def test_territory_does_what_its_document_says(territory_service: ServiceUnderTest, tmp_path: Path) -> None:
    await does_what_it_says(territory_service, tmp_path)


async def test_campaigns_does_what_its_document_says(campaigns_service: ServiceUnderTest, tmp_path: Path) -> None:
    await does_what_it_says(campaigns_service, tmp_path)


async def test_metrics_does_what_its_document_says(metrics_service: ServiceUnderTest, tmp_path: Path) -> None:
    await does_what_it_says(metrics_service, tmp_path)
