"""What changed between two schemas of one event, field by field, each change a sentence."""

from collections.abc import Iterator
from dataclasses import dataclass

from contracts.library import Json
from contracts.subset import fits, inlined

LOWER = {
    "minimum": "least value",
    "exclusiveMinimum": "least value",
    "minLength": "least length",
    "minItems": "least number of items",
}
UPPER = {
    "maximum": "largest value",
    "exclusiveMaximum": "largest value",
    "maxLength": "longest length",
    "maxItems": "largest number of items",
}


@dataclass(frozen=True)
class Finding:
    """One sentence about a change; a remark is worth knowing and breaks nothing."""

    sentence: str
    breaks: bool = True


def differences(old: Json, new: Json) -> Iterator[Finding]:
    """All that changed for a reader. Where no field is to blame, the proof over the whole event has the last word."""
    old, new = inlined(old), inlined(new)
    found = list(of_fields("", old, new))
    yield from found
    if old == new or any(finding.breaks for finding in found):
        return
    verdict = fits(old, new)
    if verdict is False:
        yield Finding("the new schema refuses something that the old one allowed")
    if verdict is None:
        yield Finding("jsonsubschema can't decide on the event as a whole; judged field by field", breaks=False)


def of_fields(where: str, old: Json, new: Json) -> Iterator[Finding]:
    """The fields of an object: gone, newly demanded, no longer sure, or changed."""
    before, after = old.get("properties", {}), new.get("properties", {})
    was, now = set(old.get("required", [])), set(new.get("required", []))
    for name, field in before.items():
        path = f"{where}{name}"
        if name not in after:
            yield Finding(f"field `{path}` was removed")
            continue
        if name in was - now:
            yield Finding(f"field `{path}` may now be missing, and its readers count on it")
        yield from of_field(path, field, after[name])
    for name in after:
        if name in now - was:
            yield Finding(f"field `{where}{name}` is now required, and what was said before may lack it")


def of_field(path: str, old: Json, new: Json) -> Iterator[Finding]:
    """One field, whatever its type."""
    if "default" in old and "default" in new and old["default"] != new["default"]:
        yield Finding(f"field `{path}` now means {new['default']!r} where it is missing; it was {old['default']!r}")
    lost = [option for option in options(old) if not counterparts(option, new)]
    if [kind(option) for option in lost] == ["null"]:
        yield Finding(f"field `{path}` may no longer be null")
    elif lost:
        yield Finding(f"field `{path}` changed its type from {kinds(old)} to {kinds(new)}")
    for option in options(old):
        if option not in lost:
            yield from of_option(path, option, counterparts(option, new))


def of_option(path: str, old: Json, news: list[Json]) -> Iterator[Finding]:
    """One type a field may have: fine if one of the new ones takes it, else what the first of them has against it."""
    verdicts = [list(of_type(path, old, new)) for new in news]
    yield from min(verdicts, key=lambda findings: sum(finding.breaks for finding in findings))


def of_type(path: str, old: Json, new: Json) -> Iterator[Finding]:
    """Two schemas of the same JSON type."""
    match kind(old):
        case "object" if "properties" in old and "properties" in new:
            yield from of_fields(f"{path}.", old, new)
        case "object" if "patternProperties" in old and "patternProperties" in new:
            yield from of_keys(path, old["patternProperties"], new["patternProperties"])
        case "object" if isinstance(old.get("additionalProperties"), dict) and isinstance(
            new.get("additionalProperties"), dict
        ):
            yield from of_field(f"{path}.*", old["additionalProperties"], new["additionalProperties"])
        case "array":
            yield from of_field(f"{path}[]", old.get("items", {}), new.get("items", {}))
            yield from of_value(path, old, new)
        case _:
            yield from of_value(path, old, new)


def of_keys(path: str, old: Json, new: Json) -> Iterator[Finding]:
    """A map with patterns for its keys."""
    for pattern, value in old.items():
        if pattern in new:
            yield from of_field(f"{path}.*", value, new[pattern])
        else:
            yield Finding(f"field `{path}` no longer takes keys like {pattern}")


def of_value(path: str, old: Json, new: Json) -> Iterator[Finding]:
    """A plain value: what it may be. A change that the proof shows to be a widening breaks nothing."""
    if old.get("format") != new.get("format"):
        yield Finding(f"field `{path}` changed its format from {old.get('format')} to {new.get('format')}")
    gained = [value for value in values(new) if value not in values(old)] if values(old) else []
    if gained:
        yield Finding(f"field `{path}` may now be {listed(gained)}: hearers that are older park it", breaks=False)
    narrowed = list(narrowings(path, old, new))
    if not narrowed:
        return
    verdict = fits(old, new)
    if verdict is None:
        yield Finding(f"jsonsubschema can't decide on field `{path}`; judged by its structure", breaks=False)
    if verdict is not True:
        yield from narrowed


def narrowings(path: str, old: Json, new: Json) -> Iterator[Finding]:
    """What looks narrower than before."""
    gone = [value for value in values(old) if value not in values(new)]
    if values(new) and gone:
        yield Finding(f"field `{path}` may no longer be {listed(gone)}")
    elif values(new) and not values(old):
        yield Finding(f"field `{path}` may now only be {listed(values(new))}")
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        yield Finding(f"field `{path}` changed its pattern from {old.get('pattern', 'none')} to {new['pattern']}")
    for keyword, words in LOWER.items():
        if keyword in new and (keyword not in old or new[keyword] > old[keyword]):
            yield Finding(f"field `{path}` has its {words} raised from {old.get(keyword, 'none')} to {new[keyword]}")
    for keyword, words in UPPER.items():
        if keyword in new and (keyword not in old or new[keyword] < old[keyword]):
            yield Finding(f"field `{path}` has its {words} lowered from {old.get(keyword, 'none')} to {new[keyword]}")


def options(node: Json) -> list[Json]:
    """The types a field may have, one by one."""
    return [
        inner for option in node.get("anyOf", [node]) for inner in (options(option) if "anyOf" in option else [option])
    ]


def counterparts(old: Json, new: Json) -> list[Json]:
    """The options of the new field that could take this one."""
    return [
        o for o in options(new) if kind(o) in (kind(old), "anything") or (kind(old), kind(o)) == ("integer", "number")
    ]


def kind(node: Json) -> str:
    """The JSON type of an option."""
    return str(node.get("type", "anything"))


def kinds(node: Json) -> str:
    """The types of a field, in words."""
    return " or ".join(dict.fromkeys(kind(option) for option in options(node)))


def values(node: Json) -> list[object]:
    """The only values a field may have; none named means any."""
    return list(node.get("enum", [node["const"]] if "const" in node else []))


def listed(items: list[object]) -> str:
    """Values in a sentence."""
    return ", ".join(repr(item) for item in items)
