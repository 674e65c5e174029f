"""The columns of a table, listed in one place for every statement that reads or writes whole rows."""

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def select_from(table: Table, where: str = "") -> str:
    """Reads whole rows, column by column in the table's order."""
    names = ", ".join(column.name for column in table.columns)
    return f"select {names} from {table.name} {where}"  # noqa: S608, names of our own tables


def upsert(table: Table) -> str:
    """Writes whole rows, given as one array per column in the table's order, over those with the same key."""
    names = ", ".join(column.name for column in table.columns)
    types = [column.type.compile(_DIALECT) for column in table.columns]
    arrays = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(types, start=1))
    key = ", ".join(column.name for column in table.primary_key)
    changed = ", ".join(f"{c.name} = excluded.{c.name}" for c in table.columns if not c.primary_key)
    insert = f"insert into {table.name} ({names}) select * from unnest({arrays})"  # noqa: S608, as above
    return f"{insert} on conflict ({key}) do update set {changed}"
