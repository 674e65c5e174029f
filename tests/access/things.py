"""What stands in each service: a thing of berlin, one of munich and one of no team, and the words that betray it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from chassis_testing import ServiceUnderTest
from contracts.campaigns.campaign import CampaignPlanned
from contracts.leads.lead import LeadAttributes, LeadCaptured, LeadQualified
from contracts.territory.access import UNPLACED
from contracts.territory.lead import LeadRouted

from .people import OTHER, OWN, callers, tell

AT = datetime(2026, 1, 2, tzinfo=UTC)
TEAMS = {OWN: "berlin", OTHER: "munich", UNPLACED: "nobody"}


@dataclass
class Things:
    """By team, what stands in the paths and bodies of a thing; ``absent`` is what is not there. ``betray`` are words of answers,
    and of which team each is. ``passes``: who has seen words of which teams besides his own."""

    of: dict[str, dict[str, str]]
    absent: dict[str, str]
    betray: dict[str, str]
    passes: dict[str, set[str]] = field(default_factory=dict)


def canary(team: str) -> str:
    """Stands in what is of a team and nowhere else."""
    return f"canary-of-{TEAMS[team]}"


def routed(lead_id: UUID, team: str, segment: str) -> LeadRouted:
    """A lead goes to a team."""
    return LeadRouted(
        lead_id=lead_id, segment=segment, team=team, pipeline="contract", rule="r", ruleset=1, routed_at=AT
    )


DONE = """
insert into activity (activity_id, lead_id, kind, direction, evidence, occurred_at, recorded_at, author, content)
values ($1::text::uuid, $2::text::uuid, 'call', 'outbound', 'person', now(), now(), 'somebody', 'x')
"""
CLAIMED = "insert into claim (lead_id, person, until) values ($1::text::uuid, 'somebody', now())"
REFUSED = """
insert into refusal (refusal_id, at, person, door, lead_id, lacks)
values (gen_random_uuid(), now(), $2, 'return', $1::text::uuid, 'leads.return')
"""
VOIDED = "insert into activity_void (activity_id, lead_id, code, by, at) values ($1::text::uuid, $2::text::uuid, 'other', 'somebody', now())"

OWED = """
insert into request (lead_id, n, kind, state, asked_at, starts_at, times, step, promise, policy)
values ($1::text::uuid, 0, 'first_response', 'open', now(), now(), array[now(), now()], 0, 0, 1) on conflict do nothing
"""
EVIDENCE = """
insert into request_evidence (lead_id, n, activity_id, occurred_at, recorded_at, evidence, standing)
values ($2::text::uuid, 0, $1::text::uuid, now(), now(), 'machine', 'counts')
"""
JOB = """
with made as (
    insert into job (job_id, person, said, digest, state, rows, position, counts, asked_at)
    values (gen_random_uuid(), $2, '{"do": "claim"}', 'x', 'waiting', 1, 0, '{}', now()) returning job_id
)
insert into job_row (job_id, n, lead_id) select job_id, 1, $1::text::uuid from made
"""
ATTACHED = """
insert into document (document_id, lead_id, kind, media_type, size, sha256, author, team, at)
values ($1::text::uuid, $2::text::uuid, 'offer', 'application/pdf', 1, 'x', 'somebody', 'somewhere', now())
"""
PIPELINE = "insert into pipeline (pipeline, name, version, stages) values ('contract', 'Contract', 1, '[]')"
CALENDAR = "insert into calendar (calendar, version, zone, hours) values ('de', 1, 'Europe/Berlin', '[[], []]')"


OTHERS = {"kind": "waiting", "version": "1", "job_id": str(uuid4())}  # which are no team's


async def in_leads(leads: ServiceUnderTest) -> Things:
    """A lead each."""
    of = {
        team: {"lead_id": await _lead(leads, team), "activity_id": str(uuid4()), "form": "none", "n": "0", **OTHERS}
        | {"document_id": str(uuid4())}
        for team in TEAMS
    }
    await leads.sql(CALENDAR)
    await leads.sql(PIPELINE.replace("[]", '[{"name": "qualified", "documents": [], "fields": []}]'))
    await leads.sql("insert into conservation (swept_at, swept_lead) values (now(), gen_random_uuid())")
    for thing in of.values():
        await leads.sql(DONE, thing["activity_id"], thing["lead_id"])
        await leads.sql(ATTACHED, thing["document_id"], thing["lead_id"])
        await leads.sql(VOIDED, thing["activity_id"], thing["lead_id"])
        await leads.sql(CLAIMED, thing["lead_id"])
        for person in ("member", "stranger"):
            await leads.sql(REFUSED, thing["lead_id"], person)
            await leads.sql(JOB, thing["lead_id"], person)
        await leads.sql(OWED, thing["lead_id"])
        await leads.sql(EVIDENCE, thing["activity_id"], thing["lead_id"])
        await leads.sql("insert into search_word (key, lead_id) values (1, $1::text::uuid)", thing["lead_id"])
    betray = {word: team for team, thing in of.items() for word in (thing["lead_id"], canary(team))}
    return Things(
        of,
        {**dict.fromkeys(("lead_id", "activity_id", "document_id"), str(uuid4())), "form": "none", "n": "0", **OTHERS},
        betray,
    )


async def _lead(leads: ServiceUnderTest, team: str) -> str:
    word = canary(team)
    body = {"source": "web", "product": word, "message": word, "contact": {"email": f"{word}@x.example"}}
    answer = await leads.anonymous.post("/v1/leads", json=body)
    assert answer.status_code == 202, answer.text
    await leads.receives(leads.intake.emitted[-1])
    if team != UNPLACED:
        await leads.receives(routed(UUID(answer.json()["id"]), team, word))
    return str(answer.json()["id"])


async def in_campaigns(campaigns: ServiceUnderTest) -> Things:
    """A campaign each, with a line on which something was spent."""
    there = callers(campaigns)["intake"]
    for team, name in TEAMS.items():
        line = {"line": "l", "item": canary(team), "budget": 100, "owner": "o"}
        plan = {"name": canary(team), "currency": "EUR", "team": team, "lines": [line]}
        answer = await there.put(f"/v1/campaigns/of-{name}", json=plan)
        assert answer.status_code == 200, answer.text
        spent = {
            "spend_id": name,
            "campaign": f"of-{name}",
            "line": "l",
            "amount": "EUR 1",
            "occurred_at": "2026-01-02",
        }
        answer = await there.post("/v1/spend", json={"spend": [spent | {"note": canary(team)}]})
        assert answer.json()["accepted"] == 1, answer.text
        await campaigns.receives(campaigns.intake.emitted[-1])
    of = {team: {"campaign": f"of-{name}", "canary": canary(team)} for team, name in TEAMS.items()}
    return Things(of, {"campaign": "of-none"}, {canary(team): team for team in TEAMS})


async def in_metrics(metrics: ServiceUnderTest) -> Things:
    """A lead of a campaign each."""
    of: dict[str, dict[str, str]] = {}
    betray: dict[str, str] = {}
    for team in TEAMS:
        lead_id, campaign = uuid4(), canary(team)
        planned = CampaignPlanned(campaign=campaign, name="x", currency="EUR", version=1, planned_at=AT, team=team)
        captured = LeadCaptured(lead_id=lead_id, source="web", campaign=campaign, occurred_at=AT, captured_at=AT)
        await metrics.receives(planned, captured, *([] if team == UNPLACED else [routed(lead_id, team, campaign)]))
        of[team] = {"by": "campaign", "key": campaign}
        betray |= {str(lead_id): team, campaign: team}
    # The desk has seen each lead before it was placed: its campaign stays in the list, and nothing is counted there any more.
    return Things(of, {"by": "campaign", "key": "of-none"}, betray, {"desk": {OWN, OTHER}})


MARKET: dict[str, Any] = {
    "segments": [{"id": "ours", "name": "Ours"}, {"id": "theirs", "name": "Theirs"}],
    "pipelines": [{"id": "contract", "name": "Contract", "stages": ["offer", "won"]}],
    "teams": [{"id": team, "name": team, "pipeline": "contract"} for team in (OWN, OTHER)],
    "rules": [
        {"name": "ours", "segment": "ours", "team": OWN, "when": {"country": "DE"}},
        {"name": "theirs", "segment": "theirs", "team": OTHER, "when": {"country": "FR"}},
    ],
}


_ITEM = """
insert into transfer_item (transfer_id, lead_id, place, from_team, number, state) values ($1, $2, 1, $3, 1, 'done')
"""


async def in_territory(territory: ServiceUnderTest) -> Things:
    """A decision each."""
    put = await callers(territory)["intake"].put("/v1/market", json=MARKET)
    assert put.status_code == 200, put.text
    ids = ("membership", "role", "move", "proposal", "absence", "substitution", "glass", "transfer")
    fixed = {name: str(uuid4()) for name in ids}
    fixed |= {"draft": "1", "version": "1", "unit": OWN, "vocabulary": "rank", "person": "member", "calendar": "x"}
    of: dict[str, dict[str, str]] = {}
    betray: dict[str, str] = {}
    for team, country in ((OWN, "DE"), (OTHER, "FR"), (UNPLACED, "PL")):
        lead_id = uuid4()
        await territory.receives(_qualified(lead_id, country))
        of[team], betray[str(lead_id)] = fixed | {"lead_id": str(lead_id), "team": team}, team
        if team != UNPLACED:
            await territory.sql(_ITEM, uuid4(), lead_id, team)
    return Things(of, fixed | {"lead_id": str(uuid4()), "team": "nowhere"}, betray)


def _qualified(lead_id: UUID, country: str) -> LeadQualified:
    return LeadQualified(
        lead_id=lead_id,
        genuine=True,
        grade="A",
        score=80,
        disposition="near_term",
        scorecard=1,
        about=LeadAttributes(source="web", country=country),
        party_id=uuid4(),
        qualified_at=AT,
    )


FILLED = {"leads": in_leads, "campaigns": in_campaigns, "metrics": in_metrics, "territory": in_territory}


async def filled(service: ServiceUnderTest) -> Things:
    """Everybody is known, and everything is there."""
    await tell(service)
    return await FILLED[service.service.name](service)


def bytes_of(answer: httpx.Response) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    """Everything by which one answer could be told from another."""
    headers = [(name, value) for name, value in answer.headers.raw if name != b"traceresponse"]  # the call's own trace
    return answer.status_code, answer.content, sorted(headers)
