"""What each role may do in a service's database: to each table what its definition says in `info`, and nothing else.

The roles are called as the owner with `_worker`, `_door` and `_watch` behind it; whoever makes the database makes them all
(deploy/postgres). None of them owns anything or can change the schema, so that row policies bind them and can't be taken away by
them. The worker may do everything to rows, but for what a table's `worker` says; the watch reads what holds no key and nothing
sealed; the door does what the table's `door` says, and the function that hands out keys what its `keys` says.
"""

import importlib
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import LargeBinary, Table

from chassis import tables
from chassis.schema import Phase, RolesMissing

SUFFIXES = ("worker", "door", "watch")
WORKER = "select, insert, update, delete"
_MISSING = "select name from unnest($1::text[]) as name where to_regrole(quote_ident(name)) is null"
_THERE = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
_COLUMNS = """
select relname, array_agg(attname::text) from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0
where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not attisdropped group by relname
"""
# What Postgres gives everybody in a new schema or to a new function, and what a revision may have left.
_NOT_PUBLIC = """
select format('revoke all on function %s from public', p.oid::regprocedure) from pg_proc p
where p.pronamespace = 'public'::regnamespace and coalesce(p.proacl::text, '=X') ~ '[{,]=X|^=X'
    and pg_has_role(p.proowner, 'usage')
"""


def tables_of(service: str) -> list[Table]:
    """Every table of a service's database, as its code expects it: the chassis' and its own."""
    own = importlib.import_module(f"{service}.store.tables").METADATA
    return [*tables.METADATA.sorted_tables, *own.sorted_tables]


def owner_of(connection: Any) -> str:
    """The role that owns the schema: it runs the migrations.

    Raises RolesMissing.
    """
    owner = str(connection.exec_driver_sql("select current_user").scalar())
    names = [f"{owner}_{suffix}" for suffix in SUFFIXES]
    if missing := connection.exec_driver_sql(_MISSING, (names,)).scalars().all():
        raise RolesMissing(f"the roles {', '.join(missing)} are missing: whoever makes the database makes them")
    return owner


def grant_workers(connection: Any, owner: str) -> None:
    """Called before the revisions: what one of them changes in rows it changes as the worker, who sees them
    (`select set_config('role', current_user || '_worker', true)`)."""
    for name in connection.exec_driver_sql(_THERE).scalars().all():
        if name != "alembic_version":
            connection.exec_driver_sql(f'grant {WORKER} on "{name}" to "{owner}_worker"')


def grant_rights(connection: Any, its: Iterable[Table], owner: str, phase: Phase | None) -> None:
    """Called at the end of the migrations, in their transaction. What a role needs no more is taken away when no replica of
    the former build is left."""
    if phase != "before":
        for suffix in SUFFIXES:
            connection.exec_driver_sql(f'revoke all on all tables in schema public from "{owner}_{suffix}"')
    for statement in connection.exec_driver_sql(_NOT_PUBLIC).scalars().all():
        connection.exec_driver_sql(statement)
    for suffix in (*SUFFIXES, "keys"):
        connection.exec_driver_sql(f'grant usage on schema public to "{owner}_{suffix}"')
        connection.exec_driver_sql(f'grant execute on function access_me() to "{owner}_{suffix}"')
        if suffix in ("worker", "watch"):
            connection.exec_driver_sql(f'grant select on alembic_version to "{owner}_{suffix}"')
    there = dict(connection.exec_driver_sql(_COLUMNS).all())
    for table in its:
        connection.exec_driver_sql(f'grant {table.info.get("worker", WORKER)} on {table.name} to "{owner}_worker"')
        if seen := _watched(table, there[table.name]):
            connection.exec_driver_sql(f'grant select ({", ".join(seen)}) on {table.name} to "{owner}_watch"')
        if rights := table.info.get("keys"):
            connection.exec_driver_sql(f'grant {rights} on {table.name} to "{owner}_keys"')
        if rights := table.info.get("door"):
            connection.exec_driver_sql(f'grant {rights} on {table.name} to "{owner}_door"')


def _watched(table: Table, there: Collection[str]) -> list[str]:
    """The columns without keys and without what is sealed: bytes are either, unless their `info` says otherwise."""
    seen = (c.name for c in table.columns if c.info.get("watched", not isinstance(c.type, LargeBinary)))
    return [name for name in seen if name in there]
