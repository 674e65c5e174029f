"""The slow way: a body that the types refused is brought into a shape that they take, with nothing of it lost.

Programs fill what is empty with null, send lists for boxes that may be ticked twice, numbers for texts and texts for numbers,
first and last name apart, and fields that the form does not have. Each is read as what is plainly meant; the rest is set aside.
"""

import json
import re
from decimal import Decimal
from typing import Any

from leads.api.forms import ATTRIBUTES, LARGEST_WHOLE, MESSAGE, TEXT, WISHES, Aside, ContactForm, LeadForm
from leads.domain import flags
from leads.domain.personal import Scalar, is_private
from values.numbers import number

ANSWER, ANSWERS, ALL_ANSWERS = 5_000, 100, 60_000  # characters of one answer, answers, and characters of all of them
NOTHING = float("nan")

_CONTACT = frozenset(ContactForm.model_fields)
_TEXTS = frozenset(LeadForm.model_fields) - {
    *("contact", "expected_amount", "attributes", "occurred_at", "message", "requests"),
}
_ALIASES = {
    **dict.fromkeys(("first_name", "firstname", "firstName", "given_name"), "first"),
    **dict.fromkeys(("last_name", "lastname", "lastName", "family_name", "surname"), "last"),
    **dict.fromkeys(("tel", "telephone", "mobile", "phone_number", "phoneNumber"), "phone"),
    **dict.fromkeys(("mail", "e-mail", "email_address", "emailAddress"), "email"),
    **dict.fromkeys(("full_name", "fullName", "fullname"), "name"),
}
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
# An escaped backslash, an escaped pair, or one half of a pair alone.
_ESCAPED = re.compile(
    r"\\(?:\\|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2}))"
)
_KIND = re.compile("[a-z_]{1,40}")
_THREE = re.compile(r"-?\d+\.\d{3}", re.ASCII)
_WHOLE = re.compile(r"0|[1-9][0-9]{0,14}", re.ASCII)


def read_json(raw: bytes) -> Any:
    """The body with its numbers as they were sent; BROKEN where it is no JSON. Half a character, which is what programs leave
    that cut a text within one, is a broken character."""
    try:
        text = _ESCAPED.sub(lambda found: r"\ufffd" if found[1] else found[0], raw.decode())
        return json.loads(text, parse_int=_whole, parse_float=_fraction, parse_constant=lambda _: NOTHING)
    except (ValueError, RecursionError):
        return BROKEN


BROKEN = object()


def _whole(text: str) -> int | str:
    """Beyond 2^53 other programs would change the number: it is kept as its digits."""
    return int(text) if len(text) <= 16 and abs(int(text)) <= LARGEST_WHOLE else text


def decimal(text: str) -> float | str:
    """A number if it is written back as it came; 1.10, -0.0 and 1e400 are kept as their digits."""
    read = float(text)
    return read if repr(read) == text and text != "-0.0" and "e" not in text else text


class Digits(str):
    """A number of JSON that is kept as its digits."""

    __slots__ = ()


def _fraction(text: str) -> float | str:
    """Its point is a decimal one. 12.000 loses its zeros, because as a text it would be twelve thousand."""
    kept = decimal(text)
    if isinstance(kept, float):
        return kept
    return float(text) if _THREE.fullmatch(text) and number(text) != Decimal(text) else Digits(text)


def mend_lead(body: Any, *, forgiving: bool) -> tuple[Any, Aside]:
    """The body, mended, and what was set aside. Fields that the form does not have are kept as answers if it is forgiving;
    else only those that tell where a visitor came from."""
    aside = Aside()
    if not isinstance(body, dict):
        return body, aside
    mended: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    for name, value in body.items():
        if value is None:
            continue
        if name == "answers" and isinstance(value, dict):
            readable = {
                key[:TEXT]: one if type(one) in (bool, int) else as_text(one) for key, one in value.items() if key
            }
            aside.answers |= {key: one for key, one in readable.items() if one is not None and one != ""}
        elif name in LeadForm.model_fields:
            mended[name] = value
        elif forgiving or name.startswith("utm_"):
            unknown[name] = value
        else:
            mended[name] = value
    mended["contact"] = _contact(mended.pop("contact", {}), unknown, aside, forgiving)
    mended["attributes"] = _attributes(mended.pop("attributes", {}), aside)
    for name, value in unknown.items():
        _keep_unknown(name, value, mended["attributes"], aside)
    _limit(mended["attributes"], aside)
    for name in _TEXTS & mended.keys():
        _text(mended, name, mended[name], aside)
    if "message" in mended:
        mended["message"] = _message(mended["message"], aside)
    if "expected_amount" in mended:
        mended["expected_amount"] = _money(mended["expected_amount"], aside)
    if "requests" in mended:
        mended["requests"] = _wishes(mended["requests"], aside)
    bound(aside)
    return mended, aside


