"""What is told from outside is read once, and what is wrong is said at once."""

import base64

import pytest
from pydantic import ValidationError

from chassis import Settings


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://toy:hush@127.0.0.1/toy")
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "TRIBUTARY_MASTER_KEY", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


def test_several_servers_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "a:1, b:2,c:3,")
    assert Settings().kafka_bootstrap_servers == ["a:1", "b:2", "c:3"]


def test_one_server_is_a_list_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "a:1")
    assert Settings().kafka_bootstrap_servers == ["a:1"]


def test_without_a_database_url_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(ValidationError, match="DATABASE_URL"):
        Settings()


@pytest.mark.parametrize("key", ["", "short", base64.b64encode(b"x" * 31).decode(), "é" * 44, "!" * 44])
def test_a_master_key_that_is_none_is_said_without_repeating_it(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("TRIBUTARY_MASTER_KEY", key)
    with pytest.raises(ValueError, match="32 bytes in base64") as emitted:
        Settings().master_key_bytes()
    assert not key or key not in str(emitted.value)


def test_a_master_key_of_32_bytes_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUTARY_MASTER_KEY", base64.b64encode(bytes(range(32))).decode())
    assert Settings().master_key_bytes() == bytes(range(32))


def test_without_the_doors_role_nothing_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUTARY_MASTER_KEY", base64.b64encode(bytes(32)).decode())
    with pytest.raises(ValueError, match="DOOR_DATABASE_URL"):
        Settings().check()
    monkeypatch.setenv("DOOR_DATABASE_URL", "postgresql://toy_door:hush@127.0.0.1/toy")
    Settings().check()


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUTARY_OPERATOR_TOKEN", "hush-token")
    monkeypatch.setenv("TRIBUTARY_MASTER_KEY", "hush-key")
    assert "hush" not in repr(Settings()) + str(Settings())


@pytest.mark.parametrize("ratio", ["-0.1", "1.1", "often"])
def test_a_trace_ratio_is_a_share(monkeypatch: pytest.MonkeyPatch, ratio: str) -> None:
    monkeypatch.setenv("TRIBUTARY_TRACE_RATIO", ratio)
    with pytest.raises(ValidationError):
        Settings()
