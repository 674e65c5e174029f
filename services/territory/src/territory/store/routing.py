"""Decisions: a row for each, also for those by which nobody gets the lead. The newest stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import select
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from chassis import Transaction
from chassis.query import fetch
from territory.domain.case import FOR_NO_TURN
from territory.domain.criteria import Lead
from territory.domain.decision import Decision
from territory.domain.routing import Refused, Routed
from territory.store.tables import DECISION

_DIALECT = dialect()  # type: ignore[no-untyped-call]
_NAMES = tuple(column.name for column in DECISION.columns)
_COLUMNS = ", ".join(_NAMES)
_TYPED = ", ".join(f"{column.name} {column.type.compile(_DIALECT)}" for column in DECISION.columns)
# A lead's decision and how it stands by it are one statement. Where a decision keeps the place that an older version gave the lead, a newer
# one has looked at it all the same.
_INSERT = f"""
with r as materialized (
    select * from json_to_recordset($1::json) as r(
        {_TYPED}, verdict integer, since timestamptz, attempt integer, party_id uuid, waits_turn boolean
    )
), d as (
    insert into decision ({_COLUMNS}) select {_COLUMNS} from r
)
insert into lead_case as c (lead_id, number, disposition, verdict, team, person, code, since, attempt, not_to, excluded, party_id,
    rule, looked, waits_turn)
select lead_id, number, disposition, verdict, team, assignee, code, since, attempt, excluded_people, excluded_teams, party_id, rule,
    ruleset, waits_turn
from r
on conflict (lead_id) do update set number = excluded.number, disposition = excluded.disposition, verdict = excluded.verdict,
    team = excluded.team, person = excluded.person, code = excluded.code, since = excluded.since, attempt = excluded.attempt,
    not_to = excluded.not_to, excluded = excluded.excluded, party_id = coalesce(excluded.party_id, c.party_id),
    rule = excluded.rule, looked = greatest(excluded.looked, c.looked), waits_turn = excluded.waits_turn
"""  # noqa: S608 - names of columns


@dataclass(frozen=True)
class Decided:
    """A decision as it is on record. ``turn`` counts within the team's rotation; ``reason`` says why there is an assignee or
    none, or why there is no team.
    """

    lead_id: UUID
    number: int
    cause: str
    disposition: str
    ruleset: int
    rule: str | None
    segment: str | None
    team: str | None
    pipeline: str | None
    assignee: str | None
    turn: int | None
    reason: str | None
    attributes: Lead
    excluded_teams: Sequence[str]
    excluded_people: Sequence[str]
    decided_at: datetime
    rules_refused: int
    people_refused: tuple[Refused, ...]
    more_people: int
    roster: UUID | None = None
    code: str | None = None
    would_rule: str | None = None
    by: str | None = None
    on_behalf_of: str | None = None
    transfer_id: UUID | None = None


async def save_decisions(tx: Transaction, decisions: Sequence[Decision]) -> None:
    """One row each, and how each lead stands by it: of one lead there is one among them. A number that the lead has a decision under is
    an error."""
    await tx.conn.execute(_INSERT, to_json([_row(decision) for decision in decisions]).decode())


async def decision_of(tx: Transaction, lead_id: UUID, number: int | None = None) -> Decided | None:
    """What was decided about the lead: by its decision of this number, or by the newest."""
    asked = select(DECISION).where(DECISION.c.lead_id == lead_id).order_by(DECISION.c.number.desc()).limit(1)
    rows = await fetch(tx.conn, asked if number is None else asked.where(DECISION.c.number == number))
    return _decided(dict(rows[0])) if rows else None


def as_decided(decision: Decision) -> Decided:
    """The decision as it would be on record."""
    row = {**dict.fromkeys(("rule", "segment", "team", "assignee", "turn", "reason")), **_row(decision)}
    return _decided({column: row[column] for column in _NAMES})


def _decided(known: dict[str, Any]) -> Decided:
    refused = known.pop("refused")
    return Decided(
        **known,
        rules_refused=refused.get("rules", 0),
        people_refused=tuple(Refused(*one) for one in refused.get("people", ())),
        more_people=refused.get("more_people", 0),
    )


def _row(decision: Decision) -> dict[str, Any]:
    route, turn = decision.route, decision.turn
    order = decision.order
    row: dict[str, Any] = {
        "lead_id": decision.lead_id,
        "number": decision.number,
        "cause": decision.cause,
        "disposition": decision.disposition,
        "ruleset": route.ruleset,
        "attributes": decision.attributes,
        "excluded_teams": decision.excluded.teams,
        "excluded_people": decision.excluded.people,
        "decided_at": decision.decided_at,
        "pipeline": decision.pipeline,
        "roster": decision.roster,
        "code": decision.code,
        "would_rule": decision.would_rule,
        "by": order.by,
        "on_behalf_of": order.on_behalf_of,
        "transfer_id": order.transfer_id,
        "verdict": decision.verdict,
        "since": decision.since or decision.decided_at,
        "attempt": decision.attempt,
        "party_id": decision.party_id,
        "waits_turn": decision.code is not None and decision.code not in FOR_NO_TURN,
    }
    if not isinstance(route, Routed):
        row |= {"reason": route.reason, "refused": {}}
        return row
    refused: dict[str, Any] = {"rules": route.refused}
    if turn:
        row |= {"assignee": turn.assignee, "turn": decision.turn_number, "reason": turn.reason}
        refused |= {"people": [[one.candidate, one.why] for one in turn.refused], "more_people": turn.more}
    row |= {"rule": route.rule, "segment": route.segment, "team": route.team, "refused": refused}
    return row
