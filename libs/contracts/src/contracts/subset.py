"""Is everything one schema allows also allowed by another? Proved by jsonsubschema, after making it something it can read."""

from typing import Any

from contracts.library import Json

SAYS_NOTHING = {"$schema", "$id", "$defs", "title", "description", "default", "examples", "format", "propertyNames"}


def fits(old: Json, new: Json) -> bool | None:
    """Whether a reader of ``new`` takes all that a writer of ``old`` may write; None where the library can't decide.

    Writer closed, reader open: the old writer wrote the fields it knew and no others, or any added field would be a break.
    """
    from jsonsubschema import isSubschema  # a development dependency: what runs in production never asks this

    try:
        return bool(isSubschema(plain(old, closed=True), plain(new, closed=False)))
    except Exception:  # little maintained, it fails in many ways on what it doesn't know; the caller says so aloud
        return None


def plain(schema: Json, *, closed: bool) -> Json:
    """The schema without references and remarks; if ``closed``, its objects take no field that they don't name."""
    reduced: Json = reduce(inlined(schema), closed=closed)
    return reduced


def inlined(schema: Json) -> Json:
    """The schema with every ``$ref`` to its own ``$defs`` replaced by what it names."""
    definitions = schema.get("$defs", {})

    def walk(node: Any, within: tuple[str, ...]) -> Any:
        if isinstance(node, list):
            return [walk(item, within) for item in node]
        if not isinstance(node, dict):
            return node
        name = str(node.get("$ref", "")).removeprefix("#/$defs/")
        if name and name not in within:
            siblings = {key: walk(value, within) for key, value in node.items() if key != "$ref"}
            return walk(definitions[name], (*within, name)) | siblings
        return {key: walk(value, within) for key, value in node.items() if key != "$defs"}

    inline: Json = walk(schema, ())
    return inline


def reduce(node: Any, *, closed: bool) -> Any:
    """A schema, its remarks left out. Below ``properties`` stand names, which are kept whatever they are."""
    if isinstance(node, list):
        return [reduce(item, closed=closed) for item in node]
    if not isinstance(node, dict):
        return node
    kept: Json = {}
    for key, value in node.items():
        if key in ("properties", "patternProperties"):
            kept[key] = {name: reduce(field, closed=closed) for name, field in value.items()}
        elif key == "const":
            kept["enum"] = [value]
        elif key not in SAYS_NOTHING:
            kept[key] = value if key in ("enum", "required") else reduce(value, closed=closed)
    if closed and "properties" in kept:
        kept.setdefault("additionalProperties", False)
    return kept
