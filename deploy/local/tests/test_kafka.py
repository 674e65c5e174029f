"""The broker has the topics of the contracts, and keeps its port and its records when it is killed."""

from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from contracts import STREAMS
from contracts.topics import definition
from tributary.bus import Bus
from tributary.child_process import free_port
from tributary.kafka import LocalKafka, answers, answers_now
from tributary.topics import create_topics


def test_the_topics_are_as_the_contracts_say_and_creating_them_again_changes_nothing(kafka_server: str) -> None:
    create_topics(Bus(kafka_server))
    assert create_topics(Bus(kafka_server)) == []
    client = AdminClient({"bootstrap.servers": kafka_server})
    there = client.list_topics(timeout=10).topics
    for stream in STREAMS:
        assert len(there[stream.topic].partitions) == stream.partitions
        resource = ConfigResource(ResourceType.TOPIC, stream.topic)
        shown = client.describe_configs([resource])[resource].result()
        wanted = definition(stream)["config"]
        assert {name: shown[name].value for name in wanted} == wanted


def test_nobody_answers_where_nobody_listens() -> None:
    assert not answers(Bus(f"127.0.0.1:{free_port()}"), 0.2)


def test_another_stacks_kafka_is_not_taken_for_ones_own(kafka_server: str) -> None:
    cluster = AdminClient({"bootstrap.servers": kafka_server}).list_topics(timeout=10).cluster_id
    assert answers_now(Bus(kafka_server), cluster)
    assert not answers_now(Bus(kafka_server), "another")


def test_a_killed_broker_comes_back_on_its_port_with_its_records(tmp_path: Path) -> None:
    with LocalKafka(tmp_path / "kafka", port=free_port()) as broker:
        create_topics(broker.bus, STREAMS[:1])
        topic, before = STREAMS[0].topic, broker.bootstrap
        producer = Producer({"bootstrap.servers": before, "acks": "all", "log_level": 0})
        producer.produce(topic, b"kept", partition=0)
        assert producer.flush(10) == 0
        broker.kill()
        assert not broker.alive
        assert broker.start() == before
        reader = Consumer({"bootstrap.servers": before, "group.id": "reader", "log_level": 0})
        reader.assign([TopicPartition(topic, 0, 0)])
        record = reader.poll(20)
        assert record is not None
        assert record.value() == b"kept"
        reader.close()
        producer.close()
