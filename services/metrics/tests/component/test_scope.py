"""Numbers are sums over the teams of which somebody has a running grant; of all others nothing is there."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis import Actor
from chassis_testing import ServiceUnderTest, tokens
from contracts.campaigns.campaign import CampaignPlanned
from metrics.store import facts, kpis

from .people import granted, member, revoked
from .test_counting import NOON, captured, lead_id, planned, posted, qualified, routed, rows, walk, won


async def counted(service: ServiceUnderTest) -> None:
    """Two leads of berlin, one of roma by a channel of its own, and one of nobody's."""
    await service.receives(*walk(1), *walk(2))
    await service.receives(captured(3, "fair"), routed(3, "south", "roma"), won(3, 77), captured(4))
    await service.told(
        granted("anna", member("berlin")),
        granted("rosa", member("roma")),
        granted("both", member("berlin"), member("roma")),
        granted("boss", *(member(team, "management") for team in ("berlin", "roma", "(unplaced)"))),
    )


async def seen(http: httpx.AsyncClient, by: str, number: str = "leads") -> dict[str, Any]:
    answer = await http.get("/v1/kpis", params={"by": by})
    assert answer.status_code == 200, answer.text
    return {row["key"]: row[number] for row in answer.json()["rows"]}


async def test_everybody_reads_sums_over_his_own_teams(service: ServiceUnderTest) -> None:
    await counted(service)
    channels = {who: await seen(service.as_(who), "channel") for who in ("anna", "rosa", "both", "boss")}
    assert channels == {
        "anna": {"web": 2},
        "rosa": {"fair": 1},
        "both": {"web": 2, "fair": 1},
        "boss": {"web": 3, "fair": 1},
    }
    assert await seen(service.as_("rosa"), "campaign", "won_amount") == {"spring": {"EUR": 77}}
    assert await seen(service.as_("both"), "campaign", "won_amount") == {"spring": {"EUR": 2077}}
    assert await seen(service.as_("anna"), "team") == {"berlin": 2}
    assert await seen(service.as_("boss"), "team") == {"(unrouted)": 1, "berlin": 2, "roma": 1}


async def test_the_sums_over_each_team_are_the_sum_over_all(service: ServiceUnderTest) -> None:
    await counted(service)
    await service.told(*(granted(f"of.{n}", member(t)) for n, t in enumerate(("berlin", "roma", "(unplaced)"))))
    for by in ("segment", "channel", "team", "campaign"):
        parts = [await seen(service.as_(f"of.{n}"), by) for n in range(3)]
        whole = await seen(service.as_("boss"), by)
        assert {key: sum(part.get(key, 0) for part in parts) for key in whole} == whole


async def test_a_number_moves_with_its_lead_from_team_to_team(service: ServiceUnderTest) -> None:
    await counted(service)
    await service.receives(routed(1, "south", "roma", minutes=5))
    assert (await seen(service.as_("anna"), "channel"), await seen(service.as_("rosa"), "channel")) == (
        {"web": 1},
        {"fair": 1, "web": 1},
    )


async def test_the_version_of_a_sum_grows_whatever_team_has_changed_and_whatever_the_clocks(
    service: ServiceUnderTest,
) -> None:
    await counted(service)
    await service.sql("update merged set version = version + 60000000")  # another replica's clock, a minute ahead
    await service.receives(captured(5), routed(5))
    first = (await rows(service, "channel"))["web"]["version"]
    await service.receives(captured(6), routed(6, "south", "roma"))
    assert (await rows(service, "channel"))["web"]["version"] > first


async def test_spend_is_the_owning_teams_to_see(service: ServiceUnderTest) -> None:
    await counted(service)
    await service.receives(planned(), posted(1, 900))
    assert await seen(service.as_("both"), "campaign", "spend") == {"spring": {}}
    assert await seen(service.as_("boss"), "campaign", "spend") == {"spring": {"EUR": 900}}
    plan = CampaignPlanned(
        campaign="spring", name="S", channel="web", currency="EUR", team="roma", version=2, planned_at=NOON
    )
    await service.receives(plan)
    assert await seen(service.as_("rosa"), "channel", "spend") == {"fair": {}, "web": {"EUR": 900}}
    assert await seen(service.as_("anna"), "channel", "spend") == {"web": {}}


