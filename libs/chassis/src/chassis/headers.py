"""What a record's headers say. Nothing in a foreign header can raise, here or later in the database."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from chassis import telemetry
from chassis.access import NAME
from chassis.transaction import EventMetadata

SKEW = timedelta(minutes=10)  # a moment further ahead of this machine's clock is not believed


def read_headers(record: Any, sequenced: bool) -> tuple[EventMetadata | None, str]:
    """The headers as EventMetadata, or None and why not. Nothing in a foreign header can raise, here or later in the database."""
    try:
        h = dict(record.headers)
        moment, name = h.get("ce_time"), h.get("ce_id")
        source, shard, seq = "", 0, None
        if sequenced:
            source, shard, seq = _text(h["source"]), _number(h["shard"]), int(h["seq"])
        metadata = EventMetadata(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            at=_moment(moment) if moment is not None else _of_the_broker(record.timestamp),
            id=name.decode()[:200] if name is not None else f"{record.topic}/{record.partition}/{record.offset}",
            type=_text(h["ce_type"]),
            key=record.key or b"",
            traceparent=telemetry.accepted_traceparent((h.get("traceparent") or b"").decode(errors="replace"), 0),
            source=source,
            shard=shard,
            seq=seq,
            actor=actor_named(h.get("ce_actor")),
        )
    except KeyError as error:
        return None, f"the header {error.args[0]} is missing"
    except (ValueError, OverflowError, OSError, AttributeError, TypeError) as error:
        return None, f"a header can't be read: {type(error).__name__}"
    if "\0" in metadata.source or "\0" in metadata.id or len(metadata.source) > 200:
        return None, "a header can't be stored: it is too long or holds NUL"
    if not 0 <= metadata.shard < 1 << 31 or (metadata.seq is not None and not 0 < metadata.seq < 1 << 63):
        return None, "a header can't be stored: its number is out of range"
    return metadata, ""


# What a delivery's headers say again and again - type, source, shard, the moment of one transaction - is read once.


def _text(header: bytes) -> str:
    return _known_text(header) if len(header) <= 200 else header.decode()  # nobody fills our memory with long ones


@lru_cache(maxsize=1024)
def _known_text(header: bytes) -> str:
    return header.decode()


def actor_named(header: bytes | None) -> str:
    """Who is said to have acted. What is no actor's name names nobody: an event is not lost for it."""
    if not header:
        return ""
    name = _text(header)
    return name if NAME.fullmatch(name) else ""


@lru_cache(maxsize=1024)
def _number(header: bytes) -> int:
    return int(header)


@lru_cache(maxsize=1024)
def _moment(header: bytes) -> datetime:
    at = datetime.fromisoformat(header.decode())
    return _believed((at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC))


def _of_the_broker(milliseconds: int) -> datetime:
    return _believed(datetime.fromtimestamp(milliseconds / 1000, UTC))


def _believed(at: datetime) -> datetime:
    """Nothing was said later than now: one false clock must not make everything that follows look old."""
    return min(at, datetime.now(UTC) + SKEW)
