"""A service comes to Kafka and Postgres by TLS, and believes nobody whose certificate is of another authority or another name."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer
from pydantic import SecretStr, ValidationError
from toy.app import build
from toy.facts import planned
from toy.handlers import subscription
from toy.place import at_work, noted, say
from toy.streams import streams_of
from toy.tls_front import Front
from toy.waiting import until

from chassis import Service, Settings
from chassis.kafka_security import why_refused
from chassis_testing import MASTER
from contracts import STREAM_OF
from contracts.territory.access import ACCESS
from tributary.bus import ADMIN
from tributary.certificates import Authority
from tributary.child_process import free_port
from tributary.kafka import LocalKafka
from tributary.postgres import LocalPostgres, address_of
from tributary.principals import establish
from tributary.topics import create_topics

HERE = ("127.0.0.1",)


class Secured(NamedTuple):
    """Servers that speak TLS, whom to believe, and somebody whom nobody should. The Postgres was built without it: a front speaks
    it for it."""

    kafka: LocalKafka
    postgres: LocalPostgres
    front: Front
    ca: Path
    stranger: Path

    def settings(self, owner: str, **more: Any) -> Settings:
        """What the toy is told."""
        told: dict[str, Any] = {
            "database_url": SecretStr(address_of(owner, "worker")),
            "door_database_url": SecretStr(address_of(owner, "door")),
            "database_security": "tls",
            "database_ca": str(self.ca),
            "kafka_bootstrap_servers": [self.kafka.bootstrap],
            "kafka_security": "sasl_ssl",
            "kafka_ca": str(self.ca),
            "kafka_mechanism": "PLAIN",
            "kafka_user": ADMIN,
            "kafka_password": SecretStr(self.kafka.bus.password(ADMIN)),
            "master_key": SecretStr(MASTER),
            "session_timeout_ms": 6000,
        }
        return Settings(**{**told, **more})


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Both servers, which let nobody in who comes in the clear."""
    home = tmp_path_factory.mktemp("tls")
    ours, strangers = Authority(_folder(home / "ours")), Authority(_folder(home / "strangers"), "Somebody else")
    kafka = LocalKafka(home / "kafka", port=free_port(), keys=home / "keys", certificate=ours.sign("kafka", HERE))
    postgres = LocalPostgres(home / "postgres", port=free_port(), throw_away=True)
    with kafka, postgres, Front(postgres.port, ours.sign("postgres", HERE)).at_work() as front:
        establish(kafka.bus)
        yield Secured(kafka, postgres, front, ours.file, strangers.file)


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.fixture
def owner(secured: Secured, tmp_path: Path) -> str:
    """The owner's address of a database that was migrated over TLS by the command line."""
    name = f"toy_{tmp_path.name[-20:].lower().replace('-', '_')}"
    its = secured.postgres.ensure_role_and_database(name).replace(f":{secured.postgres.port}", f":{secured.front.port}")
    done = migrate(its, TRIBUTARY_DATABASE_SECURITY="tls", TRIBUTARY_DATABASE_CA=str(secured.ca))
    assert done.returncode == 0, done.stdout + done.stderr
    return its


def migrate(owner: str, **told: str) -> "subprocess.CompletedProcess[str]":
    """`python -m toy migrate`."""
    env = {
        **os.environ,
        "OWNER_DATABASE_URL": owner,
        "TOY_MARK": "tls",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")))),
        **told,
    }
    command = [sys.executable, "-m", "toy", "migrate"]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)


def the_toy(secured: Secured, owner: str, monkeypatch: pytest.MonkeyPatch, mark: str, **more: Any) -> Service:
    """A toy that says and hears by TLS, on topics of its own."""
    metadata, emitted, taken = streams_of(mark)
    for stream in (metadata, emitted, taken):
        for event in stream.events:
            monkeypatch.setitem(STREAM_OF, event.event_type(), stream)
    create_topics(secured.kafka.bus, (metadata, emitted, taken, ACCESS))
    service = build(secured.settings(owner, **more), subscription(f"toy-{mark}", metadata, taken), (metadata, emitted))
    assert service.relay is not None
    service.relay.service = metadata.publisher
    return service


