"""Kafka: topics and their settings, users and their rights, how far each service has heard, and the time of what is newest."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError as AnyKafkaError
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import admin as confluent

from chassis.principals import Acl, RightsRefused, held_rights
from contracts import STREAM_OF, STREAMS
from contracts.hearers import HEARS
from contracts.principals import WATCH_GROUP, principals, rights
from contracts.topics import definition
from tributary.bus import ADMIN, WATCH
from tributary.doctor.finding import Installation, Report, span
from tributary.principals import VISITOR, visitors_rights

kafka: Any = confluent  # half of what it gives is without types
WITHIN_S = 10.0
SHOWN = 6
_RIGHTS = (
    "run the job `principals` as the admin: it gives what is missing and takes what is too much; then ask who gave it"
)


def look(installation: Installation, report: Report) -> None:
    """All of it, as the admin; what Kafka does not show to whoever comes is said to be unseen."""
    where = f"Kafka at {installation.bus.address}"
    admin = kafka.AdminClient(installation.bus.librdkafka(ADMIN))
    try:
        there = admin.list_topics(timeout=WITHIN_S).topics
    except KafkaException as failure:
        report.critical(
            "kafka-away",
            where,
            f"it does not answer: {failure.args[0].str()}",
            "bring a broker back, or give the address, the principal and the password that it knows",
            "refused",
        )
        return
    partitions = {name: len(about.partitions) for name, about in there.items()}
    for what, part in (
        ("the settings of topics", lambda: _topics(admin, partitions, report)),
        ("rights and users", lambda: _rights_and_users(admin, installation, where, report)),
        ("how far services have heard", lambda: _heard(admin, partitions, installation, report)),
        ("the newest records", lambda: _newest(admin, partitions, installation, report)),
    ):
        _attempt(f"{where}: {what}", part, report)
    report.looked_at.append(where)


def _attempt(what: str, part: Callable[[], None], report: Report) -> None:
    try:
        part()
    except KafkaException as failure:
        report.unseen.append(f"{what}: {failure.args[0].str()}")
    except AnyKafkaError as failure:
        report.unseen.append(f"{what}: {type(failure).__name__}")
    except RightsRefused as refusal:
        report.unseen.append(f"{what}: {refusal}")


def _topics(admin: Any, there: Mapping[str, int], report: Report) -> None:
    kept = [stream for stream in STREAMS if stream.topic in there]
    asked = admin.describe_configs(
        [kafka.ConfigResource(kafka.ConfigResource.Type.TOPIC, stream.topic) for stream in kept]
    )
    found = {resource.name: answer.result() for resource, answer in asked.items()}
    for stream in STREAMS:
        wanted = definition(stream)
        if stream.topic not in there:
            do = f"`python -m {stream.publisher} topics`"
            report.critical("topics", stream.topic, "the topic is missing", do, "topics")
            continue
        if there[stream.topic] < wanted["partitions"]:
            report.critical(
                "partitions",
                stream.topic,
                f"it has {there[stream.topic]} partitions, the contracts say {wanted['partitions']}",
                f"kafka-topics.sh --alter --topic {stream.topic} --partitions {wanted['partitions']}",
                "topics",
            )
        its = found[stream.topic]
        for name, value in wanted["config"].items():
            if (stands := its[name].value) != value:
                report.warning(
                    "retention" if name.startswith(("retention", "cleanup")) else "topic-settings",
                    stream.topic,
                    f"{name} is {stands}, the contracts say {value}",
                    f"kafka-configs.sh --alter --topic {stream.topic} --add-config {name}={value}",
                    "topics",
                )


def _rights_and_users(admin: Any, installation: Installation, where: str, report: Report) -> None:
    """Users only for who may see rights, which is the same right: to a refusal of the second question librdkafka 2.16 frees what it
    does not own, and the process ends."""
    _rights(admin, installation, where, report)
    _users(admin, where, report)


def _rights(admin: Any, installation: Installation, where: str, report: Report) -> None:
    try:
        held = {_named(acl) for acl in asyncio.run(_held(installation))}
    except RightsRefused as refusal:
        if refusal.code != KafkaError.SECURITY_DISABLED:
            raise
        what = "it asks nobody who he is: any program that reaches it may say anything in anybody's name"
        report.warning("rights", where, what, "let it ask, as docker-compose.yml and the chart do", "refused")
        return
    more = visitors_rights() if installation.visitors else ()
    wanted = {f"{r.principal} may {r.operation} {r.kind} {r.name}" for r in (*rights(), *more)}
    ours = {*principals(), VISITOR}
    if missing := sorted(wanted - held):
        report.critical("rights", where, f"rights are missing: {_some(missing)}", _RIGHTS, "refused")
    if surplus := sorted(one for one in held - wanted if one.split(" ", 1)[0] in ours):
        report.critical("rights", where, f"rights beyond the contracts: {_some(surplus)}", _RIGHTS, "refused")


async def _held(installation: Installation) -> set[Acl]:
    """Every right on the broker. Asked by aiokafka: librdkafka takes a refusal for no rights at all."""
    admin = AIOKafkaAdminClient(**installation.bus.aiokafka(ADMIN), request_timeout_ms=int(WITHIN_S * 1000))
    try:
        await admin.start()
        return await held_rights(admin)
    finally:
        await admin.close()


def _named(acl: Acl) -> str:
    """A right in words; one of another shape than ours says so."""
    kind, name, pattern, principal, host, operation, permission = acl
    may = "may" if permission == kafka.AclPermissionType.ALLOW.value else "may not"
    what = (
        kafka.ResourceType(kind).name.lower() if kind in {one.value for one in kafka.ResourceType} else f"kind {kind}"
    )
    odd = "" if pattern == kafka.ResourcePatternType.LITERAL.value else " and all that begins so"
    whence = "" if host == "*" else f" from {host}"
    does = kafka.AclOperation(operation).name.lower()
    return f"{principal.removeprefix('User:')} {may} {does} {what} {name}{odd}{whence}"


def _some(found: list[str]) -> str:
    return ", ".join(found[:SHOWN]) + (f", and {len(found) - SHOWN} more" if len(found) > SHOWN else "")


def _users(admin: Any, where: str, report: Report) -> None:
    missing = []
    for name, answer in admin.describe_user_scram_credentials(list(principals()), request_timeout=WITHIN_S).items():
        try:
            answer.result()
        except KafkaException as failure:
            if failure.args[0].code() != KafkaError.RESOURCE_NOT_FOUND:
                raise
            missing.append(name)
    if missing:
        what = f"it knows no password of {', '.join(sorted(missing))}"
        report.critical("users", where, what, "run the job `principals` with <NAME>_KAFKA_PASSWORD of each", "refused")


def _heard(admin: Any, there: Mapping[str, int], installation: Installation, report: Report) -> None:
    """Behind is who has not heard a record that is older than the limit."""
    for service, streams in HEARS.items():
        places = [TopicPartition(s.topic, n) for s in streams for n in range(there.get(s.topic, 0))]
        reached = asyncio.run(_committed(installation, service))
        ends = _offsets(admin, places, kafka.OffsetSpec.latest())
        begins = _offsets(admin, places, kafka.OffsetSpec.earliest())
        waiting = {}
        for at in ends:
            next_one = max(reached.get(at, 0), begins[at])
            if next_one < ends[at]:
                waiting[at] = next_one
        dated = _times(installation, waiting)
        now = installation.clock().timestamp()
        behind = {at: now - dated[at] for at in waiting if at in dated}
        late = {at: age for at, age in behind.items() if age > installation.limits.behind_s}
        if late:
            topic, partition = max(late, key=late.__getitem__)
            count = sum(ends[at] - waiting[at] for at in late)
            report.critical(
                "lag",
                service,
                f"it has not heard {count:,} records, the oldest, in partition {partition} of {topic}, since"
                f" {span(late[topic, partition])}",
                f"read why at its /readyz and in its log; if it works and is slow, start more replicas of {service}",
                "lag",
            )


async def _committed(installation: Installation, group: str) -> dict[tuple[str, int], int]:
    """How far the group is, where it is anywhere."""
    admin = AIOKafkaAdminClient(**installation.bus.aiokafka(ADMIN), request_timeout_ms=int(WITHIN_S * 1000))
    try:
        await admin.start()
        found = await admin.list_consumer_group_offsets(group)
        return {(place.topic, place.partition): told.offset for place, told in found.items()}
    finally:
        await admin.close()


def _newest(admin: Any, there: Mapping[str, int], installation: Installation, report: Report) -> None:
    """Records of the future are of a clock that is ahead; types that nobody here knows, of a newer build."""
    places = [TopicPartition(s.topic, n) for s in STREAMS for n in range(there.get(s.topic, 0))]
    ends, begins = (_offsets(admin, places, spec) for spec in (kafka.OffsetSpec.latest(), kafka.OffsetSpec.earliest()))
    last = {at: end - 1 for at, end in ends.items() if end > begins[at]}
    now = installation.clock().timestamp()
    unknown: dict[str, set[str]] = {}
    ahead: dict[str, float] = {}
    for record in _records(installation, last):
        topic = record.topic()
        kind = _type_of(record)
        if kind and kind not in STREAM_OF:
            unknown.setdefault(topic, set()).add(kind)
        seconds = record.timestamp()[1] / 1000 - now
        if seconds > max(installation.limits.skew_s, ahead.get(topic, 0)):
            ahead[topic] = seconds
    for topic, seconds in sorted(ahead.items()):
        report.warning(
            "clock",
            topic,
            f"its newest record is dated {span(seconds)} from now",
            "have every machine ask the same time servers; look for the writer whose clock is ahead",
            "clocks",
        )
    for topic, kinds in sorted(unknown.items()):
        report.warning(
            "contracts",
            topic,
            f"its owner says {', '.join(sorted(kinds))}, which these contracts do not know",
            "a newer build is at work: look with that build's doctor, and bring its hearers up",
            "not-ready",
        )


def _type_of(record: Any) -> str:
    """The type in its headers; nothing where they are a stranger's."""
    try:
        return str(dict(record.headers() or ()).get("ce_type", b"").decode())
    except (SystemError, UnicodeDecodeError, AttributeError):
        return ""


