"""A lead form: what it asks in which languages, on whose pages it may stand, and what about an answer looks like a program's.

A form is versioned data. A version is a draft, then active, then archived; one at most is active. What was ever shown to somebody
does not change: an active version is replaced, and a consent's text under another version of its own.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from leads.domain import flags
from values.numbers import number
from values.text import bare, digits, visible

RIGHT_TO_LEFT = frozenset({"fa"})
OF_A_LEAD = frozenset({"company", "country", "region", "postcode", "product", "industry", "message"})
OF_A_CONTACT = frozenset({"name", "email", "phone", "address"})
REACHES = frozenset({"email", "phone"})
CHOSEN = frozenset({"choice", "choices"})
KINDS = OF_A_LEAD | OF_A_CONTACT | CHOSEN | {"text", "long_text", "number", "yes"}
LONG = frozenset({"message", "long_text"})
ONE_LINE, MANY_LINES = 500, 10_000  # characters
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
TRAP, CONTROL = "ref_", "_"  # how the trap's name begins, and the names of what no visitor fills in
OLD_S = 24 * 3600

State = Literal["draft", "active", "archived"]
Texts = Mapping[str, str]  # by language


class Fault(NamedTuple):
    """What is wrong with one field of a definition."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers that may be chosen."""

    value: str
    label: Texts


@dataclass(frozen=True, slots=True)
class Field:
    """One question."""

    name: str
    kind: str
    required: bool = False
    label: Texts = field(default_factory=dict)
    hint: Texts = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Consent:
    """What somebody may agree to, for one purpose. The version is that of its text."""

    id: str
    version: int
    purpose: str
    required: bool = False
    text: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that a version says. ``origins`` are scheme, host and port; ``defaults`` are what a lead is about where the form
    does not ask it. A form that is ``strict`` takes nothing from a page that does not say where it is from; one with ``proof`` asks
    the page's script for a proof of work (form_proof.py)."""

    languages: tuple[str, ...]
    title: Texts
    intro: Texts = field(default_factory=dict)
    button: Texts = field(default_factory=dict)
    thanks: Texts = field(default_factory=dict)
    fields: tuple[Field, ...] = ()
    consents: tuple[Consent, ...] = ()
    origins: tuple[str, ...] = ()
    strict: bool = False
    redirect: str = ""
    too_fast_s: int = 2
    proof: bool = False
    defaults: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Content":
        """From plain values, as they are stored."""
        fields = tuple(
            Field(**{**one, "choices": tuple(Choice(**c) for c in one.get("choices", ()))}) for one in said["fields"]
        )
        consents = tuple(Consent(**one) for one in said.get("consents", ()))
        lists = {name: tuple(said.get(name, ())) for name in ("languages", "origins")}
        return cls(**{**said, **lists, "fields": fields, "consents": consents})


def faults(content: Content) -> list[Fault]:
    """What can't be kept: names that clash, addresses that are none."""
    found = _twice("languages", content.languages)
    found += _twice("fields[{}].name", [one.name for one in content.fields])
    found += _twice("consents[{}].id", [one.id for one in content.consents])
    found += _twice("origins", content.origins)
    for n, one in enumerate(content.fields):
        if not NAME.fullmatch(one.name) or one.name.startswith((TRAP, "utm_")):
            found.append(
                Fault(f"fields[{n}].name", "must be small letters, digits and _, and not begin with ref_ or utm_")
            )
        if one.kind not in KINDS:
            found.append(Fault(f"fields[{n}].kind", f"must be one of {', '.join(sorted(KINDS))}"))
        found += _twice(f"fields[{n}].choices[{{}}].value", [choice.value for choice in one.choices])
    for kind in sorted(OF_A_LEAD | OF_A_CONTACT):
        asked = [n for n, one in enumerate(content.fields) if one.kind == kind]
        found += [Fault(f"fields[{n}].kind", "is asked twice") for n in asked[1:]]
    found += [Fault(f"origins[{n}]", reason) for n, one in enumerate(content.origins) if (reason := _not_origin(one))]
    if content.redirect and (not _is_page(content.redirect)):
        found.append(Fault("redirect", "must be the address of a page, like https://www.example.com/thanks"))
    return found


