"""Bad input in hundreds, beside good leads: whatever strangers send, at the doors and past them, holds nobody else up."""

import json
import random
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tributary.faults.canaries import CANARY
from tributary.faults.outsiders import Outsider
from tributary.faults.testbed import DidNotHappen, Testbed, happens

SERVICES = ("leads", "territory", "campaigns", "metrics")
AT_DOORS, ON_TOPICS, AT_ONCE = 400, 400, 8
TIMES: Sequence[Any] = (
    "2026-05-04T12:00:00+16:00",
    "2026-05-04T12:00:00-23:59",
    "0001-01-01T00:00:00+15:59",
    "9999-12-31T23:59:59-15:59",
    "2026-02-30T12:00:00Z",
    "20261128",
    45999,
    -(10**30),
    "soon",
    None,
)
AMOUNTS: Sequence[Any] = (10**15, -(10**15), 10**15 + 1, 10**40, -1, 0, 1.5, 1e308, "1.234,56", None)
TEXTS: Sequence[Any] = (
    "",
    " ",
    "\u200b",
    "\ufeff",
    "\ufffd",
    "a\u0000b",
    "\u202e" + "x" * 50,
    "x" * 70_000,
    10**25,
    [],
    {},
)
NAMES = ("occurred_at", "external_id", "country", "campaign", "channel", "product", "language", "attributes", "source")


def bad_lead(draw: random.Random) -> dict[str, Any]:
    """A form in which some fields are far out and the rest, with a canary in each personal field, is as it should be."""
    mark = f"{CANARY}{draw.getrandbits(32):08x}"
    lead: dict[str, Any] = {
        "source": "web",
        "contact": {"name": f"Eva {mark}", "email": f"{mark}@{mark}.example", "address": f"{mark} Lane 1"},
        "message": f"Please write to {mark} and to nobody else.",
        "country": "DE",
        "Vorname": mark,
        "attributes": {"colleague_email": f"{mark}@firm.example", "size": 3},
    }
    for name in draw.sample(NAMES, draw.randrange(1, 4)):
        lead[name] = draw.choice(TIMES) if name == "occurred_at" else _of_its_own(draw.choice(TEXTS), draw)
    if draw.random() < 0.3:
        lead["expected_amount"] = {"minor": draw.choice(AMOUNTS), "currency": draw.choice(("EUR", "JPY", "XXX", ""))}
    return lead


def _of_its_own(value: Any, draw: random.Random) -> Any:
    """No two fields hold the same long value: what is sealed as the one's could then stand in the clear as the other's."""
    if isinstance(value, int) and value > 0:
        return value + draw.getrandbits(64)
    return f"{value}{draw.getrandbits(64):x}" if isinstance(value, str) and len(value) > 20 else value


def bad_outcome(draw: random.Random) -> dict[str, Any]:
    """An outcome of a lead that nobody knows, and far out."""
    return {
        "lead_id": str(uuid.UUID(int=draw.getrandbits(128))),
        "result": draw.choice(("won", "lost", "perhaps")),
        "at": draw.choice(TIMES),
        "amount": {"minor": draw.choice(AMOUNTS), "currency": "EUR"},
        "reason": f"{CANARY}{draw.getrandbits(32):08x} told me that it was too dear",
    }


def bad_spend(draw: random.Random) -> dict[str, Any]:
    """A spend that is well formed and takes its line beyond every bound, or is not even that; never counted as incurred."""
    return {
        "spend_id": draw.choice((uuid.UUID(int=draw.getrandbits(128)).hex, "x" * 200, *map(str, TEXTS))),
        "campaign": draw.choice(("nobody's", "x" * 200, "\u200bnobody's")),
        "line": draw.choice(("ads", None, "x" * 200)),
        "amount": {"minor": draw.choice(AMOUNTS), "currency": draw.choice(("EUR", "JPY", "XXX"))},
        "kind": "committed",
        "source": draw.choice(("ad platform", "x" * 100)),
        "occurred_at": draw.choice(TIMES),
    }


