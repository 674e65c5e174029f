"""A form of a company, and somebody who makes it."""

from typing import Any

import httpx

from chassis_testing import ServiceUnderTest

SITE = "https://www.example.com"


def content(**more: Any) -> dict[str, Any]:
    """A form in English and Persian."""
    return (
        {
            "languages": ["en", "fa"],
            "title": {"en": "Ask us", "fa": "از ما بپرسید"},
            "thanks": {"en": "We will call you."},
            "fields": [
                {"name": "name", "kind": "name", "required": True, "label": {"en": "Name", "fa": "نام"}},
                {"name": "email", "kind": "email", "label": {"en": "E-mail", "fa": "ایمیل"}},
                {"name": "tel", "kind": "phone", "label": {"en": "Telephone", "fa": "تلفن"}},
                {"name": "need", "kind": "message", "label": {"en": "What do you need?", "fa": "چه می‌خواهید؟"}},
                {"name": "machine", "kind": "text", "label": {"en": "Your machine", "fa": "دستگاه شما"}},
                {
                    "name": "timeframe",
                    "kind": "choice",
                    "label": {"en": "When?", "fa": "کی؟"},
                    "choices": [
                        {"value": "now", "label": {"en": "Now", "fa": "اکنون"}},
                        {"value": "later", "label": {"en": "Later", "fa": "بعداً"}},
                    ],
                },
            ],
            "consents": [
                {
                    "id": "news",
                    "version": 3,
                    "purpose": "newsletter",
                    "text": {"en": "Send me news.", "fa": "خبرها را برایم بفرستید."},
                }
            ],
            "origins": [SITE],
            "redirect": f"{SITE}/thanks",
            "defaults": {"campaign": "spring", "channel": "web", "country": "IR"},
        }
        | {"thanks": {"en": "We will call you.", "fa": "به شما زنگ می‌زنیم."}}
        | more
    )


async def made(service: ServiceUnderTest, form: str = "spring", **more: Any) -> httpx.Response:
    """The form, active."""
    answer = await service.http.post("/v1/form-definitions", json={"form": form, "content": content(**more)})
    assert answer.status_code == 201, answer.text
    answer = await service.http.post(
        f"/v1/form-definitions/{form}/activate", headers={"if-match": answer.headers["etag"]}
    )
    assert answer.status_code == 200, answer.text
    return answer
