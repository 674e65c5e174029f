"""A form as a page of ours: it works without a script, in the form's languages, light and dark, in both directions."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse

from leads.api.form_cache import Shown
from leads.api.form_words import WORDS
from leads.domain.form import LONG, RIGHT_TO_LEFT, Choice, Field

STYLE = "/f/-/form.css"
FILLS = {
    "name": "name",
    "email": "email",
    "phone": "tel",
    "company": "organization",
    "address": "street-address",
    "postcode": "postal-code",
    "country": "country-name",
    "region": "address-level1",
}
TYPES = {"email": "email", "phone": "tel"}
MODES = {"number": "decimal", "phone": "tel", "email": "email"}
LEFT_TO_RIGHT = frozenset({"email", "phone", "number", "postcode"})
NAMES = {"en": "English", "fr": "Français", "fa": "فارسی", "hi": "हिन्दी", "zh": "中文"}


class Filled(NamedTuple):
    """What a page shows besides the form itself: what was typed and what is wrong with it, by field, and what travels unseen."""

    values: Mapping[str, Sequence[str]] = {}
    wrong: Mapping[str, str] = {}
    unseen: Mapping[str, str] = {}


def policy(shown: Shown) -> str:
    """Nothing inline, nothing from elsewhere; the pages of the form's sites may hold it in a frame."""
    frames = " ".join(shown.content.origins) or "'none'"
    to = urlsplit(shown.content.redirect)
    onward = f" {to.scheme}://{to.netloc}" if to.netloc else ""
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; "
        f"form-action 'self'{onward}; frame-ancestors 'self' {frames}"
    ).replace("'self' 'none'", "'self'")


def answered(shown: Shown | None, language: str, title: str, body: str, status: int = 200) -> HTMLResponse:
    """A whole page."""
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    page = (
        f'<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f'<meta name="robots" content="noindex"><title>{escape(title)}</title><link rel="stylesheet" href="{STYLE}"></head>'
        f"<body><main>{body}</main></body></html>"
    )
    headers = {
        "cache-control": "no-store",
        "content-security-policy": policy(shown) if shown else "default-src 'none'; style-src 'self'; base-uri 'none'",
        "referrer-policy": "strict-origin-when-cross-origin",  # with less a plain form would not say of which site it is
        "vary": "accept-language",
    }
    return HTMLResponse(page, status, headers)


