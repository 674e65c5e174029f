"""What the doors' role may do in a service's database: to each table what its definition says, and nothing else.

The role is called as the owner's with ``_door`` behind it; whoever makes the database makes both. It owns nothing and can't
change the schema, so that row policies, which come later, bind it and can't be taken away by it.
"""

from typing import Any

from sqlalchemy import MetaData

# A door says something, which numbers it under its shard's lock (transaction.py). Watermarks, parked events and the epoch
# are the workers' alone.
CHASSIS = {"outbox": "insert", "outbox_shard": "select, update"}


def grant_doors(connection: Any, metadata: MetaData) -> None:
    """Called at the end of the migrations, in their transaction: what the role could do before and needs no more is taken away.

    Nothing happens where nobody has made the role; the service then says that it is not ready.
    """
    role = connection.exec_driver_sql(
        "select quote_ident(current_user || '_door') where exists (select from pg_roles where rolname = current_user || '_door')"
    ).scalar()
    if role is None:
        return
    rights = CHASSIS | {table.name: table.info["door"] for table in metadata.sorted_tables if "door" in table.info}
    connection.exec_driver_sql(f"revoke all on all tables in schema public from {role}")
    for table, verbs in rights.items():
        connection.exec_driver_sql(f"grant {verbs} on {table} to {role}")
