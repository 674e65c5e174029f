"""``tributary replay``: plays a CSV file through the batch door of the running stack.

The file is judged first (``tributary.imports``): nothing is sent while it is not sure what it says. Leads have their ids from
their list and their own id or content, so a row sent twice is one lead: after a kill the same command goes on where it was, a
whole file played again changes nothing, and of a corrected one only what was refused or changed is new.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from tributary.child_process import StackError
from tributary.door import Door, Where
from tributary.ending import ended_by_signals
from tributary.imports.asked import Answers, Kind
from tributary.imports.judging import Judged, judged
from tributary.imports.naming import Names
from tributary.imports.rows import entry
from tributary.imports.table import Mark
from tributary.place import Place, Refused, places
from tributary.running import read
from tributary.state import secret, state

BATCH_ROWS = 500
BATCH_BYTES = 3 * 2**20  # the door takes 4 MiB
ROW_BYTES = 200 * 2**10
IN_FLIGHT = 2
DOORS: dict[Kind, str] = {"leads": "/v1/leads/batch", "outcomes": "/v1/outcomes"}


def replay(
    file: Annotated[Path, typer.Argument(help="A CSV file of leads, with a header.")],
    outcomes: Annotated[Path | None, typer.Option(help="A CSV file of how leads ended.")] = None,
    map: Annotated[Path | None, typer.Option(help="Which column is which field, as YAML.")] = None,
    list: Annotated[str, typer.Option(help="The list's own name; the file's, if not given.")] = "",
    encoding: Annotated[str, typer.Option(help="Such as cp1252, if it cannot be recognised.")] = "",
    separator: Annotated[str, typer.Option(help="One character, or comma, semicolon, tab, pipe.")] = "",
    header: Annotated[int, typer.Option(help="The line in which the header stands.", min=0)] = 0,
    columns: Annotated[str, typer.Option(help="Names for the columns of a file without a header, with commas.")] = "",
    dates: Annotated[str, typer.Option(help="dmy or mdy: what stands first in 03/04/2026.")] = "",
    zone: Annotated[str, typer.Option(help="The time zone of times that name none.")] = "UTC",
) -> None:
    """Plays leads, and outcomes if given, through the doors of the running stack."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    named = tuple(name.strip() for name in columns.split(",")) if columns else ()
    answers = Answers(encoding, separator, header, named, dates, zone, list)
    try:
        with ended_by_signals():
            asyncio.run(_play_all(file, outcomes, map, answers, console))
    except StackError as failure:
        console.print(f"[red]{escape(str(failure))}[/red]")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        console.print("Stopped. The same command goes on where this one was.")
        raise SystemExit(130) from None


async def _play_all(
    file: Path, outcomes: Path | None, mapping: Path | None, answers: Answers, console: Console
) -> None:
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:

        def where() -> Where:
            running = read()  # each time: a stack that was restarted may answer elsewhere
            return Where(running.services["leads"].url, running.token, running.stack)

        where()
        door = Door(client, where)
        with console.status(f"judging {escape(file.name)}"):
            leads = await asyncio.to_thread(judged, "leads", file, mapping, answers)
        ends = None
        if outcomes:  # of the same list, and judged before a lead is sent; laid out in their own way
            own = answers if outcomes == file else replace(answers, header=0, columns=())
            ends = await asyncio.to_thread(judged, "outcomes", outcomes, mapping, own, leads.list)
        await play(leads, door, console)
        if ends:
            await play(ends, door, console)


