"""``tributary replay``: plays a CSV file through the batch door of the running stack.

Leads have their ids from their source and external id, so a row sent twice is one lead: after a kill the same command goes
on where it was, and a whole file played again changes nothing.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from tributary.door import Door
from tributary.ending import ended_by_signals
from tributary.guessing import guessed
from tributary.mapping import Kind, Plan, plan_for
from tributary.owned import StackError
from tributary.place import Place, Refused, places
from tributary.running import read
from tributary.table import Mark, Table

BATCH_ROWS = 500
BATCH_BYTES = 3 * 2**20  # the door takes 4 MiB
ROW_BYTES = 200 * 2**10
IN_FLIGHT = 2
DOORS: dict[Kind, str] = {"leads": "/v1/leads/batch", "outcomes": "/v1/outcomes"}


def replay(
    file: Annotated[Path, typer.Argument(help="A CSV file of leads, with a header.")],
    outcomes: Annotated[Path | None, typer.Option(help="A CSV file of how leads ended.")] = None,
    map: Annotated[Path | None, typer.Option(help="Which column is which field, as YAML.")] = None,
) -> None:
    """Plays leads, and outcomes if given, through the doors of the running stack."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        with ended_by_signals():
            asyncio.run(_play_all(file, outcomes, map, console))
    except StackError as failure:
        console.print(f"[red]{escape(str(failure))}[/red]")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        console.print("Stopped. The same command goes on where this one was.")
        raise SystemExit(130) from None


async def _play_all(file: Path, outcomes: Path | None, mapping: Path | None, console: Console) -> None:
    async with httpx.AsyncClient(timeout=60) as client:

        def where() -> tuple[str, str]:
            running = read()  # each time: a stack that was restarted may answer elsewhere
            return running.services["leads"].url, running.token

        where()
        await play("leads", file, mapping, Door(client, where), console)
        if outcomes:
            await play("outcomes", outcomes, mapping, Door(client, where), console)


@dataclass
class Batch:
    """Rows on their way: the body, which row is which, what was refused before it was sent, and where the file stands after it."""

    after: Mark
    bodies: list[bytes] = field(default_factory=list)
    rows: list[tuple[int, int]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    size: int = 0

    @property
    def full(self) -> bool:
        """Whether the next row may be one too many."""
        return len(self.rows) >= BATCH_ROWS or self.size >= BATCH_BYTES

    def payload(self, kind: Kind) -> bytes:
        """The body as it is sent."""
        return b'{"%s":[%s]}' % (kind.encode(), b",".join(self.bodies))


def batches(table: Table, plan: Plan, name: str, begin: Mark | None) -> Iterator[Batch]:
    """The file in batches that fit the door."""
    batch = Batch(begin or Mark())
    for row in table.rows(begin):
        batch.after = row.after
        body = b"" if row.wrong else json.dumps(plan.body(row.cells, f"{name}-{row.number}")).encode()
        if row.wrong or len(body) > ROW_BYTES:
            batch.refused.append(Refused(row.number, row.line, "row", row.wrong or "is longer than 200 KiB"))
        else:
            batch.bodies.append(body)
            batch.rows.append((row.number, row.line))
            batch.size += len(body)
        if batch.full or len(batch.refused) >= BATCH_ROWS:
            yield batch
            batch = Batch(row.after)
    if batch.rows or batch.refused:
        yield batch


async def play(
    kind: Kind, path: Path, mapping: Path | None, door: Door, console: Console, home: Path | None = None
) -> Place:
    """One file through one door, from where it was left; returns how it went."""
    table = Table(path)
    plan = plan_for(kind, table.header, mapping) or guessed(kind, table.header)
    digest = await asyncio.to_thread(_digest, path, plan)
    place = Place.found(home or places(), f"{path.stem}-{kind}", digest)
    if place.mark:
        console.print(f"{path.name}: going on after row {place.mark.row:,}")
    if plan.unused:
        more = f" and {len(plan.unused) - 5} more columns" if len(plan.unused) > 5 else ""
        console.print(f"[dim]{path.name}: not taken: {escape(', '.join(plan.unused[:5]))}{more}[/dim]")
    sending = asyncio.Queue[tuple[Batch, asyncio.Task[dict[str, object]]]]()

    async def settle() -> None:
        batch, task = sending.get_nowait()
        answer = await task
        place.settle(batch.after, int(str(answer["accepted"])), [*batch.refused, *_named(batch, answer)])

    with _bar(console, path.name, table.size, place) as moved:
        try:
            for batch in batches(table, plan, digest[:12], place.mark):
                if sending.qsize() >= IN_FLIGHT:
                    await settle()
                    moved()
                sending.put_nowait((batch, asyncio.create_task(door.send(DOORS[kind], batch.payload(kind)))))
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
    told = f"{path.name}: {place.accepted:,} {kind} taken, {place.refused:,} refused"
    console.print(told + (f", see {place.report}" if place.refused else ""))
    return place


def _named(batch: Batch, answer: dict[str, object]) -> Iterator[Refused]:
    refused = answer["refused"]
    assert isinstance(refused, list)
    for one in refused:
        number, line = batch.rows[one["index"]]
        for error in one["errors"]:
            yield Refused(number, line, error["field"], error["reason"])


def _digest(path: Path, plan: Plan) -> str:
    """Names this file read in this way."""
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(f"{content} {plan.fields!r}".encode()).hexdigest()


class _bar:
    """A bar over the bytes of the file, with the rows told beside it."""

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
        self._progress.update(self._task, completed=mark.offset, rows=mark.row)
