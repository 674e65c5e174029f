"""From what a form's page sends to a lead as the capture door takes it: the same mending, naming and sealing, no second way."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl

from chassis import FieldError, Problem, not_valid
from contracts.leads.form import Attribution, Consent, Touch
from leads.api.form_cache import Shown
from leads.api.form_words import FormWords
from leads.api.forms import Aside
from leads.api.mending import BROKEN, mend_lead, read_json
from leads.api.refusal import BROKEN_JSON
from leads.api.submission import Submission, take
from leads.domain import flags
from leads.domain.form import CHOSEN, OF_A_CONTACT, OF_A_LEAD, read, refused
from leads.domain.personal import is_private, reaches
from values.text import bare, digits, hides, visible

FIELDS, TOUCH, KEY = 500, 100, 64  # fields of a body; characters of a touch's value and of a key
SAME_FOR_S = 600  # the same answers without a key within so long are one lead
CODES = {"contact.email": ("email", "email"), "contact.phone": ("phone", "phone"), "contact": ("", "contact")}

Given = dict[str, list[str]]


@dataclass(frozen=True)
class Filling:
    """What was sent: fields by name with their values, and of each visit what its link said."""

    given: Given
    touches: Mapping[str, Mapping[str, Any]]

    def one(self, name: str) -> str:
        """The first value of a field, or nothing."""
        return next(iter(self.given.get(name, ())), "")


@dataclass(frozen=True)
class Taken:
    """A lead to be taken: ``content`` are the answers by which the same is known again, ``more`` what only a form of ours says."""

    submission: Submission
    key: str
    content: bytes
    more: Mapping[str, Any]


def filling(raw: bytes, encoded: bool) -> Filling:
    """The body as fields. 400 or 422 for what is none."""
    if encoded:
        return _encoded(raw)
    body = read_json(raw)
    if body is BROKEN:
        raise Problem(400, "The body is not valid JSON", errors=[BROKEN_JSON])
    if not isinstance(body, dict):
        raise not_valid([FieldError("body", "must be an object")])
    touches = {name: body.pop(f"_{name}") for name in ("first", "last") if isinstance(body.get(f"_{name}"), dict)}
    given = {
        str(name): [_text(one) for one in (value if isinstance(value, list) else [value])]
        for name, value in list(body.items())[:FIELDS]
    }
    return Filling(given, touches | ({} if "last" in touches else _last(given)))


def _encoded(raw: bytes) -> Filling:
    try:
        pairs = parse_qsl(raw.decode("utf-8-sig"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS)
    except ValueError:
        raise not_valid([FieldError("body", f"is not a form of at most {FIELDS} fields in UTF-8")]) from None
    given: Given = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    return Filling(given, _last(given))


def _last(given: Given) -> dict[str, dict[str, str]]:
    named = {name: given[f"utm_{name}"][0] for name in Touch.model_fields if given.get(f"utm_{name}")}
    return {"last": named} if named else {}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return str(value) if isinstance(value, str | int | float) else ""


def taken(shown: Shown, sent: Filling, language: str, signals: Sequence[str], now: datetime) -> Taken | dict[str, str]:
    """The lead, or what is wrong with it: a code for each field; that of the whole form has no name."""
    content = shown.content
    answers, wrong = read(content, sent.given)
    agreed = sent.given.get("_consent", [])
    wrong |= {f"_consent.{one}": "consent" for one in refused(content, agreed)}
    aside = Aside()
    for signal in signals:
        aside.flag(signal)
    attribution = _attribution(sent.touches, aside)
    body = _lead(shown, answers, language, attribution)
    mended, more = mend_lead(body, forgiving=True)
    more.flags[:0] = aside.flags
    more.answers |= aside.answers
    lead = take(mended, more, now, True)
    if isinstance(lead, list):
        wrong = {**dict(_code(shown, error) for error in lead), **wrong}
    if wrong or isinstance(lead, list):
        return wrong
    lead.form.__dict__["form"] = shown.form
    same = json.dumps([answers, sorted(agreed)], ensure_ascii=False, sort_keys=True).encode()
    key = sent.one("_key")[:KEY] or f"at {int(now.timestamp()) // SAME_FOR_S}"
    named = blake2b(same, digest_size=16, key=b"form").hexdigest()
    consents = tuple(
        Consent(
            purpose=one.purpose, given=one.id in agreed, text_id=one.id, text_version=one.version, language=language
        )
        for one in content.consents
    )
    said = {"form_version": shown.version, "attribution": attribution, "consents": consents or None}
    return Taken(lead, f"form:{shown.form}:{key}:{named}", same, said)


def _lead(shown: Shown, answers: Mapping[str, Any], language: str, attribution: Attribution | None) -> dict[str, Any]:
    body: dict[str, Any] = {"contact": {}, "attributes": {}, "answers": {}, "language": language}
    for one in shown.content.fields:
        if one.name not in answers:
            continue
        said = answers[one.name]
        if one.kind in OF_A_CONTACT:
            body["contact"][one.kind] = said
        elif one.kind in OF_A_LEAD:
            body[one.kind] = said
        elif one.kind in CHOSEN:
            body["attributes"][one.name] = said
        elif one.kind == "yes":
            body["attributes"][one.name] = True
        else:
            body["answers"][one.name] = digits(bare(said)) if one.kind == "number" else said
    last, first = (attribution.last, attribution.first) if attribution else (None, None)
    visits = [visit for visit in (last, first) if visit]
    body["campaign"] = next((visit.campaign for visit in visits if visit.campaign), None)
    body["channel"] = last.medium if last else None
    for name, value in shown.content.defaults.items():
        body[name] = body.get(name) or value or None
    return body


def _attribution(touches: Mapping[str, Mapping[str, Any]], aside: Aside) -> Attribution | None:
    made = {name: _touch(said, aside) for name, said in touches.items()}
    return Attribution(**made) if any(made.values()) else None


def _touch(said: Mapping[str, Any], aside: Aside) -> Touch | None:
    """Names of campaigns and channels. What might reach or tell of somebody is kept with the sealed answers."""
    kept = {}
    for name in Touch.model_fields:
        value = said.get(name)
        if not isinstance(value, str) or not (text := visible(value)[:TOUCH]) or hides(value):
            continue
        if is_private(f"utm_{name}", text) or (reaches(text) and not text.isdigit()):
            aside.put(f"utm_{name}", text, flags.ANSWER_SEALED)
        else:
            kept[name] = text
    return Touch(**kept) if kept else None


def _code(shown: Shown, error: FieldError) -> tuple[str, str]:
    """The field of the form that an error of the lead is about, and its code."""
    kind, code = CODES.get(error.field, (error.field.rpartition(".")[2], "unreadable"))
    return next((one.name for one in shown.content.fields if one.kind == kind), ""), code


def in_words(wrong: Mapping[str, str], words: FormWords) -> dict[str, str]:
    """The same in sentences."""
    return {field: getattr(words, code) for field, code in wrong.items()}
