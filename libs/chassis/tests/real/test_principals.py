"""Who may do what on a Kafka that asks who comes: the whole table of rights, tried on a real broker, and what a refusal says."""

import asyncio
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as Partition
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)
from pydantic import SecretStr
from toy.place import Place, at_work
from toy.waiting import until

from chassis import Settings, broker
from chassis.errors import Refused
from chassis.intake import Intake
from chassis.kafka_security import client_arguments
from chassis.restored import commit
from chassis.topics import unfit
from contracts import STREAMS
from contracts.campaigns.spend import SPEND
from contracts.principals import WATCH, WATCH_GROUP, outsiders, principals, rights
from contracts.territory.access import ACCESS
from tributary.bus import ADMIN, Bus
from tributary.child_process import free_port
from tributary.kafka import LocalKafka, answers_now
from tributary.principals import VISITOR, establish, visitors_rights
from tributary.topics import create_topics

SAID = {stream.topic for stream in STREAMS}


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """A broker that asks who comes, with a door for this machine, and a record on every topic."""
    home = tmp_path_factory.mktemp("secured")
    with LocalKafka(home / "kafka", port=free_port(), keys=home / "keys", open_to_machine=True) as server:
        create_topics(server.bus)
        establish(server.bus, open_to_machine=True)
        producer = Producer(server.bus.librdkafka(ADMIN))
        for topic in SAID:
            producer.produce(topic, b"{}", b"k", partition=0)
        assert producer.flush(10) == 0
        yield server


def settings(kafka: LocalKafka, principal: str, **more: Any) -> Settings:
    """What the service of this name is told."""
    told: dict[str, Any] = {
        "kafka_bootstrap_servers": [kafka.bootstrap],
        "kafka_security": "sasl_plaintext",
        "kafka_user": principal,
        "kafka_password": SecretStr(kafka.bus.password(principal)),
    }
    return Settings(database_url=SecretStr("postgresql:///"), **{**told, **more})


def may_write(client: dict[str, Any]) -> set[str]:
    """The topics that took a record."""
    taken = set()
    producer = Producer(client)
    for topic in SAID:
        producer.produce(topic, b"{}", b"k", partition=0, on_delivery=lambda e, m: e or taken.add(m.topic()))
    assert producer.flush(20) == 0
    return taken


async def may_read(client: dict[str, Any]) -> set[str]:
    """The topics whose first record was given."""

    async def given(topic: str) -> bool:
        consumer = AIOKafkaConsumer(topic, auto_offset_reset="earliest", group_id=None, **client)
        try:
            await consumer.start()
            return bool(await asyncio.wait_for(consumer.getone(), 20))
        except TopicAuthorizationFailedError:
            return False
        finally:
            await consumer.stop()

    topics = sorted(SAID)
    return {topic for topic, one in zip(topics, await asyncio.gather(*map(given, topics)), strict=True) if one}


@pytest.mark.parametrize("principal", principals())
async def test_each_principal_may_read_and_write_what_the_contracts_say_and_not_a_topic_more(
    kafka: LocalKafka, principal: str
) -> None:
    ours = {(right.operation, right.name) for right in rights() if right.principal == principal}
    assert may_write(kafka.bus.librdkafka(principal)) == {topic for topic in SAID if ("write", topic) in ours}
    assert await may_read(kafka.bus.aiokafka(principal)) == {t for t in SAID if ("read", t) in ours}


async def test_a_program_of_this_machine_looks_on_and_says_only_what_outsiders_may(kafka: LocalKafka) -> None:
    client = {"bootstrap.servers": kafka.machine, "log_level": 0}
    assert may_write(client) == {SPEND.topic}
    assert await may_read({"bootstrap_servers": kafka.machine}) == SAID
    with pytest.raises(KafkaException, match="GROUP_AUTHORIZATION_FAILED"):
        Consumer({**client, "group.id": "leads"}).commit(
            offsets=[TopicPartition(SPEND.topic, 0, 1)], asynchronous=False
        )


async def test_leads_can_say_nothing_on_the_stream_that_says_who_may_see_what(kafka: LocalKafka) -> None:
    producer = await broker.new_producer(settings(kafka, "leads"))
    try:
        with pytest.raises(TopicAuthorizationFailedError):
            await producer.send_and_wait(ACCESS.topic, b"{}", b"anna", 0)
        await producer.send_and_wait("leads.lead", b"{}", b"k", 0)
    finally:
        await broker.abort(producer)


async def test_who_may_write_nowhere_gets_no_producer(kafka: LocalKafka) -> None:
    with pytest.raises(KafkaError, match="ClusterAuthorizationFailed"):
        await broker.new_producer(settings(kafka, WATCH))


async def test_a_service_works_in_its_own_group_and_in_no_others(kafka: LocalKafka) -> None:
    for group in ("leads", "metrics.other", "m"):
        consumer = AIOKafkaConsumer(
            "leads.lead",
            bootstrap_servers=kafka.bootstrap,
            group_id=group,
            **client_arguments(settings(kafka, "metrics")),
        )
        with pytest.raises(GroupAuthorizationFailedError):
            await consumer.start()
        await consumer.stop()
    own = AIOKafkaConsumer(
        bootstrap_servers=kafka.bootstrap, group_id="metrics", **client_arguments(settings(kafka, "metrics"))
    )
    await own.start()
    own.assign([Partition("leads.lead", 0)])
    await commit(own, {Partition("leads.lead", 0): 1}, 1)
    await own.stop()


