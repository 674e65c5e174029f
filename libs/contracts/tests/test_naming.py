"""The names of streams, events and fields follow the rules, and the rules bite."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

import pytest

from contracts import STREAMS, Event, Money, Stream
from contracts.event import Instant
from contracts.hearers import HEARS
from contracts.schemas import schema_of
from contracts.subset import inlined

PERSONAL = {"name", "phone", "email", "address", "contact", "message", "first_name", "last_name", "company"}
RATIOS = {"metrics.kpi.changed.v1: conversion"}  # a share of a count, without a currency


def faults(stream: Stream) -> Iterator[str]:
    """Every breach of the naming rules in one stream, as a sentence."""
    service, _, aggregate = stream.topic.partition(".")
    if (
        not re.fullmatch(r"[a-z]+\.[a-z]+", stream.topic)
        or service not in HEARS
        or aggregate.removesuffix("access").endswith("s")
    ):
        yield f"{stream.topic}: a topic is a service and the singular of what it is about"
    if not stream.about.endswith("."):
        yield f"{stream.topic}: a stream says in a sentence what it is about"
    for event in stream.events:
        yield from (f"{event.__name__}: {fault}" for fault in event_faults(stream, event))


def event_faults(stream: Stream, event: type[Event]) -> Iterator[str]:
    """The breaches in one event."""
    name = event.event_type()
    match = re.fullmatch(re.escape(stream.topic) + r"\.([a-z]+(?:_[a-z]+)*)\.v([1-9]\d*)", name)
    if not match:
        yield f"{name} is not topic, verb in the past, version"
    else:
        verb, version = "".join(word.capitalize() for word in match[1].split("_")), match[2]
        if not event.__name__.endswith(verb + ("" if version == "1" else f"V{version}")):
            yield f"the class and {name} name different things"
    if event.__module__.startswith("contracts.") and event.__module__ != f"contracts.{stream.topic}":
        yield f"it is kept in {event.__module__}"
    if not (event.__doc__ or "").strip().rstrip("`").endswith("."):
        yield "it has no sentence that says what it means"
    key = event.model_fields.get(stream.key)
    if key is None or not (key.is_required() or event.model_fields[stream.key].default):
        yield f"it lacks {stream.key}, the key of its stream"
    yield from field_faults(event)


def field_faults(event: type[Event]) -> Iterator[str]:
    """The breaches in an event's fields."""
    for path, field in leaves("", inlined(schema_of(event))):
        last = path.rsplit(".", 1)[-1]
        if field.get("type") == "number" and "attributes" not in path and f"{event.event_type()}: {path}" not in RATIOS:
            yield f"{path} is a float"
        if field.get("format") == "date-time" and not (last.endswith("_at") or last in ("at", "as_of")):
            yield f"{path} is a time and does not end in _at"
        if event.event_type().split(".")[1] in ("lead", "intake") and last in PERSONAL:
            yield f"{path} is personal data in the open"


def leaves(path: str, node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every plain field of a schema with its path."""
    for option in node.get("anyOf", [node]):
        children = {
            **{f"{path}.{name}" if path else name: field for name, field in option.get("properties", {}).items()},
            **{f"{path}.*": value for value in option.get("patternProperties", {}).values()},
            **(
                {f"{path}.*": option["additionalProperties"]}
                if isinstance(option.get("additionalProperties"), dict)
                else {}
            ),
            **({f"{path}[]": option["items"]} if "items" in option else {}),
        }
        for name, child in children.items():
            yield from leaves(name, child)
        if not children and "anyOf" not in option:
            yield path, option
        elif not children:
            yield from leaves(path, option)


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.topic)
def test_a_stream_and_its_events_are_named_by_the_rules(stream: Stream) -> None:
    assert list(faults(stream)) == []


def test_no_two_events_have_the_same_type_or_class_name() -> None:
    types = Counter(event.event_type() for stream in STREAMS for event in stream.events)
    classes = Counter(event.__name__ for stream in STREAMS for event in stream.events)
    assert [name for name, times in (types + classes).items() if times > 1] == []


def test_an_event_can_not_be_changed_after_it_was_said() -> None:
    assert [
        e for s in STREAMS for e in s.events if not e.model_config.get("frozen") or e.model_config["extra"] != "ignore"
    ] == []


class LeadTeleported(Event):
    """A lead moved by magic."""

    type: Literal["leads.lead.teleported.v1"] = "leads.lead.teleported.v1"
    lead_id: str
    moved_at: Instant


class LeadTeleportedV2(Event):
    """A lead moved by stronger magic."""

    type: Literal["leads.lead.teleported.v2"] = "leads.lead.teleported.v2"
    lead_id: str


class WrongVerb(Event):
    """A lead moved by magic."""

    type: Literal["leads.lead.teleported.v1"] = "leads.lead.teleported.v1"
    lead_id: str


class LeadUnversioned(Event):
    """A lead without a version."""

    type: Literal["leads.lead.unversioned"] = "leads.lead.unversioned"
    lead_id: str


class LeadWordless(Event):
    type: Literal["leads.lead.wordless.v1"] = "leads.lead.wordless.v1"
    lead_id: str


class LeadKeyless(Event):
    """A lead without its key."""

    type: Literal["leads.lead.keyless.v1"] = "leads.lead.keyless.v1"
    id: str


class LeadPriced(Event):
    """A lead got a price that can be rounded."""

    type: Literal["leads.lead.priced.v1"] = "leads.lead.priced.v1"
    lead_id: str
    price: float | None = None
    parts: dict[str, float] = {}
    exact: Money | None = None


class LeadNamed(Event):
    """A lead's person in the open, at a time."""

    type: Literal["leads.lead.named.v1"] = "leads.lead.named.v1"
    lead_id: str
    phone: str
    when: Instant


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        (WrongVerb, ["WrongVerb: the class and leads.lead.teleported.v1 name different things"]),
        (LeadUnversioned, ["LeadUnversioned: leads.lead.unversioned is not topic, verb in the past, version"]),
        (LeadWordless, ["LeadWordless: it has no sentence that says what it means"]),
        (LeadKeyless, ["LeadKeyless: it lacks lead_id, the key of its stream"]),
        (LeadPriced, ["LeadPriced: price is a float", "LeadPriced: parts.* is a float"]),
        (
            LeadNamed,
            ["LeadNamed: phone is personal data in the open", "LeadNamed: when is a time and does not end in _at"],
        ),
        (LeadTeleported, []),
        (LeadTeleportedV2, []),
    ],
)
def test_a_badly_made_event_is_named(event: type[Event], fault: list[str]) -> None:
    assert list(faults(Stream("leads.lead", key="lead_id", events=(event,), about="Planted."))) == fault


@pytest.mark.parametrize("topic", ["leads.leads", "leads.lead.v1", "sales.lead", "lead", "leads.Lead"])
def test_a_badly_named_topic_is_named(topic: str) -> None:
    expected = f"{topic}: a topic is a service and the singular of what it is about"
    assert list(faults(Stream(topic, key="lead_id", events=(), about="Planted."))) == [expected]
