"""A market is drafted, tried on the leads that came last, and put in force by another; what was in force stays on record."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis_testing import ServiceUnderTest
from contracts.territory.structure import MarketActivated

from .events import MARKET, qualified
from .people import Company

DRAFTS = "market/drafts"


@pytest.fixture
async def company(service: ServiceUnderTest) -> Company:
    """des and dot draft, act drafts and activates, gm activates; lea leads berlin."""
    company = await Company.begin(service)
    roles = {"des": "territory_designer", "dot": "segment_manager", "act": "rule_activator", "gm": "general_manager"}
    await company.joins("lea", "berlin", "supervisor")
    await company.joins("max", "germany", "supervisor")
    for person, role in roles.items():
        await company.joins(person, "germany", second="max")
        await company.granted(person, role)
    return company


def changed(**parts: Any) -> dict[str, Any]:
    """The market in force with these parts."""
    return MARKET | parts


def to_germany() -> dict[str, Any]:
    """What was berlin's goes to germany."""
    return changed(rules=[MARKET["rules"][0] | {"team": "germany"}, MARKET["rules"][1]])


async def drafted(company: Company, document: dict[str, Any], by: str = "des") -> httpx.Response:
    answer = await company.does(by, "POST", DRAFTS, {"content": document})
    assert answer.status_code == 201, answer.text
    return answer


def place(answer: httpx.Response) -> str:
    return f"{DRAFTS}/{answer.json()['draft']}"


async def does(
    company: Company, who: str, method: str, path: str, seen: httpx.Response, body: Any = None
) -> httpx.Response:
    return await company.does(who, method, path, body, if_match=seen.headers["etag"])


async def tries(company: Company, path: str, last: int = 1000) -> None:
    assert (await company.does("des", "POST", f"{path}/try", {"last": last})).status_code == 202
    await company.service.runs("try_draft")


async def team_of(service: ServiceUnderTest, number: int) -> str:
    [[team]] = await service.sql("select team from lead_case where lead_id = $1", UUID(int=number))
    return str(team)


async def test_a_draft_decides_nothing_until_another_than_its_author_puts_it_in_force(company: Company) -> None:
    service = company.service
    draft = await drafted(company, to_germany())
    said = draft.json()
    assert (said["draft"], said["state"], said["version"], said["made_from"]) == (1, "draft", None, 1)
    assert said["changes"] == [{"part": "rules", "id": "berlin-machines", "change": "changed"}]
    assert said["content"] == to_germany()
    await service.receives(qualified(1))
    assert await team_of(service, 1) == "berlin"
    await company.settle()
    done = await does(company, "gm", "POST", f"{place(draft)}/activate", draft)
    assert (done.status_code, done.json()["state"], done.json()["version"]) == (200, "active", 2), done.text
    assert company.last(MarketActivated).version == 2
    steps = [(one["what"], one["by"]) for one in done.json()["history"]]
    assert steps == [("drafted", "des"), ("activated", "gm")]
    await service.receives(qualified(2))
    assert (await team_of(service, 1), await team_of(service, 2)) == ("berlin", "germany"), "who has a lead keeps it"
    versions = (await company.ok("lea", "GET", "rulesets"))["rulesets"]
    assert [(one["version"], one["by"], one["draft"]) for one in versions][:1] == [(2, "gm", 1)]
    assert versions[1]["draft"] is None


async def test_who_may_what_is_said_by_roles_and_nobody_activates_their_own(company: Company) -> None:
    draft = await drafted(company, to_germany(), by="act")
    own = await does(company, "act", "POST", f"{place(draft)}/activate", draft)
    assert own.status_code == 403
    assert "Another than its author" in own.json()["detail"]
    assert (await does(company, "des", "POST", f"{place(draft)}/activate", draft)).status_code == 403
    assert (await company.does("gm", "POST", DRAFTS, {"content": MARKET})).status_code == 403
    assert (await company.does("lea", "GET", place(draft))).status_code == 200
    edited = await does(company, "dot", "PUT", place(draft), draft, {"content": to_germany()})
    assert (await does(company, "act", "POST", f"{place(draft)}/activate", edited)).status_code == 200