def _offsets(admin: Any, places: Iterable[TopicPartition], spec: Any) -> dict[tuple[str, int], int]:
    asked = admin.list_offsets(dict.fromkeys(places, spec), request_timeout=WITHIN_S)
    return {(place.topic, place.partition): answer.result().offset for place, answer in asked.items()}


def _times(installation: Installation, at: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], float]:
    """When the record at each place, or the first after it, was written."""
    return {(r.topic(), r.partition()): r.timestamp()[1] / 1000 for r in _records(installation, at)}


def _records(installation: Installation, at: Mapping[tuple[str, int], int]) -> list[Any]:
    """One record of each partition, at this offset or the first after it, as far as they come in time."""
    if not at:
        return []
    settings = installation.bus.librdkafka(WATCH, group_id=WATCH_GROUP, auto_offset_reset="earliest")
    consumer: Any = Consumer({**settings, "fetch.wait.max.ms": 10, "enable.auto.commit": False})
    found: dict[tuple[str, int], Any] = {}
    try:
        consumer.assign([TopicPartition(topic, partition, offset) for (topic, partition), offset in at.items()])
        end = time.monotonic() + WITHIN_S
        while len(found) < len(at) and time.monotonic() < end:
            for record in consumer.consume(100, 0.2):
                if record.error() is None and found.setdefault((record.topic(), record.partition()), record) is record:
                    consumer.pause([TopicPartition(record.topic(), record.partition())])
        return list(found.values())
    finally:
        consumer.close()
