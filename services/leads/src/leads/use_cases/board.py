"""The board of a team or of somebody: how many sales are in which stage, what they are worth, and which stay too long."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import Transaction
from leads.domain.list import WrongCursor
from leads.domain.personal import Personal
from leads.domain.stage import Pipeline, Stage, plain
from leads.store import board as boards
from leads.store import calendar as calendars
from leads.store import stage as stages
from leads.store.board import Whose
from leads.use_cases.list import bookmark, from_bookmark, names_of, teams_of

TEAMS_AT_MOST = 20


class TooManyTeams(Exception):
    """A board is of a few teams."""


@dataclass(frozen=True)
class Asked:
    """Whose board: of a team, a unit or a person, in one pipeline or in all."""

    team: str | None = None
    unit: str | None = None
    person: str | None = None
    pipeline: str | None = None


@dataclass(frozen=True)
class Card:
    """A sale on the board: since when it is in its stage, and whether that is longer than the stage's target."""

    row: Mapping[str, Any]
    since: datetime
    over: bool
    likelihood: int | None


@dataclass
class Column:
    """A stage of a pipeline; ``gone`` is one that the pipeline has no more. Each currency has a sum of its own. ``after`` is the cursor
    of more of its rows."""

    pipeline: Pipeline
    stage: str
    gone: bool = False
    count: int = 0
    sums: dict[str, int] = field(default_factory=dict)
    cards: list[Card] = field(default_factory=list)
    after: str | None = None


@dataclass(frozen=True)
class Board:
    """Columns in the order of pipelines and stages, and the names of those that who acts may open."""

    columns: Sequence[Column]
    names: Mapping[UUID, Personal]


async def board(asked: Asked, most: int, named: bool, tx: Transaction) -> Board:
    """Every stage with its first rows, the longest there first. Raises TooManyTeams and TooMany."""
    whose = await _whose(asked, tx)
    columns = {(line.pipeline, stage.name): Column(line, stage.name) for line in whose.known for stage in line.stages}
    lines = {line.pipeline: line for line in whose.known}
    firsts: dict[tuple[str, str], list[tuple[datetime, UUID]]] = defaultdict(list)
    for row in await boards.board(tx, whose, most + 1):
        place = row["pipeline"], row["stage"]
        if place[0] not in lines:
            lines[place[0]] = plain(place[0])
        column = columns.setdefault(place, Column(lines[place[0]], place[1], lines[place[0]].place(place[1]) < 0))
        if row["lead_id"] is not None:
            firsts[place].append((row["since"], row["lead_id"]))
            continue
        column.count += row["count"]
        if row["currency"] is not None and row["minor"] is not None:
            column.sums[row["currency"]] = row["minor"]
    shown = {place: sorted(rows)[:most] for place, rows in firsts.items()}
    whole = await boards.whole(tx, [lead_id for rows in shown.values() for _, lead_id in rows])
    for place, rows in shown.items():
        columns[place].cards = await _cards(columns[place], rows, whole, tx)
        if len(firsts[place]) > most:
            columns[place].after = bookmark(_of(asked, place), rows[-1][0], str(rows[-1][1]), tx)
    used = {column.pipeline.pipeline for column in columns.values() if column.count}
    kept = [c for c in columns.values() if (asked.pipeline or c.pipeline.pipeline in used) and _is_open(c)]
    kept.sort(key=lambda c: (c.pipeline.pipeline, c.pipeline.place(c.stage), c.stage))
    return Board(kept, await names_of(list(whole.values()), tx) if named else {})


async def more(
    asked: Asked, stage: str, after: str, most: int, named: bool, tx: Transaction
) -> tuple[Column, Mapping[UUID, Personal]]:
    """The next rows of one stage. Raises WrongCursor, TooManyTeams and TooMany."""
    if asked.pipeline is None:
        raise WrongCursor("pipeline")
    whose = await _whose(asked, tx)
    of = _of(asked, (asked.pipeline, stage))
    kept = from_bookmark(of, after, tx)
    assert kept is not None
    rows = await boards.stage(tx, whose, stage, (kept[0], UUID(kept[1])), most + 1)
    shown = [(row["since"], row["lead_id"]) for row in rows[:most]]
    whole = await boards.whole(tx, [lead_id for _, lead_id in shown])
    line = whose.known[0]
    column = Column(line, stage, gone=line.place(stage) < 0, count=len(shown))
    column.cards = await _cards(column, shown, whole, tx)
    if len(rows) > most:
        column.after = bookmark(of, shown[-1][0], str(shown[-1][1]), tx)
    return column, await names_of(list(whole.values()), tx) if named else {}


async def _whose(asked: Asked, tx: Transaction) -> Whose:
    teams = await boards.teams(tx, await teams_of(asked.team, asked.unit, tx))
    if asked.person is None and len(teams) > TEAMS_AT_MOST:
        raise TooManyTeams
    if asked.pipeline is not None:
        lines = list((await stages.of(tx, [asked.pipeline])).values())
    else:
        lines = await stages.every(tx)
    return Whose(teams, asked.person, asked.pipeline, lines)


async def _cards(
    column: Column, rows: Sequence[tuple[datetime, UUID]], whole: Mapping[UUID, Any], tx: Transaction
) -> list[Card]:
    place = column.pipeline.place(column.stage)
    stage = column.pipeline.stages[place] if place >= 0 else Stage(column.stage)
    clocks = await calendars.of_teams(tx, {whole[lead_id]["team"] for _, lead_id in rows if lead_id in whole})
    made = []
    for since, lead_id in rows:
        if (row := whole.get(lead_id)) is None:
            continue
        days = stage.target_days
        over = days is not None and tx.now > clocks[row["team"]].hours.days_after(since, days)
        likely = row["likelihood"] if row["likelihood"] is not None else stage.likelihood
        made.append(Card(dict(row), since, over, likely))
    return made


def _is_open(column: Column) -> bool:
    place = column.pipeline.place(column.stage)
    return column.count > 0 or (place >= 0 and column.pipeline.stages[place].kind == "open")


def _of(asked: Asked, place: tuple[str, str]) -> str:
    return f"board {place[0]}/{place[1]} of {asked.team or ''}/{asked.unit or ''}/{asked.person or ''}"
