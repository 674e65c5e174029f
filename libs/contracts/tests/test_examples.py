"""Every event has examples written by hand; they are what a writer writes and what a reader reads."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contracts import STREAMS, Event
from contracts.library import HOME, examples_of

EVENTS = [event for stream in STREAMS for event in stream.events]
EXAMPLES = [
    pytest.param(event, body, id=name) for event in EVENTS for name, body in examples_of(event.event_type()).items()
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.event_type())
def test_every_event_has_an_example_under_its_own_name(event: type[Event]) -> None:
    assert event.event_type() in examples_of(event.event_type())


def test_every_example_belongs_to_an_event() -> None:
    known = {name for event in EVENTS for name in examples_of(event.event_type())}
    assert {file.stem for file in (HOME / "examples").iterdir()} == known


@pytest.mark.parametrize(("event", "body"), EXAMPLES)
def test_an_example_is_what_a_writer_writes(event: type[Event], body: dict[str, Any]) -> None:
    said = event.model_validate_json(json.dumps(body)).model_dump_json(exclude_none=True)
    assert json.loads(said) == body


@pytest.mark.parametrize(("event", "body"), EXAMPLES)
def test_an_example_fits_the_committed_schema(event: type[Event], body: dict[str, Any]) -> None:
    schema = json.loads((HOME / "schemas" / f"{event.event_type()}.json").read_text())
    Draft202012Validator.check_schema(schema)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(body)] == []


@pytest.mark.parametrize(("event", "body"), EXAMPLES)
def test_a_field_that_a_reader_does_not_know_changes_nothing_for_it(event: type[Event], body: dict[str, Any]) -> None:
    assert event.model_validate(with_news(body)) == event.model_validate(body)


def test_the_examples_speak_the_scripts_of_the_market() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in (HOME / "examples").iterdir())
    scripts = {"Arabic": ("\u0600", "\u06ff"), "Devanagari": ("\u0900", "\u097f"), "Han": ("\u4e00", "\u9fff")}
    assert [name for name, (low, high) in scripts.items() if not any(low <= letter <= high for letter in text)] == []
    assert "été" in text


OPEN = {"attributes", "written", "won_amount", "spend", "cost_per_lead", "others"}


def with_news(value: Any) -> Any:
    """The same, said by a newer writer: every object has one field more, except maps, whose keys are data."""
    if isinstance(value, list):
        return [with_news(item) for item in value]
    if isinstance(value, dict):
        return {key: item if key in OPEN else with_news(item) for key, item in value.items()} | {"news": "of tomorrow"}
    return value
