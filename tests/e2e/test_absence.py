"""Kafka or Postgres away, in flight and at the start: said clearly, nothing lost, and all of it arrives afterwards."""

import time
from pathlib import Path

import pytest
from ringing import Watch
from senders import Senders
from stage import SERVICES, Stage, a_lead
from waiting import until

pytestmark = pytest.mark.xdist_group("stack")


def all_say(stage: Stage, what: str) -> None:
    """Every service is up, not ready, and says this of it."""
    for name in SERVICES:
        until(f"{name} says {what}", lambda name=name: what in stage.readiness(name), 40)
        assert stage.readiness(name).startswith("503")
        assert stage.public.get(stage.url(name, "/livez")).status_code == 200


def test_while_kafka_is_away_the_door_says_when_to_come_back_and_nothing_accepted_is_lost(
    stage: Stage, tmp_path: Path
) -> None:
    kafka, watch = stage.stack.kafka, Watch(stage, tmp_path)
    assert kafka is not None
    with Senders(stage) as senders:
        kafka.kill()
        began = time.monotonic()
        first = stage.public.post(stage.url("leads", "/v1/leads"), json=a_lead())
        assert time.monotonic() - began < 6
        assert (first.status_code, first.headers["retry-after"].isdecimal()) == (503, True)
        senders.gets("leads", 503)
        senders.gets("campaigns", 503)
        all_say(stage, "Kafka can't be reached")
        door = stage.readiness("leads")  # the producer may have given up, or a partition still waits for its word
        assert "lost Kafka" in door or "leads.intake/" in door
        refused = stage.public.post(stage.url("leads", "/v1/leads"), json=a_lead())
        assert refused.status_code == 503
        assert refused.json()["title"] in (
            "Kafka is away",
            "A part of Kafka is away",
        )  # its own partition, or all of it
        assert stage.get("metrics", "/v1/kpis") is not None  # what needs no Kafka goes on
        watch.during(5, 0.1)
        assert {"ServiceNotReady", "DoorFull", "DoorBurnsFast"} - watch.rang() == set()

        for name in SERVICES:
            stage.services[name].stop()
        for name in SERVICES:
            stage.services[name].start()
        all_say(stage, "Kafka can't be reached")
        senders.gets("leads", 503)

        kafka.start()
        stage.up()
        senders.goes_on()
    senders.arrives()


def test_while_postgres_is_away_the_door_accepts_and_afterwards_all_of_it_arrives(stage: Stage) -> None:
    postgres = stage.stack.postgres
    assert postgres is not None
    with Senders(stage) as senders:
        postgres.kill()
        senders.goes_on(40)
        for name in SERVICES:
            until(f"{name} is not ready", lambda name=name: stage.readiness(name).startswith("503"), 20)
        asked = stage.http.get(stage.url("metrics", "/v1/kpis"))
        assert (asked.status_code, asked.json()["title"]) == (503, "The database is away")
        assert asked.headers["retry-after"].isdecimal()
        senders.goes_on(20)
        assert senders.answers["leads", 503] == senders.answers["campaigns", 503] == 0

        for name in SERVICES:
            stage.services[name].stop()
        for name in SERVICES:
            stage.services[name].start()
        all_say(stage, "The database can't be reached")
        senders.gets("leads", 503)  # a door that never had a key to seal with takes nothing in the clear

        postgres.start()
        stage.up()
        senders.goes_on()
    senders.arrives()
