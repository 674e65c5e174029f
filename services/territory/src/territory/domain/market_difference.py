"""How two market files differ, thing by thing."""

from collections.abc import Iterator, Mapping
from typing import Any

PARTS = (("segments", "id"), ("pipelines", "id"), ("teams", "id"), ("rules", "name"))
ADDED, CHANGED, REMOVED = "added", "changed", "removed"


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Of which part, which thing, and whether it is added, changed or removed; the order of things is no difference."""
    for part, key in PARTS:
        was = {one[key]: one for one in before.get(part) or ()}
        now = {one[key]: one for one in after.get(part) or ()}
        for name in [*now, *(name for name in was if name not in now)]:
            if was.get(name) != now.get(name):
                yield part, name, ADDED if name not in was else REMOVED if name not in now else CHANGED
    stood, stands = before.get("fallback"), after.get("fallback")
    if stood != stands:
        yield "fallback", "fallback", ADDED if stood is None else REMOVED if stands is None else CHANGED
