"""The columns of a table, listed in one place for every statement that reads or writes whole rows."""

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def names(table: Table) -> str:
    """The columns by name, in the order in which rows are read and written."""
    return ", ".join(column.name for column in table.columns)


def upsert(table: Table) -> str:
    """Writes whole rows, given as one array per column, over those with the same key."""
    types = [column.type.compile(_DIALECT) for column in table.columns]
    arrays = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(types, start=1))
    key = ", ".join(column.name for column in table.primary_key)
    changed = ", ".join(f"{c.name} = excluded.{c.name}" for c in table.columns if not c.primary_key)
    return (
        f"insert into {table.name} ({names(table)}) select * from unnest({arrays})"
        f" on conflict ({key}) do update set {changed}"
    )
