"""Where the published side of the contracts lives in the tree: schemas, examples and documents beside this package."""

import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]

HOME = Path(__file__).resolve().parents[2]
ROOT = HOME.parent.parent


def examples_of(event_type: str, home: Path = HOME) -> dict[str, Json]:
    """The hand-written examples of an event type by name: ``<type>.json`` first, then ``<type>.<what is special>.json``."""
    folder = home / "examples"
    files = [folder / f"{event_type}.json", *sorted(folder.glob(f"{event_type}.*.json"))]
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files if file.exists()}


def text_of(document: Json) -> str:
    """A document as it is committed: the order it was made in, every script readable, a newline at the end."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
