"""Writes everything that is generated from the contracts, or says what is out of date: ``python -m contracts.export [--check]``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from contracts import asyncapi, catalogue, principals, topics
from contracts.library import HOME, ROOT, text_of
from contracts.schemas import all_schemas


def artefacts() -> dict[Path, str]:
    """Every generated file and what belongs in it. The same contracts give the same bytes."""
    schemas = {HOME / "schemas" / f"{name}.json": text_of(schema) for name, schema in all_schemas().items()}
    return {
        **schemas,
        HOME / "asyncapi.json": text_of(asyncapi.document()),
        HOME / "topics.json": text_of(topics.definitions()),
        HOME / "principals.json": text_of(principals.definitions()),
        HOME / "kafka-acls.sh": principals.commands(),
        ROOT / "docs" / "catalogue.md": catalogue.page(),
    }


def outdated(wanted: dict[Path, str]) -> list[Path]:
    """The files that are missing, differ, or belong to an event that no longer exists."""
    differing = [file for file, text in wanted.items() if not file.exists() or file.read_bytes() != text.encode()]
    return sorted(differing + left_over(wanted))


def left_over(wanted: dict[Path, str]) -> list[Path]:
    """Schemas of events that no longer exist."""
    return [file for file in (HOME / "schemas").glob("*.json") if file not in wanted]


def write(wanted: dict[Path, str]) -> None:
    """Write all, and remove what is left over."""
    for file, text in wanted.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    for file in left_over(wanted):
        file.unlink()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: 0 when all is written or up to date, 1 when ``--check`` found a difference."""
    parser = argparse.ArgumentParser(prog="python -m contracts.export", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; name the files that differ and exit 1")
    wanted = artefacts()
    old = outdated(wanted)
    if not parser.parse_args(arguments).check:
        write(wanted)
        sys.stdout.write(f"{len(wanted)} files are written, {len(old)} of them changed.\n")
        return 0
    for file in old:
        sys.stdout.write(f"{file.relative_to(ROOT)} is out of date: run `make contracts`.\n")
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())
