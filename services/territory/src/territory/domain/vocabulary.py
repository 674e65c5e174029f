"""Words of the company that are data: kinds of units, ranks, kinds of absences."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from territory.domain.organisation import ABSENCES, KINDS, RANKS
from territory.domain.refusal import Wrong

SHIPPED: Mapping[str, list[dict[str, Any]]] = {
    "unit_kind": [vars(kind) for kind in KINDS],
    "rank": [vars(rank) for rank in RANKS],
    "absence_kind": [{"id": name, "name": {}} for name in ABSENCES],
}
FIELDS: Mapping[str, Mapping[str, type]] = {
    "unit_kind": {"id": str, "works_leads": bool, "name": dict},
    "rank": {"id": str, "order": int, "leads": bool, "name": dict},
    "absence_kind": {"id": str, "name": dict},
}
MOST = 100
_ID = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")


def read_words(name: str, items: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The words of a vocabulary as they are kept. Raises Wrong, with every fault by its path."""
    fields, found, seen = FIELDS[name], [], set()
    if not 1 <= len(items) <= MOST:
        raise Wrong(("items", f"holds not 1 to {MOST} words"))
    for place, item in enumerate(items):
        at = f"items[{place}]"
        found += [(f"{at}.{field}", "is not a field of it") for field in sorted(item.keys() - fields.keys())]
        for field, kind in fields.items():
            value = item.get(field, {} if field == "name" else None)
            if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
                found.append((f"{at}.{field}", "is missing or of another type"))
        word = item.get("id")
        if isinstance(word, str) and not _ID.fullmatch(word):
            found.append((f"{at}.id", "is not of small letters, digits and _ alone"))
        if word in seen:
            found.append((f"{at}.id", "is there already"))
        seen.add(str(word))
    if found:
        raise Wrong(*found)
    return [{field: item.get(field, {}) for field in fields} for item in items]
