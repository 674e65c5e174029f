"""The roles of a service and their rights to enter its database, made by whoever makes that: roles.sql and database.sql say
which there are and why. Nothing that serves imports this module."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

LOGINS = ("owner", "worker", "door", "watch")
_ROLES, _DATABASE = (Path(__file__).with_name(name).read_text() for name in ("roles.sql", "database.sql"))
_TELL = "select set_config('tributary.' || name, said, false) from unnest($1::text[], $2::text[]) as t(name, said)"


async def make_roles(connection: Any, owner: str, passwords: Mapping[str, str]) -> None:
    """Makes or renews the roles; ``passwords`` has one for each of LOGINS. ``connection`` is a superuser's."""
    told = {"owner": owner} | {f"password_{part}": passwords[part] for part in LOGINS}
    await connection.execute(_TELL, [*told], [*told.values()])
    await connection.execute(_ROLES)


async def share_out(connection: Any, owner: str, database: str) -> None:
    """The database belongs to the owner, and only its roles enter it."""
    await connection.execute(_TELL, ["owner", "database"], [owner, database])
    await connection.execute(_DATABASE)


def name_of(owner: str, part: str) -> str:
    """What the role is called that has this part."""
    return owner if part == "owner" else f"{owner}_{part}"
