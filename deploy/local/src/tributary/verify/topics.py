"""The topics, read from their beginning to the ends they had at one moment, without joining any group."""

import time
from collections.abc import Callable, Iterable, Sequence
from operator import methodcaller
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from contracts.principals import WATCH, WATCH_GROUP
from tributary.bus import Bus
from tributary.child_process import StackError
from tributary.verify.events import EventRecord, body_of
from tributary.verify.misnamed import Place, read_again
from tributary.verify.private import Private
from tributary.verify.snapshot import SEQUENCED, STREAM, Log

Spans = dict[str, dict[int, tuple[int, int]]]
Progress = Callable[[int, int], None]

# The client gives headers with a hole in them and leaves the error behind. Called in this way that is looked for; the
# interpreter's own call, once it is specialised, does not look, and reading such headers ends the process.
_headers = methodcaller("headers")

AT_ONCE, AT_MOST_S = 5_000, 0.1
SILENCE_S = 20.0


class Topics:
    """A reader of all our topics."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._misnamed: dict[Place, list[int]] = {}
        self._consumer: Any = Consumer(
            {
                **bus.librdkafka(WATCH),
                "group.id": WATCH_GROUP,  # asked for, never joined: partitions are assigned by hand
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "enable.partition.eof": True,
                "queued.max.messages.kbytes": 16384,
                "fetch.max.bytes": 16 * 1024 * 1024,
                "max.partition.fetch.bytes": 4 * 1024 * 1024,
            }
        )

    def spans(self, topics: Sequence[str] = tuple(STREAM)) -> Spans:
        """Where every partition begins, and where it ends just now."""
        try:
            there = self._consumer.list_topics(timeout=10).topics
            missing = [topic for topic in topics if topic not in there]
            if missing:
                raise StackError(f"Kafka has no topic {missing[0]}: is this Tributary's Kafka?")
            return {
                topic: {
                    n: self._consumer.get_watermark_offsets(TopicPartition(topic, n), timeout=10)
                    for n in sorted(there[topic].partitions)
                }
                for topic in topics
            }
        except KafkaException as failure:
            raise StackError(f"Kafka does not answer: {failure.args[0].str()}.") from failure

    def read(self, spans: Spans, progress: Progress, private: Private) -> dict[str, Log]:
        """Everything from the beginnings to these ends; ``private`` looks at each record as it passes."""
        logs = {topic: Log(spans=dict(its)) for topic, its in spans.items()}
        found: dict[tuple[str, int], list[Any]] = {}
        open_ends = {}
        for topic, its in spans.items():
            for n, (begin, end) in its.items():
                if end > begin:
                    open_ends[topic, n] = end
                    found[topic, n] = []
        total = sum(end - spans[topic][n][0] for (topic, n), end in open_ends.items())
        self._consumer.assign([TopicPartition(topic, n, spans[topic][n][0]) for topic, n in open_ends])
        done, heard_at = 0, time.monotonic()
        while open_ends:
            records = self._consumer.consume(AT_ONCE, AT_MOST_S)
            if records:
                heard_at = time.monotonic()
            elif time.monotonic() - heard_at > SILENCE_S:
                raise StackError(f"Kafka fell silent before the end of {next(iter(open_ends))[0]}.")
            for record in records:
                self._take(record, logs, found, open_ends, private)
            done += len(records)
            progress(min(done, total), total)
        for (topic, partition), its_records in read_again(self._bus, self._misnamed).items():
            for record in its_records:
                self._keep(record, record.headers(), topic, partition, logs, found, private)
            found[topic, partition].sort(key=lambda event: event.offset)
        self._misnamed.clear()
        for (topic, _), every in sorted(found.items()):
            logs[topic].records += every
        return logs

    def _take(
        self,
        record: Any,
        logs: dict[str, Log],
        found: dict[tuple[str, int], list[Any]],
        ends: dict[tuple[str, int], int],
        private: Private,
    ) -> None:
        topic, partition = record.topic(), record.partition()
        if (error := record.error()) is not None:
            if error.code() != KafkaError._PARTITION_EOF:
                raise StackError(f"{topic} can't be read: {error.str()}.")
            ends.pop((topic, partition), None)
            return
        end = ends.get((topic, partition))
        if end is None:
            return
        offset = record.offset()
        if offset < end:
            try:
                headers = _headers(record) or ()
            except (SystemError, UnicodeDecodeError):  # the client's way to say that a name is no UTF-8
                self._misnamed.setdefault((topic, partition), []).append(offset)
            else:
                self._keep(record, headers, topic, partition, logs, found, private)
        if offset >= end - 1:
            del ends[topic, partition]
            self._consumer.pause([TopicPartition(topic, partition)])

    def _keep(
        self,
        record: Any,
        headers: Sequence[tuple[str, Any]],
        topic: str,
        partition: int,
        logs: dict[str, Log],
        found: dict[tuple[str, int], list[Any]],
        private: Private,
    ) -> None:
        private.record(topic, record.key(), record.value(), headers)
        event = events_of(record, topic, partition, record.offset(), headers)
        if event is None:
            logs[topic].foreign.append((partition, record.offset()))
        else:
            found[topic, partition].append(event)

    def close(self) -> None:
        """Lets go of Kafka."""
        self._consumer.close()


_SEQUENCED = frozenset(SEQUENCED)
_SHARED: dict[bytes, str] = {}


def _shared(text: bytes) -> str:
    """The text, one copy of it for all the records that say it."""
    found = _SHARED.get(text)
    if found is None:
        found = _SHARED[text] = text.decode()
    return found


def events_of(
    record: Any, topic: str, partition: int, offset: int, given: Iterable[tuple[str, Any]]
) -> EventRecord | None:
    """The record as an event; None when it lacks the headers an event must have."""
    try:
        headers = dict(given)
        kind = _shared(headers["ce_type"])
        sequenced = topic in _SEQUENCED
        return EventRecord(
            partition,
            offset,
            kind,
            _shared(record.key() or b""),
            headers["ce_id"].decode() if "ce_id" in headers else f"{topic}/{partition}/{offset}",
            _shared(headers["source"]) if sequenced else "",
            int(headers["shard"]) if sequenced else partition,
            int(headers["seq"]) if sequenced else offset,
            body_of(kind, record.value()),
            _shared(headers.get("ce_time") or b""),
        )
    except (KeyError, ValueError, AttributeError):
        return None
