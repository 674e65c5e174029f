"""The sales teams of the demo market at work: their leads, their turns, and teams of a test's own that nobody has had a turn in."""

import contextlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx
import yaml
from company import FIRST, SECOND, Company
from stage import Stage, a_lead, mark
from waiting import until

from tributary.people import MANAGER, SUPERVISOR
from tributary.services import LocalService
from tributary.traffic import market

ANNA, JONAS, LEYLA, OTTO, CAMILLE, FRANZ = (
    *("anna.schmidt", "jonas.weber", "leyla.kaya", "otto.braun"),
    *("camille.martin", "franz.huber"),
)
GM, LEADER, QUALIFIER = MANAGER, SUPERVISOR, "q.berlin"
BERLIN, MUNICH, PARIS = "berlin", "munich", "paris"
ADMINISTRATOR = FIRST
NAMES_A_TEAM = ("channel", "campaign", "industry", "region")
HOT = {"minor": 9_000_000, "currency": "EUR"}


def jule(**more: Any) -> dict[str, Any]:
    """The form of the README: score 80, grade A, for berlin; of a customer of its own."""
    contact = {"name": "Jule Marx", "phone": "030 1234567", "company": "Marx Drehteile", "email": address()}
    return a_lead(**{"contact": contact, "expected_amount": HOT} | more)


def address() -> str:
    """An e-mail address that nobody has used."""
    return f"{uuid.uuid4().hex}@werk.example"


def later_on() -> dict[str, Any]:
    """A form that a qualifier has to look at: score 20, grade D."""
    return {"source": "web", "contact": {"email": f"{mark('x')}@gmail.com"}, "country": "DE"}


class Team(NamedTuple):
    """A team of a test's own: its id, and its people by their short names."""

    id: str
    people: Mapping[str, str]

    def __getattr__(self, short: str) -> str:
        return self.people[short]


