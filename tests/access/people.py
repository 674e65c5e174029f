"""Everybody who may stand at a door, and what territory has said of them."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from chassis.access import OPERATOR
from chassis_testing import TOKEN, ServiceUnderTest, tokens
from contracts.event import Event
from contracts.territory.access import UNPLACED, AccessGranted, AccessRevoked

NOW = datetime.now(UTC)
PAST, AGO, AHEAD = NOW - timedelta(days=300), NOW - timedelta(hours=1), NOW + timedelta(days=1)
OWN, OTHER = "berlin", "munich"
SCOPES = "leads:capture outcomes:report spend:report campaigns:plan market:write market:read kpis:read"


def grant(team: str, kind: str = "member", **more: Any) -> dict[str, Any]:
    """One grant; a member's, unless more is said."""
    records = {"member": "own", "substitute": "own", "supervisor": "all"}.get(kind, "none")
    return {"team": team, "kind": kind, "records": records, "opens": kind != "machine", "begins_at": PAST} | more


def role(name: str) -> dict[str, Any]:
    """A role for the whole company."""
    return {"role": name, "begins_at": PAST}


def said(person: str, *grants: dict[str, Any], version: int = 1, roles: tuple[str, ...] = ()) -> AccessGranted:
    """The whole of what somebody may see and do."""
    return AccessGranted.model_validate(
        {
            "person": person,
            "kind": "machine" if person.startswith("machine:") else "person",
            "subjects": [{"issuer": tokens.ISSUER, "subject": person.removeprefix("machine:")}],
            "roles": [role(one) for one in roles],
            "grants": grants,
            "version": version,
            "cause": "joined",
            "granted_at": PAST,
        }
    )


EVERY_TEAM = tuple(grant(team, "management") for team in (OWN, OTHER, UNPLACED))

TOLD: tuple[AccessGranted | AccessRevoked, ...] = (
    said("member", grant(OWN)),
    said("stranger", grant(OTHER)),  # works for another team
    said("desk", grant(UNPLACED)),  # gives what no team has a place
    said("leader", grant(OWN, "supervisor")),
    said("qualifier", grant(OWN), roles=("qualifier",)),
    said("marketer", grant(OWN), roles=("marketer",)),
    said("manager", *EVERY_TEAM),
    said("general", *EVERY_TEAM, roles=("general_manager",)),
    said("admin", roles=("system_administrator",)),
    said("keeper", roles=("people_administrator",)),
    said("designer", roles=("territory_designer",)),
    said("auditor", roles=("auditor",)),  # of the whole company, and sees who looked
    said("leaver", grant(OWN)),
    AccessRevoked(person="leaver", version=2, cause="left", revoked_at=AGO),
    said("mover", grant(OWN)),
    said("mover", grant(OTHER), version=2),
    said("newcomer", grant(OWN, begins_at=AHEAD)),
    said("substitute", grant(OTHER), grant(OWN, "substitute", on_behalf_of="member", ends_at=AHEAD)),
    said("soon_in", grant(OTHER), grant(OWN, "substitute", on_behalf_of="member", begins_at=AHEAD)),
    said("stood_in", grant(OTHER), grant(OWN, "substitute", on_behalf_of="member", ends_at=AGO)),
    said("glass", grant(OTHER), grant(OWN, "break_glass", ends_at=AHEAD)),
    said("glass_soon", grant(OTHER), grant(OWN, "break_glass", begins_at=AHEAD)),
    said("glass_over", grant(OTHER), grant(OWN, "break_glass", ends_at=AGO)),
    said("machine:board", grant(OWN, "machine"), grant(OTHER, "machine")),
)

# Whose things each may ever be shown; nobody else is shown a thing of a team.
SIGHT: dict[str, set[str]] = {
    **{one: {OWN} for one in ("member", "leader", "qualifier", "marketer")},
    **{one: {OTHER} for one in ("stranger", "mover", "soon_in", "stood_in", "glass_soon", "glass_over")},
    **{one: {OWN, OTHER} for one in ("substitute", "glass", "board")},
    **{one: {OWN, OTHER, UNPLACED} for one in ("manager", "general")},
    "desk": {UNPLACED},
}

# Of whose things each changes anything. Who stands in and who is of two teams does so in both; management, a machine that reads and
# who looks behind the glass do not.
RECORDS: dict[str, set[str]] = {
    **{one: teams for one, teams in SIGHT.items() if one not in ("manager", "general", "board")},
    "glass": {OTHER},
    "desk": {"nobody"},
}

CALLERS = (
    "nobody", "forged", "expired", "unknown", "operator", "intake", "bare", "ungranted", "board",
    *dict.fromkeys(one.person for one in TOLD if not one.person.startswith("machine:")),
)  # fmt: skip


def callers(service: ServiceUnderTest) -> dict[str, httpx.AsyncClient]:
    """A client of each."""
    plain = service.anonymous

    def shows(token: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=plain._transport, base_url="http://test", headers=tokens.bearer(token))

    good = tokens.token("member")
    past = int(time.time()) - 4000
    special = {
        "nobody": plain,
        "forged": shows(good[:-6] + ("AAAAAA" if not good.endswith("AAAAAA") else "BBBBBB")),
        "expired": shows(tokens.token("member", iat=past, exp=past + 300)),
        "unknown": service.as_("whoever"),
        "operator": shows(TOKEN),
        "intake": shows(tokens.of_machine("intake", *SCOPES.split())),
        "bare": shows(tokens.of_machine("bare")),
        "ungranted": shows(tokens.of_machine("ungranted", "kpis:read")),
        "board": shows(tokens.of_machine("board", "kpis:read")),
    }
    return special | {one: service.as_(one) for one in CALLERS if one not in special}


async def tell(service: ServiceUnderTest) -> None:
    """Says all of it, in the order in which it happened. Who shows the operator's token is what he is outside of tests."""
    service.service.operator = OPERATOR.with_rights(service.service.roles)
    await service.told(*TOLD)


def event(kind: type[Event], **fields: Any) -> Event:
    """An event of these fields."""
    return kind.model_validate(fields)
