"""Which revisions make the schema of a service, and which schemas a build of it can work on.

A service has two branches of revisions, the chassis' and its own, each counted by itself. A file's name says all that a running
service needs to know of it: its number, and whether it is to be run before or after a build is deployed.
"""

import importlib.util
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

Phase = Literal["before", "after"]
CATALOGUE = Path(__file__).with_name("catalogue.sql").read_text()  # says what row policies don't bind; $1 is the owner
_NAME = re.compile(r"((?:[a-z]+_)?\d{4})_\w+_(before|after)\.py")


class RolesMissing(Exception):
    """Somebody has to make the roles before the schema can be shared out; nothing was run."""


class Unguarded(Exception):
    """A door could see or do what no policy gives it; nothing was run."""


@dataclass(frozen=True)
class Revision:
    """One step of a schema: one that expands it is run ``before`` the build that needs it is deployed, one that takes away
    what the former build needs ``after`` that has gone."""

    name: str  # what Alembic calls it: "0001", or "chassis_0001"
    phase: Phase

    @property
    def branch(self) -> str:
        """Whose revision it is: "chassis", or "" for the service's own."""
        return branch_of(self.name)


def branch_of(name: str) -> str:
    """Within a branch the greater name is the later revision; between branches there is no order."""
    return name.rpartition("_")[0]


def folders(service: str) -> list[Path]:
    """Where the revisions lie that make the schema of a service: the chassis', then its own."""
    specs = [importlib.util.find_spec(package) for package in ("chassis", service)]
    return [Path(spec.origin).parent / "migrations" / "versions" for spec in specs if spec and spec.origin]


def versions(service: str) -> tuple[str, str]:
    """Of the build of a service that runs here, and of the contracts in it."""
    return _version(f"tributary-{service}"), _version("tributary-contracts")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # run from a tree that nobody installed
        return "unknown"


def revisions(service: str) -> list[Revision]:
    """All that this build knows, in the order in which they are run. Needs no Alembic."""
    files = [_NAME.fullmatch(file.name) for folder in folders(service) for file in sorted(folder.glob("*.py"))]
    return [Revision(match[1], "after" if match[2] == "after" else "before") for match in files if match]


def unfit(known: Sequence[Revision], found: Iterable[str], oldest: Iterable[str]) -> str:
    """Why a build can't work on a schema, or nothing.

    ``known`` is what the build knows, ``found`` the newest revision that was run of each branch, ``oldest`` the revisions that a
    build must know. A later schema is fit as long as it leaves the build not behind; what is to be run after the deploy is
    not waited for.
    """
    at = {branch_of(name): name for name in found}
    newest = {revision.branch: revision.name for revision in known}
    for needed in {r.branch: r.name for r in known if r.phase == "before"}.values():
        if (there := at.get(branch_of(needed), "")) < needed:
            return f"the schema is at {there or 'nothing'} and this build needs {needed}: run the migrations"
    for name in sorted(oldest):
        if newest.get(branch_of(name), "") < name:
            return f"the schema has left builds behind that do not know {name}: start a newer one"
    return ""
