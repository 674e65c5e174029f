"""What is on record of a service's last release: ``deploy/release/<service>``."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from contracts import STREAMS
from contracts.compatibility import Library, git, of_schemas, unreadable
from contracts.doors import breaks
from contracts.hearers import HEARS
from contracts.library import Json

SERVICES = ("leads", "territory", "campaigns", "metrics")
LIBRARIES = ("libs/contracts", "libs/chassis", "libs/values")
_VERSION = re.compile(r'^version = "(\d+)\.(\d+)\.(\d+)"$', re.MULTILINE)


class NotReleased(Exception):
    """Why a service is not released, in a sentence or several."""


@dataclass(frozen=True)
class Release:
    """One release: the commit that it is built of, and the newest revision of each branch that its schema has."""

    service: str
    version: str
    commit: str
    contracts: str
    schema: dict[str, str]


@dataclass(frozen=True)
class Said:
    """What a build promises to others: the events that it says or hears, with examples, and its doors."""

    library: Library
    doors: Json


def paths_of(service: str) -> tuple[str, ...]:
    """What of the tree a build of this service holds: a change elsewhere is not one of this service."""
    return f"services/{service}", *LIBRARIES, f"deploy/images/{service}.lock", "deploy/Dockerfile"


def topics_of(service: str) -> tuple[str, ...]:
    """The topics that it says something on, or hears."""
    return tuple(s.topic for s in STREAMS if s.publisher == service or s in HEARS[service])


def said_at(root: Path, commit: str, service: str) -> Said:
    """What the build of a commit promises. The working tree counts where no commit is named."""
    topics = topics_of(service)

    def files(part: str) -> dict[str, Json]:
        folder = f"libs/contracts/{part}"
        if commit:
            paths = (git(root, "ls-tree", "-r", "--name-only", commit, "--", folder) or "").splitlines()
        else:
            paths = [str(file.relative_to(root)) for file in sorted((root / folder).glob("*.json"))]
        chosen = [path for path in paths if Path(path).name.startswith(tuple(f"{topic}." for topic in topics))]
        return {Path(path).stem: json.loads(text_at(root, commit, path)) for path in chosen}

    doors = json.loads(text_at(root, commit, f"services/{service}/openapi.json"))
    return Said(Library(files("schemas"), files("examples")), doors)


def text_at(root: Path, commit: str, path: str) -> str:
    """A file of a commit, or of the working tree."""
    if not commit:
        return (root / path).read_text()
    if (text := git(root, "show", f"{commit}:{path}")) is None:
        raise NotReleased(f"{commit} has no {path}.")
    return text


def version_at(root: Path, commit: str, member: str) -> str:
    """The version in the pyproject.toml of a part of the tree."""
    found = _VERSION.search(text_at(root, commit, f"{member}/pyproject.toml"))
    if found is None:
        raise NotReleased(f"{member}/pyproject.toml says no version of three numbers.")
    return ".".join(found.groups())


def with_version(text: str, version: str) -> str:
    """A pyproject.toml with this version in it."""
    return _VERSION.sub(f'version = "{version}"', text, count=1)


def schema_at(root: Path, commit: str, service: str) -> dict[str, str]:
    """The newest revision of the service's own branch and of the chassis'."""
    found = {}
    for branch, member in (("service", f"services/{service}/src/{service}"), ("chassis", "libs/chassis/src/chassis")):
        folder = f"{member}/migrations/versions"
        if commit:
            names = [
                Path(path).stem for path in (git(root, "ls-tree", "--name-only", commit, f"{folder}/") or "").split()
            ]
        else:
            names = [path.stem for path in (root / folder).glob("*.py")]
        found[branch] = max((name for name in names if name[-1] != "_"), default="")
    return found


def last(root: Path, service: str) -> Release:
    """The release on record."""
    return Release(**json.loads((folder(root, service) / "release.json").read_text()))


def folder(root: Path, service: str) -> Path:
    """Where the record lies."""
    return root / "deploy" / "release" / service


def kept(root: Path, service: str) -> Said:
    """What the last release promised, from the record alone: no history is needed."""
    told = json.loads((folder(root, service) / "promises.json").read_text())
    return Said(Library(told["schemas"], told["examples"]), told["doors"])


def keep(root: Path, release: Release, said: Said) -> None:
    """Writes the record."""
    place = folder(root, release.service)
    place.mkdir(parents=True, exist_ok=True)
    (place / "release.json").write_text(json.dumps(asdict(release), indent=2) + "\n")
    promises = {"schemas": said.library.schemas, "examples": said.library.examples, "doors": said.doors}
    (place / "promises.json").write_text(
        json.dumps(promises, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n"
    )


def broken(old: Said, new: Said) -> Iterator[str]:
    """What somebody who lives with the old build can't count on with the new one, a sentence each."""
    for finding in of_schemas(old.library.schemas, new.library.schemas):
        if finding.breaks:
            yield finding.sentence
    for finding in unreadable(old.library.examples, new.library.schemas, breaks=True):
        yield finding.sentence
    yield from breaks(old.doors, new.doors)


def added(old: Said, new: Said) -> bool:
    """Whether there is more to count on than before: an event, or a door."""
    doors = [{(path, method) for path, its in said.doors["paths"].items() for method in its} for said in (old, new)]
    return bool(new.library.schemas.keys() - old.library.schemas.keys() or doors[1] - doors[0])
