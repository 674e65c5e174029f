"""The AsyncAPI 3.0 document: every stream as a channel, and who sends and receives what, for tools and people outside."""

import inspect
from typing import Any

from pydantic.json_schema import models_json_schema

from contracts import STREAMS
from contracts.event import Event, Stream
from contracts.hearers import HEARS, READ_BY_ALL, hearers
from contracts.library import Json, examples_of
from contracts.schemas import without_titles
from contracts.topics import settings

KAFKA_BINDING = "0.5.0"
TRACEPARENT = "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"


def document() -> Json:
    """The whole document."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:tributary",
        "info": {
            "title": "Tributary",
            "version": "1",
            "description": "What the services of Tributary say to each other: one topic per kind of thing, in order per key.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "description": "The Kafka cluster of this installation.",
                "variables": {"bootstrap": {"default": "127.0.0.1:9092", "description": "host:port of a broker"}},
            }
        },
        "channels": {stream.topic: channel(stream) for stream in STREAMS},
        "operations": operations(),
        "components": {"schemas": schemas(), "messages": messages()},
    }


def channel(stream: Stream) -> Json:
    """A stream: its address, its messages, and how its topic is kept."""
    config: dict[str, Any] = settings(stream)
    return {
        "address": stream.topic,
        "title": stream.topic,
        "description": stream.about,
        "messages": {event.event_type(): ref("components/messages", event.event_type()) for event in stream.events},
        "tags": [{"name": stream.publisher}],
        "bindings": {
            "kafka": {
                "topic": stream.topic,
                "partitions": stream.partitions,
                "topicConfiguration": {**config, "cleanup.policy": [config["cleanup.policy"]]},
                "bindingVersion": KAFKA_BINDING,
            }
        },
        "x-owner": stream.publisher,
        "x-also-said-by": list(stream.outsiders),
        "x-heard-by": list(hearers(stream)),
        "x-key": stream.key,
        "x-partitions": stream.partitions,
        "x-retention": _retention(stream),
        "x-compacted": stream.compacted,
        "x-sequenced": stream.sequenced,
    }


def _retention(stream: Stream) -> str:
    """How long a record stays, as a duration of ISO 8601 where it ends."""
    if stream.compacted:
        return "newest per key, for ever"
    return "for ever" if stream.retention is None else f"P{stream.retention.days}D"


def operations() -> Json:
    """One operation per service and stream: the owner sends, a hearer receives in the consumer group of its own name, or in none
    where every replica reads all."""
    sends = {
        f"{stream.publisher}.sends.{stream.topic}": operation("send", stream.publisher, stream) for stream in STREAMS
    }
    receives = {
        f"{service}.receives.{stream.topic}": operation("receive", service, stream)
        for service, heard in HEARS.items()
        for stream in (*heard, *READ_BY_ALL)
    }
    return sends | receives


def operation(action: str, service: str, stream: Stream) -> Json:
    """What one service does with one stream."""
    in_no_group = action == "send" or stream in READ_BY_ALL
    group = {} if in_no_group else {"groupId": {"type": "string", "enum": [service]}}
    return {
        "action": action,
        "channel": ref("channels", stream.topic),
        "title": f"{service} {action}s {stream.topic}",
        "summary": f"{service} {'says' if action == 'send' else 'hears'}: {stream.about}",
        "tags": [{"name": service}],
        "bindings": {"kafka": {**group, "bindingVersion": KAFKA_BINDING}},
        "messages": [{"$ref": f"#/channels/{stream.topic}/messages/{event.event_type()}"} for event in stream.events],
    }


def messages() -> Json:
    """Every event as a message."""
    return {event.event_type(): message(stream, event) for stream in STREAMS for event in stream.events}


def message(stream: Stream, event: type[Event]) -> Json:
    """One event: its headers, its body, its key, and the hand-written examples of it."""
    first_line, _, rest = inspect.cleandoc(event.__doc__ or "").partition("\n")
    return {
        "name": event.event_type(),
        "title": event.__name__,
        "summary": first_line,
        **({"description": rest.strip()} if rest.strip() else {}),
        "contentType": "application/json",
        "headers": ref("components/schemas", "SequencedHeaders" if stream.sequenced else "Headers"),
        "payload": ref("components/schemas", event.__name__),
        "correlationId": {
            "description": "The thing the event is about: a lead, a campaign.",
            "location": "$message.header#/correlationid",
        },
        "tags": [{"name": stream.publisher}],
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": f"`{stream.key}` of the body"},
                "bindingVersion": KAFKA_BINDING,
            }
        },
        "examples": [
            {
                "name": name,
                "summary": first_line,
                "headers": example_headers(stream, event, payload),
                "payload": payload,
            }
            for name, payload in examples_of(event.event_type()).items()
        ],
    }


def schemas() -> Json:
    """The bodies and the values they share, and the headers."""
    events = [event for stream in STREAMS for event in stream.events]
    _, made = models_json_schema(
        [(event, "validation") for event in events], ref_template="#/components/schemas/{model}"
    )
    bodies: Json = without_titles(made["$defs"])
    return {**bodies, "Headers": headers(sequenced=False), "SequencedHeaders": headers(sequenced=True)}


def headers(*, sequenced: bool) -> Json:
    """CloudEvents 1.0 in binary mode, the trace, what led to this event and, through an outbox, its place in the sequence.

    An outsider need only say what CloudEvents demands; our own writers send everything.
    """
    text = {"type": "string", "minLength": 1}
    number = {"type": "string", "pattern": "^[0-9]+$"}
    cloudevents: Json = {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {**text, "description": "the event's own id"},
        "ce_type": {**text, "description": "the event type: topic, verb in the past, version"},
        "ce_source": {**text, "description": "who says it, as a path"},
    }
    about: Json = {
        "ce_time": {**text, "format": "date-time", "description": "when it was said"},
        "content-type": {"type": "string", "const": "application/json"},
        "traceparent": {"type": "string", "pattern": TRACEPARENT, "description": "W3C trace context"},
        "correlationid": {**text, "description": "the thing this is about: the key of the stream"},
    }
    cause: Json = {"causationid": {**text, "description": "the id of the event that led to this one"}}
    actor: Json = {
        "ce_actor": {
            "type": "string",
            "pattern": "^[a-z0-9][a-z0-9._:-]{0,79}$",
            "description": "the id of who made the sender say it; none where the sender acts by itself, or for nobody in particular",
        }
    }
    sequence: Json = {
        "source": {
            **text,
            "description": "the writer's history; it begins anew when the writer's database is restored",
        },
        "shard": {**number, "description": "the partition the number counts in"},
        "seq": {**number, "description": "counts up by one, without a gap, per source and shard"},
    }
    return {
        "type": "object",
        "properties": {**cloudevents, **about, **cause, **actor, **(sequence if sequenced else {})},
        "required": [*cloudevents, *([*about, *sequence] if sequenced else [])],
    }


def example_headers(stream: Stream, event: type[Event], payload: Json) -> Json:
    """Headers as they look on the wire."""
    history = f"{stream.publisher}/7f3c1b90d2ae4c5f8a6b0e91c4d7f210"
    plain = {
        "ce_specversion": "1.0",
        "ce_id": "019ab5c2-7d1e-7c44-9f0a-3b8e5d6f1a20",
        "ce_type": event.event_type(),
        "ce_source": f"/{history}" if stream.sequenced else f"/{stream.publisher}/door",
        "ce_time": "2026-11-24T07:31:08.902000+00:00",
        "content-type": "application/json",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "correlationid": payload[stream.key],
    }
    return plain | ({"source": history, "shard": "0", "seq": "1842"} if stream.sequenced else {})


def ref(where: str, name: str) -> Json:
    """A reference inside the document."""
    return {"$ref": f"#/{where}/{name}"}