def swarm(testbed: Testbed, draw: random.Random) -> dict[str, Any]:
    """Hundreds of bad requests at the doors, with and without a token, and hundreds of bad records on what outsiders reach."""
    onset = time.monotonic()
    answers = _at_the_doors(testbed, draw)
    outsider = Outsider(testbed.stack.bus, draw.randrange(1 << 30))
    for n in range(ON_TOPICS):
        if n % 2:
            outsider.nonsense("campaigns.spend", bad_spend(draw))
        else:
            outsider.nonsense("leads.intake", _unopenable(draw))
    outsider.flush()
    if failed := {code: n for code, n in answers.items() if code >= 500 and code != 503}:
        raise DidNotHappen(f"a door failed where it should have refused: {failed}")
    sent = {topic: outsider.ends(topic) for topic in ("leads.intake", "campaigns.spend")}
    happens(
        "nobody is held by what strangers sent", lambda: all(_passed(testbed, topic, sent[topic]) for topic in sent), 60
    )
    happens("every service is ready beside bad input", lambda: all(_ready(testbed, name) for name in SERVICES), 60)
    return {"onset": onset, "answers": answers, "records": ON_TOPICS}


def _unopenable(draw: random.Random) -> dict[str, Any]:
    """A submission as our door would say it, sealed by somebody else, with a time that no database takes."""
    return {
        "lead_id": str(uuid.UUID(int=draw.getrandbits(128))),
        "received_at": "2026-05-04T12:00:00Z",
        "occurred_at": draw.choice(TIMES[:4]),
        "source": "web",
        "person": {"key": draw.choice(("nobody's-1", "intake-00000000-1")), "box": "AAAA"},
    }


def _at_the_doors(testbed: Testbed, draw: random.Random) -> dict[int, int]:
    """How often each status was answered."""
    leads, campaigns = testbed.service("leads").url, testbed.service("campaigns").url
    asked: list[tuple[str, Any, bool]] = []
    for n in range(AT_DOORS):
        if n % 4 < 2:
            asked.append((f"{leads}/v1/leads", bad_lead(draw), n % 4 == 1))
        elif n % 4 == 2:
            asked.append((f"{leads}/v1/outcomes", {"outcomes": [bad_outcome(draw) for _ in range(3)]}, True))
        else:
            note = f"{CANARY}{draw.getrandbits(32):08x} has paid"
            asked.append(
                (f"{campaigns}/v1/spend", {"spend": [{**bad_spend(draw), "note": note} for _ in range(3)]}, True)
            )
    with ThreadPoolExecutor(AT_ONCE) as pool:
        report = list(pool.map(lambda one: _ask(testbed, *one), asked))
    counts: dict[int, int] = {}
    for status, body in report:
        counts[status] = counts.get(status, 0) + 1
        if status == 202 and "id" in body:
            testbed.load.offered.add(body["id"])  # a door that can use it after all takes it
            testbed.load.accepted.add(body["id"])
    return counts


def _ask(testbed: Testbed, url: str, body: Mapping[str, Any], token: bool) -> tuple[int, dict[str, Any]]:
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {testbed.stack.token}"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.code, {}
    except OSError:
        return 503, {}  # it is struck by something else as well


def _passed(testbed: Testbed, topic: str, ends: Mapping[int, int]) -> bool:
    """Whether the owner of the topic has come to these ends: what it could not use it has set aside."""
    reached = "select string_agg(shard || ' ' || last_seq, ',') from watermark where topic = '{}' and source = 'kafka'"
    report = (testbed.sql(topic.split(".")[0], reached.format(topic)) or "").split(",")
    heard = {int(shard): int(last) for shard, last in (one.split() for one in report if one)}
    return all(heard.get(n, -1) >= end - 1 for n, end in ends.items() if end)


def _ready(testbed: Testbed, name: str) -> bool:
    ready: Callable[[], tuple[bool, str]] = testbed.service(name).readiness
    return ready()[0]
