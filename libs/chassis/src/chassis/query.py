"""Statements that are composed, such as lists with filters, run on the transaction's own connection.

SQLAlchemy makes the text and the parameters, and nothing of it opens a connection. What is hot and never varies stays text.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

import asyncpg
from sqlalchemy import ClauseElement, Table
from sqlalchemy.dialects.postgresql.asyncpg import dialect

_DIALECT = dialect()  # type: ignore[no-untyped-call]
_SHAPES = 256
_compiled: OrderedDict[Any, Any] = OrderedDict()


def columns(rows: Iterable[Sequence[Any]]) -> list[Sequence[Any] | None]:
    """Rows as one array a column, for ``unnest`` of several. One that holds nothing at all is no array: it costs nothing, and
    ``unnest`` fills it up."""
    turned = zip(*rows, strict=True)
    return [None if one[0] is None and one.count(None) == len(one) else one for one in turned]


def rendered(statement: ClauseElement) -> tuple[str, list[Any]]:
    """The text with ``$1`` and so on, and the values in their order. A shape that came before is not compiled again.

    Raises TypeError for ``in_`` with values, which would be another shape for every count of them: ask for
    ``column == any_(...)`` with one array.
    """
    key = statement._generate_cache_key()
    if key is None:
        raise TypeError("a part of this statement has no cache key")
    shape: Any = _compiled.get(key.key)
    if shape is None:
        shape = _compiled[key.key] = statement.compile(dialect=_DIALECT, cache_key=key)
        if shape.post_compile_params or shape.literal_execute_params:
            del _compiled[key.key]
            raise TypeError("a list of values is one array: column == any_(array)")
        if len(_compiled) > _SHAPES:
            _compiled.popitem(last=False)
    else:
        _compiled.move_to_end(key.key)
    values, convert = shape.construct_params(extracted_parameters=key.bindparams), shape._bind_processors
    return str(shape), [convert[n](values[n]) if n in convert else values[n] for n in shape.positiontup or ()]


async def fetch(conn: asyncpg.Connection, statement: ClauseElement) -> list[asyncpg.Record]:
    """The rows of a statement that was composed. Errors are those of the connection."""
    text, values = rendered(statement)
    return await conn.fetch(text, *values)


def insert_all(table: Table) -> str:
    """Puts in a row for each object of a JSON array, its one parameter: fields are named as columns, and what is not there is
    null. For statements that are text; what follows, such as ``on conflict``, may be added.
    """
    names = ", ".join(column.name for column in table.columns)
    typed = ", ".join(f"{column.name} {column.type.compile(_DIALECT)}" for column in table.columns)
    return f"insert into {table.name} ({names}) select {names} from json_to_recordset($1::json) as r({typed})"  # noqa: S608
