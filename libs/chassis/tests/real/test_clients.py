"""How the clients are set, and the private parts of theirs that this project leans on."""

import inspect
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from faststream import AckPolicy
from faststream.kafka.subscriber.usecase import BatchSubscriber
from pydantic import SecretStr
from toy.app import build
from toy.place import Place

from chassis import Settings, broker
from contracts.campaigns.campaign import CAMPAIGN


def settings(**more: Any) -> Settings:
    return Settings(database_url=SecretStr("postgresql://u:p@127.0.0.1:1/x"), instance="seat-3", **more)


def subscriber(**more: Any) -> Any:
    chosen = settings(**more)
    return broker.subscribe(broker.new_broker(chosen), chosen, "toy", [CAMPAIGN.topic], None)


def test_a_subscriber_acknowledges_nothing_by_itself_and_begins_at_the_beginning() -> None:
    made = subscriber()
    assert isinstance(made, BatchSubscriber)
    assert made.ack_policy is AckPolicy.MANUAL
    chosen = made._connection_args
    assert chosen["auto_offset_reset"] == "earliest"
    assert chosen["enable_auto_commit"] is False
    assert chosen["group_instance_id"] == "toy-seat-3"
    assert made.group_id == "toy"
    assert made.max_records == 2000
    assert chosen["session_timeout_ms"] == 10_000
    assert chosen["rebalance_timeout_ms"] > chosen["session_timeout_ms"]


def test_no_topic_is_created_by_a_subscriber_and_its_servers_are_a_list() -> None:
    made = broker.new_broker(settings(kafka_bootstrap_servers="a:1,b:2"))
    config = made.config.broker_config if hasattr(made.config, "broker_config") else made.config
    assert config.allow_auto_create_topics is False
    assert made._connection_kwargs["bootstrap_servers"] == ["a:1", "b:2"]


def test_every_service_has_one_subscriber_over_all_its_streams() -> None:
    service = build(settings())
    assert [s.topic for s in service.router.streams] == list(service.router.subscriptions)


def test_the_poll_is_ours() -> None:
    assert subscriber().get_msg.func is broker._poll
    assert BatchSubscriber.get_msg.__module__.startswith(
        "faststream"
    )  # whoever else uses FastStream in this process keeps its own
    assert "self.get_msg" in inspect.getsource(BatchSubscriber._run_consume_loop)


async def test_the_private_parts_of_a_producer_that_abort_leans_on_are_there(kafka_server: str) -> None:
    producer = await broker.new_producer(settings(kafka_bootstrap_servers=kafka_server))
    assert isinstance(producer, AIOKafkaProducer)
    assert producer._closed is False
    sender = producer._sender.sender_task
    assert sender is not None
    assert not sender.done()
    await broker.abort(producer)
    assert sender.done()
    assert producer._closed is True


async def test_the_private_parts_of_a_consumer_that_the_poll_leans_on_are_there(place: Place) -> None:
    consumer = AIOKafkaConsumer(place.metadata.topic, bootstrap_servers=place.kafka, group_id=place.group)
    await consumer.start()
    try:
        assert consumer._fetcher._fetch_min_bytes == 1
        assert consumer._fetcher._fetch_max_wait_ms == 500
        read = inspect.getsource(type(consumer._fetcher))
        assert read.count("self._fetch_min_bytes") >= 2, "set once and read at each fetch"
        assert read.count("self._fetch_max_wait_ms") >= 2
    finally:
        await consumer.stop()


async def test_idempotence_and_all_replicas_are_asked_for(kafka_server: str) -> None:
    producer = await broker.new_producer(settings(kafka_bootstrap_servers=kafka_server))
    try:
        assert producer._sender._acks == -1
        assert producer._txn_manager is not None
    finally:
        await broker.abort(producer)
