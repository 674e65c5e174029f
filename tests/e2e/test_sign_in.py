"""People and machines sign in at the stack's issuer, the services believe it and nobody else, and no token is written down."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from spans import Collector
from stage import SAMPLED, SERVICES, Stage, a_lead, mark
from waiting import until

from tributary.issuer import LocalIssuer
from tributary.sign_in import Browser
from tributary.tokens import MACHINES

pytestmark = pytest.mark.xdist_group("stack")
ANNA, FRANZ, ADMINISTRATOR = "anna.schmidt", "franz.huber", "helga.brandt"
Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def issuer(session_stage: Stage) -> Iterator[LocalIssuer]:
    """The issuer whose keys the services of the stage have; it is their name for it, and now it answers there."""
    issuer = session_stage.stack.issuer
    issuer.knows({ANNA: "Team Berlin", FRANZ: "Team München", ADMINISTRATOR: "keeps the organisation"})
    with issuer:
        yield issuer


def key(stage: Stage, name: str) -> str:
    return (stage.home / "keys" / name).read_text().strip()


def signed_in(stage: Stage, issuer: LocalIssuer, person: str) -> str:
    return str(Browser(issuer.url).sign_in(person, key(stage, "sign-in"))["access_token"])


def machine(stage: Stage, issuer: LocalIssuer, client: str) -> str:
    secret = json.loads(key(stage, "machines.json"))[client]["secret"]
    told = {"grant_type": "client_credentials", "scope": MACHINES[client]}
    answer = httpx.post(f"{issuer.url}/token", data=told, auth=(client, secret), trust_env=False)
    return str(answer.json()["access_token"])


def ask(stage: Stage, token: str, service: str, path: str, **more: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}", **more.pop("headers", {})}
    return stage.public.request(more.pop("method", "GET"), stage.url(service, path), headers=headers, **more)


def test_who_signs_in_is_known_at_every_service_by_the_units_he_belongs_to(stage: Stage, issuer: LocalIssuer) -> None:
    token = signed_in(stage, issuer, ANNA)
    for service in SERVICES:
        me = ask(stage, token, service, "/v1/access/me").json()
        assert (me["person"], me["kind"], me["roles"]) == (ANNA, "person", ["member"])
        assert [team["team"] for team in me["teams"]] == ["berlin"]


def test_a_machine_that_signs_in_puts_in_what_its_scope_says_and_nothing_else(
    stage: Stage, issuer: LocalIssuer
) -> None:
    token = machine(stage, issuer, "web-form")
    call = a_lead(source="phone", channel=mark("channel"))
    answer = ask(stage, token, "leads", "/v1/calls", method="POST", json=call)
    assert answer.status_code == 202, answer.text
    outcomes = {"outcomes": [{"lead_id": answer.json()["id"], "result": "lost"}]}
    assert ask(stage, token, "leads", "/v1/outcomes", method="POST", json=outcomes).status_code == 403
    for service, path in (
        ("leads", f"/v1/leads/{answer.json()['id']}"),
        ("metrics", "/v1/kpis?by=segment"),
        ("campaigns", "/v1/campaigns"),
        ("territory", f"/v1/leads/{answer.json()['id']}/decision"),
    ):
        assert ask(stage, token, service, path).status_code == (404 if "/leads/" in path else 403), path


def test_the_operators_token_puts_in_and_reads_no_row(stage: Stage) -> None:
    token = stage.stack.running.operator_token
    lead = stage.submit(a_lead())
    call = a_lead(source="phone", channel=mark("channel"))
    assert ask(stage, token, "leads", "/v1/calls", method="POST", json=call).status_code == 202
    for service, path in (
        ("leads", f"/v1/leads/{lead}"),
        ("metrics", "/v1/kpis?by=segment"),
        ("metrics", "/v1/kpis/segment/dach-machines/facts"),
        ("campaigns", "/v1/campaigns/spring-lathes-dach/ledger"),
        ("territory", f"/v1/leads/{lead}/decision"),
    ):
        assert ask(stage, token, service, path).status_code == (
            404 if "/leads/" in path or "/campaigns/" in path else 403
        ), path


def test_nobody_gets_in_with_a_token_that_the_issuer_did_not_make_for_this_product(stage: Stage) -> None:
    tokens, now = stage.stack.tokens, int(time.time())
    good = {"iss": tokens.issuer, "sub": ANNA, "aud": "tributary", "client_id": "x", "iat": now, "exp": now + 60}
    ours = ECKey.import_key(json.loads(key(stage, "issuer.jwks"))["keys"][0])
    own = ECKey.generate_key("P-256", {"kid": ours.kid, "alg": "ES256", "use": "sig"})

    def token(by: ECKey, **other: Any) -> str:
        return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": ours.kid}, {**good, **other}, by)

    def status(shown: str) -> int:
        return ask(stage, shown, "leads", "/v1/access/me").status_code

    assert status(token(ours)) == 200
    bad = {
        "another's key": token(own),
        "over": token(ours, iat=now - 120, exp=now - 60),
        "another issuer": token(ours, iss="https://issuer.example"),
        "for others": token(ours, aud="tributary-web"),
        "for ever": token(ours, exp=now + 86_400),
    }
    assert {what: status(shown) for what, shown in bad.items()} == dict.fromkeys(bad, 401)


def test_neither_a_token_nor_a_secret_is_in_a_log_a_span_telemetry_or_an_answer(
    stage: Stage, issuer: LocalIssuer, collector: Collector, trace: str
) -> None:
    hidden = {
        "a person's": signed_in(stage, issuer, ANNA),
        "a machine's": machine(stage, issuer, "crm"),
        "the stack's": stage.stack.token,
        "the operator's": stage.stack.running.operator_token,
        "broken": signed_in(stage, issuer, FRANZ) + "x",
    }
    answers = []
    for token in hidden.values():
        for service in SERVICES:
            for path in ("/v1/access/me", "/v1/kpis?by=segment", "/v1/kpis/stream?by=nothing", "/v1/nothing"):
                told = {"traceparent": SAMPLED.format(trace=trace)}
                answers.append(ask(stage, token, service, path, headers=told).text)
    until("the spans of these requests are there", lambda: len(collector.of(trace)) > 10, 10)
    secrets = [*hidden.values(), *(token.rsplit(".", 1)[-1] for token in hidden.values())]
    secrets += [one["secret"] for one in json.loads(key(stage, "machines.json")).values()]
    secrets += [key(stage, "sign-in"), json.loads(key(stage, "issuer.jwks"))["keys"][0]["d"]]
    places = {
        **stage.logs(),
        "the issuer's log": issuer.log.read_text(),
        "telemetry": "".join(stage.telemetry(service) for service in SERVICES),
        "spans": "".join(span.text for span in collector.of(trace).values()),
        "answers": "".join(answers),
    }
    assert [(place, secret[:8]) for place, text in places.items() for secret in secrets if secret in text] == []
