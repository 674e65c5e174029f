"""What people and programs get wrong at the doors: the body, the status it deserves, and the field that is to be named."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

CANARY = "zz-canary-7f3a"
PHONE = "+49 30 5550147000000000"
PERSON = {
    "name": f"{CANARY} Özdemir",
    "phone": "+49305550147",
    "email": f"{CANARY}@canary.example",
    "company": f"{CANARY} GmbH",
    "address": f"{CANARY} Allee 1",
}
TEXT = f"{CANARY} möchte nicht genannt werden"
JSON, FORM, YAML = "application/json", "application/x-www-form-urlencoded", "application/yaml"
LEAD: dict[str, Any] = {"source": "web", "contact": PERSON, "message": TEXT, "country": "DE", "attributes": {"size": 3}}
SPEND: dict[str, Any] = {
    "spend_id": CANARY,
    "campaign": CANARY,
    "line": "ads",
    "amount": {"minor": 1, "currency": "EUR"},
    "note": TEXT,
    "occurred_at": "2026-05-04T12:00:00Z",
}


def tolerated() -> list[tuple[str, dict[str, Any]]]:
    """Mistakes that cost no lead: each has a flag in the answer, and nothing of it stands in the clear."""
    return [
        ("an unknown field", {"nickname": CANARY}),
        ("an unknown field that is a person's name", {f"{CANARY} Özdemir": 1}),
        ("an attribute that is a name", {"attributes": {"Vorname": CANARY, "size": 3}}),
        ("an attribute that is an address", {"attributes": {"q": f"{CANARY}@canary.example"}}),
        ("an attribute that is prose", {"attributes": {"q": TEXT}}),
        ("a list with a person in it", {"attributes": {"q": ["x", PERSON["name"]]}}),
        ("no such country", {"country": f"{CANARY} land"}),
        ("no such currency", {"expected_amount": {"minor": 1, "currency": "EUX"}}),
        ("an amount of words", {"expected_amount": f"{CANARY} euros"}),
        ("no language", {"language": f"{CANARY}?"}),
        ("a text too long", {"region": CANARY + "x" * 500}),
        ("a text that is an address", {"product": PERSON["email"]}),
        ("a NUL in a text", {"industry": f"{CANARY}\0"}),
        ("a NUL in an attribute", {"attributes": {"size": f"{CANARY}\0"}}),
        ("a list for an object", {"attributes": [CANARY]}),
        ("an object in an attribute", {"attributes": {"size": {"of": CANARY}}}),
        ("33 attributes", {"attributes": {f"a{n}": n for n in range(33)}}),
        ("a message too long", {"message": CANARY + "x" * 10_000}),
        ("a phone number beside a good address", {"contact": {**PERSON, "phone": PHONE}}),
        ("an address beside a good phone number", {"contact": {**PERSON, "email": f"{CANARY}@@x"}}),
        ("another source", {"source": CANARY}),
    ]


class Bad(NamedTuple):
    """One request that must be refused."""

    what: str
    service: str
    method: str
    path: str
    body: bytes
    status: tuple[int, ...]
    field: str = ""
    kind: str = JSON
    token: bool = True
    bearer: str = ""


def raw(value: Any) -> bytes:
    return json.dumps(value).encode()


def with_text(at: str) -> bytes:
    """The lead with this piece of JSON for its message, as no careful program would write it."""
    return raw({**LEAD, "message": "@@"}).replace(b'"@@"', at.encode())


def leads_doors() -> Iterator[Bad]:
    """Every mistake that costs a single lead, at the capture door and at the call-taker's."""
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    wrong: list[tuple[str, Any, str]] = [
        ("no way to answer", {"contact": {"name": CANARY}}, "contact"),
        ("a text for an object", {"contact": CANARY}, "contact"),
        ("an impossible phone number alone", {"contact": {"name": CANARY, "phone": PHONE}}, "contact.phone"),
        ("an impossible address alone", {"contact": {"name": CANARY, "email": f"{CANARY}@@x"}}, "contact.email"),
        ("two ways that lead nowhere", {"contact": {"phone": PHONE, "email": CANARY}}, "contact.email"),
        ("an external id too long", {"external_id": CANARY + "x" * 500}, "external_id"),
        ("an external id with a NUL", {"external_id": f"{CANARY}\0"}, "external_id"),
        ("an external id with a broken character", {"external_id": f"{CANARY}\ufffd"}, "external_id"),
        ("a list for an external id", {"external_id": {"a": CANARY}}, "external_id"),
        ("a time without a zone", {"occurred_at": "2026-05-04T12:00:00"}, "occurred_at"),
        ("a zone that no place has", {"occurred_at": "2026-05-04T12:00:00+16:30"}, "occurred_at"),
        ("a bare number for a time", {"occurred_at": "45999"}, "occurred_at"),
        ("a time far ahead", {"occurred_at": later}, "occurred_at"),
    ]
    raws: list[tuple[str, bytes, tuple[int, ...], str]] = [
        ("broken JSON", raw(LEAD)[:-1], (400,), "body"),
        ("no JSON at all", TEXT.encode(), (400,), "body"),
        ("nothing", b"", (400, 422), "body"),
        ("null", b"null", (422,), "body"),
        ("not UTF-8", b'{"message": "\xff\xfe"}', (400,), "body"),
        ("very deep nesting", with_text("[" * 60_000 + "]" * 60_000), (400, 422), ""),
        ("a very deep object", with_text('{"a":' * 20_000 + "1" + "}" * 20_000), (400, 422), ""),
        ("over 256 KiB", raw({**LEAD, "message": CANARY * 20_000}), (413,), ""),
    ]
    for path in ("/v1/leads", "/v1/calls"):
        for what, change, field in wrong:
            source = {"source": "phone"} if path == "/v1/calls" else {}
            yield Bad(what, "leads", "POST", path, raw({**LEAD, **source, **change}), (422,), field)
        for what, body, status, field in raws:
            if path == "/v1/leads" or status != (413,):
                yield Bad(what, "leads", "POST", path, body, status, field)
    yield Bad("another content type", "leads", "POST", "/v1/leads", raw(LEAD), (415,), kind="text/plain")
    yield Bad("no content type", "leads", "POST", "/v1/leads", raw(LEAD), (415,), kind="")
    yield Bad("a broken form", "leads", "POST", "/v1/leads", b"source=web&contact.name=%ff", (400, 422), "", FORM)
    yield Bad("a form of many fields", "leads", "POST", "/v1/leads", b"&".join([b"a=1"] * 5_000), (400, 422), "", FORM)
    yield Bad("a form with a NUL", "leads", "POST", "/v1/leads", b"source=web&message=%00", (422,), "", FORM)
    yield Bad("a call that was none", "leads", "POST", "/v1/calls", raw({**LEAD, "source": "web"}), (422,))
    yield Bad("a token that is not ours", "leads", "POST", "/v1/leads", raw(LEAD), (401,), token=False, bearer=CANARY)


