"""A form as a browser sends it: names and texts, read as the same lead that JSON would say."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from chassis.problems import FieldError
from leads.api.forms import Aside, LeadForm
from leads.api.mending import decimal, mend_lead
from leads.api.submission import Submission, take
from leads.domain import flags

FIELDS = 500
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,14})", re.ASCII)
_DECIMAL = re.compile(r"-?(?:0\.[0-9]{1,6}|[1-9][0-9]{0,14}\.(?:[0-9]{1,2}|[0-9]{4,6}))", re.ASCII)
_NESTED = frozenset(("contact", "expected_amount", "attributes"))
_OFF = frozenset(("0", "false", "off", "no"))


def parse_form(raw: bytes, now: datetime, *, public: bool = False) -> Submission | list[FieldError]:
    """The lead in a form-encoded body, ``contact.phone=...&attributes.size=20`` or ``contact[phone]=...``.

    A field left blank was not given. A box ticked more than once has all its values; a hidden 0 before a checkbox is what the
    browser sends for a box that is not ticked, so it does not count beside another. Of a field that has one value the first
    counts. Fields that the form of a lead does not have are kept, sealed.
    """
    try:
        pairs = parse_qsl(raw.decode("utf-8-sig"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS)
    except (UnicodeDecodeError, ValueError):
        return [FieldError("body", f"is not a form of at most {FIELDS} fields in UTF-8")]
    given: dict[str, list[str]] = {}
    for key, value in pairs:
        if value.strip():
            given.setdefault(_BRACKETS.sub(r".\1", key).rstrip("."), []).append(value)
    aside = Aside()
    body, mended = mend_lead(_body(given, aside), forgiving=True)
    mended.flags[:0] = aside.flags
    mended.answers = aside.answers | mended.answers
    return take(body, mended, now, public)


def _body(given: Mapping[str, list[str]], aside: Aside) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for key, values in given.items():
        outer, _, inner = key.partition(".")
        nested = outer in _NESTED and bool(inner)
        ticked = _ticked(values)
        if outer == "attributes" and nested:
            body.setdefault(outer, {})[inner] = [_plain(v) for v in ticked] if len(ticked) > 1 else _plain(ticked[0])
        elif nested or (key in LeadForm.model_fields and key not in _NESTED):
            (body.setdefault(outer, {}) if nested else body)[inner if nested else key] = ticked[0]
            for number, more in enumerate(ticked[1:], 2):
                aside.put(f"{key}.{number}", more, flags.FIELD_UNKNOWN)
        elif key in _NESTED and any(other.startswith(f"{key}.") for other in given):
            aside.put(key, ", ".join(ticked), flags.FIELD_UNKNOWN)
        else:
            body[key] = ticked if len(ticked) > 1 else ticked[0]
    return body


def _ticked(values: list[str]) -> list[str]:
    """Each value once, and without the one that stands for a box left empty where another was sent after it."""
    seen = list(dict.fromkeys(value.strip() for value in values))
    return [seen[-1]] if len(seen) == 2 and seen[0].lower() in _OFF else seen


def _plain(value: str) -> str | int | float:
    """A form has only text: an attribute that is plainly a number is read as one; 007, 1.10 and 12.345 stay as written."""
    if _WHOLE.fullmatch(value):
        return int(value)
    return decimal(value) if _DECIMAL.fullmatch(value) else value