@pytest.mark.parametrize("path", ["/v1/kpis", "/v1/kpis/channel/web/facts", "/v1/kpis/stream", "/v1/league"])
async def test_who_has_no_running_grant_is_told_that_he_belongs_to_nothing(
    service: ServiceUnderTest, path: str
) -> None:
    await counted(service)
    await service.told(
        granted("gone", member("berlin")),
        revoked("gone"),
        granted("later", member("berlin", begins=60)),
        granted("past", member("berlin", ends=-1)),
    )
    for who in ("gone", "later", "past", "stranger"):
        answer = await service.as_(who).get(path)
        assert (answer.status_code, answer.json()["title"]) == (403, "You belong to no unit")
    assert (await service.anonymous.get(path)).status_code == 401


async def test_what_is_there_for_others_only_looks_as_what_is_not_there(service: ServiceUnderTest) -> None:
    await counted(service)
    for who, theirs in (("anna", "fair"), ("rosa", "web")):
        other = await service.as_(who).get(f"/v1/kpis/channel/{theirs}/facts")
        absent = await service.as_(who).get("/v1/kpis/channel/nowhere/facts")
        assert (other.status_code, other.content) == (absent.status_code, absent.content)
        assert theirs not in (await service.as_(who).get("/v1/kpis", params={"by": "channel"})).text


async def test_the_leads_behind_a_number_are_ones_own_teams(service: ServiceUnderTest) -> None:
    await counted(service)
    ids = {}
    for who in ("anna", "rosa", "both", "boss"):
        answer = await service.as_(who).get("/v1/kpis/campaign/spring/facts")
        ids[who] = [lead["lead_id"] for lead in answer.json()["leads"]]
    of = [str(lead_id(n)) for n in range(5)]
    assert ids == {
        "anna": [of[2], of[1]],
        "rosa": [of[3]],
        "both": [of[3], of[2], of[1]],
        "boss": [of[4], of[3], of[2], of[1]],
    }


async def test_the_database_itself_shows_no_row_of_another_team(service: ServiceUnderTest) -> None:
    """The policies alone: statements that forget to ask whose row it is."""
    await counted(service)
    found = {}
    for who in ("anna", "rosa", "nobody"):
        async with service.service.database.at_door(Actor(who)) as tx:
            found[who] = [
                {row[0] for row in await tx.conn.fetch(f"select coalesce(team, '') from {table}")}
                for table in ("kpi_part", "lead_fact")
            ]
    assert found == {"anna": [{"berlin"}] * 2, "rosa": [{"roma"}] * 2, "nobody": [set(), set()]}


async def test_every_list_names_the_teams_by_itself_also_where_no_policy_helps(service: ServiceUnderTest) -> None:
    """The same statements as the worker, to whom every row is shown."""
    await counted(service)
    async with service.service.database.transaction() as tx:
        page = await kpis.page(tx, "campaign", "", 100, {"roma"})
        behind = await facts.leads_behind(tx, "campaign", "spring", UUID(int=2**128 - 1), 100, {"roma"})
    assert ([row.measures["leads"] for row in page], [fact.team for fact in behind]) == ([1], ["roma"])


async def test_leads_behind_a_number_are_found_by_their_team_where_policies_bind(service: ServiceUnderTest) -> None:
    await counted(service)
    async with service.service.database.at_door(Actor("rosa")) as tx:
        await tx.conn.execute("set local enable_seqscan = off")
        behind = await facts.leads_behind(tx, "campaign", "spring", UUID(int=2**128 - 1), 100, {"roma"})
        looked = await tx.conn.fetchval("select pg_stat_get_xact_numscans('lead_fact_of_team'::regclass)")
        many = {"roma", *(f"team-{n}" for n in range(facts.FEW))}
        assert await facts.leads_behind(tx, "campaign", "spring", UUID(int=2**128 - 1), 100, many) == behind
    assert ([fact.team for fact in behind], looked) == (["roma"], 1)


async def test_a_machine_needs_the_scope_and_a_grant(service: ServiceUnderTest) -> None:
    await counted(service)
    await service.receives(qualified(4))
    board = {"kind": "machine", "subjects": (tokens.subject("board"),)}
    await service.told(granted("machine:board", member("berlin", "machine"), **board))
    transport = service.http._transport
    for scopes, status in ((("kpis:read",), 200), ((), 403), (("leads:capture",), 403)):
        headers = tokens.bearer(tokens.of_machine("board", *scopes))
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as http:
            assert (await http.get("/v1/kpis")).status_code == status
    headers = tokens.bearer(tokens.of_machine("another", "kpis:read"))
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as http:
        assert (await http.get("/v1/kpis")).status_code == 403
