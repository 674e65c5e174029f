"""What contracts say about who says and who hears is what the services do."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from building import SERVICES, built
from jsonschema import Draft7Validator

from chassis import Service
from chassis.intake import Intake
from chassis.outbox import headers_of
from contracts import STREAMS, Stream, asyncapi
from contracts.hearers import HEARS, READ_BY_ALL, hearers
from contracts.library import examples_of

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture(scope="module")
def services() -> dict[str, Service]:
    return {name: built(name) for name in SERVICES}


def disagreements(declared: dict[str, tuple[Stream, ...]], heard: dict[str, tuple[Stream, ...]]) -> Iterator[str]:
    """Where the table of hearers and the routers of the services differ, in sentences."""
    for service in sorted(declared.keys() | heard.keys()):
        said = {stream.topic for stream in declared.get(service, ())}
        done = {stream.topic for stream in heard.get(service, ())}
        yield from (
            f"{service} hears {topic}, and contracts/hearers.py does not say so" for topic in sorted(done - said)
        )
        yield from (
            f"{service} does not hear {topic}, and contracts/hearers.py says so" for topic in sorted(said - done)
        )


def test_every_service_hears_what_the_contracts_say_it_hears(services: dict[str, Service]) -> None:
    heard = {name: service.router.streams for name, service in services.items()}
    assert list(disagreements(HEARS, heard)) == []
    assert {name: service.router.service for name, service in services.items()} == {name: name for name in SERVICES}


def test_every_service_reads_by_itself_what_the_contracts_say_all_read(services: dict[str, Service]) -> None:
    assert {name: (service.access.stream,) for name, service in services.items()} == dict.fromkeys(HEARS, READ_BY_ALL)
    assert all(hearers(stream) == tuple(HEARS) for stream in READ_BY_ALL)
    assert not [stream for service in services.values() for stream in service.router.streams if stream in READ_BY_ALL]


def test_a_forgotten_and_an_invented_hearer_are_named() -> None:
    leads, *_ = STREAMS
    assert list(disagreements({"a": (leads,)}, {"b": (leads,)})) == [
        "a does not hear leads.intake, and contracts/hearers.py says so",
        "b hears leads.intake, and contracts/hearers.py does not say so",
    ]


def test_every_stream_is_said_by_its_owner_and_by_no_other_service(services: dict[str, Service]) -> None:
    said = [(s.topic, name) for name, one in services.items() for s in (*one.streams, *one.intake_streams)]
    assert Counter(said) == Counter((stream.topic, stream.publisher) for stream in STREAMS)


def test_a_sequenced_stream_leaves_through_the_outbox_and_the_others_through_a_door(
    services: dict[str, Service],
) -> None:
    outboxes = {s.topic for service in services.values() for s in service.streams}
    doors = {s.topic for service in services.values() for s in service.intake_streams}
    assert outboxes == {stream.topic for stream in STREAMS if stream.sequenced}
    assert doors == {stream.topic for stream in STREAMS if not stream.sequenced}


def complaints(headers: list[tuple[str, bytes]], *, sequenced: bool) -> list[str]:
    """What the published schema of headers has against these."""
    schema = asyncapi.headers(sequenced=sequenced)
    said = {name: value.decode() for name, value in headers}
    unknown = [f"{name} is not in the contract" for name in said if name not in schema["properties"]]
    return unknown + [error.message for error in Draft7Validator(schema).iter_errors(said)]


@pytest.mark.parametrize("causation", ["019ab5c2-7d1e-7c44-9f0a-3b8e5d6f1a20", None])
def test_the_outbox_writes_the_headers_that_the_contract_promises(causation: str | None) -> None:
    row: dict[str, Any] = {
        "id": "019ab5c2-7d1e-7c44-9f0a-3b8e5d6f1a21",
        "type": "leads.lead.closed.v1",
        "at": datetime(2026, 11, 24, tzinfo=UTC),
        "traceparent": TRACE,
        "key": b"c4e8a1b7-06d2-5f9d-b3c1-5a7e90d2f864",
        "shard": 3,
        "seq": 17,
        "causation": causation,
        "actor": causation and "anna-1",
    }
    assert complaints(headers_of(row, b"leads/epoch"), sequenced=True) == []
    assert complaints(headers_of(row, b"leads/epoch")[1:], sequenced=True) == [
        "'ce_specversion' is a required property"
    ]


def test_the_door_writes_the_headers_that_the_contract_promises(services: dict[str, Service]) -> None:
    intake = services["leads"].intake
    assert isinstance(intake, Intake)
    [event] = [event for event in STREAMS[0].events if event.event_type() == "leads.intake.submitted.v1"]
    submitted = event.model_validate(examples_of(event.event_type())[event.event_type()])
    [record] = intake._records(STREAMS[0], [submitted], TRACE, "anna-1")
    written = record.headers
    assert complaints(written, sequenced=False) == []
    assert complaints([*written, ("x-secret", b"1")], sequenced=False) == ["x-secret is not in the contract"]