def mend_outcome(body: Any) -> Any:
    """An outcome likewise: null was not given, and money may be written as people write it."""
    if not isinstance(body, dict):
        return body
    mended = {name: value for name, value in body.items() if value is not None and value != ""}
    made = money(mended["amount"]) if "amount" in mended else None
    if made is not None:  # of no amount at all the types say what is wrong
        mended["amount"] = made if made.keys() - {"currency"} else None
    for name in ("external_id", "reason"):
        if type(mended.get(name)) in (int, float):
            mended[name] = str(mended[name])
    return mended


def _contact(contact: Any, unknown: dict[str, Any], aside: Aside, forgiving: bool) -> Any:
    if isinstance(contact, str) and "@" in contact and forgiving:
        contact = {"email": contact}
    elif not isinstance(contact, dict):
        _put("contact", contact, flags.CONTACT_UNREADABLE, aside)
        contact = {}
    given: dict[str, Any] = {}
    if forgiving:  # a plain form calls its fields as it likes
        for name in [n for n in unknown if n in _CONTACT or n in _ALIASES]:
            contact = {**contact, name: contact.get(name) or unknown.pop(name)}
    for name, value in contact.items():
        if value is None:
            continue
        known = name if name in _CONTACT else _ALIASES.get(name)
        if known is None and forgiving:
            _put(f"contact.{name}", value, flags.FIELD_UNKNOWN, aside)
        elif known is None:
            given[name] = value
        elif given.get(known):
            _put(f"contact.{name}", value, flags.FIELD_UNKNOWN, aside)
        else:
            given[known] = _spoken(known, value, aside)
    first, last = given.pop("first", None), given.pop("last", None)
    if (first or last) and not given.get("name"):
        given["name"] = join_names(first, last)
    for part in (first, last):
        if part and part.strip() not in given["name"]:
            _put("contact.other_name", part, flags.FIELD_UNKNOWN, aside)
    return given


def join_names(first: str | None, last: str | None) -> str:
    """Both names as they are said: in Chinese the family's comes first and nothing stands between."""
    if first and last and _HAN.fullmatch(first.strip()) and _HAN.fullmatch(last.strip()):
        return last.strip() + first.strip()
    return " ".join(part.strip() for part in (first, last) if part and part.strip())


def _spoken(name: str, value: Any, aside: Aside) -> str | None:
    text = as_text(value)
    if text is None:
        _put(f"contact.{name}", value, flags.CONTACT_UNREADABLE, aside)
        return None
    if len(text.strip()) <= TEXT:
        return text
    _put(f"contact.{name}", text, flags.CONTACT_CUT, aside)
    return text.strip()[:TEXT]


def _attributes(given: Any, aside: Aside) -> dict[str, Scalar]:
    if not isinstance(given, dict):
        _put("attributes", given, flags.ANSWER_SEALED, aside)
        return {}
    kept: dict[str, Scalar] = {}
    for name, value in given.items():
        if value is not None:
            _answer(name, value, kept, aside)
    return kept


def _answer(name: str, value: Any, kept: dict[str, Scalar], aside: Aside) -> None:
    """A value stays an attribute if the form takes it as one; several become one text with commas, if each may be known."""
    read = as_text(value) if isinstance(value, list) else value
    if isinstance(value, list) and any(is_private(name, one) for one in value if isinstance(one, str | int | float)):
        _put(name, value, flags.ANSWER_SEALED, aside)
    elif isinstance(read, str):
        text = read.strip()
        if not text:
            return
        if len(text) <= TEXT and 0 < len(name) <= TEXT:
            kept[name] = text
        else:
            _put(name, text, flags.ANSWER_SEALED, aside)
    elif isinstance(read, float) and read != read:
        aside.flag(flags.ANSWER_UNREADABLE)
    elif isinstance(read, bool | int | float) and 0 < len(name) <= TEXT:
        kept[name] = read
    else:
        _put(name, value, flags.ANSWER_SEALED, aside)


def _keep_unknown(name: str, value: Any, kept: dict[str, Scalar], aside: Aside) -> None:
    if name.startswith("utm_") and name not in kept:
        _answer(name, value, kept, aside)
    else:
        _put(name, value, flags.FIELD_UNKNOWN, aside)


