"""Which rows exist for whom, as data beside each table: `info={"door": "select", "rows": team()}`. `migrate` makes Postgres' row
policies of it, so that no door's statement can see or change another row, whatever it forgets.

A table that a door reaches has one of four words. The workers' role meets the policy `true`, the watching role reads every row,
the role of the function that hands out keys what a table's `keys` says, the owner has no policy and so sees none. The condition looks up
a row's team among the grants: Postgres asks for each of few rows in an index, and for many reads the grants once. It finds no row by
itself: statements name the teams, and the condition is the net under them (ADR 0049).
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table

from contracts.territory.access import UNPLACED

_ME = "(select access_me())"
_RUNNING = f"g.person = {_ME} and g.begins_at <= now() and g.ends_at > now()"
_WHOSE = "coalesce(nullif(g.on_behalf_of, ''), g.person)"
WRITES = ("insert", "update", "delete")
_WORD = re.compile(r"select|insert")


@dataclass(frozen=True, slots=True)
class Rows:
    """Which rows a door may see and which it may write. Conditions name the table by ``{row}`` and a row's team by ``{team}``."""

    sees: str
    records: str
    word: str  # what the policy is called
    reason: str = ""
    unasked: str = ""  # why a door may put in any row
    of: str = ""  # the column of the team


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy as it shall stand: for whom, for which command, and its two conditions; none is an empty text."""

    name: str
    role: str
    command: str
    using: str = ""
    check: str = ""
    reason: str = ""


def _grants(what: str) -> str:
    return f"select {what} from access_grant g where {_RUNNING}"  # noqa: S608 - nothing of it comes from outside


def _held(more: str = "") -> str:
    return f"exists ({_grants('')} and g.team = {{team}}{more})"


def team(column: str = "team", records: str | None = None, *, shared: bool = False, besides: str = "") -> Rows:
    """The rows of the teams of which somebody has a running grant. Rows without a team are those of `(unplaced)`: a column that
    can't be null says that itself.

    He writes where the grant records `all`, and with ``records``, the column that says whose a row is, also where it records
    `own` and the row is his or theirs for whom he stands in. ``shared`` rows are the team's: he writes them where his grant
    records anything. ``besides`` is a condition under which a row is there for everybody who has passed the door.
    """
    its, some = "{team}", "<> 'none'" if shared else "= 'all'"
    writes = _held(f" and g.records {some}")
    if records:
        writes += f" or ({its}, {{row}}.{records}) in ({_grants(f'g.team, {_WHOSE}')} and g.records = 'own')"
    more = f" or {besides}" if besides else ""
    return Rows(f"{_held()}{more}", f"{writes}{more}", "team", of=column)


def scope(name: str) -> str:
    """The condition that a machine is at the door whose token has this scope."""
    return f"'{name}' = any (string_to_array(current_setting('tributary.roles', true), ','))"


def through(parent: Table, key: str, at: str = "", together: str = "") -> Rows:
    """The rows whose parent somebody may see; he writes where he may write the parent. ``key`` is the column that names it, ``at``
    the parent's own. Not for what is listed by team: such a table carries its team.

    ``together`` is the reason why a row may be put in unasked: what the same statement makes is not there to be asked for.
    """
    rows: Rows = parent.info["rows"]
    its = f"select from {parent.name} where {parent.name}.{at or key} = {{row}}.{key}"
    # Without the fence the planner may choose to hash every parent that somebody sees, to read the children of one.
    records = f"exists ({its} and ({_written(parent, rows, rows.records)}) offset 0)"
    return Rows(f"exists ({its} offset 0)", records, "through", unasked=together)


def own(column: str) -> Rows:
    """The rows that are about somebody himself, whose principal the column holds."""
    mine = f"{{row}}.{column} = {_ME}"
    return Rows(mine, mine, "own")


def free(reason: str) -> Rows:
    """Every row, for whoever has passed the door, because of ``reason``."""
    return Rows("true", "true", "free", reason)


def _written(table: Table, rows: Rows, condition: str) -> str:
    team = f"{table.name}.{rows.of}"
    if rows.of and table.columns[rows.of].nullable:
        team = f"coalesce({team}, '{UNPLACED}')"
    return condition.format(row=table.name, team=team)


def wanted(table: Table, owner: str) -> list[Policy]:
    """The policies that a table's `info` asks for; none for a table that no door reaches.

    Raises TypeError for a table that doors reach and that does not say which rows exist for whom.
    """
    if not (rights := table.info.get("door")):
        return []
    rows = table.info.get("rows")
    if not isinstance(rows, Rows):
        raise TypeError(f"doors reach {table.name}: its info has to say which rows exist for whom")
    sees, records = (_written(table, rows, text) for text in (rows.sees, rows.records))
    door = f"{owner}_door"
    found = [
        Policy("worker", f"{owner}_worker", "all", "true", "true"),
        Policy("watch", f"{owner}_watch", "select", "true"),
    ]
    for word in _WORD.findall(table.info.get("keys", "")):
        found.append(Policy(f"keys_{word}", f"{owner}_keys", word, *(("", "true") if word == "insert" else ("true",))))
    words = [word.strip() for word in rights.split(",")]
    if "select" in words:
        found.append(Policy(rows.word, door, "select", sees, "", rows.reason))
    if rows.unasked and "insert" in words:
        words.remove("insert")
        found.append(Policy("free_insert", door, "insert", "", "true", rows.unasked))
    for word in WRITES:
        if word in words:
            using, check = ("", records) if word == "insert" else (records, records if word == "update" else "")
            found.append(Policy(f"{rows.word}_{word}", door, word, using, check, rows.reason))
    return found


_FOUND = """
select c.relname, p.polname, obj_description(p.oid, 'pg_policy') as comment,
    md5(concat_ws('|', p.polcmd, p.polpermissive, p.polroles::regrole[]::text, pg_get_expr(p.polqual, p.polrelid),
        pg_get_expr(p.polwithcheck, p.polrelid))) as mark
