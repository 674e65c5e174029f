"""`python -m metrics`."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping

import typer

from chassis import Transaction, cli
from metrics.app import build
from metrics.domain.catalogue import page
from metrics.settings import MetricsSettings
from metrics.use_cases import recompute as use_case

Found = Mapping[tuple[str, ...], tuple[int, int]]

app = cli(build, MetricsSettings, "metrics")


@app.command(
    help="Makes every number anew from the facts. --check exits 1 if a live one differs, --rebuild puts it right."
)
def recompute(
    rebuild: bool = typer.Option(..., "--rebuild/--check", help="put the numbers right, or only compare them"),
) -> None:
    """One line per number that differs: what it is, what it was, what it should be."""
    found = asyncio.run(_in_a_transaction(use_case.rebuild if rebuild else use_case.check))
    for number, (live, right) in found.items():
        sys.stdout.write(json.dumps({"number": number, "live": live, "right": right}, ensure_ascii=False) + "\n")
    sys.stdout.write(
        f"{len(found)} numbers differ from the facts{' and were put right' if rebuild and found else ''}\n"
    )
    if found and not rebuild:
        raise typer.Exit(1)


@app.command(help="Says what every number and every dimension means, as the README has it.")
def catalogue() -> None:
    """Markdown, from the definitions."""
    sys.stdout.write("\n".join(page()) + "\n")


async def _in_a_transaction(work: Callable[[Transaction], Awaitable[Found]]) -> Found:
    service = build(MetricsSettings())
    try:
        async with service.database.transaction() as tx:
            return await work(tx)
    finally:
        await service.database.close()


if __name__ == "__main__":
    app()