async def test_a_service_says_and_hears_by_tls_and_who_comes_in_the_clear_is_let_nowhere(
    secured: Secured, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = await asyncio.to_thread(the_toy, secured, owner, monkeypatch, "tls")
    async with at_work(toy):
        await say(toy, [planned("c", f"n{n}", version=n) for n in range(5)])
        await until("heard", lambda: heard(toy, 5))
        assert secured.front.encrypted >= 3, "workers, doors and relay"
        assert secured.front.refused == 0
    clear = AIOKafkaConsumer(bootstrap_servers=secured.kafka.bootstrap, request_timeout_ms=3000)
    with pytest.raises(Exception, match=r"Unable to bootstrap|closed"):
        await clear.start()
    await clear.stop()


async def heard(toy: Service, count: int) -> bool:
    return len(await noted(toy)) == count


@pytest.mark.parametrize("why", ["another authority", "another name"])
async def test_a_server_with_a_certificate_of_another_authority_or_name_is_believed_nothing(
    secured: Secured, owner: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if why == "another authority":
        ca = str(secured.stranger)
        told: dict[str, Any] = {"kafka_ca": ca, "database_ca": ca}
    else:  # the same machine under a name that the certificate does not have
        its = owner.replace("127.0.0.1", "localhost")
        told = {
            "kafka_bootstrap_servers": [secured.kafka.bootstrap.replace("127.0.0.1", "localhost")],
            "database_url": SecretStr(address_of(its, "worker")),
        }
    settings = secured.settings(owner, **told)
    said = await why_refused(settings)
    assert said.startswith("Kafka can't be entered: its certificate is not believed: ")
    assert ("self-signed" if why == "another authority" else "mismatch") in said

    toy = await asyncio.to_thread(the_toy, secured, owner, monkeypatch, f"tls-{why[-4:]}", **told)
    async with at_work(toy, ready=False):
        await until("it says why", lambda: "not believed" in " ".join(toy.not_ready_reasons()))
        assert toy.not_ready_reasons()[0].startswith("The database can't be reached. (its certificate is not believed")


async def test_a_service_without_kafkas_authority_says_so_in_its_readiness(
    secured: Secured, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = await asyncio.to_thread(the_toy, secured, owner, monkeypatch, "tls-kafka", kafka_ca=str(secured.stranger))
    async with at_work(toy, ready=False):
        await until(
            "it says why", lambda: "Kafka can't be entered: its certificate" in " ".join(toy.not_ready_reasons())
        )


def test_migrations_believe_no_stranger(secured: Secured, owner: str) -> None:
    done = migrate(owner, TRIBUTARY_DATABASE_SECURITY="tls", TRIBUTARY_DATABASE_CA=str(secured.stranger))
    assert done.returncode != 0
    assert "CERTIFICATE_VERIFY_FAILED" in done.stdout + done.stderr


async def test_a_database_that_speaks_no_tls_is_not_entered(postgres_server: str, secured: Secured, owner: str) -> None:
    settings = secured.settings(owner, database_url=SecretStr(postgres_server))
    service = build(settings, subscription("nobody"), ())
    with pytest.raises((OSError, asyncpg.PostgresError, ConnectionError)):
        async with service.database.connection():
            pass


def test_what_is_said_of_certificates_must_make_sense(secured: Secured, owner: str, tmp_path: Path) -> None:
    for told, words in (
        ({"database_security": "plaintext"}, "TRIBUTARY_DATABASE_CA is of no use"),
        ({"database_ca": str(tmp_path / "none.crt")}, "TRIBUTARY_DATABASE_CA can't be read"),
        ({"kafka_ca": str(tmp_path / "none.crt")}, "TRIBUTARY_KAFKA_CA can't be read"),
        ({"kafka_security": "sasl_plaintext"}, "TRIBUTARY_KAFKA_CA is of no use"),
    ):
        with pytest.raises(ValueError, match=words):
            secured.settings(owner, **told).check()
    with pytest.raises(ValidationError):
        secured.settings(owner, database_security="prefer")
