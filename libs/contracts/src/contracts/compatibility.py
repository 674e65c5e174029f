"""Does what we say now break anybody? ``python -m contracts.compatibility [--against main]``: one sentence per break.

The committed schemas are compared with those of another commit. Writer closed, reader open: whatever was said under an old
schema must be readable under the new one, and what a reader counts on must stay.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from contracts import STREAM_OF
from contracts.differences import Finding, differences
from contracts.library import HOME, ROOT, Json


class Unknown(Exception):
    """There is nothing to compare with, in a sentence."""


@dataclass(frozen=True)
class Library:
    """The schemas and the examples of one state of the tree, by name."""

    schemas: dict[str, Json] = field(default_factory=dict)
    examples: dict[str, Json] = field(default_factory=dict)


def compare(old: Library, new: Library) -> list[Finding]:
    """Everything worth saying about the way from one library to the other."""
    found = list(of_schemas(old.schemas, new.schemas))
    found += unreadable(old.examples, new.schemas, breaks=True)
    found += unreadable(new.examples, old.schemas, breaks=False)
    return found


def of_schemas(old: dict[str, Json], new: dict[str, Json]) -> Iterator[Finding]:
    """The changes of every event."""
    for event_type, schema in sorted(old.items()):
        if event_type not in new:
            yield Finding(f"{event_type}: the event has vanished")
            continue
        for finding in differences(schema, new[event_type]):
            yield Finding(f"{event_type}: {finding.sentence}", finding.breaks)


def unreadable(examples: dict[str, Json], schemas: dict[str, Json], *, breaks: bool) -> Iterator[Finding]:
    """Old examples must be readable by the new schemas; a new example that an old reader refuses is worth a remark."""
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # for development, like jsonsubschema

    age = "old" if breaks else "new"
    for name, example in sorted(examples.items()):
        schema = schemas.get(example["type"])
        for error in Draft202012Validator(schema).iter_errors(example) if schema else ():
            where = f"field `{error.json_path[2:]}`" if error.path else "the event"
            yield Finding(f"{example['type']}: the {age} example {name} is refused: {where}: {error.message}", breaks)


def unread(examples: dict[str, Json]) -> Iterator[Finding]:
    """Old examples that today's models can't read, whatever the schemas say."""
    models = {event.event_type(): event for stream in STREAM_OF.values() for event in stream.events}
    for name, example in sorted(examples.items()):
        if model := models.get(example["type"]):
            try:
                model.model_validate(example)
            except ValidationError as error:
                fields = ", ".join(".".join(map(str, e["loc"])) for e in error.errors())
                yield Finding(f"{example['type']}: the old example {name} can no longer be read: {fields}")


def from_folder(home: Path) -> Library:
    """The library in a folder that has ``schemas`` and ``examples``."""
    return Library(
        *(
            {file.stem: json.loads(file.read_bytes()) for file in sorted((home / part).glob("*.json"))}
            for part in ("schemas", "examples")
        )
    )


def from_commit(ref: str, root: Path) -> Library:
    """The library as it was committed; empty if that commit had none."""
    if git(root, "rev-parse", "--git-dir") is None:
        raise Unknown("git can't read this tree")
    if git(root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}") is None:
        raise Unknown(f"there is no commit called {ref}")
    library = Library()
    for part, kept in (("schemas", library.schemas), ("examples", library.examples)):
        folder = f"libs/contracts/{part}"
        for path in (git(root, "ls-tree", "-r", "--name-only", ref, "--", folder) or "").splitlines():
            if path.endswith(".json"):
                kept[Path(path).stem] = json.loads(git(root, "show", f"{ref}:{path}") or "null")
    return library


def git(root: Path, *arguments: str) -> str | None:
    """What git answers, or None if it refuses."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "-c", "core.quotePath=false", *arguments], capture_output=True, check=False
        )
    except FileNotFoundError:
        raise Unknown("git is not here") from None
    return done.stdout.decode() if done.returncode == 0 else None


def earlier(against: str) -> Library:
    """What to compare with: a folder, or a commit; a clone may know a branch only by its origin."""
    if Path(against).is_dir():
        return from_folder(Path(against))
    if git(ROOT, "rev-parse", "--verify", "--quiet", against) is None and git(ROOT, "rev-parse", f"origin/{against}"):
        return from_commit(f"origin/{against}", ROOT)
    return from_commit(against, ROOT)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: 0 when nothing broke, 1 with a sentence per break, 2 when there is nothing to compare with."""
    parser = argparse.ArgumentParser(prog="python -m contracts.compatibility", description=__doc__)
    parser.add_argument("--against", default="main", help="a commit, or a folder with schemas and examples (main)")
    against = parser.parse_args(arguments).against
    try:
        old = earlier(against)
    except Unknown as trouble:
        sys.stderr.write(f"Cannot compare with {against}: {trouble}.\n")
        return 2
    found = [*compare(old, from_folder(HOME)), *unread(old.examples)]
    for finding in found:
        sys.stdout.write(f"{'' if finding.breaks else 'remark: '}{finding.sentence}\n")
    broken = sum(finding.breaks for finding in found)
    if not old.schemas:
        sys.stdout.write(f"{against} has no schemas yet, so nothing can break.\n")
    elif not broken:
        sys.stdout.write(f"Nothing broke: {len(old.schemas)} events of {against} are still said and read.\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
