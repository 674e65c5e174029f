"""The queues and the clock at work: a lead that is given back goes on to somebody else, and what nobody answers is told when it is due."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx

from tributary.child_process import StackError
from tributary.demo.people import People
from tributary.running import Running

SELLERS = ("anna.schmidt", "jonas.weber", "leyla.kaya")
DUE_IN_S, WITHIN_S, LOOK_EVERY_S = 1.0, 15.0, 0.02
_TOLD = (
    "select step > 1 from request where lead_id = $1::text::uuid and n = $2"  # the step of its due time is behind it
)


def work(running: Running, people: People) -> str:
    """What a lead or two of a salesperson show of both; in one line."""
    with httpx.Client(base_url=f"{running.services['leads'].url}/v1", timeout=30, trust_env=False) as http:
        for seller in SELLERS:
            desk = _Desk(http, seller, people.token(seller))
            rows = desk.ask("GET", "/work?names=false&limit=2")["rows"]
            if rows:
                owed, back = str(rows[0]["id"]), str(rows[-1]["id"])
                return f"{_owed(running, desk, owed)}; {_given_back(desk, back)}"
    return "nothing: nobody in berlin has a lead yet"


class _Desk:
    """Where a salesperson works."""

    def __init__(self, http: httpx.Client, seller: str, token: str) -> None:
        self.seller, self._http, self._headers = seller, http, {"authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, body: Any = None, etag: str = "") -> dict[str, Any]:
        """A door's answer, with the tag of what it showed."""
        headers = self._headers | ({"if-match": etag} if etag else {})
        answer = self._http.request(method, path, json=body, headers=headers)
        if not answer.is_success:
            raise StackError(f"{self.seller} may not {method} {path}: {answer.status_code} {answer.text[:300]}")
        return dict(answer.json()) | {"etag": answer.headers.get("etag", "")}


def _owed(running: Running, desk: _Desk, lead: str) -> str:
    due = datetime.now(UTC) + timedelta(seconds=DUE_IN_S)
    wish = desk.ask("POST", f"/leads/{lead}/requests", {"kind": "call_back", "due_at": due.isoformat()})
    asyncio.run(_told(running.services["leads"].watched, lead, wish["n"]))
    late = (datetime.now(UTC) - due).total_seconds()
    done = desk.ask("POST", f"/leads/{lead}/requests/{wish['n']}/answer", {"result": "called", "how": "call"})
    return f"a call back that nobody gave was told as late {1000 * late:.0f} ms after its time, then {done['state']}"


async def _told(database: str, lead: str, n: int) -> None:
    connection = await asyncpg.connect(database, timeout=10)
    try:
        deadline = time.monotonic() + WITHIN_S
        while not await connection.fetchval(_TOLD, lead, n):
            if time.monotonic() > deadline:
                raise StackError(f"The clock has not told what was due {WITHIN_S:g} s ago.")
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        await connection.close()


def _given_back(desk: _Desk, lead: str) -> str:
    etag = desk.ask("GET", f"/leads/{lead}")["etag"]
    began = time.monotonic()
    desk.ask("POST", f"/leads/{lead}/return", {"code": "overload"}, etag)
    while True:
        now = desk.ask("GET", f"/leads/{lead}")
        if now["person"] not in (None, desk.seller):
            took = time.monotonic() - began
            return f"{desk.seller} gave a lead back, and {1000 * took:.0f} ms later {now['person']} had it"
        if time.monotonic() > began + WITHIN_S:
            raise StackError(f"A lead that was given back waits: {now['waits']}.")
        time.sleep(LOOK_EVERY_S)
