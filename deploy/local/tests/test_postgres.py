"""Each service has a database that only its own role can enter, on a server that keeps its port and its rows."""

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from tributary.child_process import StackError, free_port
from tributary.postgres import LocalPostgres, address_of, ensure_role_and_database, without_password
from tributary.stack import together


def as_seen_by(url: str, database: str) -> str:
    """The same role's address, but another database."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()


async def test_a_role_enters_its_own_database_and_no_other(postgres_server: str) -> None:
    lamp = ensure_role_and_database(postgres_server, "lamp", "a'b\"c")
    oven = ensure_role_and_database(postgres_server, "oven", "secret")
    connection = await asyncpg.connect(postgres_server.rpartition("/")[0] + "/lamp")
    assert await connection.fetchval("select pg_get_userbyid(datdba) from pg_database where datname = 'lamp'") == "lamp"
    await connection.close()
    own = await asyncpg.connect(oven)
    await own.execute("create table bread (id int)")
    await own.close()
    for database in ("lamp", "postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(as_seen_by(oven, database))
    assert lamp.startswith("postgresql://lamp:")


async def test_the_doors_role_enters_the_database_and_makes_nothing_there(postgres_server: str) -> None:
    lamp = ensure_role_and_database(postgres_server, "lamp", "a'b\"c")
    door = await asyncpg.connect(address_of(lamp, "door"))
    assert await door.fetchval("select current_user") == "lamp_door"
    for statement in ("create table mine (n int)", "create temporary table mine (n int)", "set role lamp"):
        await door.execute("begin read write")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await door.execute(statement)
        await door.execute("rollback")
    await door.close()


def test_two_that_ask_for_the_same_database_at_once_both_get_it(postgres_server: str) -> None:
    together(*[lambda: ensure_role_and_database(postgres_server, "toaster", "secret")] * 6)


async def test_a_wrong_password_is_refused_and_a_new_one_replaces_the_old(postgres_server: str) -> None:
    first = ensure_role_and_database(postgres_server, "kettle", "old")
    second = ensure_role_and_database(postgres_server, "kettle", "new")
    await (await asyncpg.connect(second)).close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(first)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalPostgres]:
    """A server of this test's own, since it is killed."""
    with LocalPostgres(tmp_path / "postgres", port=free_port(), throw_away=True) as started:
        yield started


async def test_a_killed_server_comes_back_on_its_port_with_its_rows(server: LocalPostgres) -> None:
    url = server.url
    connection = await asyncpg.connect(url)
    await connection.execute("create table kept (id int); insert into kept values (7)")
    await connection.execute("checkpoint")
    server.kill()
    assert not server.alive
    with pytest.raises(OSError, match=r"Connect call failed|refused"):
        await asyncpg.connect(url)
    assert server.start() == url
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("select id from kept") == 7
    await connection.close()


def test_a_server_that_clients_know_never_moves_to_another_port(server: LocalPostgres) -> None:
    server.kill()
    with (
        socket.create_server(("127.0.0.1", server.port)),
        pytest.raises(StackError, match="was taken by another process"),
    ):
        server.start()
    server.start()


def test_a_second_server_in_the_same_folder_is_refused(server: LocalPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tributary.server.LOCK_WAIT", 0.1)
    with pytest.raises(StackError, match="is used by another Postgres"):
        LocalPostgres(server.home).start()


def test_the_passwords_are_for_this_user_only(server: LocalPostgres) -> None:
    assert (server.home / "password").stat().st_mode & 0o777 == 0o600


def test_an_unreachable_server_is_named_without_its_password() -> None:
    nowhere = f"postgresql://postgres:hush@127.0.0.1:{free_port()}/postgres"
    with pytest.raises(StackError, match=r"127\.0\.0\.1:\d+/postgres cannot be used") as failure:
        ensure_role_and_database(nowhere, "lamp", "x")
    assert "hush" not in str(failure.value)
    assert "hush" not in without_password(nowhere)