async def test_it_is_tried_on_the_leads_that_came_last_and_touches_none(company: Company) -> None:
    service = company.service
    await service.receives(
        *(qualified(n) for n in (1, 2, 3)), qualified(4, attributes={}), qualified(5, country="NZ"), qualified(6)
    )
    await service.emitted()
    before = await service.sql("select * from decision order by lead_id, number")
    draft = await drafted(company, to_germany())
    await tries(company, place(draft), last=6)
    assert await service.emitted() == []
    assert await service.sql("select * from decision order by lead_id, number") == before
    tried = (await company.ok("lea", "GET", place(draft)))["tried"]
    assert (tried["state"], tried["against"], tried["leads"], tried["changed"]) == ("done", 1, 6, 4)
    assert tried["teams"] == [
        {"before": "berlin", "after": "germany", "leads": 4},
        {"before": "germany", "after": "germany", "leads": 1},
        {"before": "head-office", "after": "head-office", "leads": 1},
    ]
    first = tried["examples"][0]
    assert (first["before"]["team"], first["after"]["team"]) == ("berlin", "germany")
    assert (first["before"]["pipeline"], first["after"]["pipeline"]) == ("contract", "short")
    assert {one["lead_id"] for one in tried["examples"]} == {str(UUID(int=n)) for n in (1, 2, 3, 6)}
    assert (await company.ok("des", "GET", place(draft)))["tried"]["examples"] == [], "leads of a team he does not see"
    await tries(company, place(draft), last=1)
    assert (await company.ok("lea", "GET", place(draft)))["tried"]["leads"] == 1


async def test_one_that_this_build_would_not_put_in_force_is_tried_on_none_and_holds_nothing_up(
    company: Company,
) -> None:
    draft, other = await drafted(company, to_germany()), await drafted(company, to_germany())
    await company.service.sql("update market_draft set document = '{}' where draft = 1")
    await tries(company, place(draft))
    await tries(company, place(other))
    tried = [(await company.ok("lea", "GET", place(one)))["tried"] for one in (draft, other)]
    assert [(one["state"], one["is_refused"], one["leads"]) for one in tried] == [
        ("done", True, None),
        ("done", False, 0),
    ]
    refused = await does(company, "gm", "POST", f"{place(draft)}/activate", draft)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "content.segments")


async def test_what_a_customers_team_has_is_moved_by_no_rule_that_leaves_it_to_them(company: Company) -> None:
    service, party = company.service, UUID(int=7)
    first, further = qualified(1), qualified(2, country="NZ")
    for one in (first, further):
        await service.receives(one.model_copy(update={"party_id": party}))
    await service.emitted()
    nowhere = changed(rules=MARKET["rules"][:1], fallback={"segment": "de", "team": "germany"})
    draft = await drafted(company, nowhere)
    await tries(company, place(draft))
    tried = (await company.ok("lea", "GET", place(draft)))["tried"]
    assert tried["teams"] == [{"before": "berlin", "after": "berlin", "leads": 2}]
    assert tried["changed"] == 1, "its segment is another"


async def test_an_edit_forgets_what_was_tried_and_needs_what_was_read_last(company: Company) -> None:
    draft = await drafted(company, to_germany())
    await tries(company, place(draft))
    later = await does(company, "dot", "PUT", place(draft), draft, {"content": MARKET})
    assert (later.status_code, later.json()["tried"], later.json()["author"]) == (200, None, "dot")
    assert later.json()["changes"] == []
    for who, method, path, body in (
        ("des", "PUT", place(draft), {"content": MARKET}),
        ("gm", "POST", f"{place(draft)}/activate", None),
        ("des", "POST", f"{place(draft)}/archive", None),
    ):
        assert (await does(company, who, method, path, draft, body)).status_code == 412
        assert (await company.does(who, method, path, body)).status_code == 428


async def test_what_came_into_force_meanwhile_is_not_undone_unseen(company: Company) -> None:
    draft = await drafted(company, to_germany())
    await company.service.http.put("/v1/market", json=changed(rules=[]))
    refused = await does(company, "gm", "POST", f"{place(draft)}/activate", draft)
    assert refused.status_code == 409
    assert "version 1" in refused.json()["detail"]
    seen = await company.does("des", "GET", place(draft))
    assert {one["change"] for one in seen.json()["changes"]} == {"added"}
    saved = await does(company, "des", "PUT", place(draft), seen, {"content": to_germany()})
    done = await does(company, "gm", "POST", f"{place(draft)}/activate", saved)
    assert (done.status_code, done.json()["version"]) == (200, 3)


