"""``tributary doctor``: says in words what is wrong with an installation, how bad that is, and what to do.

Status 0 says that nothing was found, 1 that something was, 2 that nothing could be looked at. Without options it looks at the
stack that runs here; with them at any other, whose Kafka it comes to as the environment says (TRIBUTARY_KAFKA_USER and the rest).
"""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from contracts.hearers import HEARS
from tributary.bus import Bus
from tributary.child_process import StackError
from tributary.doctor import databases, doors, kafka, machines
from tributary.doctor.finding import Finding, Installation, Limits, Report
from tributary.running import Running, read

PAGES = "docs/runbooks/{page}.md"
Pairs = list[str] | None


def doctor(
    kafka_at: Annotated[str, typer.Option("--kafka", help="Bootstrap servers.")] = "",
    database: Annotated[
        Pairs, typer.Option(help="SERVICE=postgresql://..., as its _watch role; may be repeated.")
    ] = None,
    url: Annotated[Pairs, typer.Option(help="SERVICE=http://...; may be repeated.")] = None,
    issuer: Annotated[str, typer.Option(help="The issuer of tokens.")] = "",
    folder: Annotated[list[Path] | None, typer.Option(help="A folder whose file system must have room.")] = None,
    behind: Annotated[float, typer.Option(help="Seconds that a service may be behind.")] = Limits.behind_s,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of text.")] = False,
) -> None:
    """Says what is wrong with an installation, how bad that is, and what to do."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what it means is said in our words
    limits = Limits(behind_s=behind)
    try:
        if kafka_at or database or url or issuer or folder:
            looked_at = Installation(
                Bus(kafka_at),
                _pairs("--url", url),
                _pairs("--database", database),
                issuer,
                folders=folder or (),
                limits=limits,
            )
        else:
            looked_at = of(read(), limits)
        report = examined(looked_at)
    except StackError as failure:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]{escape(str(failure))}[/red]")
        raise typer.Exit(2) from None
    show(report, json_wanted=as_json)
    if report.findings:
        raise typer.Exit(1)
    if not report.looked_at:
        raise typer.Exit(2)


def of(running: Running, limits: Limits = Limits()) -> Installation:
    """What is to be looked at of a stack that runs here."""
    here = bool(running.home)
    return Installation(
        running.bus,
        {name: service.url for name, service in running.services.items()},
        {name: service.watched or service.database for name, service in running.services.items()},
        running.issuer if "issuer" in running.pids else "",
        running.token,
        visitors=bool(running.secured) and running.kafka != running.secured,
        folders=(Path(running.home),) if here else (),
        limits=limits,
    )


def examined(installation: Installation) -> Report:
    """Everything that is wrong, the worst first."""
    report = Report()
    if installation.bus.address:
        kafka.look(installation, report)

    async def rest() -> None:
        await asyncio.gather(
            databases.look(installation, report),
            doors.look(installation, report),
            machines.certificates(installation, report),
        )

    asyncio.run(rest())
    machines.disks(installation, report)
    report.findings.sort(key=lambda found: (found.severity, found.code, found.where))
    return report


def _pairs(option: str, given: Sequence[str] | None) -> Mapping[str, str]:
    pairs = dict(one.partition("=")[::2] for one in given or ())
    for service, value in pairs.items():
        if service not in HEARS or not value:
            raise StackError(f"{option} takes SERVICE=ADDRESS, and a service is one of {', '.join(HEARS)}.")
    return pairs


def show(report: Report, *, json_wanted: bool) -> None:
    """On the standard output."""
    console = Console(highlight=False, soft_wrap=True, emoji=False, markup=not json_wanted)
    if json_wanted:
        findings = [{**asdict(found), "page": PAGES.format(page=found.page)} for found in report.findings]
        told = {
            "well": not report.findings,
            "findings": findings,
            "unseen": report.unseen,
            "looked_at": report.looked_at,
        }
        console.print(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for found in report.findings:
        console.print(_words(found))
    for what in report.unseen:
        console.print(f"[yellow]Not looked at: {escape(what)}[/yellow]")
    if not report.findings:
        console.print(f"Nothing is wrong with what was looked at: {escape(', '.join(report.looked_at) or 'nothing')}.")


def _words(found: Finding) -> str:
    color = "red" if found.severity == "critical" else "yellow"
    head = f"[{color}]{found.severity}[/{color}] [bold]{found.code}[/bold]: {escape(found.where)}: {escape(found.what)}"
    return f"{head}\n    do: {escape(found.do)}\n    see: {PAGES.format(page=found.page)}"
