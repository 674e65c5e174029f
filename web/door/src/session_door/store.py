"""Sessions and logins under way, in a Postgres database of the door's own. Of a cookie it holds the SHA-256, of a token what
the key has wrapped."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
from cryptography.fernet import Fernet, MultiFernet

SCHEMA = """
select pg_advisory_xact_lock(hashtext('session door'));
create table if not exists login (
    id bytea primary key,
    kept bytea not null,
    ends_at timestamptz not null
);
create table if not exists session (
    id bytea primary key,
    person text not null,
    issuer_session text,
    tokens bytea not null,
    token_ends_at timestamptz not null,
    made_at timestamptz not null default now(),
    used_at timestamptz not null default now(),
    ends_at timestamptz not null
);
create index if not exists session_person on session (person);
"""
FIND = """select person, tokens, extract(epoch from token_ends_at - now())::float8 as left_s,
    extract(epoch from now() - used_at)::float8 as unused_s from session where id = $1 and ends_at > now() {}"""
SWEEP = "delete from {} where ends_at < now()"


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in, and the tokens that say so. ``left_s`` is how long the access token is good."""

    person: str
    tokens: dict[str, Any]
    left_s: float


Renew = Callable[[Session], Awaitable[dict[str, Any] | None]]


def hidden(cookie: str) -> bytes:
    """What stands in a table for a cookie: nobody can go back from it."""
    return hashlib.sha256(cookie.encode()).digest()


class Store:
    """The two tables. A session that was used less than a minute ago is not written again for it."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", key: str, idle_s: int, longest_s: int) -> None:
        self._pool, self._idle, self._longest = pool, float(idle_s), float(longest_s)
        self._wrap = MultiFernet([Fernet(part) for part in key.split(",")])

    async def make_tables(self) -> None:
        """Makes what is not there."""
        async with self._pool.acquire() as conn, conn.transaction():
            await conn.execute(SCHEMA)

    async def works(self) -> None:
        """Raises what keeps the database from answering."""
        await self._pool.fetchval("select 1 from session limit 1", timeout=2)

    async def begin_login(self, cookie: str, kept: dict[str, str], good_for_s: int) -> None:
        """Remembers what somebody was sent to the issuer with. What is over is forgotten meanwhile."""
        for table in ("login", "session"):
            await self._pool.execute(SWEEP.format(table))
        sql = "insert into login values ($1, $2, now() + make_interval(secs => $3))"
        await self._pool.execute(sql, hidden(cookie), self._sealed(kept), float(good_for_s))

    async def end_login(self, cookie: str) -> dict[str, str] | None:
        """What was remembered, once."""
        sql = "delete from login where id = $1 and ends_at > now() returning kept"
        found = await self._pool.fetchval(sql, hidden(cookie))
        return None if found is None else self._opened(found)

    async def begin(self, cookie: str, person: str, issuer_session: str | None, tokens: dict[str, Any]) -> None:
        """A new session."""
        sql = """insert into session (id, person, issuer_session, tokens, token_ends_at, ends_at)
            values ($1, $2, $3, $4, now() + make_interval(secs => $5), now() + make_interval(secs => $6))"""
        life = float(tokens["expires_in"])
        await self._pool.execute(
            sql, hidden(cookie), person, issuer_session, self._sealed(tokens), life, min(self._idle, self._longest)
        )

    async def find(self, cookie: str) -> Session | None:
        """The running session of this cookie; it is used now."""
        found = await self._pool.fetchrow(FIND.format(""), hidden(cookie))
        if found and found["unused_s"] > 60:
            sql = """update session set used_at = now(), ends_at = least(
                now() + make_interval(secs => $2), made_at + make_interval(secs => $3)) where id = $1"""
            await self._pool.execute(sql, hidden(cookie), self._idle, self._longest)
        return self._session(found)

    async def renewed(self, cookie: str, before_s: float, renew: Renew) -> Session | None:
        """The session with new tokens, where its own are nearer to their end than this. One asks for them, here and in all other
        processes, and whoever waited finds it done. ``renew`` may give none, which ends the session, or nothing new: the old
        ones serve as long as they are good."""
        async with self._pool.acquire() as conn, conn.transaction():
            held = self._session(await conn.fetchrow(FIND.format("for update"), hidden(cookie)))
            if held is None or held.left_s >= before_s:
                return held
            tokens = await renew(held)
            if tokens is None:
                await conn.execute("delete from session where id = $1", hidden(cookie))
                return None
            if not tokens:
                return held if held.left_s > 0 else None
            kept = Session(held.person, {**held.tokens, **tokens}, float(tokens["expires_in"]))
            sql = "update session set tokens = $2, token_ends_at = now() + make_interval(secs => $3) where id = $1"
            await conn.execute(sql, hidden(cookie), self._sealed(kept.tokens), kept.left_s)
            return kept

    async def end(self, cookie: str) -> Session | None:
        """Ends one session; returns what it was."""
        sql = "delete from session where id = $1 returning person, tokens, 0.0 as left_s"
        return self._session(await self._pool.fetchrow(sql, hidden(cookie)))

    async def end_all(self, person: str | None, issuer_session: str | None) -> int:
        """Ends those of one session of the issuer's, else all of a person's; returns how many."""
        column, value = ("issuer_session", issuer_session) if issuer_session else ("person", person)
        rows = await self._pool.fetch(f"delete from session where {column} = $1 returning 1", value)
        return len(rows)

    def _sealed(self, kept: dict[str, Any]) -> bytes:
        return self._wrap.encrypt(json.dumps(kept).encode())

    def _opened(self, kept: bytes) -> dict[str, Any]:
        return dict(json.loads(self._wrap.decrypt(kept)))

    def _session(self, found: asyncpg.Record | None) -> Session | None:
        return None if found is None else Session(found["person"], self._opened(found["tokens"]), found["left_s"])
