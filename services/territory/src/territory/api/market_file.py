"""From the bytes of a market file to plain data, and back.

YAML is read by the rules people expect of it: only ``true`` and ``false`` are truth values, so Norway stays ``NO``; a
number that would not be written back as it is stays text, so the postcode ``01067`` keeps its zero and the product ``1.10``
too; there are no dates. Aliases, anchors, tags
and duplicate names are refused: they hide what a file says, and aliases can make a small file a huge one.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

import yaml

DEEPEST = 24

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\.[0-9]{1,18}")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}


class Unreadable(Exception):
    """The bytes are not a file of the kind they claim to be; the message says where and why."""


def read_json(body: bytes) -> Any:
    """The data of a JSON file."""
    try:
        return json.loads(body, object_pairs_hook=_named_once, parse_constant=_refuse_constant)
    except RecursionError:
        raise Unreadable("It is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"Line {error.lineno}: it is not JSON.") from None
    except ValueError:  # not UTF-8, or a number of thousands of digits
        raise Unreadable("It is not JSON in UTF-8.") from None


def read_yaml(body: bytes) -> Any:
    """The data of a YAML file."""
    try:
        return _build(yaml.parse(body.decode("utf-8"), Loader=_Loader))
    except UnicodeDecodeError:
        raise Unreadable("It is not UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Unreadable(f"Line {line}: it is not YAML.") from None
    except yaml.YAMLError:
        raise Unreadable("It holds characters that YAML does not allow.") from None


def write_yaml(document: Any) -> str:
    """A file that ``read_yaml`` reads as the same data."""
    written: str = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)
    return written


class _Open:
    """A list or a mapping whose end has not come yet."""

    def __init__(self, held: list[Any] | dict[Any, Any]) -> None:
        self.held = held
        self.name: Any = None
        self.named = False

    def add(self, value: Any, line: int) -> None:
        if isinstance(self.held, list):
            self.held.append(value)
        elif self.named:
            self.held[self.name], self.named = value, False
        elif not isinstance(value, str | int | float | None):
            raise Unreadable(f"Line {line}: a name is a list or a mapping.")
        elif value in self.held:
            raise Unreadable(f"Line {line}: a name is there twice.")
        else:
            self.name, self.named = value, True


def _build(events: Iterable[Any]) -> Any:
    """Data from YAML's events, without recursion, so that no nesting can exhaust the stack."""
    root = _Open([])
    stack = [root]
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unreadable(f"Line {line}: aliases and anchors are not taken.")
        if isinstance(event, yaml.ScalarEvent):
            stack[-1].add(_scalar(event, line), line)
        elif isinstance(event, yaml.CollectionStartEvent):
            if event.tag not in (None, "!"):
                raise Unreadable(f"Line {line}: tags are not taken.")
            if len(stack) > DEEPEST:
                raise Unreadable(f"Line {line}: it is nested too deeply.")
            opened = _Open([] if isinstance(event, yaml.SequenceStartEvent) else {})
            stack[-1].add(opened.held, line)
            stack.append(opened)
        elif isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
        elif isinstance(event, yaml.DocumentStartEvent) and root.held:
            raise Unreadable(f"Line {line}: a second document begins.")
    assert isinstance(root.held, list)
    return root.held[0] if root.held else None


def _scalar(event: Any, line: int) -> Any:
    if event.tag not in (None, "!"):
        raise Unreadable(f"Line {line}: tags are not taken.")
    value: str = event.value
    if not event.implicit[0]:  # quoted
        return value
    if value in _WORDS:
        return _WORDS[value]
    number = int(value) if _WHOLE.fullmatch(value) else float(value) if _DECIMAL.fullmatch(value) else None
    return value if number is None or str(number) != value else number


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) != len(pairs):
        raise Unreadable("A name is there twice.")
    return named


def _refuse_constant(name: str) -> Any:
    raise Unreadable("NaN and Infinity are not numbers here.")
