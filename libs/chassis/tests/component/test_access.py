"""Who is let in at a door, as territory said it and as the clock has it; and nobody while that is not known."""

import asyncio
import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from toy.answers import problem
from toy.people import grant, granted, revoked, role

from chassis import Actor, access_reader, identity
from chassis_testing import ServiceUnderTest, tokens

NOTE = "/v1/notes/none"
STALE = "Who may see what can't be checked just now"
CLERK = (role("clerk"),)


async def title(client: httpx.AsyncClient, status: int, path: str = NOTE) -> object:
    """What the door says to this one."""
    return problem(await client.get(path), status)["title"]


async def mine(client: httpx.AsyncClient) -> dict[str, Any]:
    """What this one is told of himself."""
    answer = await client.get("/v1/access/me")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_door_opens_by_the_role_that_territory_gave_and_by_nothing_in_the_token(
    service: ServiceUnderTest,
) -> None:
    await service.told(granted("anna", grant("berlin"), roles=CLERK), granted("ben", grant("berlin")))
    assert await title(service.as_("anna"), 404) == "No such note"
    greedy = service.as_("ben", roles=["clerk"], scope="clerk toy:note", groups=["clerk"], teams=["berlin"])
    assert await title(greedy, 403) == "This needs the permission toy.note"


async def test_who_belongs_to_nothing_is_told_so_before_anything_is_looked_at(service: ServiceUnderTest) -> None:
    assert await title(service.as_("nobody"), 403) == "You belong to no unit"
    answer = await service.as_("nobody").post("/v1/notes", content=b"{")
    assert problem(answer, 403)["detail"] == "Ask whoever keeps the sales structure."
    assert await mine(service.as_("nobody")) | {"level_age_s": 0} == {
        "person": None, "kind": "person", "roles": [], "teams": [], "version": None, "level_age_s": 0,
    }  # fmt: skip


async def test_one_is_told_who_one_is_and_what_one_sees(service: ServiceUnderTest) -> None:
    said = granted(
        "anna",
        grant("berlin", "supervisor"),
        grant("hamburg", "substitute", ends=60, on_behalf_of="ben"),
        grant("köln", begins=60),
        roles=(*CLERK, role("auditor", ends=-1)),
    )
    await service.told(said)
    found = await mine(service.as_("anna"))
    assert (found["person"], found["kind"], found["version"]) == ("anna", "person", said.version)
    assert found["roles"] == ["clerk", "leader", "member"]
    assert [(t["team"], t["kind"], t["on_behalf_of"]) for t in found["teams"]] == [
        ("berlin", "supervisor", None),
        ("hamburg", "substitute", "ben"),
    ]
    assert datetime.fromisoformat(found["teams"][1]["until"]) == said.grants[1].ends_at
    assert found["level_age_s"] < 60


async def test_a_move_acts_at_once_with_the_same_token_and_its_grants_are_in_the_database(
    service: ServiceUnderTest,
) -> None:
    told: list[frozenset[str]] = []
    service.service.access.changed.append(told.append)
    anna = service.as_("anna")
    for team in ("berlin", "hamburg"):
        await service.told(granted("anna", grant(team), roles=CLERK))
        assert [t["team"] for t in (await mine(anna))["teams"]] == [team]
        rows = await service.sql("select team, kind, records, opens, ends_at from access_grant where person = 'anna'")
        assert [(r["team"], r["kind"], r["records"], r["opens"]) for r in rows] == [(team, "member", "own", True)]
        assert rows[0]["ends_at"] is None or rows[0]["ends_at"].year > 9000
    await service.told(revoked("anna"))
    assert await title(anna, 403) == "You belong to no unit"
    assert await service.sql("select 1 from access_grant where person = 'anna'") == []
    assert told == [frozenset({"anna"})] * 3


async def test_only_a_greater_version_acts_in_whatever_order_and_with_whatever_moment_it_comes(
    service: ServiceUnderTest,
) -> None:
    old = granted("anna", grant("berlin"), roles=CLERK)
    gone = revoked("anna")
    late = old.model_copy(update={"granted_at": datetime(2099, 1, 1, tzinfo=UTC)})
    await service.told(gone, old)
    await service.told(late)
    assert await title(service.as_("anna"), 403) == "You belong to no unit"
    [row] = await service.sql("select version from access_person where person = 'anna'")
    assert row["version"] == gone.version
    assert await service.sql("select 1 from access_grant where person = 'anna'") == []


async def test_another_replica_that_was_there_first_is_not_overruled(service: ServiceUnderTest) -> None:
    old = granted("anna", grant("berlin"))
    await service.sql("insert into access_person (person, version) values ('anna', $1)", old.version + 10)
    await service.told(old)
    assert await service.sql("select 1 from access_grant where person = 'anna'") == []


