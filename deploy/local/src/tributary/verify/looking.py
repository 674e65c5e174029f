"""Where personal data may stand in the clear, text by text: the tables of a database, and the logs of a stack."""

from pathlib import Path
from typing import Any

from tributary.verify.private import CANARY, Private

BLOCK = 1 << 20
_COLUMNS = """
select c.table_name, array_agg(quote_ident(c.column_name::text) order by c.ordinal_position) as columns
from information_schema.columns c
join information_schema.tables t using (table_schema, table_name)
where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
    and c.data_type in ('text', 'character', 'character varying', 'json', 'jsonb', 'ARRAY')
group by c.table_name order by c.table_name
"""
# Only rows in which there may be something leave the database: an address, an international number, a canary.
_ROWS = """
select said from (select concat_ws(' ', {columns}) as said from {table}) t
where said like '%@%' or said like '%{canary}%' or said ~ '\\+[1-9][0-9]{{7}}'
"""


async def look_at_tables(connection: Any, service: str, private: Private) -> None:
    """Every text and JSON column of every table, inside the caller's snapshot."""
    for table, columns in await connection.fetch(_COLUMNS):
        statement = _ROWS.format(columns=", ".join(columns), table=f'"{table}"', canary=CANARY.decode())
        async for (event,) in connection.cursor(statement, prefetch=1000):
            private.text(f"table {table} of {service}", event.encode())


def look_at_logs(home: Path, private: Private) -> int:
    """What the services and the database have written to their logs; returns how many there were."""
    files = [*sorted(home.glob("log/*.log")), *sorted(home.glob("postgres/*.log"))]
    for file in files:
        with file.open("rb") as log:
            rest = b""
            while block := log.read(BLOCK):
                whole, _, rest = (rest + block).rpartition(b"\n")
                private.text(f"log {file.name}", whole)
            private.text(f"log {file.name}", rest)
    return len(files)
