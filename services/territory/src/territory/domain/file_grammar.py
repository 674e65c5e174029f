"""The grammar of any file that is read whole: fields, lists and texts, and every fault by the path of its field."""

import re
from collections.abc import Callable, Mapping, Set
from typing import Any, TypeGuard, TypeVar

from territory.domain.market import Fault, MarketRefused

FAULTS_AT_MOST = 100
ENTRIES_AT_MOST = 10_000
VALUES_AT_MOST = 1_000
TEXT_AT_MOST = 200

_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

Made = TypeVar("Made")


class Grammar:
    """What is wrong is noted and replaced by something harmless, so that reading can go on."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.known: dict[str, set[str]] = {}
        # What is equal is kept once, and no text is the file's own: what is read stays for long, and nothing of the file with it.
        self.texts: dict[str, str] = {}

    def fields(self, entry: object, at: str, needed: Set[str], allowed: Set[str] = frozenset()) -> Mapping[str, Any]:
        """The fields of a mapping; what is missing and what is not known is a fault."""
        if not isinstance(entry, Mapping):
            self.fault(at or "market", "is not a mapping of fields")
            return {}
        prefix = f"{at}." if at else ""
        for name in sorted(needed - entry.keys()):
            self.fault(prefix + name, "is missing")
        for name in sorted(map(shown, entry.keys() - needed - allowed)):
            self.fault(prefix + name, "is not a field of a market file")
        return {name: value for name, value in entry.items() if name in needed | allowed}

    def entries(
        self,
        fields: Mapping[str, Any],
        name: str,
        made: Callable[[object, str], Made],
        most: int = ENTRIES_AT_MOST,
        at: str = "",
    ) -> tuple[Made, ...]:
        """A list, each entry read in its turn."""
        held = fields.get(name)
        path = f"{at}.{name}" if at else name
        if held is None:
            return ()
        if not isinstance(held, list) or len(held) > most:
            self.fault(path, f"is not a list of at most {most} entries")
            return ()
        return tuple(made(entry, f"{path}[{place}]") for place, entry in enumerate(held))

    def text(self, fields: Mapping[str, Any], at: str, name: str) -> str:
        """A field that is a text."""
        return self.word(fields[name], f"{at}.{name}") if name in fields else ""

    def word(self, value: object, at: str) -> str:
        """A text of one line, without blanks around it."""
        if isinstance(value, str) and sayable(value):
            return self.texts.get(value) or self.texts.setdefault(value, value.encode().decode())
        self.fault(at, unsayable())
        return ""

    def reference(self, fields: Mapping[str, Any], at: str, kind: str) -> str:
        """A text that names something of the file."""
        name = self.text(fields, at, kind)
        if name and name not in self.known[kind]:
            self.fault(f"{at}.{kind}", f"no such {kind}")
        return name

    def unique(self, path: str, names: list[str] | tuple[str, ...]) -> None:
        """Each name once."""
        seen: set[str] = set()
        for place, name in enumerate(names):
            if name and name in seen:
                self.fault(path.format(place), "is there already")
            seen.add(name)

    def fault(self, field: str, reason: str) -> None:
        """Something is wrong with a field."""
        self.faults.append(Fault(field, reason))
        if len(self.faults) >= FAULTS_AT_MOST:
            raise MarketRefused(self.faults)


def sayable(value: str) -> bool:
    """Whether a text may stand in a file as a name or a word."""
    return value == value.strip() and 1 <= len(value) <= TEXT_AT_MOST and not _UNSPEAKABLE.search(value)


def unsayable() -> str:
    """Why one may not."""
    return f"is not a text of 1 to {TEXT_AT_MOST} characters without control characters or blanks around it"


def whole(value: object) -> TypeGuard[int]:
    """Whether it is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def shown(name: object) -> str:
    """A field's name as it may be shown."""
    return _UNSPEAKABLE.sub("?", str(name))[:TEXT_AT_MOST]