def batch_doors() -> Iterator[Bad]:
    """Bodies of many rows of which no row can be taken."""
    doors = (("leads", "/v1/leads/batch", "leads", LEAD), ("campaigns", "/v1/spend", "spend", SPEND))
    outcome = {"source": "web", "external_id": CANARY, "result": "won", "reason": TEXT}
    for service, path, name, row in (*doors, ("leads", "/v1/outcomes", "outcomes", outcome)):
        yield Bad("501 rows", service, "POST", path, raw({name: [row] * 501}), (422,), name)
        yield Bad("over 4 MiB", service, "POST", path, raw({name: [row], "x": "y" * 4_200_000}), (413,))
        yield Bad("no list", service, "POST", path, raw({name: CANARY}), (422,), name)
        yield Bad("an unknown part", service, "POST", path, raw({name: [row], "more": CANARY}), (422,))
        yield Bad("a list for the body", service, "POST", path, raw([row]), (422,))
        yield Bad("broken JSON", service, "POST", path, raw({name: [row]})[:-2], (400,), "body")
        yield Bad("very deep nesting", service, "POST", path, b"[" * 100_000, (400, 422))
        yield Bad("not UTF-8", service, "POST", path, b'{"x": "\xff"}', (400, 422))
        yield Bad("another content type", service, "POST", path, raw({name: [row]}), (415,), kind="text/csv")
        yield Bad("no token", service, "POST", path, raw({name: [row]}), (401,), token=False)