async def test_an_outsider_hears_nothing_and_says_only_what_names_him(kafka: LocalKafka) -> None:
    for outsider in outsiders():
        assert may_write(kafka.bus.librdkafka(outsider)) == {SPEND.topic}
        assert await may_read(kafka.bus.aiokafka(outsider)) == set()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"kafka_password": SecretStr("guessed")}, "Kafka refuses leads: .*KAFKA_PASSWORD is wrong"),
        ({"kafka_user": "nobody"}, "Kafka refuses nobody: TRIBUTARY_KAFKA_USER"),
        ({"kafka_mechanism": "PLAIN"}, "Kafka refuses leads"),
        (
            {"kafka_security": "plaintext", "kafka_user": "", "kafka_password": SecretStr("")},
            "it asks who comes, and TRIBUTARY_KAFKA_USER",
        ),
    ],
)
async def test_who_comes_under_a_wrong_name_or_none_is_told_so_in_words(
    kafka: LocalKafka, wrong: dict[str, Any], words: str
) -> None:
    told = settings(kafka, "leads", **wrong)
    for start in (broker.partition_counts, broker.new_producer):
        with pytest.raises(Refused, match=words) as refusal:
            await start(told)
        assert "guessed" not in str(refusal.value)


async def test_who_gives_his_name_where_nobody_asks_is_told_so(kafka: LocalKafka) -> None:
    with pytest.raises(Refused, match="Kafka asks nobody who he is here"):
        await broker.partition_counts(settings(kafka, "leads", kafka_bootstrap_servers=[kafka.machine]))


async def test_a_broker_that_is_away_is_no_refusal(kafka: LocalKafka) -> None:
    with pytest.raises(KafkaError, match="Unable to bootstrap"):
        await broker.partition_counts(settings(kafka, "leads", kafka_bootstrap_servers=[f"127.0.0.1:{free_port()}"]))


async def test_a_service_with_anothers_password_says_in_its_readiness_what_is_wrong(
    kafka: LocalKafka, place: Place
) -> None:
    there = dataclasses.replace(place, kafka=kafka.bootstrap)
    wrong = {"kafka_security": "sasl_plaintext", "kafka_user": "leads", "kafka_password": SecretStr("metrics'")}
    service = there.downstream(await place.database(), **wrong)
    service.intake = Intake("leads", service.settings)
    async with at_work(service, ready=False):
        await until("it says so", lambda: sum("Kafka refuses leads" in why for why in service.not_ready_reasons()) == 2)


async def test_a_service_without_a_right_says_which_topics_it_can_not_see(kafka: LocalKafka) -> None:
    there = await broker.partition_counts(settings(kafka, "leads"))
    seen = {right.name for right in rights() if right.principal == "leads" and right.kind == "topic"}
    assert set(there) == seen
    missing = next(stream for stream in STREAMS if stream.topic not in seen)
    assert unfit(there, [missing], "leads") == f"topics are missing: {missing.topic}, or leads has no right to them"


def test_what_a_principal_has_beyond_the_contracts_is_taken_away_and_what_others_have_is_not(kafka: LocalKafka) -> None:
    admin: Any = AdminClient(kafka.bus.librdkafka(ADMIN))

    def give(principal: str, topic: str, pattern: ResourcePatternType) -> None:
        given = AclBinding(
            ResourceType.TOPIC, topic, pattern, f"User:{principal}", "*", AclOperation.ALL, AclPermissionType.ALLOW
        )
        for done in admin.create_acls([given]).values():
            done.result(10)

    give("card-feeds", "leads.", ResourcePatternType.PREFIXED)
    give("connector", "connect.", ResourcePatternType.PREFIXED)
    wide = may_write(kafka.bus.librdkafka("card-feeds"))
    changed = establish(kafka.bus, open_to_machine=True)
    assert wide == {SPEND.topic, *(stream.topic for stream in STREAMS if stream.publisher == "leads")}
    assert (changed.given, changed.taken) == (0, 1)
    assert may_write(kafka.bus.librdkafka("card-feeds")) == {SPEND.topic}


def test_a_broker_that_asked_nobody_asks_after_its_next_start_and_keeps_what_it_had(tmp_path: Path) -> None:
    with LocalKafka(tmp_path / "kafka", port=free_port()) as before:
        create_topics(before.bus, [SPEND])
        assert may_write_one(before.bus, ADMIN)
    with LocalKafka(tmp_path / "kafka", port=free_port(), keys=tmp_path / "keys") as after:
        assert establish(after.bus).given == len(rights())
        assert not answers_now(Bus(after.bootstrap))
        assert may_write_one(after.bus, "card-feeds")
        consumer = Consumer(after.bus.librdkafka(WATCH, group_id=WATCH_GROUP))
        assert consumer.get_watermark_offsets(TopicPartition(SPEND.topic, 0), timeout=10) == (0, 2)
        consumer.close()
        after.kill()
        after.start()
        assert may_write_one(after.bus, "card-feeds")
        assert establish(after.bus).given == 0
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}
    assert (tmp_path / "kafka" / "server.properties").stat().st_mode & 0o777 == 0o600


def may_write_one(bus: Bus, principal: str) -> bool:
    """Whether a spend was taken."""
    taken: list[bool] = []
    producer = Producer(bus.librdkafka(principal))
    producer.produce(SPEND.topic, b"{}", b"k", partition=0, on_delivery=lambda e, _: taken.append(e is None))
    assert producer.flush(20) == 0
    return taken == [True]


def test_the_visitor_is_none_of_the_contracts_principals_and_works_in_no_group() -> None:
    assert VISITOR not in principals()
    assert {(r.operation, r.name) for r in visitors_rights() if r.kind == "group"} == {("describe", "*")}
    assert {r.name for r in visitors_rights() if r.operation == "write"} == {SPEND.topic}
