"""An organisation that component tests act in, each as somebody: what territory says of access acts on its own doors too."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from chassis_testing import ServiceUnderTest
from chassis_testing.tokens import ISSUER
from contracts.event import Event
from contracts.territory.access import AccessGranted, AccessRevoked
from territory.store import organisation
from territory.use_cases.access import CORRECTION, say_access
from territory.use_cases.organisation import First, begin_organisation

from .events import MARKET


@dataclass
class Company:
    """The service with two administrators, adm and om, and the market's teams: berlin with anna.schmidt and bo (jo is away),
    germany, and head-office with eve."""

    service: ServiceUnderTest
    said: list[Event] = field(default_factory=list)
    signed_in: dict[str, Any] = field(default_factory=lambda: {"amr": ["pwd", "otp"], "auth_time": int(time.time())})

    @classmethod
    async def begin(cls, service: ServiceUnderTest) -> "Company":
        """Its first two administrators are there, and its market."""
        company = cls(service)
        async with service.service.database.transaction() as tx:
            await begin_organisation([First("adm", "adm"), First("om", "om")], [], ISSUER, tx)
        await company.settle()
        answer = await service.http.put("/v1/market", json=MARKET)
        assert answer.status_code == 200, answer.text
        await company.settle()
        return company

    async def settle(self) -> list[Event]:
        """What was said since the last look; of access this replica takes it in."""
        fresh = await self.service.emitted()
        await self.service.told(*(one for one in fresh if isinstance(one, AccessGranted | AccessRevoked)))
        self.said += fresh
        return fresh

    async def does(self, person: str, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """What a door answers somebody."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.service.as_(person, **self.signed_in) as client:
            answer = await client.request(method, f"/v1/{path}", json=body, headers=named)
        await self.settle()
        return answer

    async def ok(self, person: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The same, where it has to go well."""
        answer = await self.does(person, method, path, body, **headers)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def joins(self, person: str, unit: str, rank: str = "expert", second: str = "om", **more: Any) -> str:
        """Somebody is put on record where that is needed, and belongs to a unit; the membership."""
        await self.does("adm", "PUT", f"people/{person}", {})
        body = {"unit": unit, "rank": rank, **more}
        proposal = await self.ok("adm", "POST", f"people/{person}/memberships", body)
        await self.ok(second, "POST", f"proposals/{proposal['id']}/confirm")
        if not person.startswith("machine:"):
            await self.bound(person)
        return str(proposal["id"])

    async def bound(self, person: str) -> None:
        """Tokens call the person so from here on, by hand: what a proposal of a subject does has tests of its own."""
        await self.service.sql("insert into subject values ($1, $2, $2) on conflict do nothing", ISSUER, person)
        async with self.service.service.database.transaction() as tx:
            structure = await organisation.structure_of(tx, (await organisation.hold(tx)).structure)
            await say_access([person], structure, CORRECTION, (), tx)
        await self.settle()

    async def granted(self, person: str, role: str, unit: str | None = None) -> None:
        """Somebody holds a role: by two, where it needs two."""
        answer = await self.ok("adm", "POST", f"people/{person}/roles", {"role": role, "unit": unit})
        if "proposed_by" in answer:
            await self.ok("om", "POST", f"proposals/{answer['id']}/confirm")

    async def sees(self, person: str, **query: str) -> dict[str, tuple[str, str]]:
        """The units whose rows exist for somebody: why, and what they record there."""
        answer = await self.service.http.get(f"/v1/access/{person}", params=query)
        assert answer.status_code == 200, answer.text
        return {one["unit"]: (one["why"], one["records"]) for one in answer.json()["sees"]}

    def last(self, kind: type[Event]) -> Any:
        """The last event of a kind."""
        return next(event for event in reversed(self.said) if isinstance(event, kind))

    def kinds(self, events: Sequence[Event]) -> list[str]:
        """Their names."""
        return [type(event).__name__ for event in events]