class Sales:
    """What the people of the teams do, and what stands on record of their leads."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.stage: Stage = company.stage
        self.market: dict[str, Any] = yaml.safe_load(market())
        company.comes(GM, "general_manager", unit="company", rank="manager")
        company.comes(LEADER, unit=BERLIN, rank="supervisor", second=GM)
        company.comes(QUALIFIER, "qualifier", unit=BERLIN, second=LEADER)

    # -- leads

    def lead(self, **more: Any) -> str:
        """Jule's form, decided about."""
        return self.decided(self.stage.submit(jule(**more)))

    def decided(self, lead: str) -> str:
        """The same lead once nothing more comes by itself."""
        self.stage.lead(lead)
        return lead

    def hers(self, person: str = ANNA, **more: Any) -> str:
        """A lead of berlin that its leader has given to somebody, unless it was their turn."""
        lead = self.lead(**more)
        if self.shown(lead)["person"] != person:
            self.company.does(LEADER, "POST", f"leads/{lead}/assignment", {"person": person})
            self.becomes(lead, person=person)
        return lead

    def shown(self, lead: str, who: str = GM) -> dict[str, Any]:
        """The lead as somebody reads it."""
        answer = self.company.asks(who, "GET", "leads", f"leads/{lead}")
        assert answer.status_code == 200, f"{who}: {answer.status_code} {answer.text}"
        return dict(answer.json()) | {"etag": answer.headers["etag"]}

    def becomes(self, lead: str, within: float = 10, **stands: Any) -> dict[str, Any]:
        """The lead once it stands so."""

        def there() -> dict[str, Any]:
            found = self.shown(lead)
            return found if stands.items() <= found.items() else {}

        try:
            return until(f"{lead} stands as {stands}", there, within)
        except AssertionError as late:
            raise AssertionError(f"{late}: {self.shown(lead)}") from None

    def step(self, who: str, lead: str, step: str, body: Any, etag: str | None = None) -> httpx.Response:
        """A step that somebody takes, having read the lead; by an older reading where that is given."""
        etag = etag or self.shown(lead)["etag"]
        return self.company.asks(who, "POST", "leads", f"leads/{lead}/{step}", body, etag)

    def gives_back(self, lead: str, code: str = "overload", who: str | None = None) -> str:
        """Whoever has it gives it back; who that was."""
        person = who or str(self.shown(lead)["person"])
        answer = self.step(person, lead, "return", {"code": code})
        assert answer.status_code == 200, f"{person}: {answer.text}"
        return person

    def done(self, who: str, lead: str, **more: Any) -> dict[str, Any]:
        """An activity that somebody has put on record: a call in which the customer was reached, unless said otherwise."""
        body = {"kind": "call", "reached": True} | more
        answer = self.company.asks(who, "POST", "leads", f"leads/{lead}/activities", body)
        assert answer.status_code == 201, f"{who}: {answer.text}"
        return dict(answer.json())

    def decision(self, lead: str) -> dict[str, Any]:
        """Where it went and why."""
        return dict(self.stage.get("territory", f"/v1/leads/{lead}/decision"))

    def said(self, topic: str, lead: str | Sequence[str], *kinds: str) -> list[tuple[str, dict[str, Any]]]:
        """What was told of leads on a topic, in order: names of events without stream and version, and what they say."""
        leads = {lead} if isinstance(lead, str) else set(lead)
        found = []
        for one in self.stage.topic(topic):
            kind = one.headers["ce_type"].decode().rpartition(".v")[0].rpartition(".")[2]
            if one.body.get("lead_id") in leads and (not kinds or kind in kinds):
                found.append((kind, one.body))
        return found

    # -- teams

    def team(self, *members: str, away: Sequence[str] = (), **weights: int) -> Team:
        """A team in which nobody has had a turn, with a rule that sends it what names it: members by their short names."""
        of = mark("t")
        shares = dict.fromkeys(members, 1) | weights
        people = {short: f"{short}.{of}" for short in shares}
        rows = [
            {"person": people[s], "weight": w} | ({"available": False} if s in away else {}) for s, w in shares.items()
        ]
        self.market["teams"].append({"id": of, "name": of, "pipeline": "contract", "members": rows})
        when = {name: [of] for name in NAMES_A_TEAM} | {"source": ["web", "import"]}  # the narrowest rule of all
        self.market["rules"].append({"name": of, "segment": "dach-machines", "team": of, "priority": 900, "when": when})
        self.put(self.market)
        return Team(of, people)

    def put(self, content: Mapping[str, Any]) -> int:
        """A market is in force; its version."""
        answer = self.stage.http.put(self.stage.url("territory", "/v1/market"), json=content)
        assert answer.status_code == 200, answer.text
        return int(answer.json()["version"])

    def led(self, team: Team) -> str:
        """Somebody who leads the team."""
        self.company.comes(leader := f"s.{team.id}", unit=team.id, rank="supervisor", second=GM)
        return leader

    def known(self, team: Team) -> None:
        """Every service knows the members of the team: they can act."""
        for person in team.people.values():
            self.company.acts(person, lambda me: bool(me["teams"]))

    def form(self, team: Team, **more: Any) -> dict[str, Any]:
        """A form for that team, of a customer of its own."""
        return jule(**dict.fromkeys(NAMES_A_TEAM, team.id) | {"contact": {"email": address()}} | more)

    def comes(self, team: Team, **more: Any) -> str:
        """A lead for that team, decided about."""
        return self.decided(self.stage.submit(self.form(team, **more)))

    def takers(self, team: Team, count: int) -> list[str]:
        """So many leads come one after another; the short names of who gets them."""
        return [self.taker(team, self.comes(team)) for _ in range(count)]

    def taker(self, team: Team, lead: str) -> str:
        """Who has it, by the short name; nothing for nobody."""
        return str(self.stage.lead(lead)["person"] or "").partition(".")[0]

    def by_turn(self, team: Team) -> list[str]:
        """Who got each turn of the team, in their order."""
        rows = self.stage.sql(
            "territory", "select assignee from decision where team = $1 and turn is not null order by turn", team.id
        )
        return [row["assignee"].partition(".")[0] for row in rows]

    def account(self, team: Team, **window: str) -> dict[str, dict[str, Any]]:
        """What each member was due of the team's leads and got, by short name, in leads."""
        query = f"?{urlencode(window)}" if window else ""
        answer = self.company.asks(GM, "GET", "territory", f"teams/{team.id}/rotation{query}")
        assert answer.status_code == 200, answer.text
        return {one["person"].partition(".")[0]: one for one in answer.json()["accounts"]}

    def tried(self, who: str, team: Team, **more: Any) -> dict[str, Any]:
        """What would be decided about a lead of that team, for somebody who may try it."""
        form = self.form(team)
        about = {name: form[name] for name in ("source", "country", "product", "expected_amount", *NAMES_A_TEAM)}
        answer = self.company.asks(who, "POST", "territory", "decisions/try", {"about": about} | more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    # -- the organisation

    def away(self, person: str, **more: Any) -> str:
        """Somebody is away; the absence."""
        return str(
            self.company.does(ADMINISTRATOR, "POST", f"people/{person}/absences", {"kind": "leave"} | more)["id"]
        )

    def back(self, absence: str) -> None:
        """They are back."""
        self.company.does(ADMINISTRATOR, "DELETE", f"absences/{absence}")

    def edits(self, person: str, **more: Any) -> None:
        """Another share, or so many leads at most."""
        [membership] = self.company.does(ADMINISTRATOR, "GET", f"people/{person}/memberships")["memberships"]
        path, etag = f"memberships/{membership['id']}", f'"{membership["version"]}"'
        answer = self.company.asks(ADMINISTRATOR, "PATCH", "territory", path, more, etag)
        assert answer.status_code == 200, answer.text

    def settings(self, team: Team, calendar: str | None = None, **settings: Any) -> None:
        """How the team takes leads, and when it works."""
        body = {"kind": "sales", "parent": "company", "name": team.id, "calendar": calendar, "settings": settings}
        answer = self.company.asks(
            ADMINISTRATOR,
            "PUT",
            "territory",
            f"units/{team.id}",
            body,
            self.company.asks(ADMINISTRATOR, "GET", "territory", f"units/{team.id}").headers["etag"],
        )
        assert answer.status_code == 200, answer.text

    @contextlib.contextmanager
    def second(self, service: str) -> Iterator[LocalService]:
        """Another process of a service beside its first, at work."""
        first = self.stage.services[service]
        report = {**first._extra, "TRIBUTARY_INSTANCE": f"{service}-1"}
        other = LocalService(
            service, self.stage.home, database=first.owner, kafka=first.kafka, extra=report, usual_port=False
        )
        other.issuer, other.issuer_keys = first.issuer, first.issuer_keys
        other.start_and_wait()
        try:
            yield other
        finally:
            other.stop()


__all__ = ["ADMINISTRATOR", "SECOND", "Sales", "Team", "jule", "later_on"]
