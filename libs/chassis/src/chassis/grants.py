"""What the doors' role may do in a service's database: to each table what its definition says in `info`, and nothing else.

The role is called as the owner with `_door` behind it; whoever makes the database makes both. It owns nothing and can't change
the schema, so that row policies, which come later, bind it and can't be taken away by it.
"""

import importlib
from typing import Any

from chassis import tables
from chassis.schema import Phase

_ROLE = "select quote_ident(rolname) from pg_roles where rolname = current_user || '_door'"


def grant_doors(connection: Any, service: str, phase: Phase | None) -> None:
    """Called at the end of the migrations, in their transaction. What the role needs no more is taken away when no replica of
    the former build is left.

    Nothing happens where nobody has made the role; the service then says that it is not ready.
    """
    role = connection.exec_driver_sql(_ROLE).scalar()
    if role is None:
        return
    if phase != "before":
        connection.exec_driver_sql(f"revoke all on all tables in schema public from {role}")
    its = importlib.import_module(f"{service}.store.tables").METADATA
    for table in (*tables.METADATA.sorted_tables, *its.sorted_tables):
        if rights := table.info.get("door"):
            connection.exec_driver_sql(f"grant {rights} on {table.name} to {role}")
