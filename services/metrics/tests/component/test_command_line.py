"""`python -m metrics recompute`, as an operator types it."""

import asyncio
import os
import sys
from datetime import UTC, datetime
from uuid import UUID

from chassis_testing import ServiceUnderTest
from contracts.leads.lead import LeadCaptured

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


async def recompute(service: ServiceUnderTest, how: str) -> tuple[int, str]:
    url = service.service.settings.database_url.get_secret_value()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "metrics",
        "recompute",
        how,
        env={**os.environ, "DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def test_the_check_exits_1_naming_what_differs_and_the_rebuild_puts_it_right(service: ServiceUnderTest) -> None:
    await service.receives(LeadCaptured(lead_id=UUID(int=1), source="web", occurred_at=NOON, captured_at=NOON))
    assert await recompute(service, "--check") == (0, "0 numbers differ from the facts\n")
    await service.sql("""update kpi_part set measures = '{"leads": 7}' where by = 'channel'""")
    status, said = await recompute(service, "--check")
    assert (status, said.splitlines()[0]) == (
        1,
        '{"number": ["(unplaced)", "channel", "web", "leads"], "live": 7, "right": 1}',
    )
    await service.sql("""update kpi set measures = '{"leads": 9}' where by = 'channel'""")
    assert (
        '{"number": ["(all)", "channel", "web", "leads"], "live": 9, "right": 1}'
        in (await recompute(service, "--check"))[1]
    )
    assert (await recompute(service, "--rebuild"))[0] == 0
    assert (await recompute(service, "--check"))[0] == 0
