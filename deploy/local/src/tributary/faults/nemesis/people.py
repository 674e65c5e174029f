"""People are moved between two teams, again and again, while they look at both teams' rows at every service, in every way in which
rows are shown: one by one, in lists, in counts, on a stream."""

import json
import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import cycle, islice
from typing import Any

import httpx

from tributary.faults.sight import GONE_WITHIN_S, Sight, Spell
from tributary.faults.testbed import DidNotHappen, Testbed
from tributary.running import Running
from tributary.tokens import ADMINISTRATORS, LOCAL, Bearer

# They are away in the market, and so nobody's lead hangs on where they are.
MOVERS: Mapping[str, str] = {"otto.braun": "berlin", "max.gruber": "munich"}
TEAMS = ("berlin", "munich")
# After each burst of moves comes a time that is longer than anything may still be seen that was taken away.
BURSTS, REST_S, AFTERWARDS_S = (4, 3), 0.4, GONE_WITHIN_S + 1.5
SEEN_WITHIN_S = 20.0
KNOWN, NEEDED, TAKEN_WITHIN_S = 10, 2, 30.0
TOKEN_FOR_S = 120.0
# The ways of leads to show many at once; each has to have shown something of each team, or it was not looked at.
WAYS = ("leads' list", "leads' work list", "leads' board", "leads' counts", "leads' documents")
QUEUES = "leads' queue"  # which may be empty
DOCUMENTS_EVERY_S = 2.0  # each is a look on record, and nobody has any number of those


def move(testbed: Testbed, draw: random.Random) -> dict[str, Any]:
    """Each of them there and back, several times, and one look after the other. What they were shown without a right is told at
    the end of the run."""
    onset, running, sight = time.monotonic(), testbed.stack.running, Sight()
    leads = {lead: team for team in TEAMS for lead in leads_of(running, team)}
    sight.spells = [Spell(person, team, onset) for person, team in MOVERS.items()]
    with _looking(running, leads, sight):
        time.sleep(REST_S)
        for moves in BURSTS:
            for _ in range(moves):
                for person in MOVERS:
                    ordered(running, person, sight)
                time.sleep(REST_S * (0.5 + draw.random()))
            time.sleep(AFTERWARDS_S)
        # On a busy machine a round of questions takes longer than a move lasts.
        until = time.monotonic() + SEEN_WITHIN_S
        while sight.unseen(MOVERS, TEAMS, WAYS) and time.monotonic() < until:
            time.sleep(REST_S)
    if unseen := sight.unseen(MOVERS, TEAMS, WAYS):
        raise DidNotHappen("; ".join(unseen))
    testbed.shown += sight.wrong
    services = sorted({look.service for look in sight.looks})
    found = {
        "moves": sum(BURSTS) * len(MOVERS),
        "shown": len(sight.looks),
        "by": services,
        "gone_s": round(sight.gone_s, 3),
    }
    return {"onset": onset, **found, "without_a_right": len(sight.wrong)}


def leads_of(running: Running, team: str) -> list[str]:
    """A few of this team's leads, as soon as it has some: a little load gives it the first after seconds."""
    auth, deadline = Bearer(lambda: running.tokens.machine(LOCAL)), time.monotonic() + TAKEN_WITHIN_S
    url = f"{running.services['metrics'].url}/v1/kpis/team/{team}/facts"
    while True:
        answer = httpx.get(url, params={"limit": KNOWN}, auth=auth, timeout=10, trust_env=False)
        found = [str(lead["lead_id"]) for lead in answer.raise_for_status().json()["leads"]]
        if len(found) >= NEEDED:
            return found
        if time.monotonic() > deadline:
            raise DidNotHappen(f"{team} had {len(found)} leads within {TAKEN_WITHIN_S:g} s")
        time.sleep(REST_S)


def ordered(running: Running, person: str, sight: Sight) -> None:
    """He goes to the other team. One administrator orders, another confirms; nobody is inside these units who would have to."""
    old = next(spell for spell in reversed(sight.spells) if spell.person == person)
    new = Spell(person, TEAMS[1 - TEAMS.index(old.team)], float("inf"))
    order = {"person": person, "from_unit": old.team, "to_unit": new.team}
    proposal = taken(running, ADMINISTRATORS[0], "/moves", order)["proposal"]["id"]
    new.begins = time.monotonic()
    sight.spells.append(new)
    taken(running, ADMINISTRATORS[1], f"/proposals/{proposal}/confirm", None)
    old.ends = time.monotonic()


def taken(running: Running, who: str, path: str, body: Any) -> dict[str, Any]:
    """What territory's door answers this person, who asks again while it does not."""
    url, deadline = f"{running.services['territory'].url}/v1{path}", time.monotonic() + TAKEN_WITHIN_S
    while True:
        headers, said = {"authorization": f"Bearer {running.tokens.person(who)}"}, ""
        with suppress(httpx.TransportError):
            answer = httpx.post(url, json=body, headers=headers, timeout=10, trust_env=False)
            if answer.is_success:
                return dict(answer.json())
            said = f"{answer.status_code} {answer.text[:200]}"
        if time.monotonic() > deadline:
            raise DidNotHappen(f"{who} could not {path} within {TAKEN_WITHIN_S:g} s: {said}")
        time.sleep(0.1)