@dataclass
class Batch:
    """Rows on their way: the body, which row is which, what is said of them before they are sent, and where the file stands after."""

    after: Mark
    bodies: list[bytes] = field(default_factory=list)
    rows: list[tuple[int, int]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    noted: list[Refused] = field(default_factory=list)
    size: int = 0

    @property
    def full(self) -> bool:
        """Whether the next row may be one too many."""
        return max(len(self.rows), len(self.refused), len(self.noted)) >= BATCH_ROWS or self.size >= BATCH_BYTES

    def payload(self, kind: Kind) -> bytes:
        """The body as it is sent."""
        return b'{"%s":[%s]}' % (kind.encode(), b",".join(self.bodies))


def batches(file: Judged, names: Names, begin: Mark | None, now: datetime) -> Iterator[Batch]:
    """The file in batches that fit the door. Rows up to ``begin`` are read again, because a later row may be one of them."""
    begin = begin or Mark()
    batch = Batch(begin)
    for row in file.table.rows():
        made = None if row.wrong else entry(file.plan, row.cells, names, now)
        if row.number <= begin.row:
            continue
        batch.after = row.after
        body = b"" if made is None or made.wrong or made.left_out else json.dumps(made.body).encode()
        wrong = made.wrong if made else [("row", row.wrong)]
        if len(body) > ROW_BYTES:
            wrong = [("row", "is longer than 200 KiB")]
        batch.refused += [Refused(row.number, row.line, name, reason) for name, reason in wrong]
        if made and not wrong:
            batch.noted += [Refused(row.number, row.line, name, reason) for name, reason in made.noted]
        if body and not wrong:
            batch.bodies.append(body)
            batch.rows.append((row.number, row.line))
            batch.size += len(body)
        if batch.full:
            yield batch
            batch = Batch(row.after)
    if batch.rows or batch.refused or batch.noted:
        yield batch


async def play(file: Judged, door: Door, console: Console, home: Path | None = None, key: str | None = None) -> Place:
    """One judged file through its door, from where it was left; returns how it went."""
    path, kind = file.table.path, file.plan.kind
    digest = await asyncio.to_thread(_digest, path, file)
    place = Place.found(home or places(), f"{path.stem}-{kind}", digest)
    for line in file.remarks:
        console.print(f"[dim]{escape(f'{path.name}: {line}')}[/dim]")
    if place.mark:
        console.print(f"{path.name}: going on after row {place.mark.row:,}")
    if file.plan.unused:
        more = f" and {len(file.plan.unused) - 5} more columns" if len(file.plan.unused) > 5 else ""
        console.print(f"[dim]{path.name}: not taken: {escape(', '.join(file.plan.unused[:5]))}{more}[/dim]")
    names = Names(file.list, key or secret(state() / "keys" / "imports"), home or places())
    sending = asyncio.Queue[tuple[Batch, asyncio.Task[dict[str, Any]]]]()

    async def settle() -> None:
        batch, task = sending.get_nowait()
        answer = await task
        refused, flagged = [*batch.refused, *_named(batch, answer)], [*batch.noted, *_flagged(batch, answer)]
        names.keep()
        place.settle(batch.after, int(answer["accepted"]), refused, flagged)

    with _bar(console, path.name, file.rows, place) as moved:
        try:
            for batch in batches(file, names, place.mark, datetime.now(UTC)):
                if sending.qsize() >= IN_FLIGHT:
                    await settle()
                    moved()
                sending.put_nowait((batch, asyncio.create_task(_send(door, kind, batch))))
                await asyncio.sleep(0)  # lets the request leave while the next batch is read
            while not sending.empty():
                await settle()
                moved()
        finally:
            while not sending.empty():
                _, task = sending.get_nowait()
                task.cancel()
                with suppress(asyncio.CancelledError, StackError):
                    await task
    place.finish()
    report = f"{path.name}: {place.accepted:,} {kind} taken, {place.refused:,} refused"
    console.print(escape(report + (f", see {place.refusals.path}" if place.refused else "")))
    if place.noted:
        console.print(escape(f"{path.name}: {place.noted:,} noted, see {place.notes.path}"))
    return place


async def _send(door: Door, kind: Kind, batch: Batch) -> dict[str, Any]:
    """The door's answer; a batch of refused rows alone is not sent."""
    return await door.send(DOORS[kind], batch.payload(kind)) if batch.rows else {"accepted": 0, "refused": []}


def _named(batch: Batch, answer: dict[str, Any]) -> Iterator[Refused]:
    for one in answer["refused"]:
        number, line = batch.rows[one["index"]]
        for error in one["errors"]:
            yield Refused(number, line, error["field"], error["reason"])


def _flagged(batch: Batch, answer: dict[str, Any]) -> Iterator[Refused]:
    """What the door says it did with rows that it took."""
    for one in answer.get("flagged", ()):
        number, line = batch.rows[one["index"]]
        for flag in one["flags"]:
            yield Refused(number, line, "flag", flag)


def _digest(path: Path, file: Judged) -> str:
    """Names this file read in this way."""
    with path.open("rb") as content:
        read_as = f"{file.plan!r} {file.table.layout!r} {file.table.encoding} {file.list}"
        return hashlib.sha256(f"{hashlib.file_digest(content, 'sha256').hexdigest()} {read_as}".encode()).hexdigest()


class _bar:
    """A bar over the rows of the file."""

    def __init__(self, console: Console, name: str, size: int, place: Place) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rows]:,} rows"),
        )
        self._progress = Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal)
        self._task = self._progress.add_task(escape(name), total=size, rows=0)
        self._place = place

    def __enter__(self) -> Callable[[], None]:
        self._progress.start()
        self._moved()
        return self._moved

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    def _moved(self) -> None:
        mark = self._place.mark or Mark()
        self._progress.update(self._task, completed=mark.row, rows=mark.row)
