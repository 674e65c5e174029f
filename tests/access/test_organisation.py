"""The doors of the organisation, on people of two teams who are on record: who learns of whom, and of what is under way."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from chassis_testing import ServiceUnderTest
from chassis_testing.tokens import ISSUER
from contracts.territory.access import AccessGranted, AccessRevoked
from territory.use_cases.organisation import First, begin_organisation

from .matrix import DOORS
from .people import OTHER, OWN
from .things import MARKET, bytes_of, canary

ADMINISTRATORS = ("adm", "om")
STAFF = {OWN: ("bea", "lea"), OTHER: ("max", "lex")}  # of each team one who sells and one who leads
ASKER = "ari"


@dataclass
class Company:
    """Two teams, and of each a person with a name, an absence, and what waits for a second word."""

    service: ServiceUnderTest
    things: dict[str, dict[str, str]] = field(default_factory=dict)

    async def does(self, who: str, method: str, path: str, body: Any = None) -> Any:
        """What a door answers; what is said of access acts at once."""
        async with self.service.as_(who) as client:
            answer = await client.request(method, f"/v1/{path}", json=body)
        for said in await self.service.emitted():
            if isinstance(said, AccessGranted | AccessRevoked):
                await self.service.told(said)
        return answer

    async def ok(self, who: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The same, where it has to go well."""
        answer = await self.does(who, method, path, body)
        assert answer.status_code < 300, f"{method} {path} {body}: {answer.text}"
        return dict(answer.json()) if answer.content else {}

    async def joins(self, person: str, unit: str, rank: str) -> str:
        """Somebody comes, by two."""
        await self.ok("adm", "PUT", f"people/{person}", {"name": canary(unit)})
        for path, body in (
            ("subjects", {"issuer": ISSUER, "subject": person}),
            ("memberships", {"unit": unit, "rank": rank}),
        ):
            proposal = await self.ok("adm", "POST", f"people/{person}/{path}", body)
            inside = STAFF[unit][1] if path == "memberships" and person == ASKER else "om"
            await self.ok(inside, "POST", f"proposals/{proposal['id']}/confirm")
        return str(proposal["id"])

    @classmethod
    async def made(cls, service: ServiceUnderTest) -> "Company":
        """Everything is there once for each team, and somebody of munich asks for a look at berlin."""
        company = cls(service)
        async with service.service.database.transaction() as tx:
            await begin_organisation([First(one, one) for one in ADMINISTRATORS], [], ISSUER, tx)
        answer = await service.http.put("/v1/market", json=MARKET)
        assert answer.status_code == 200, answer.text
        await company.does("adm", "GET", "units")
        for team, (sells, leads) in STAFF.items():
            membership = await company.joins(sells, team, "expert")
            await company.joins(leads, team, "supervisor")
            absence = await company.ok("adm", "POST", f"people/{sells}/absences", {"kind": "leave"})
            await company.ok("adm", "PUT", f"people/new.{team}", {"name": canary(team)})
            waits = await company.ok("adm", "POST", f"people/new.{team}/memberships", {"unit": team, "rank": "expert"})
            company.things[team] = {"person": sells, "unit": team, "team": team, "membership": membership}
            company.things[team] |= {"absence": absence["id"], "proposal": waits["id"]}
        await company.joins(ASKER, OTHER, "expert")
        role = await company.ok("adm", "POST", f"people/{ASKER}/roles", {"role": "break_glass_asker"})
        await company.ok("om", "POST", f"proposals/{role['id']}/confirm")
        wanted = {"unit": OWN, "code": "complaint", "reason": canary(OWN), "hours": 1}
        company.things[OWN]["glass"] = (await company.ok(ASKER, "POST", "break-glass", wanted))["id"]
        return company


NAMES = {"bea": {OWN}, "lea": {OWN}, "max": {OTHER}, "lex": {OTHER}, ASKER: {OTHER}, "adm": {OWN, OTHER}}
"""Whose names and reasons each is told: administrators know everybody by name."""

ABSENT = {
    name: str(uuid4())
    for name in ("membership", "proposal", "absence", "glass", "role", "move", "substitution", "transfer")
}
ABSENT |= {
    "person": "nobody",
    "unit": "nowhere",
    "calendar": "none",
    "vocabulary": "none",
    "version": "99",
    "draft": "99",
    "lead_id": str(uuid4()),
}