@contextmanager
def _looking(running: Running, leads: Mapping[str, str], sight: Sight) -> Iterator[None]:
    """Everybody looks at the doors and at a stream until the end of the block."""
    over = threading.Event()
    lookers = [Looker(running, person, leads, sight, over) for person in MOVERS]
    threads = [threading.Thread(target=work, daemon=True) for one in lookers for work in (one.ask, one.listen)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(15)


class Looker:
    """One person, who asks for what he knows to be there and writes down what he is shown. He shows one token for two minutes,
    whatever happens to him meanwhile."""

    def __init__(
        self, running: Running, person: str, leads: Mapping[str, str], sight: Sight, over: threading.Event
    ) -> None:
        self._running, self._person, self._leads, self._sight, self._over = running, person, leads, sight, over
        self._url = {name: service.url for name, service in running.services.items()}
        self._token, self._until = "", 0.0
        self._working: dict[str, str] = {}  # somebody of each team who has leads
        self._documents_at = 0.0
        self._of_team = {team: cycle([lead for lead, its in leads.items() if its == team]) for team in TEAMS}

    def _current(self) -> str:
        if time.monotonic() > self._until:
            self._token, self._until = self._running.tokens.person(self._person), time.monotonic() + TOKEN_FOR_S
        return self._token

    def _client(self) -> httpx.Client:
        return httpx.Client(auth=Bearer(self._current), timeout=5, trust_env=False)

    def ask(self) -> None:
        """One question after the other."""
        with self._client() as client:
            while not self._over.is_set():
                for lead, team in self._leads.items():
                    self._look(client, "leads", f"/v1/leads/{lead}", lambda _, its=team: [its])
                    self._look(client, "territory", f"/v1/leads/{lead}/decision", lambda _, its=team: [its])
                self._look(client, "metrics", "/v1/kpis?by=team", _teams_of)
                for team in TEAMS:
                    path = f"/v1/kpis/team/{team}/facts?limit=1"
                    self._look(client, "metrics", path, lambda answer, its=team: [its] if answer["leads"] else [])
                self.ask_for_many(client)

    def ask_for_many(self, client: httpx.Client) -> None:
        """Everything at the doors of leads that shows more than one lead. Names stay shut: each page of them is a look on record."""
        shut = "names=false"
        self._look(client, "leads", f"/v1/leads?{shut}&limit=100", self._listed, WAYS[0])
        self._look(client, "leads", f"/v1/queues?{shut}", _of_rows, QUEUES)
        self._look(client, "leads", "/v1/summary?by=team", _teams_of, WAYS[3])
        for team in TEAMS:
            self._look(client, "leads", f"/v1/leads?{shut}&team={team}", self._listed, WAYS[0])
            self._look(
                client, "leads", f"/v1/board?{shut}&team={team}", lambda it, its=team: _on_board(it, its), WAYS[2]
            )
        for person in self._working.values():
            self._look(client, "leads", f"/v1/work?{shut}&person={person}", _of_rows, WAYS[1])
        if time.monotonic() > self._documents_at:
            self._documents_at = time.monotonic() + DOCUMENTS_EVERY_S
            for team in TEAMS:  # another lead each time: one of them may be another's meanwhile
                for lead in islice(self._of_team[team], 1):
                    path = f"/v1/leads/{lead}/documents"
                    self._look(client, "leads", path, lambda _, its=team: [its], WAYS[4])

    def _listed(self, page: Mapping[str, Any]) -> list[str]:
        self._working |= {row["team"]: row["person"] for row in page["rows"] if row["person"] and row["team"] in TEAMS}
        return _of_rows(page)

    def _look(self, client: httpx.Client, service: str, path: str, teams: Any, way: str = "") -> None:
        asked = time.monotonic()
        with suppress(httpx.TransportError):
            answer = client.get(f"{self._url[service]}{path}")
            if answer.status_code == 200:
                for team in teams(answer.json()):
                    self._sight.shown(self._person, team, way or service, asked, time.monotonic())

    def listen(self) -> None:
        """One stream after the other."""
        url = f"{self._url['metrics']}/v1/kpis/stream?by=team"
        with self._client() as client:
            while not self._over.wait(0.1):
                with suppress(httpx.TransportError), client.stream("GET", url) as answer:
                    for line in answer.iter_lines():
                        if line.startswith("data: "):
                            now = time.monotonic()
                            for team in _teams_of(json.loads(line[6:])):
                                self._sight.shown(self._person, team, "metrics' stream", now, now)
                        if self._over.is_set():
                            break


def _teams_of(table: Mapping[str, Any]) -> list[str]:
    return [row["key"] for row in table.get("rows", ()) if row["key"] in TEAMS]


def _of_rows(page: Mapping[str, Any]) -> list[str]:
    return sorted({row["team"] for row in page["rows"] if row["team"] in TEAMS})


def _on_board(board: Mapping[str, Any], team: str) -> list[str]:
    """A count betrays a team as its cards do; who may not see it is shown empty columns, or none."""
    cards = {card["team"] for column in board["columns"] for card in column["rows"]}
    counted = {team} if any(column["count"] for column in board["columns"]) else set()
    return sorted((cards | counted) & {*TEAMS})
