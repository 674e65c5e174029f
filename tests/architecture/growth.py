"""The rules that watch growth: each is about everything there is, and what is new must take a side."""

import ast
import io
import re
import tokenize
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from sqlalchemy import ARRAY, MetaData, String
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlalchemy.types import TypeEngine

from contracts.event import Event, Sealed, Stream, Value

FLOORS = ("domain", "store", "api")


def open_texts(events: Iterable[type[Event]]) -> set[str]:
    """`Class.field` of everything in these events that can hold any text somebody writes, and is not sealed."""
    found: set[str] = set()
    todo: list[type[Value]] = list(events)
    while todo:
        one = todo.pop()
        for name, field in one.model_fields.items():
            parts = list(_parts(field.annotation))
            todo += [p for p in parts if isinstance(p, type) and issubclass(p, Value) and p is not Sealed]
            if str in parts and not _bounded(field):
                found.add(f"{one.__name__}.{name}")
    return found


def _parts(annotation: Any) -> Iterator[Any]:
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        inner, *more = typing.get_args(annotation)
        if not any(getattr(one, "pattern", None) for m in more for one in (m, *getattr(m, "metadata", ()))):
            yield from _parts(inner)
    elif origin is typing.Literal:
        return
    elif origin is not None or isinstance(annotation, types.UnionType):
        for one in typing.get_args(annotation):
            yield from _parts(one)
    else:
        yield annotation


def _bounded(field: FieldInfo) -> bool:
    """Whether only certain texts fit: a code by its pattern."""
    return any(getattr(one, "pattern", None) for one in field.metadata)


def open_columns(service: str, tables: MetaData) -> set[str]:
    """`service.table.column` of every column that can hold any text."""
    return {f"{service}.{t.name}.{c.name}" for t in tables.tables.values() for c in t.columns if _is_open(c.type)}


def _is_open(kind: TypeEngine[Any]) -> bool:
    return isinstance(kind.item_type if isinstance(kind, ARRAY) else kind, String | JSON | JSONB)


def unread(streams: Iterable[Stream], read: Iterable[str], excused: Mapping[str, str]) -> set[str]:
    """Types of events that `verify` does not look into, and nobody says why."""
    return {event.event_type() for stream in streams for event in stream.events} - set(read) - excused.keys()


def lonely(package: Path) -> set[str]:
    """Use cases whose name stands on fewer than two floors beside their own: modules of domain, store and api, and the doors
    that name it: a handler, or a list of jobs that takes it in."""
    doors = [
        ast.parse(path.read_text()) for name in ("handlers", "jobs") for path in sorted(package.glob(f"{name}*/*.py"))
    ]
    doors += [ast.parse(path.read_text()) for name in ("handlers.py", "jobs.py") for path in package.glob(name)]
    named = {str(getattr(node, "name", "") or getattr(node, "module", "")) for door in doors for node in ast.walk(door)}
    found = set()
    for path in sorted((package / "use_cases").glob("[!_]*.py")):
        floors = sum((package / floor / path.name).exists() for floor in FLOORS)
        if floors + any(re.search(rf"(^|[._]){path.stem}$", name) is not None for name in named) < 2:
            found.add(f"{package.name}.{path.stem}")
    return found


def lines_of_code(folder: Path) -> int:
    """Lines that hold code: no blank ones, no comments, no docstrings."""
    return sum(len(_code(path.read_text())) for path in sorted(folder.rglob("*.py")))


def _code(text: str) -> set[int]:
    aside = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in aside
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            said = node.body[0]
            lines -= set(range(said.lineno, (said.end_lineno or said.lineno) + 1))
    return lines