# What somebody of munich and who leads there is answered on what is of berlin. Who belongs where and who is away is for everybody in
# the company to see, so that it is refused; what waits for a second person, and who asks for a look, is not there for others.
FOREIGN: tuple[tuple[str, str, Any, int, int], ...] = (
    ("POST", "proposals/{proposal}/confirm", None, 403, 404),
    ("POST", "proposals/{proposal}/refuse", None, 403, 404),
    ("POST", "proposals/{proposal}/withdraw", None, 403, 404),
    ("POST", "break-glass/{glass}/close", None, 404, 404),
    ("POST", "break-glass/{glass}/grant", None, 403, 403),
    ("GET", "access/{person}", None, 404, 404),
    ("PATCH", "memberships/{membership}", {"weight": 2}, 403, 403),
    ("POST", "people/{person}/memberships", {"unit": OWN, "rank": "expert"}, 403, 403),
    ("PATCH", "absences/{absence}", {"kind": "leave"}, 403, 403),
    ("DELETE", "absences/{absence}", None, 403, 403),
    ("POST", "people/{person}/absences", {"kind": "leave"}, 403, 403),
    ("PUT", "people/{person}/suspension", None, 403, 403),
    ("PUT", "people/{person}", {}, 403, 403),
    ("POST", "people/{person}/roles", {"role": "qualifier", "unit": OWN}, 403, 403),
    ("POST", "moves", {"person": "bea", "from_unit": OWN}, 403, 403),
    ("POST", "moves", {"person": "lex", "from_unit": OTHER, "to_unit": OWN}, 403, 403),
    ("POST", "units/{unit}/close", {}, 403, 403),
)

# And what happens where it is theirs: by whom, and what is answered.
THEIRS: tuple[tuple[str, str, str, Any, int], ...] = (
    ("lea", "GET", "access/{person}", None, 200),
    ("lea", "POST", "proposals/{proposal}/confirm", None, 200),
    ("bea", "POST", "break-glass/{glass}/close", None, 403),
    ("lea", "POST", "break-glass/{glass}/close", None, 200),
    ("bea", "DELETE", "absences/{absence}", None, 204),
    ("bea", "POST", "people/{person}/absences", {"kind": "leave"}, 201),
)


async def test_names_and_reasons_are_told_within_ones_units(territory: ServiceUnderTest) -> None:
    company, wrong = await Company.made(territory), []
    doors = [path.removeprefix("/v1/") for name, method, path in DOORS if (name, method) == ("territory", "GET")]
    told: dict[str, set[str]] = {who: set() for who in NAMES}
    for path in doors:
        for who, names in NAMES.items():
            for team in STAFF if "{" in path else (OWN,):
                answer = await company.does(who, "GET", path.format(**ABSENT | company.things[team]))
                found = {of for of in STAFF if canary(of) in answer.text}
                told[who] |= found
                if found - names - ({OWN} if (path, who) == ("break-glass", ASKER) else set()):
                    wrong.append(f"GET {path} tells {who} of {found}: {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)
    assert told == NAMES | {ASKER: {OWN, OTHER}}


async def test_what_is_another_units_is_refused_or_absent_and_what_is_ones_own_is_done(
    territory: ServiceUnderTest,
) -> None:
    company, wrong = await Company.made(territory), []
    berlin = ABSENT | company.things[OWN]
    for method, path, body, sells, leads in FOREIGN:
        for who, status in (("max", sells), ("lex", leads)):
            answer = await company.does(who, method, path.format(**berlin), body)
            if answer.status_code != status:
                wrong.append(f"{method} {path} {who}: {answer.status_code} instead of {status}: {answer.text[:200]}")
            if status == 404 and bytes_of(answer) != bytes_of(
                await company.does(who, method, path.format(**ABSENT), body)
            ):
                wrong.append(f"{method} {path} tells {who} that it is there")
    for who, method, path, body, status in THEIRS:
        answer = await company.does(who, method, path.format(**berlin), body)
        if answer.status_code != status:
            wrong.append(f"{method} {path} {who}: {answer.status_code} instead of {status}: {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)