def missing(content: Content) -> list[Fault]:
    """What a version lacks to be shown: texts of its languages, a way to reach whoever sends it."""
    found: list[Fault] = []
    if not content.languages:
        found.append(Fault("languages", "one at least is needed"))
    if REACHES.isdisjoint(one.kind for one in content.fields):
        found.append(Fault("fields", "one must ask for an e-mail address or a telephone number"))
    for where, texts in _texts(content):
        found += [Fault(f"{where}.{one}", "is needed") for one in content.languages if not texts.get(one, "").strip()]
    for n, asked in enumerate(content.fields):
        if asked.kind in CHOSEN and len(asked.choices) < 2:
            found.append(Fault(f"fields[{n}].choices", "two at least are needed"))
    return found


def rewritten(content: Content, before: Sequence[Content]) -> list[Fault]:
    """Consents whose text is another than was shown under the same version."""
    shown = {
        (one.id, one.version, language): text
        for old in before
        for one in old.consents
        for language, text in one.text.items()
    }
    return [
        Fault(f"consents[{n}].version", "was shown with another text: give the new text the next version")
        for n, one in enumerate(content.consents)
        if any(shown.get((one.id, one.version, language), text) != text for language, text in one.text.items())
    ]


def _texts(content: Content) -> Iterator[tuple[str, Texts]]:
    yield "title", content.title
    for n, one in enumerate(content.fields):
        yield f"fields[{n}].label", one.label
        for m, choice in enumerate(one.choices):
            yield f"fields[{n}].choices[{m}].label", choice.label
        if one.hint:
            yield f"fields[{n}].hint", one.hint
    for n, consent in enumerate(content.consents):
        yield f"consents[{n}].text", consent.text
    for name, texts in (("intro", content.intro), ("button", content.button), ("thanks", content.thanks)):
        if any(texts.values()):
            yield name, texts


def _twice(where: str, names: Sequence[str]) -> list[Fault]:
    at = where if "{}" in where else f"{where}[{{}}]"
    return [Fault(at.format(n), "stands twice") for n, name in enumerate(names) if name in names[:n]]


def _not_origin(text: str) -> str:
    """Why it is no origin as a browser says it: scheme, host and port, nothing behind."""
    parts = _split(text)
    if parts is None or not parts.hostname or text != f"{parts.scheme}://{parts.netloc}" or text != text.lower():
        return "must be scheme, host and port alone, like https://www.example.com"
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1"):
        return "must begin with https://"
    usual = {"https": ":443", "http": ":80"}.get(parts.scheme)
    if usual is None or parts.username or "*" in text:
        return "must be scheme, host and port alone, like https://www.example.com"
    return f"must be written without {usual}" if parts.netloc.endswith(usual) else ""


def _is_page(text: str) -> bool:
    parts = _split(text)
    if parts is None or not parts.hostname or parts.username or not text.isprintable() or " " in text:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1"))


def _split(text: str) -> Any:
    try:
        parts = urlsplit(text)
        return parts if parts.port is None or parts.port else None
    except ValueError:
        return None


# -- what a visitor sends


def language_of(content: Content, asked: str, spoken: str) -> str:
    """The language that the page asked for, else the visitor's own, else the form's first."""
    return next((one for one in (asked[:2], spoken) if one in content.languages), content.languages[0])


def read(content: Content, given: Mapping[str, Sequence[str]]) -> tuple[dict[str, str | list[str]], dict[str, str]]:
    """The answers to what the form asks, and what is wrong with them: by field, one of required, long, choice, number. What the
    form does not ask is left where it is."""
    answers: dict[str, str | list[str]] = {}
    wrong: dict[str, str] = {}
    for one in content.fields:
        said = [text for each in given.get(one.name, ()) if (text := visible(each))]
        if not said:
            if one.required:
                wrong[one.name] = "required"
            continue
        if one.choices and not {choice.value for choice in one.choices}.issuperset(said):
            wrong[one.name] = "choice"
        elif len(said[0]) > (MANY_LINES if one.kind in LONG else ONE_LINE):
            wrong[one.name] = "long"
        elif one.kind == "number" and number(digits(bare(said[0]))) is None:
            wrong[one.name] = "number"
        answers[one.name] = list(dict.fromkeys(said)) if one.kind == "choices" else said[0]
    return answers, wrong


def refused(content: Content, agreed: Sequence[str]) -> list[str]:
    """Consents that the form needs and that were not given."""
    return [one.id for one in content.consents if one.required and one.id not in agreed]