async def test_what_was_in_force_stays_and_is_gone_back_to_as_a_copy(company: Company) -> None:
    draft = await drafted(company, to_germany())
    active = await does(company, "gm", "POST", f"{place(draft)}/activate", draft)
    for method, path, body in (("PUT", "", {"content": MARKET}), ("POST", "/archive", None)):
        assert (await does(company, "des", method, place(draft) + path, active, body)).status_code == 409
    back = await company.does("des", "POST", DRAFTS, {"copy_of": 1})
    assert (back.json()["draft"], back.json()["content"], back.json()["history"][0]["of"]) == (2, MARKET, 1)
    assert (await does(company, "gm", "POST", f"{place(back)}/activate", back)).json()["version"] == 3
    rows = (await company.ok("lea", "GET", DRAFTS))["rows"]
    assert [(one["draft"], one["state"], one["version"]) for one in rows] == [(2, "active", 3), (1, "archived", 2)]
    await company.service.http.put("/v1/market", json=changed(rules=[]))
    rows = (await company.ok("lea", "GET", f"{DRAFTS}?before=3&limit=1"))["rows"]
    assert [(one["draft"], one["state"]) for one in rows] == [(2, "archived")]


async def test_where_markets_are_drafted_a_file_changes_none_and_still_says_what_it_would(company: Company) -> None:
    service = company.service
    service.service.settings.market_by_draft = True  # type: ignore[attr-defined]
    assert (await service.http.put("/v1/market", json=MARKET)).json()["version"] == 1
    planned = await service.http.put("/v1/market?mode=plan", json=to_germany())
    assert (planned.status_code, len(planned.json()["changes"])) == (200, 1)
    refused = await service.http.put("/v1/market", json=to_germany())
    assert (refused.status_code, (await service.http.get("/v1/market")).json()) == (409, MARKET)
    draft = await drafted(company, to_germany())
    assert (await does(company, "gm", "POST", f"{place(draft)}/activate", draft)).json()["version"] == 2


async def test_a_draft_that_is_given_up_stays_on_record_and_decides_never(company: Company) -> None:
    draft = await drafted(company, to_germany())
    gone = await does(company, "des", "POST", f"{place(draft)}/archive", draft)
    assert (gone.status_code, gone.json()["state"], gone.json()["version"]) == (200, "archived", None)
    assert (await does(company, "gm", "POST", f"{place(draft)}/activate", gone)).status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "content"),
        ({"content": MARKET, "copy_of": 1}, "content"),
        ({"content": {}}, "content.segments"),
        ({"content": changed(rules=[MARKET["rules"][0] | {"team": "munich"}])}, "content.rules[0].team"),
        ({"content": changed(rules=[MARKET["rules"][0] | {"when": {"country": "Germany"}}])}, "content.rules[0].when"),
        ({"content": {"format": 2, "market": MARKET}}, "content."),
        ({"content": MARKET, "name": "x"}, "name"),
        ({"copy_of": 0}, "copy_of"),
    ],
)
async def test_what_can_not_be_put_in_force_is_no_draft(company: Company, body: dict[str, Any], field: str) -> None:
    answer = await company.does("des", "POST", DRAFTS, body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"].startswith(field), answer.text
    assert await company.service.sql("select 1 from market_draft") == []


async def test_what_is_not_there_is_absent(company: Company) -> None:
    assert (await company.does("des", "POST", DRAFTS, {"copy_of": 9})).status_code == 404
    assert (await company.does("des", "GET", f"{DRAFTS}/9")).status_code == 404
    assert (await company.does("des", "POST", f"{DRAFTS}/9/try", {})).status_code == 404
    for who, path in (("gm", "activate"), ("des", "archive")):
        assert (await company.does(who, "POST", f"{DRAFTS}/9/{path}", if_match='"1"')).status_code == 404