from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
"""
_SHUT = """
select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
where relkind in ('r', 'p') and relrowsecurity and relforcerowsecurity
"""


def write_policies(connection: Any, its: Iterable[Table], owner: str) -> None:
    """Makes the row policies of all tables as they are wanted, in the transaction of the migrations: what stands is left alone,
    what differs or is not wanted is dropped. A policy's comment keeps what was wanted and what Postgres made of it, so that
    one that somebody altered differs too."""
    found = {(row.relname, row.polname): row for row in connection.exec_driver_sql(_FOUND)}
    shut = {row.relname for row in connection.exec_driver_sql(_SHUT)}
    for table in its:
        policies = wanted(table, owner)
        if policies and table.name not in shut:
            connection.exec_driver_sql(f"alter table {table.name} enable row level security, force row level security")
        for policy in policies:
            there = found.pop((table.name, policy.name), None)
            sign = hashlib.md5(repr(policy).encode(), usedforsecurity=False).hexdigest()
            if there is not None and (there.comment or "").endswith(f"[{sign} {there.mark}]"):
                continue
            if there is not None:
                connection.exec_driver_sql(f"drop policy {policy.name} on {table.name}")
            connection.exec_driver_sql(_create(table.name, policy))
            _comment(connection, table.name, policy, sign)
    for relname, polname in found:
        connection.exec_driver_sql(f'drop policy "{polname}" on "{relname}"')


def _create(table: str, policy: Policy) -> str:
    using = f" using ({policy.using})" if policy.using else ""
    check = f" with check ({policy.check})" if policy.check else ""
    return f'create policy {policy.name} on {table} for {policy.command} to "{policy.role}"{using}{check}'


def _comment(connection: Any, table: str, policy: Policy, sign: str) -> None:
    [mark] = connection.exec_driver_sql(
        f"select mark from ({_FOUND}) f where relname = '{table}' and polname = '{policy.name}'"  # noqa: S608
    ).scalars()
    text = f"{policy.reason} [{sign} {mark}]".strip().replace("'", "''")
    connection.exec_driver_sql(f"comment on policy {policy.name} on {table} is '{text}'")
