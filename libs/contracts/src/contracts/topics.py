"""The definition of every topic, as it is created: nobody lets a broker make one up."""

from contracts import STREAMS
from contracts.event import Stream
from contracts.library import Json

MAX_MESSAGE_BYTES = 2 * 1024 * 1024  # no less than the largest batch a producer of ours sends
ROLL_MS = 60 * 60 * 1000  # only a closed segment is compacted, so a quiet topic must close its own


def definition(stream: Stream) -> Json:
    """One topic: partitions and settings, every setting a string as Kafka's admin protocol has it."""
    return {
        "topic": stream.topic,
        "partitions": stream.partitions,
        "config": {name: str(value) for name, value in settings(stream).items()},
    }


def settings(stream: Stream) -> dict[str, str | int]:
    """The topic's settings. A compacted topic has no retention: its newest event per key stays for ever; -1 keeps all of them."""
    if stream.compacted:
        return {
            "cleanup.policy": "compact",
            "segment.ms": ROLL_MS,
            "max.compaction.lag.ms": ROLL_MS,
            "max.message.bytes": MAX_MESSAGE_BYTES,
        }
    return {
        "cleanup.policy": "delete",
        "retention.ms": -1 if stream.retention is None else int(stream.retention.total_seconds() * 1000),
        "retention.bytes": -1,  # a broker's own default for size must not cut history short
        "max.message.bytes": MAX_MESSAGE_BYTES,
    }


def definitions() -> Json:
    """All topics."""
    return {"topics": [definition(stream) for stream in STREAMS]}