def other_doors() -> Iterator[Bad]:
    """Plans, markets and reads."""
    plan = {"name": CANARY, "currency": "EUR", "lines": []}
    put = ("campaigns", "PUT", f"/v1/campaigns/{CANARY}")
    yield Bad("a plan with an unknown field", *put, raw({**plan, "boss": CANARY}), (422,), "boss")
    yield Bad("a plan with a wrong type", *put, raw({**plan, "lines": CANARY}), (422,), "lines")
    yield Bad("a plan with a NUL", *put, raw({**plan, "name": "a\0"}), (422,), "name")
    yield Bad("a plan with a lone surrogate", *put, raw({**plan, "name": "\ud800"}), (400, 422))
    yield Bad("a plan of no currency", *put, raw({**plan, "currency": "EUX"}), (422,), "currency")
    yield Bad("a plan that is no JSON", *put, b'{"name": "' + CANARY.encode(), (400,), "body")
    yield Bad("a plan without a token", *put, raw(plan), (401,), token=False)
    market = ("territory", "PUT", "/v1/market")
    yield Bad("a market that is no YAML", *market, f"a: [{CANARY}".encode(), (400, 422), kind=YAML)
    yield Bad("a market that holds itself", *market, b"&a [*a]", (400, 422), kind=YAML)
    yield Bad("a market of nothing", *market, b"", (400, 422), kind=YAML)
    yield Bad("a market with an unknown part", *market, b"boss: 1", (422,), "boss", YAML)
    yield Bad("a market of a text", *market, CANARY.encode(), (400, 422), kind=YAML)
    yield Bad("a market over 4 MiB", *market, b"#" * 4_200_000, (413,), kind=YAML)
    yield Bad("a market in another format", *market, b"<a/>", (415,), kind="application/xml")
    yield Bad("a market without a token", *market, b"segments: []", (401,), kind=YAML, token=False)
    for service, path, status in (
        ("leads", f"/v1/leads/{CANARY}", 422),
        ("leads", f"/v1/leads/00000000-0000-0000-0000-000000000000?wait={CANARY}", 422),
        ("territory", f"/v1/leads/{CANARY}/decision", 422),
        ("metrics", f"/v1/kpis?by={CANARY}", 422),
        ("metrics", f"/v1/kpis/stream?by={CANARY}", 422),
        ("metrics", "/v1/kpis/channel/a%00/facts", 422),
        ("campaigns", "/v1/campaigns/a%00/ledger", 422),
        ("campaigns", "/v1/campaigns?limit=9999999999999999999999", 422),
        ("leads", f"/v1/{CANARY}", 404),
    ):
        yield Bad(f"a read of {path}", service, "GET", path, b"", (status,))
    for service, path in (
        ("leads", "/v1/leads/00000000-0000-0000-0000-000000000000"),
        ("territory", "/v1/market"),
        ("campaigns", "/v1/campaigns"),
        ("metrics", "/v1/kpis"),
        ("metrics", "/v1/kpis/stream"),
    ):
        yield Bad(f"{path} without a token", service, "GET", path, b"", (401,), token=False)
    yield Bad("a method that no door has", "leads", "DELETE", "/v1/leads", b"", (404, 405))


def corpus() -> list[Bad]:
    """All of it."""
    return [*leads_doors(), *batch_doors(), *other_doors()]
