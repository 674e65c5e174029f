"""The JSON Schema of every event, made from its model: what a reader of that type may count on."""

from typing import Any

from contracts import STREAMS
from contracts.event import Event
from contracts.library import Json

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(event: type[Event]) -> Json:
    """A schema that stands alone. It is open: a field it does not know is no error, so an older reader stands a newer writer."""
    schema = without_titles(event.model_json_schema())
    return {"$schema": DIALECT, "$id": f"urn:tributary:event:{event.event_type()}", "title": event.__name__, **schema}


def all_schemas() -> dict[str, Json]:
    """Every event type's schema, in the order of the streams."""
    return {event.event_type(): schema_of(event) for stream in STREAMS for event in stream.events}


def without_titles(schema: Any) -> Any:
    """Pydantic titles every field with its own name in capitals, which tells a reader nothing; a field *named* title stays."""
    if isinstance(schema, list):
        return [without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key != "title" or not isinstance(value, str)}
    return {
        key: {name: without_titles(field) for name, field in value.items()}
        if key in ("properties", "patternProperties", "$defs")
        else without_titles(value)
        for key, value in kept.items()
    }