def note(shown: Shown | None, language: str, title: str, text: str, status: int) -> HTMLResponse:
    """A page with one thing to say."""
    return answered(shown, language, title, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>", status)


def form_page(shown: Shown, language: str, filled: Filled, status: int = 200) -> HTMLResponse:
    """The form, as it is or as it was filled in with what has to be corrected."""
    content, words = shown.content, WORDS[language]
    title = content.title.get(language, "")
    intro = content.intro.get(language, "")
    parts = [f"<h1>{escape(title)}</h1>"]
    if intro:
        parts.append(f"<p>{escape(intro)}</p>")
    if filled.wrong:
        parts.append(f'<p class="status wrong" role="alert">{escape(filled.wrong.get("", words.wrong))}</p>')
    parts.append(
        f'<form method="post" action="/v1/forms/{shown.form}/submissions" data-form="{shown.form}" novalidate>'
    )
    parts += [_field(one, language, filled) for one in content.fields]
    for consent in content.consents:
        wrong = filled.wrong.get(f"_consent.{consent.id}", "")
        ticked = consent.id in filled.values.get("_consent", ())
        text = escape(consent.text.get(language, ""))
        its = _box("_consent", consent.id, f"c-{consent.id}", text, ticked, consent.required, wrong)
        parts.append(_held(its, f"c-{consent.id}", wrong))
    unseen = {**filled.unseen, "_lang": language}
    parts += [f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">' for k, v in unseen.items()]
    parts.append(
        f'<p class="more" aria-hidden="true"><input name="{shown.trap}" tabindex="-1" autocomplete="new-password"></p>'
    )
    button = content.button.get(language) or words.send
    parts.append(f'<p><button>{escape(button)}</button></p><p class="status" role="status"></p></form>')
    parts.append(_languages(content.languages, language))
    parts.append(f'<script type="module" src="/v1/forms/{shown.form}/embed.js" data-form="{shown.form}"></script>')
    return answered(shown, language, title, "".join(parts), status)


def _field(one: Field, language: str, filled: Filled) -> str:
    words, at = WORDS[language], f"f-{one.name}"
    wrong, values = filled.wrong.get(one.name, ""), filled.values.get(one.name, ())
    label = escape(one.label.get(language, one.name))
    hint = escape(one.hint.get(language, ""))
    optional = "" if one.required else f" <small>({escape(words.optional)})</small>"
    told = " ".join(f"{at}-{part}" for part, there in (("hint", hint), ("wrong", wrong)) if there)
    said = f' aria-describedby="{told}"' if told else ""
    said += ' aria-invalid="true"' if wrong else ""
    said += " required" if one.required and one.kind != "choices" else ""
    below = f'<small class="hint" id="{at}-hint">{hint}</small>' if hint else ""
    if one.kind == "yes":
        box = _box(one.name, "yes", at, label + optional, bool(values), one.required, wrong)
        return _held(box + below, at, wrong)
    if one.kind == "choices":
        boxes = "".join(
            _box(
                one.name,
                choice.value,
                f"{at}-{n}",
                escape(choice.label.get(language, choice.value)),
                choice.value in values,
            )
            for n, choice in enumerate(one.choices)
        )
        group = f"<fieldset{said}><legend>{label}{optional}</legend>{boxes}</fieldset>"
        return _held(group + below, at, wrong)
    its = f'<label for="{at}">{label}{optional}</label>'
    value = values[0] if values else ""
    if one.choices:
        its += _select(one.choices, language, f'id="{at}" name="{one.name}"{said}', value)
    elif one.kind in LONG:
        its += f'<textarea id="{at}" name="{one.name}" rows="4" dir="auto"{said}>\n{escape(value)}</textarea>'
    else:
        fills = f' autocomplete="{FILLS[one.kind]}"' if one.kind in FILLS else ""
        mode = f' inputmode="{MODES[one.kind]}"' if one.kind in MODES else ""
        way = "ltr" if one.kind in LEFT_TO_RIGHT else "auto"
        kind = TYPES.get(one.kind, "text")
        its += (
            f'<input id="{at}" name="{one.name}" type="{kind}" dir="{way}"{fills}{mode} value="{escape(value)}"{said}>'
        )
    return _held(its + below, at, wrong)


def _held(inner: str, at: str, wrong: str) -> str:
    mark = f'<span class="wrong" id="{at}-wrong">{escape(wrong)}</span>' if wrong else ""
    return f'<div class="field">{inner}{mark}</div>'


def _box(name: str, value: str, at: str, label: str, ticked: bool, required: bool = False, wrong: str = "") -> str:
    more = (" checked" if ticked else "") + (" required" if required else "")
    more += f' aria-invalid="true" aria-describedby="{at}-wrong"' if wrong else ""
    return (
        f'<label class="box"><input type="checkbox" id="{at}" name="{name}" value="{escape(value)}"{more}> '
        f"<span>{label}</span></label>"
    )


def _select(choices: Sequence[Choice], language: str, attributes: str, value: str) -> str:
    options = "".join(
        f'<option value="{escape(one.value)}"{" selected" if one.value == value else ""}>'
        f"{escape(one.label.get(language, one.value))}</option>"
        for one in choices
    )
    return f'<select {attributes}><option value="">{escape(WORDS[language].choose)}</option>{options}</select>'


def _languages(languages: Sequence[str], language: str) -> str:
    if len(languages) < 2:
        return ""
    links = "".join(
        f'<a href="?lang={one}" lang="{one}" hreflang="{one}">{NAMES[one]}</a>' for one in languages if one != language
    )
    return f"<nav>{links}</nav>"


def described(shown: Shown, language: str) -> dict[str, Any]:
    """The form in one language, for the script that makes it on another site's page."""
    content, words = shown.content, WORDS[language]
    fields = [
        {
            "name": one.name,
            "kind": one.kind,
            "required": one.required,
            "label": one.label.get(language, one.name),
            "hint": one.hint.get(language, ""),
            "choices": [{"value": c.value, "label": c.label.get(language, c.value)} for c in one.choices],
        }
        for one in content.fields
    ]
    consents = [
        {"id": one.id, "required": one.required, "text": one.text.get(language, "")} for one in content.consents
    ]
    return {
        "form": shown.form,
        "version": shown.version,
        "language": language,
        "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "title": content.title.get(language, ""),
        "intro": content.intro.get(language, ""),
        "button": content.button.get(language) or words.send,
        "fields": fields,
        "consents": consents,
        "unseen": shown.trap,
        "proof": content.proof,
        "words": {
            name: getattr(words, name)
            for name in ("sending", "wrong", "failed", "required", "email", "consent", "choose", "optional")
        },
    }
