"""What a browser shows after a plain form was sent, in the visitor's language: thanks, or what has to be corrected."""

import html
from collections.abc import Awaitable
from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from chassis import Problem, anybody
from chassis.http import Receive, Scope, Send, header
from leads.settings import LeadsSettings

THANKS = "/v1/leads/thanks"
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors *",
    "vary": "accept-language",
}

router = APIRouter(tags=["capture"])


class Words(NamedTuple):
    """What the two pages say in one language."""

    thanks: str
    received: str
    sorry: str
    correct: str
    later: str
    fields: dict[str, str]


WORDS = {
    "en": Words(
        "Thank you",
        "Your message has arrived. We will get back to you.",
        "Not sent yet",
        "Please go back and correct:",
        "Please go back and send it again in a moment.",
        {
            "contact": "an e-mail address or a telephone number is needed",
            "contact.email": "the e-mail address",
            "contact.phone": "the telephone number, with its country code",
        },
    ),
    "fr": Words(
        "Merci",
        "Votre message est bien arrivé. Nous vous répondrons.",
        "Pas encore envoyé",
        "Revenez en arrière et corrigez :",
        "Revenez en arrière et renvoyez-le dans un instant.",
        {
            "contact": "il faut une adresse e-mail ou un numéro de téléphone",
            "contact.email": "l’adresse e-mail",
            "contact.phone": "le numéro de téléphone, avec l’indicatif du pays",
        },
    ),
    "fa": Words(
        "سپاس از شما",
        "پیام شما رسید. با شما تماس می‌گیریم.",
        "هنوز فرستاده نشد",
        "لطفاً برگردید و این‌ها را درست کنید:",
        "لطفاً برگردید و کمی بعد دوباره بفرستید.",
        {
            "contact": "نشانی ایمیل یا شمارهٔ تلفن لازم است",
            "contact.email": "نشانی ایمیل",
            "contact.phone": "شمارهٔ تلفن، با کد کشور",
        },
    ),
    "hi": Words(
        "धन्यवाद",
        "आपका संदेश मिल गया है। हम आपसे संपर्क करेंगे।",
        "अभी भेजा नहीं गया",
        "कृपया वापस जाकर ठीक करें:",
        "कृपया वापस जाकर थोड़ी देर में फिर भेजें।",
        {
            "contact": "ईमेल पता या फ़ोन नंबर ज़रूरी है",
            "contact.email": "ईमेल पता",
            "contact.phone": "फ़ोन नंबर, देश के कोड के साथ",
        },
    ),
    "zh": Words(
        "谢谢",
        "您的留言已收到，我们会与您联系。",
        "尚未提交",
        "请返回并更正：",
        "请返回，稍后再次提交。",
        {
            "contact": "需要填写电子邮箱或电话号码",
            "contact.email": "电子邮箱",
            "contact.phone": "电话号码（含国家代码）",
        },
    ),
}
RIGHT_TO_LEFT = frozenset({"fa"})


async def answer(
    scope: Scope, receive: Receive, send: Send, taken: Awaitable[tuple[UUID, datetime, list[str]]]
) -> None:
    """303 to the site's page of thanks or to ours; else a page that says what has to be corrected."""
    language = spoken(header(scope, b"accept-language"))
    try:
        await taken
    except Problem as problem:
        shown = HTMLResponse(_refusal(problem, language), problem.status, {**HEADERS, **problem.headers})
        await shown(scope, receive, send)
        return
    to = cast(LeadsSettings, scope["service"].settings).form_thanks_url or THANKS
    await RedirectResponse(to, 303)(scope, receive, send)


@router.get(THANKS, response_class=HTMLResponse, dependencies=[Depends(anybody("it thanks whoever sent a form"))])
async def thanks(request: Request) -> HTMLResponse:
    """The page that a plain form ends on, unless the site has one of its own."""
    language = spoken(request.headers.get("accept-language", ""))
    words = WORDS[language]
    return HTMLResponse(_page(language, words.thanks, f"<p>{words.received}</p>"), headers=HEADERS)


def spoken(accepted: str) -> str:
    """The first of the visitor's languages that we have, by their weights."""
    weighed = []
    for place, one in enumerate(accepted[:500].split(",")):
        tag, _, weight = one.partition(";")
        try:
            quality = float(weight.partition("=")[2] or 1)
        except ValueError:
            quality = 0.0
        weighed.append((-quality, place, tag.strip().partition("-")[0].lower()))
    return next((tag for quality, _, tag in sorted(weighed) if quality and tag in WORDS), "en")


def _refusal(problem: Problem, language: str) -> str:
    words = WORDS[language]
    if problem.status >= 500 or not problem.errors:
        return _page(language, words.sorry, f"<p>{words.later}</p><p lang='en'>{html.escape(problem.title)}</p>")
    items = "".join(
        f"<li>{words.fields[error.field]}</li>"
        if error.field in words.fields
        else f"<li lang='en' dir='ltr'>{html.escape(f'{error.field} {error.reason}')}</li>"
        for error in problem.errors
    )
    return _page(language, words.sorry, f"<p>{words.correct}</p><ul>{items}</ul>")


def _page(language: str, title: str, body: str) -> str:
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    return (
        f'<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title></head>'
        f"<body><main><h1>{title}</h1>{body}</main></body></html>"
    )
