"""The rules that leads are judged and answered by are data: drafted, tried, put in force by another, and what was in force stays."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from chassis_testing import ServiceUnderTest
from contracts.leads.lead import LeadQualified
from contracts.leads.rule import RuleActivated
from contracts.territory.access import AccessGranted
from leads.app import build
from leads.domain.rules import KINDS
from leads.settings import LeadsSettings
from leads.use_cases import rules
from leads.use_cases.rule_contents import FIRST, read, written

from .sales import EVER, Sales, may
from .test_clock import berlin, hot

DOOR = "/v1/rules"


def role(person: str, *roles: str) -> AccessGranted:
    """Somebody of no team who holds these."""
    held = [{"role": one, "begins_at": EVER} for one in roles]
    return AccessGranted.model_validate(may(person).model_dump() | {"roles": held})


@pytest.fixture
async def sales(service: ServiceUnderTest) -> Sales:
    made = await Sales(service).opens()
    await service.told(
        role("dora", "territory_designer"), role("rita", "rule_activator"), role("gina", "general_manager")
    )
    return made


def tag(answer: httpx.Response) -> dict[str, str]:
    return {"if-match": answer.headers["etag"]}


def wrong(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return sorted(error["field"] for error in answer.json()["errors"])


async def content(sales: Sales, kind: str) -> dict[str, Any]:
    answer = await sales.dora.get(f"{DOOR}/{kind}/active")
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()["content"]
    return said


async def drafted(sales: Sales, kind: str, **changes: Any) -> httpx.Response:
    """A draft that is like what is in force, with these changes."""
    answer = await sales.dora.post(f"{DOOR}/{kind}", json={"content": await content(sales, kind) | changes})
    assert answer.status_code == 201, answer.text
    return answer


async def in_force(sales: Sales, kind: str, **changes: Any) -> int:
    """Such a draft, put in force by another."""
    draft = await drafted(sales, kind, **changes)
    done = await sales.gina.post(f"{draft.headers['location']}/activate", headers=tag(draft))
    assert (done.status_code, done.json()["state"]) == (200, "active"), done.text
    version: int = done.json()["version"]
    return version


async def judged(sales: Sales, **form: Any) -> LeadQualified:
    """What is said of a lead that comes in now."""
    await sales.service.emitted()
    await sales.lead(team=None, **hot(**form))
    (said,) = [one for one in await sales.service.emitted() if isinstance(one, LeadQualified)]
    return said


async def test_the_first_versions_are_those_of_before_word_for_word(service: ServiceUnderTest) -> None:
    rows = await service.sql("select kind, version, state, content from rule order by kind, version")
    assert {(row["kind"], row["version"]) for row in rows} == {(k, r.version) for k in KINDS for r in FIRST[k]}
    assert {row["kind"]: row["version"] for row in rows if row["state"] == "active"} == {
        kind: FIRST[kind][-1].version for kind in KINDS
    }
    for row in rows:
        (first,) = [one for one in FIRST[row["kind"]] if one.version == row["version"]]
        assert row["content"] == json.loads(json.dumps(written(first)))
        assert read(row["kind"], row["version"], row["content"]) == first


async def test_a_draft_decides_nothing_until_another_than_its_author_puts_it_in_force(sales: Sales) -> None:
    before = await judged(sales)
    assert (before.grade, before.scorecard) == ("A", 3)
    first_only = (await content(sales, "scorecard"))["terms"][:1]
    draft = await drafted(sales, "scorecard", terms=first_only)
    assert (draft.json()["version"], draft.json()["state"], draft.json()["author"]) == (4, "draft", "dora")
    assert (await judged(sales)).scorecard == 3
    where = draft.headers["location"]
    assert (await sales.dora.post(f"{where}/activate", headers=tag(draft))).status_code == 403
    done = await sales.gina.post(f"{where}/activate", headers=tag(draft))
    assert (done.status_code, done.json()["state"]) == (200, "active")
    [told] = [one for one in await sales.service.emitted() if isinstance(one, RuleActivated)]
    assert (told.id, told.version, told.author, told.activated_by) == ("scorecard", 4, "dora", "gina")
    plain = json.dumps(done.json()["content"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert told.sha256 == hashlib.sha256(plain.encode()).hexdigest()
    assert [(one["what"], one["by"]) for one in done.json()["history"]] == [("drafted", "dora"), ("activated", "gina")]
    after = await judged(sales)
    assert (after.grade, after.scorecard) == ("D", 4)
    versions = (await sales.anna.get(f"{DOOR}/scorecard")).json()["rows"]
    assert [(one["version"], one["state"]) for one in versions] == [
        *((4, "active"), (3, "archived"), (2, "archived"), (1, "archived")),
    ]


async def test_who_drafted_and_may_activate_too_needs_another(sales: Sales) -> None:
    draft = await sales.rita.post(f"{DOOR}/waiting", json={"copy_of": 1})
    refused = await sales.rita.post(f"{DOOR}/waiting/2/activate", headers=tag(draft))
    assert (refused.status_code, refused.json()["title"]) == (403, "Another than its author puts it in force")
    edited = await sales.dora.put(
        f"{DOOR}/waiting/2", json={"content": draft.json()["content"] | {"again": 2}}, headers=tag(draft)
    )
    assert (await sales.rita.post(f"{DOOR}/waiting/2/activate", headers=tag(edited))).status_code == 200


async def test_what_was_in_force_never_changes_and_is_gone_back_to_as_a_copy(sales: Sales) -> None:
    second = await in_force(sales, "waiting", queue="1h")
    active = await sales.dora.get(f"{DOOR}/waiting/{second}")
    edit = {"content": active.json()["content"]}
    assert (await sales.dora.put(f"{DOOR}/waiting/{second}", json=edit, headers=tag(active))).status_code == 409
    assert (await sales.dora.post(f"{DOOR}/waiting/{second}/archive", headers=tag(active))).status_code == 409
    first = await sales.dora.get(f"{DOOR}/waiting/1")
    assert (await sales.gina.post(f"{DOOR}/waiting/1/activate", headers=tag(first))).status_code == 409
    back = await sales.dora.post(f"{DOOR}/waiting", json={"copy_of": 1})
    assert (back.json()["version"], back.json()["content"]) == (3, first.json()["content"])
    assert back.json()["history"][0]["of"] == 1
    assert (await sales.gina.post(f"{DOOR}/waiting/3/activate", headers=tag(back))).status_code == 200
    state = await sales.service.sql("select version, state from rule where kind = 'waiting' order by version")
    assert [tuple(row) for row in state] == [(1, "archived"), (2, "archived"), (3, "active")]


async def test_who_has_not_read_the_last_change_changes_nothing(sales: Sales) -> None:
    draft = await drafted(sales, "waiting", queue="3h")
    where, body = draft.headers["location"], {"content": draft.json()["content"]}
    later = await sales.dora.put(where, json=body, headers=tag(draft))
    for who, method, path, said in (
        ("dora", "PUT", where, body),
        ("dora", "POST", f"{where}/archive", None),
        ("gina", "POST", f"{where}/activate", None),
    ):
        client = sales.service.as_(who)
        assert (await client.request(method, path, json=said)).status_code == 428
        stale = await client.request(method, path, json=said, headers=tag(draft))
        assert (stale.status_code, stale.headers["etag"]) == (412, later.headers["etag"])
    gone = await sales.dora.post(f"{where}/archive", headers=tag(later))
    assert gone.json()["state"] == "archived"
    assert (await sales.dora.put(where, json=body, headers=tag(gone))).status_code == 409


async def test_what_is_wrong_is_named_by_field_and_what_is_not_there_is_404(sales: Sales) -> None:
    card = await content(sales, "scorecard")
    terms = [{"name": "x", "points": 1}, {"name": "x", "points": 900, "fact": "shoes", "among": [True]}, {"points": 1}]
    bad = card | {"terms": terms[:2], "grades": [["A", 10], ["B", 20], ["C", 5], ["D", 0]], "extra": 1}
    assert wrong(await sales.dora.post(f"{DOOR}/scorecard", json={"content": bad})) == ["content.extra"]
    del bad["extra"]
    assert wrong(await sales.dora.post(f"{DOOR}/scorecard", json={"content": bad})) == [
        *("content.grades", "content.terms[0].fact", "content.terms[1].fact"),
        *("content.terms[1].name", "content.terms[1].points"),
    ]
    bad["terms"] = terms
    assert wrong(await sales.dora.post(f"{DOOR}/scorecard", json={"content": bad})) == ["content.terms[2].name"]
    promise = {"within": "soon", "steps": [{"after": "1h", "to": "nobody"}]}
    assert wrong(await sales.dora.post(f"{DOOR}/response", json={"content": {"promises": [promise]}})) == [
        "content.promises[0].steps[0].to"
    ]
    codes = (await content(sales, "reasons"))["codes"]
    reasons = {"codes": codes | {"return": [], "fly": ["x"]}, "kept_days": {"cold": 1}, "kept_days_otherwise": 0}
    assert wrong(await sales.dora.post(f"{DOOR}/reasons", json={"content": reasons})) == [
        *("content.codes.fly", "content.codes.return", "content.kept_days.cold", "content.kept_days_otherwise"),
    ]
    for surrogate in ("\ud800", "a\x00b"):
        odd = [{"name": surrogate, "points": 1, "fact": "phone", "among": [True]}]
        answer = await sales.dora.post(
            f"{DOOR}/scorecard",
            content=json.dumps({"content": card | {"terms": odd}}),
            headers={"content-type": "application/json"},
        )
        assert answer.status_code == 422, answer.text
    assert wrong(await sales.dora.post(f"{DOOR}/waiting", json={})) == ["content"]
    assert wrong(await sales.dora.post(f"{DOOR}/waiting", json={"copy_of": 1, "content": {}})) == ["content"]
    for path in ("/shoes", "/scorecard/77", "/shoes/1", "/shoes/active"):
        assert (await sales.dora.get(DOOR + path)).status_code == 404, path
    assert (await sales.dora.post(f"{DOOR}/waiting", json={"copy_of": 9})).status_code == 404
    assert (await sales.gina.post(f"{DOOR}/waiting/9/activate", headers={"if-match": '"1"'})).status_code == 404


async def test_who_works_by_a_rule_reads_it_and_who_may_not_changes_nothing(sales: Sales) -> None:
    assert (await sales.anna.get(f"{DOOR}/reasons/active")).status_code == 200
    assert (await sales.anna.post(f"{DOOR}/reasons", json={"copy_of": 1})).status_code == 403
    draft = await drafted(sales, "reasons")
    assert (await sales.anna.post(f"{draft.headers['location']}/activate", headers=tag(draft))).status_code == 403
    assert (await sales.root.get(DOOR)).status_code == 403
    open_ = (await sales.gina.get(DOOR)).json()["rows"]
    assert [(one["kind"], one["version"], one["state"]) for one in open_] == [
        *(("reasons", 2, "draft"), ("reasons", 1, "active"), ("response", 1, "active")),
        *(("scorecard", 3, "active"), ("waiting", 1, "active")),
    ]


async def test_a_draft_of_the_scorecard_is_tried_on_the_leads_that_came_last(sales: Sales) -> None:
    hers = await sales.lead(**hot())
    others = await sales.lead(team="paris", **hot(contact={"phone": "030 7654321", "company": "Vogt KG"}))
    await sales.lead(contact={"company": "Marx GmbH"}, country="FR")
    gone = await sales.lead(**hot(contact={"phone": "030 5555555"}))
    await sales.service.sql(
        "update person set wrapped_key = null where person_id = (select person_id from lead where lead_id = $1::text::uuid)",
        gone,
    )
    before = await sales.service.state()
    terms = [one for one in (await content(sales, "scorecard"))["terms"] if one["name"] != "expects to spend a lot"]
    draft = await drafted(sales, "scorecard", terms=terms, grades=[["A", 90], ["B", 50], ["C", 25], ["D", 0]])
    where = draft.headers["location"]
    asked = await sales.dora.post(f"{where}/try", json={"last": 50})
    assert (asked.status_code, asked.json()["tried"]["state"]) == (202, "waiting"), asked.text
    await sales.service.runs("try_rules")
    seen = (await sales.anna.get(where)).json()["tried"]
    assert (seen["state"], seen["against"], seen["leads"], seen["unreadable"], seen["changed"]) == ("done", 3, 3, 1, 2)
    assert {"before": "A", "after": "B", "leads": 2} in seen["grades"]
    assert sum(one["leads"] for one in seen["grades"]) == 3
    assert [one["lead_id"] for one in seen["examples"]] == [hers]
    assert (seen["examples"][0]["before"]["grade"], seen["examples"][0]["after"]["grade"]) == ("A", "B")
    assert (await sales.dora.get(where)).json()["tried"]["examples"] == []
    assert [one["lead_id"] for one in (await sales.gm.get(where)).json()["tried"]["examples"]] == [others, hers]
    after = await sales.service.state()
    assert {name for name in after if after[name] != before[name]} == {"rule"}
    few = await sales.dora.post(f"{where}/try", json={"last": 1})
    assert few.json()["tried"]["examples"] == []
    await sales.service.runs("try_rules")
    assert (await sales.dora.get(where)).json()["tried"]["leads"] == 0  # the one that came last is forgotten
    assert wrong(await sales.dora.post(f"{where}/try", json={"last": 0})) == ["last"]
    assert (await sales.dora.post(f"{DOOR}/scorecard/99/try", json={})).status_code == 404


async def test_the_same_card_changes_nothing_about_leads_that_another_system_knows(sales: Sales) -> None:
    await sales.lead(team=None, source="import", external_id="7", country="BR")
    (detail,) = await sales.service.sql("select detail from timeline where detail ? 'reasons'")
    assert "is known by another system" in detail["detail"]["reasons"]
    copy = await sales.dora.post(f"{DOOR}/scorecard", json={"copy_of": 3})
    without = await content(sales, "scorecard")
    without["terms"] = [one for one in without["terms"] if one.get("fact") != "external_id"]
    less = await sales.dora.post(f"{DOOR}/scorecard", json={"content": without})
    changed = []
    for draft in (copy, less):
        await sales.dora.post(f"{draft.headers['location']}/try", json={"last": 5})
        await sales.service.runs("try_rules")
        changed.append((await sales.dora.get(draft.headers["location"])).json()["tried"]["changed"])
    assert changed == [0, 1]


async def test_a_draft_of_promises_that_nobody_would_mean_is_refused_by_the_field(sales: Sales) -> None:
    for promise, kinds, field in (
        ({}, {"My Kind": True}, "content.kinds.My Kind"),
        ({"kind": "pony"}, {"sample": True}, "content.promises[1].kind"),
        ({"grade": "Z"}, {}, "content.promises[1].grade"),
        ({"line": ""}, {}, "content.promises[1].line"),
        ({"language": "x" * 201}, {}, "content.promises[1].language"),
        ({"grade": "A", "within": "367d"}, {}, "content.promises[1].within"),
        ({"grade": "A", "steps": [{"after": "9999h"}]}, {}, "content.promises[1].steps[0].after"),
    ):
        promises = [{"within": "2h"}, *([{"within": "1h"} | promise] if promise else [])]
        answer = await sales.dora.post(f"{DOOR}/response", json={"content": {"promises": promises, "kinds": kinds}})
        assert wrong(answer) == [field]
    former = json.dumps({"promises": [{"within": "2h"}, {"within": "1h", "grade": "Z"}], "kinds": {"My Kind": True}})
    assert read("response", 2, json.loads(former)).version == 2, "one that is in force already is followed"


async def test_what_is_never_due_by_a_calendar_is_said(sales: Sales) -> None:
    minute = [{"day": "mon", "hours": [{"opens": "09:00", "closes": "09:01"}]}]
    await sales.service.receives(berlin(week=minute))
    draft = await drafted(sales, "response", promises=[{"within": "8784h"}])
    ask = {"calendar": "de", "starts_at": "2099-12-31T00:00:00Z"}
    assert wrong(await sales.anna.post(f"{draft.headers['location']}/try", json=ask)) == ["calendar"]


@pytest.mark.parametrize(
    ("starts_at", "due", "soon", "steps"),
    [
        ("11-27T16:30", "11-30T09:30", "11-30T09:00", ["11-30T10:30", "11-30T14:30", "12-01T09:30"]),
        ("11-28T21:00", "11-30T10:00", "11-30T09:30", ["11-30T11:00", "11-30T15:00", "12-01T10:00"]),
    ],
)
async def test_the_promises_are_tried_by_a_calendar(
    sales: Sales, starts_at: str, due: str, soon: str, steps: list[str]
) -> None:
    lunch = [{"opens": "09:00", "closes": "12:00"}, {"opens": "13:00", "closes": "18:00"}]
    week = [{"day": day, "hours": lunch} for day in ("mon", "tue", "wed", "thu", "fri")]
    await sales.service.receives(berlin(week=week))
    ask = {"calendar": "de", "starts_at": f"2026-{starts_at}:00Z"}
    found = (await sales.anna.post(f"{DOOR}/response/1/try", json=ask)).json()
    times = [found["soon_at"], found["due_at"], *found["steps"]]
    assert [at[5:16] for at in times] == [soon, due, *steps]
    longer = await drafted(sales, "response", promises=[{"within": "4h"}])
    tried = (await sales.anna.post(f"{longer.headers['location']}/try", json=ask)).json()
    assert tried["due_at"] > found["due_at"]
    assert tried["steps"] == []
    assert wrong(await sales.anna.post(f"{DOOR}/response/1/try", json=ask | {"calendar": "moon"})) == ["calendar"]
    for at in ("2026-11-27T16:30", "1999-01-01T00:00:00Z"):
        assert wrong(await sales.anna.post(f"{DOOR}/response/1/try", json=ask | {"starts_at": at})) == ["starts_at"]
    assert (await sales.anna.post(f"{DOOR}/response/9/try", json=ask)).status_code == 404


async def test_what_is_due_by_a_former_version_stays_due_by_it(sales: Sales) -> None:
    lead = await sales.lead(person="anna", **hot())
    second = await in_force(sales, "response", promises=[{"within": "9h", "stops": ["visit"]}])
    later = await sales.lead(person="anna", **hot())
    requests = await sales.service.sql(
        "select lead_id::text, policy, due_at - starts_at as wait from request where n = 0"
    )
    found = {row["lead_id"]: (row["policy"], row["wait"]) for row in requests}
    assert found == {lead: (1, timedelta(hours=2)), later: (second, timedelta(hours=9))}
    for one in (lead, later):
        call = {"kind": "call", "direction": "outbound", "reached": True}
        assert (await sales.anna.post(f"/v1/leads/{one}/activities", json=call)).status_code == 201
    states = await sales.service.sql("select lead_id::text, state from request where n = 0")
    assert {row["lead_id"]: row["state"] for row in states} == {lead: "answered", later: "open"}


async def test_codes_are_those_in_force_and_what_is_set_aside_is_kept_as_they_say(sales: Sales) -> None:
    codes = (await content(sales, "reasons"))["codes"]
    await in_force(
        sales, "reasons", codes=codes | {"return": ["on_holiday"], "discard": ["spam", "fake"]}, kept_days={"fake": 3}
    )
    lead = await sales.lead(person="anna")
    read_ = await sales.anna.get(f"/v1/leads/{lead}")
    former = await sales.anna.post(f"/v1/leads/{lead}/return", json={"code": "overload"}, headers=tag(read_))
    assert wrong(former) == ["code"]
    assert former.json()["errors"][0]["reason"] == "is none of on_holiday"
    aside = await sales.anna.post(f"/v1/leads/{lead}/discard", json={"code": "fake"}, headers=tag(read_))
    assert aside.status_code == 200, aside.text
    (row,) = await sales.service.sql("select later ->> 'keep_until' as until, discarded_at from lead_place")
    assert row["until"][:10] == (row["discarded_at"] + timedelta(days=3)).date().isoformat()


async def test_another_process_follows_within_seconds_and_asks_no_oftener(
    sales: Sales, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = sales.service.service.settings
    assert isinstance(settings, LeadsSettings)
    other = build(settings).database
    asked = 0
    look = rules.store.in_force

    async def counted(*args: Any) -> Any:
        nonlocal asked
        asked += 1
        return await look(*args)

    monkeypatch.setattr(rules.store, "in_force", counted)

    async def card(later: timedelta = timedelta()) -> int:
        async with other.transaction() as tx:
            tx.now += later
            return (await rules.scorecard(tx)).version

    try:
        assert [await card(), await card()] == [3, 3]
        assert asked == 1
        await in_force(sales, "scorecard", doubtful_at=29)
        assert await card() == 3
        assert await card(rules.KNOWN_FOR) == 4
    finally:
        await other.close()


async def test_a_version_that_this_build_can_not_read_stops_nothing(
    sales: Sales, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await judged(sales)).scorecard == 3
    await sales.service.sql("update rule set state = 'archived' where kind = 'scorecard' and version = 3")
    odd = json.dumps({"terms": [], "of a later build": True})
    await sales.service.sql(
        "insert into rule values ('scorecard', 4, 'active', $1::text::jsonb, 'dora', now(), 1, '[]', null)", odd
    )
    rules.forget(sales.service.service.database.process_cache)
    with pytest.raises(ConnectionError):  # who knows nothing yet waits, and parks nothing
        async with sales.service.service.database.transaction() as tx:
            await rules.scorecard(tx)
    for version, state in ((4, "draft"), (3, "active")):
        await sales.service.sql(f"update rule set state = '{state}' where kind = 'scorecard' and version = {version}")
    assert (await judged(sales)).scorecard == 3
    for version, state in ((3, "archived"), (4, "active")):
        await sales.service.sql(f"update rule set state = '{state}' where kind = 'scorecard' and version = {version}")
    monkeypatch.setattr(rules, "KNOWN_FOR", timedelta())
    assert (await judged(sales)).scorecard == 3  # who knows the one before goes on by it
