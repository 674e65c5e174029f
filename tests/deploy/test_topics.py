"""The job that makes the topics, on a real Kafka: every topic as the contracts say, and no refusal goes unseen."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType
from pydantic import SecretStr

from chassis import Settings
from chassis.topics import TopicsRefused, create
from contracts import STREAMS
from contracts.topics import definition
from tributary.child_process import free_port
from tributary.kafka import LocalKafka


def settings_of(bootstrap: str) -> Settings:
    return Settings(database_url=SecretStr("postgresql:///"), kafka_bootstrap_servers=[bootstrap])


def run_topics(bootstrap: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": bootstrap}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "leads", "topics"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


async def test_all_topics_are_made_as_the_contracts_say_and_again_changes_nothing_and_a_refusal_is_told(
    tmp_path: Path,
) -> None:
    with LocalKafka(tmp_path / "kafka", port=free_port()) as kafka:
        first, again = run_topics(kafka.bootstrap), run_topics(kafka.bootstrap)
        assert (first.returncode, first.stderr) == (0, "")
        assert again.stdout == first.stdout == "".join(f"{stream.topic}\n" for stream in STREAMS)
        client = AdminClient({"bootstrap.servers": kafka.bootstrap})
        there = client.list_topics(timeout=10).topics
        for stream in STREAMS:
            assert len(there[stream.topic].partitions) == stream.partitions
            resource = ConfigResource(ResourceType.TOPIC, stream.topic)
            told = client.describe_configs([resource])[resource].result()
            wanted = definition(stream)["config"]
            assert {name: told[name].value for name in wanted} == wanted
        new = dataclasses.replace(STREAMS[0], topic="leads.refused")
        with pytest.raises(
            TopicsRefused, match=r"Topic leads\.refused was refused: .*replication factor.* \(code 38\)"
        ):
            await create(settings_of(kafka.bootstrap), 3, (*STREAMS, new))


def test_where_no_kafka_is_the_job_fails_with_a_sentence() -> None:
    ran = run_topics(address := f"127.0.0.1:{free_port()}")
    assert ran.returncode == 1
    assert f"No Kafka answers at {address}." in ran.stdout
    assert "Traceback" not in ran.stdout + ran.stderr
