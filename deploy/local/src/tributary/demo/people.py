"""The demo's people: they sign in at the issuer's page, and each sees of the same leads what is of his units."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from tributary.child_process import StackError
from tributary.people import CAST, MANAGER, MARKETER, SUPERVISOR, SYSTEM
from tributary.running import Running
from tributary.sign_in import Browser
from tributary.state import read_secret
from tributary.tokens import ADMINISTRATORS

TOKEN_FOR_S, GONE_WITHIN_S, LOOK_EVERY_S = 240.0, 10.0, 0.01
FIRST, SECOND = ADMINISTRATORS
MOVER, FROM, TO = "otto.braun", "berlin", "munich"


@dataclass(frozen=True)
class Sight:
    """What one person sees of some leads; ``why`` is the door's answer where it shows none at all."""

    person: str
    what: str
    seen: int
    of: int
    why: str = ""


class People:
    """Everybody who signs in, with the tokens that they got."""

    def __init__(self, running: Running, page: bool) -> None:
        self._running, self._page = running, page
        self._leads, self._territory = (running.services[name].url for name in ("leads", "territory"))
        self._tokens: dict[str, tuple[float, str]] = {}
        self.sights: list[Sight] = []

    def token(self, person: str) -> str:
        """From the sign-in page, anew when the last one is nearly over; where no page is, as the stack signs it."""
        until, kept = self._tokens.get(person, (0.0, ""))
        if time.monotonic() < until:
            return kept
        if self._page:
            word = read_secret(self._running.home, "sign-in")
            kept = str(Browser(self._running.issuer).sign_in(person, word)["access_token"])
        else:
            kept = self._running.tokens.person(person)
        self._tokens[person] = (time.monotonic() + TOKEN_FOR_S, kept)
        return kept

    # -- the organisation: what one administrator does, another confirms

    def join(self) -> str:
        """Puts in who is not in the market file: the manager, a supervisor, one who makes the forms, and one who looks after the
        machines."""
        with httpx.Client(base_url=f"{self._territory}/v1", timeout=30, trust_env=False) as http:
            self._manager_comes(http)
            self._come(http, SUPERVISOR, FROM, "supervisor", role="", second=MANAGER)
            self._come(http, MARKETER, "", "", role="marketer", second=SECOND)
            self._come(http, SYSTEM, "", "", role="system_administrator", second=SECOND)
        return f"{len(CAST)} people sign in: what {FIRST} does to the organisation, another confirms"

    def join_manager(self) -> None:
        """Puts in the manager alone, who sees all teams of any market."""
        with httpx.Client(base_url=f"{self._territory}/v1", timeout=30, trust_env=False) as http:
            self._manager_comes(http)

    def join_marketer(self) -> None:
        """Puts in one who makes the forms."""
        with httpx.Client(base_url=f"{self._territory}/v1", timeout=30, trust_env=False) as http:
            self._come(http, MARKETER, "", "", role="marketer", second=SECOND)

    def _manager_comes(self, http: httpx.Client) -> None:
        self._come(http, MANAGER, "company", "manager", role="general_manager", second=SECOND)

    def _come(self, http: httpx.Client, person: str, unit: str, rank: str, role: str, second: str) -> None:
        if self._ask(http, FIRST, "GET", f"/people/{person}").status_code == 200:
            return
        self._done(http, "PUT", f"/people/{person}", {})
        subject = {"issuer": self._running.issuer, "subject": person}
        self._confirmed(http, self._done(http, "POST", f"/people/{person}/subjects", subject), SECOND)
        if unit:
            membership = {"unit": unit, "rank": rank, "takes_leads": False}
            self._confirmed(http, self._done(http, "POST", f"/people/{person}/memberships", membership), second)
        if role:
            self._done(http, "POST", f"/people/{person}/roles", {"role": role})

    def _ask(self, http: httpx.Client, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
        return http.request(method, path, json=body, headers={"authorization": f"Bearer {self.token(who)}"})

    def _done(self, http: httpx.Client, method: str, path: str, body: Any, who: str = FIRST) -> dict[str, Any]:
        """A door's answer. Who has come into the organisation a moment ago is known there a moment later."""
        deadline = time.monotonic() + GONE_WITHIN_S
        while True:
            answer = self._ask(http, who, method, path, body)
            if answer.is_success:
                return dict(answer.json())
            if time.monotonic() > deadline or answer.status_code not in (403, 404, 503):
                raise StackError(f"{who} may not {method} {path}: {answer.status_code} {answer.text[:300]}")
            time.sleep(0.05)

    def _confirmed(self, http: httpx.Client, proposal: dict[str, Any], by: str) -> None:
        self._done(http, "POST", f"/proposals/{proposal['id']}/confirm", None, by)

    # -- what each sees

    async def look(self, http: httpx.AsyncClient, leads: Sequence[str]) -> list[Sight]:
        """The same leads, asked for by each."""
        self.sights = [await self._sight(http, person, what, leads) for person, what in CAST.items()]
        return self.sights

    async def _sight(self, http: httpx.AsyncClient, person: str, what: str, leads: Sequence[str]) -> Sight:
        token = await asyncio.to_thread(self.token, person)
        headers = {"authorization": f"Bearer {token}"}
        asked = (http.get(f"{self._leads}/v1/leads/{lead}", headers=headers) for lead in leads)
        answers = await asyncio.gather(*asked)
        refused = next((str(one.json()["title"]) for one in answers if one.status_code == 403), "")
        return Sight(person, what, sum(one.status_code == 200 for one in answers), len(answers), refused)

    # -- a move

    def move(self, leads: Sequence[str]) -> str:
        """Somebody goes from one team to another, and back. Returns how soon the rows were others for him."""
        old, new = self._lead_of("anna.schmidt", leads), self._lead_of("franz.huber", leads)
        if not (old and new):
            return f"nobody: no lead of {FROM} and {TO} is among these"
        with httpx.Client(base_url=f"{self._territory}/v1", timeout=30, trust_env=False) as http:
            there = self._move(http, FROM, TO, old, new)
            self._move(http, TO, FROM, new, old)
        return (
            f"{MOVER} from {FROM} to {TO}, with the token he had: {1000 * there:.0f} ms after the second person's word"
            f" a lead of {FROM} is gone for him and one of {TO} is there; then back"
        )

    def _lead_of(self, person: str, leads: Sequence[str]) -> str:
        return next((lead for lead in leads if self._status(person, lead) == 200), "")

    def _move(self, http: httpx.Client, old: str, new: str, gone: str, there: str) -> float:
        if (self._status(MOVER, gone), self._status(MOVER, there)) != (200, 404):
            raise StackError(f"{MOVER} does not see what is of {old}, or sees what is not.")
        order = {"person": MOVER, "from_unit": old, "to_unit": new}
        self._confirmed(http, self._done(http, "POST", "/moves", order)["proposal"], MANAGER)
        began = time.monotonic()
        while (self._status(MOVER, gone), self._status(MOVER, there)) != (404, 200):
            if time.monotonic() > began + GONE_WITHIN_S:
                raise StackError(f"{MOVER} still sees what is of {old} {GONE_WITHIN_S:g} s after he has left.")
            time.sleep(LOOK_EVERY_S)
        return time.monotonic() - began

    def _status(self, person: str, lead: str) -> int:
        headers = {"authorization": f"Bearer {self.token(person)}"}
        return httpx.get(f"{self._leads}/v1/leads/{lead}", headers=headers, trust_env=False).status_code


def said(sights: Sequence[Sight]) -> str:
    """All of it in one line."""
    each = ", ".join(f"{one.person} {one.seen or 'none'}" for one in sights)
    return f"of the same {sights[0].of if sights else 0} leads: {each}"