async def test_what_is_being_written_in_somebodys_name_ends_before_his_access_does(service: ServiceUnderTest) -> None:
    await service.told(granted("anna", grant("berlin"), roles=CLERK), granted("ben", grant("berlin")))
    actor, database = Actor("anna"), service.service.database
    async with database.at_door(actor, writes=True):
        await service.told(revoked("ben"))
        leaving = asyncio.create_task(service.told(revoked("anna")))
        await asyncio.sleep(0.1)
        assert not leaving.done()
    await leaving
    assert await service.sql("select 1 from access_grant where person in ('anna', 'ben')") == []


async def test_a_term_ends_and_begins_by_the_clock_alone(
    service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[frozenset[str]] = []
    reader, start = service.service.access, time.time()
    reader.tick()
    reader.changed.append(told.append)
    await service.told(
        granted("anna", grant("berlin", ends=100), grant("köln", begins=200), roles=CLERK),
        granted("ben", grant("berlin")),
    )
    told.clear()
    anna = service.as_("anna", exp=int(start) + 1000)
    for later, teams, woken in ((50, ["berlin"], 0), (101, [], 1), (150, [], 1), (201, ["köln"], 2)):
        monkeypatch.setattr(access_reader.time, "time", lambda at=start + later: at)
        assert [t["team"] for t in (await mine(anna))["teams"]] == teams
        assert ("member" in (await mine(anna))["roles"]) == bool(teams)
        reader.tick()
        assert told == [frozenset({"anna"})] * woken


async def test_whom_two_claim_is_nobody(service: ServiceUnderTest) -> None:
    await service.told(granted("anna", grant("berlin"), roles=CLERK))
    await service.told(granted("anna.two", grant("berlin"), roles=CLERK, subjects=(tokens.subject("anna"),)))
    assert await title(service.as_("anna"), 403) == "You belong to no unit"
    await service.told(revoked("anna.two"))
    assert await title(service.as_("anna"), 404) == "No such note"


async def test_a_name_at_another_issuer_is_another_ones(service: ServiceUnderTest) -> None:
    other = tokens.subject("anna").model_copy(update={"issuer": "https://other.test"})
    await service.told(granted("anna", grant("berlin"), roles=CLERK, subjects=(other,)))
    assert await title(service.as_("anna"), 403) == "You belong to no unit"


# -- machines


def machine(service: ServiceUnderTest, client: str, *scopes: str, **claims: Any) -> httpx.AsyncClient:
    """A machine that shows its token."""
    return service.as_(client, client_id=client, scope=" ".join(scopes), **claims)


async def test_a_machine_puts_in_by_its_tokens_scope_and_sees_nothing_without_a_grant(
    service: ServiceUnderTest,
) -> None:
    form = machine(service, "form", "toy:put", "clerk", "reader")
    assert (await form.post("/v1/put")).status_code == 204
    assert await title(form, 403) == "You belong to no unit"
    assert (await mine(form))["person"] == "machine:form"
    assert (await mine(form))["roles"] == ["toy:put"]
    assert problem(await machine(service, "form").post("/v1/put"), 403)["title"] == "This needs the permission toy.put"


async def test_a_reading_machine_needs_its_grant_and_its_scope(service: ServiceUnderTest) -> None:
    wall = granted("machine:wall", grant("berlin", "machine"), kind="machine", subjects=(tokens.subject("wall"),))
    await service.told(wall)
    assert await title(machine(service, "wall", "toy:read"), 404) == "No such note"
    assert await title(machine(service, "wall"), 403) == "This needs the permission toy.note"
    assert await title(machine(service, "other", "toy:read"), 403) == "You belong to no unit"
    await service.told(revoked("machine:wall"))
    assert await title(machine(service, "wall", "toy:read"), 403) == "You belong to no unit"


async def test_a_persons_scopes_count_for_nothing_and_a_client_takes_no_machines_name(
    service: ServiceUnderTest,
) -> None:
    await service.told(
        granted("anna", grant("berlin")),
        granted("machine:wall", grant("berlin", "machine"), kind="machine", subjects=(tokens.subject("a-uuid"),)),
    )
    assert problem(await service.as_("anna", scope="toy:put").post("/v1/put"), 403)
    assert problem(await machine(service, "anna", "toy:put").post("/v1/put"), 403)
    assert (await mine(machine(service, "wall", "toy:put")))["person"] is None
    assert (await mine(machine(service, "Big Wall", "toy:put")))["person"] is None


# -- not knowing


def make_stale(service: ServiceUnderTest) -> None:
    """The reader has not been level with the topic for too long."""
    reader = service.service.access
    reader.level_at = time.monotonic() - service.service.settings.access_stale_s - 1


async def test_while_it_is_not_known_who_may_see_what_doors_of_people_are_shut_and_intake_goes_on(
    service: ServiceUnderTest,
) -> None:
    await service.told(granted("anna", grant("berlin"), roles=CLERK))
    told: list[frozenset[str]] = []
    reader = service.service.access
    reader.tick()
    reader.changed.append(told.append)
    make_stale(service)
    reader.tick()
    anna = service.as_("anna")
    for answer in (await anna.get(NOTE), await anna.post("/v1/put"), await anna.post("/v1/notes", content=b"{")):
        assert problem(answer, 503)["title"] == STALE
        assert answer.headers["retry-after"] == "2"
    assert (await machine(service, "form", "toy:put").post("/v1/put")).status_code == 204
    assert (await service.anonymous.get("/livez")).status_code == 200
    ready = await service.anonymous.get("/readyz")
    assert ready.status_code == 503
    assert "it is not known who may see what now" in ready.json()["because"]
    assert (await mine(anna))["level_age_s"] > service.service.settings.access_stale_s
    reader.level_at = time.monotonic()
    reader.tick()
    assert await title(anna, 404) == "No such note"
    assert told == [frozenset({"anna"})] * 2


UNREADABLE: dict[str, dict[str, Any]] = {
    "no JSON": {"value": b"{"},
    "gone": {"value": None},
    "a field too many": {"value": b'{"type":"territory.access.revoked.v1","person":"anna","extra":1}'},
    "an unknown type": {"ce_type": b"territory.access.suspended.v1"},
    "another's word": {"source": b"leads/0123456789abcdef"},
    "another's key": {"key": b"ben"},
    "a header missing": {"headers": []},
    "what can't be stored": {"value": b'"\\u0000"'},
}


@pytest.mark.parametrize("fault", UNREADABLE)
async def test_a_record_that_cannot_be_read_is_never_skipped_in_silence(service: ServiceUnderTest, fault: str) -> None:
    await service.told(granted("anna", grant("berlin"), roles=CLERK))
    record = vars(service.record(revoked("anna")))
    change = dict(UNREADABLE[fault])
    for name in ("ce_type", "source"):
        if name in change:
            record["headers"] = list((dict(record["headers"]) | {name: change.pop(name)}).items())
    reader = service.service.access
    await reader.hear([SimpleNamespace(**record | change), service.record(granted("carl", grant("köln"), roles=CLERK))])
    assert await title(service.as_("carl"), 503) == STALE
    assert reader.not_ready_reason == "a record of who may see what can't be read"
    assert "carl" in reader.people, "what came after it acts"
    healing = granted(change.get("key", b"anna").decode(), grant("berlin"), roles=CLERK)
    await service.told(healing)
    assert await title(service.as_("carl"), 404) == "No such note"


async def test_when_the_database_is_away_nothing_is_known_that_the_policies_do_not_know(
    service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = service.service.access
    monkeypatch.setattr(reader, "_save", SimpleNamespace)  # fails: it takes no such argument
    with pytest.raises(TypeError):
        await service.told(granted("anna", grant("berlin")))
    assert reader.people == {}
    monkeypatch.undo()
    await service.told(granted("anna", grant("berlin")))
    assert set(reader.people) == {"anna"}


# -- the token at the door


async def test_every_token_that_is_not_valid_gets_the_same_words(service: ServiceUnderTest) -> None:
    now = int(time.time())
    shown = ["", "x", "a.b.c", tokens.token("anna", exp=now - 6, iat=now - 60), tokens.token("anna", aud="other")]
    answers = [await service.anonymous.get(NOTE, headers=tokens.bearer(one)) for one in shown]
    answers.append(await service.anonymous.get(NOTE))
    assert {(a.status_code, a.text, a.headers["www-authenticate"]) for a in answers} == {
        (401, answers[0].text, 'Bearer realm="tributary", error="invalid_token"')
    }


async def test_until_the_issuers_first_key_is_known_no_token_can_be_checked_and_nobody_needs_one_at_an_open_door(
    service: ServiceUnderTest,
) -> None:
    service.service.identity = identity.Identity(service.service.settings.model_copy(update={"issuer_keys": "/none"}))
    answer = await service.as_("anna").get(NOTE)
    assert problem(answer, 503)["title"] == "Who you are can't be checked just now"
    assert answer.headers["retry-after"] == "2"
    assert (await service.as_("anna").get("/livez")).status_code == 200
    assert (await service.http.get("/v1/notes/none")).status_code == 404, "the operator's token needs no issuer"


async def test_absent_is_told_in_a_time_that_says_nothing(service: ServiceUnderTest) -> None:
    for _ in range(3):
        began = time.perf_counter()
        problem(await service.http.get(NOTE), 404)
        assert time.perf_counter() - began >= 0.01