def _wishes(given: Any, aside: Aside) -> list[dict[str, str]]:
    """Those that are codes; anything else that is asked for is kept sealed."""
    wishes = given if isinstance(given, list) else [given]
    kinds = [one.get("kind") if isinstance(one, dict) and one.keys() == {"kind"} else None for one in wishes]
    read = [kind for kind in kinds if isinstance(kind, str) and _KIND.fullmatch(kind)]
    if len(read) < len(wishes) or len(wishes) > WISHES:
        _put("requests", given, flags.FIELD_UNKNOWN, aside)
    return [{"kind": kind} for kind in read[:WISHES]]


def _limit(kept: dict[str, Scalar], aside: Aside) -> None:
    """An event carries so many attributes; the rest stands with the sealed answers."""
    for name in list(kept)[ATTRIBUTES:]:
        aside.put(name, kept.pop(name), flags.ANSWER_SEALED)


def _text(mended: dict[str, Any], name: str, value: Any, aside: Aside) -> None:
    text = as_text(value)
    if text is not None and len(text.strip()) <= TEXT:
        mended[name] = text
    elif name in ("external_id", "source"):
        mended[name] = value if text is None else text  # it names the lead or its origin: the types say what is wrong
    else:
        _put(name, value, f"{name}_unreadable", aside)
        del mended[name]


def _message(value: Any, aside: Aside) -> str | None:
    text = as_text(value)
    if text is None:
        _put("message", value, flags.ANSWER_SEALED, aside)
        return None
    if len(text.strip()) <= MESSAGE:
        return text
    aside.flag(flags.MESSAGE_CUT)
    return text.strip()[:MESSAGE]


def _money(value: Any, aside: Aside) -> Any:
    mended = money(value)
    if mended is None:
        _put("expected_amount", value, flags.AMOUNT_UNREADABLE, aside)
        return None
    if isinstance(mended, dict):
        for name in [n for n in mended if n not in ("minor", "amount", "currency")]:
            _put(f"expected_amount.{name}", mended.pop(name), flags.FIELD_UNKNOWN, aside)
    return mended


def money(value: Any) -> Any:
    """An amount as the form takes it, from an object with nulls and texts, or from a text or number alone; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | dict):
        return None
    if not isinstance(value, dict):
        return {"amount": _written(value)}
    made = {name: one for name, one in value.items() if one is not None and one != ""}
    for name in ("amount", "currency"):
        if name in made:
            text = _written(made[name])
            if text is None or len(text) > TEXT:
                return None
            made[name] = text
    minor = made.get("minor")
    if isinstance(minor, str):
        if not _WHOLE.fullmatch(minor.strip()):
            return None
        made["minor"] = int(minor)
    elif minor is not None and (isinstance(minor, bool) or not isinstance(minor, int) or not 0 <= minor <= 10**15):
        return None
    return made


def _written(value: Any) -> str | None:
    """An amount as a text. Three digits behind the point of a number of JSON are no thousands, as they are in a text."""
    text = as_text(value)
    return f"{text}0" if isinstance(value, float | Digits) and _THREE.fullmatch(str(value)) else text


def as_text(value: Any) -> str | None:
    """A text, from a text or a number; of a list all that it says, with commas. None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return None if value != value else str(value)
    if isinstance(value, list):
        parts = [as_text(one) for one in value if one is not None]
        return None if None in parts else ", ".join(part.strip() for part in parts if part and part.strip())
    return None


def _put(name: str, value: Any, flag: str, aside: Aside) -> None:
    """Any value at all, kept as an answer: an object as JSON."""
    if value is None or value == "" or value == {} or value == []:
        return
    text = as_text(value)
    if isinstance(value, bool | int | float) and value == value:
        aside.put(name[:TEXT] or "?", value, flag)
    else:
        aside.put(name[:TEXT] or "?", json.dumps(value, ensure_ascii=False) if text is None else text, flag)


def bound(aside: Aside) -> None:
    """So much of the answers is kept, that a lead fits into its event."""
    left, kept = ALL_ANSWERS, dict[str, Scalar]()
    for name, value in aside.answers.items():
        if len(kept) >= ANSWERS or left <= 0:
            aside.flag(flags.ANSWERS_CUT)
            break
        if isinstance(value, str) and len(value) > min(ANSWER, left):
            aside.flag(flags.ANSWER_CUT)
            value = value[: min(ANSWER, left)]
        left -= len(name) + (len(value) if isinstance(value, str) else 8)
        kept[name] = value
    aside.answers = kept
