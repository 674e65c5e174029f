"""Why a body was refused: the field and a sentence of ours, never a piece of what was sent."""

import re
from typing import Any

from pydantic import ValidationError

from chassis.problems import FieldError

TOLD_AT_MOST = 50  # errors; nobody reads more
LOOKED_AT_MOST = 2_000  # a body may be wrong in ten thousand places, and listing them is dear

BROKEN_JSON = FieldError("body", "is not valid JSON")

_TIME = "must be a time with its zone, like 2026-05-04T12:00:00Z"
_REASONS = {
    "missing": "is needed",
    "extra_forbidden": "is not a field of this form",
    "string_type": "must be text",
    "string_too_long": "is longer than {max_length} characters",
    "string_too_short": "must not be empty",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "greater_than_equal": "must not be below {ge}",
    "less_than_equal": "must not be above {le}",
    "finite_number": "must be a finite number",
    "literal_error": "must be one of {expected}",
    "too_long": "has more than {max_length} entries",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "json_invalid": BROKEN_JSON.reason,
    "moment": "{reason}",
    "timezone_aware": "must name its time zone, like 2026-05-04T12:00:00Z",
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "uuid_type": "must be a UUID",
    "uuid_parsing": "must be a UUID",
}
# A name that a program chose. Anything else may be a person's data in the wrong place and is not repeated.
_A_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}", re.ASCII)


def refusal(error: ValidationError) -> list[FieldError]:
    """What was wrong, field by field."""
    if error.error_count() > LOOKED_AT_MOST:
        return [FieldError("body", f"is wrong in more than {LOOKED_AT_MOST} places")]
    found: dict[str, str] = {}
    for each in error.errors(include_url=False, include_input=False):
        loc = each["loc"]
        if loc[:1] == ("attributes",) and len(loc) > 2:
            _add_attribute(found, path(loc[:2]), each["type"], each.get("ctx", {}))
        else:
            found.setdefault(path(loc), _reason(each["type"], each.get("ctx", {})))
    return [FieldError(field, reason) for field, reason in found.items()][:TOLD_AT_MOST]


def path(loc: tuple[int | str, ...]) -> str:
    """``("contact", "phone")`` as ``contact.phone``. It ends before a part that is no name, because that may be anything."""
    parts: list[str] = []
    for part in loc:
        if not _A_NAME.fullmatch(str(part)):
            break
        parts.append(str(part))
    return ".".join(parts) or "body"


def _reason(kind: str, context: dict[str, Any]) -> str:
    return _REASONS.get(kind, "is not valid").format(**context)


def _add_attribute(found: dict[str, str], field: str, kind: str, context: dict[str, Any]) -> None:
    """An attribute is tried as text, number and truth value; of the four complaints the one about its size says most."""
    if kind in ("string_too_long", "string_too_short", "greater_than_equal", "less_than_equal", "finite_number"):
        found[field] = _reason(kind, context)
    else:
        found.setdefault(field, "must be text, a number, true or false")