# -- traps: signals, and never a refusal


def trap(key: bytes, form: str, version: int) -> str:
    """The name of the field that people don't see. No browser knows what to fill into it, and it differs by version."""
    letters = hmac.new(key, f"trap {form} {version}".encode(), hashlib.sha256).digest()[:4]
    return TRAP + "".join(chr(97 + byte % 26) for byte in letters)


def token(key: bytes, form: str, version: int, at: int, nonce: str) -> str:
    """What says when a form was shown: nobody else can make one."""
    said = f"{version}.{at}.{nonce}"
    mark = hmac.new(key, f"token {form} {said}".encode(), hashlib.sha256).hexdigest()[:32]
    return f"{said}.{mark}"


def signals(key: bytes, form: str, content: Content, given: str, trapped: str, now: int) -> list[str]:
    """What makes it look like a program's: the trap is filled, no token of ours or an old one, or sent faster than people write."""
    found = [flags.TRAP_FILLED] if trapped.strip() else []
    version, _, rest = given.partition(".")
    at, _, rest = rest.partition(".")
    nonce = rest.partition(".")[0]
    known = version.isascii() and version.isdigit() and at.isascii() and at.isdigit() and len(version + at) < 30
    if not known or not hmac.compare_digest(token(key, form, int(version), int(at), nonce).encode(), given.encode()):
        return [*found, flags.TOKEN_MISSING]
    age = now - int(at)
    if age > OLD_S:
        found.append(flags.TOKEN_MISSING)
    elif age < content.too_fast_s:
        found.append(flags.SENT_TOO_FAST)
    return found


# -- a form's life


@dataclass(frozen=True, slots=True)
class Version:
    """One version as it stands. ``edit`` numbers the changes of its form: whoever changes it names the last that he has seen."""

    form: str
    version: int
    state: State
    paused: bool
    content: Mapping[str, Any]
    author: str
    at: datetime
    edit: int
    history: tuple[Mapping[str, Any], ...]


class NotPossible(Exception):
    """What the form's state forbids."""


def saved(form: str, there: Sequence[Version], content: Mapping[str, Any], by: str, at: datetime) -> Version:
    """The draft with this content: the one there is, or the next version. ``there`` are all versions, the oldest first."""
    edit = _next(there)
    if there and there[-1].state == "draft":
        draft = there[-1]
        return replace(
            draft, content=content, author=by, at=at, edit=edit, history=(*draft.history, _done("saved", by, at))
        )
    return Version(form, len(there) + 1, "draft", False, content, by, at, edit, (_done("saved", by, at),))


def activated(there: Sequence[Version], by: str, at: datetime) -> list[Version]:
    """The draft is what strangers see from now on; what they saw before is archived. It stays paused if that was."""
    if not there or there[-1].state != "draft":
        raise NotPossible("There is no draft to activate.")
    edit, before = _next(there), _active(there)
    changed = [_changed(before, "archived", by, at, edit, state="archived", paused=False)] if before else []
    paused = before is not None and before.paused
    return [*changed, _changed(there[-1], "activated", by, at, edit, state="active", paused=paused)]


def paused(there: Sequence[Version], pause: bool, by: str, at: datetime) -> list[Version]:
    """It takes nothing for now, or takes leads again."""
    active = _active(there)
    if active is None:
        raise NotPossible("No version of it is active.")
    if active.paused == pause:
        return []
    return [_changed(active, "paused" if pause else "resumed", by, at, _next(there), paused=pause)]


def archived(there: Sequence[Version], by: str, at: datetime) -> list[Version]:
    """Nobody can send it any more, nor see it; what it was stays on record."""
    if not (open_ := [one for one in there if one.state != "archived"]):
        raise NotPossible("It is archived.")
    return [_changed(one, "archived", by, at, _next(there), state="archived", paused=False) for one in open_]


def _active(there: Sequence[Version]) -> Version | None:
    return next((one for one in there if one.state == "active"), None)


def _next(there: Sequence[Version]) -> int:
    return max((one.edit for one in there), default=0) + 1


def _changed(one: Version, what: str, by: str, at: datetime, edit: int, **more: Any) -> Version:
    return replace(one, edit=edit, history=(*one.history, _done(what, by, at)), **more)


def _done(what: str, by: str, at: datetime) -> Mapping[str, Any]:
    return {"what": what, "by": by, "at": at.isoformat()}
