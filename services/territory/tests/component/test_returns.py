"""A lead that is given back finds somebody else, and nobody pays for what was not theirs."""

from uuid import UUID

from chassis_testing import ServiceUnderTest
from contracts.leads.lead import LeadDiscarded, LeadMerged, LeadReopened, LeadRestored, LeadUnmerged
from contracts.territory.lead import LeadRouted, LeadUnassigned

from .berlin import begin, lead, leads, lost, owners, returned, said, teams
from .events import AT


async def credits_of(service: ServiceUnderTest) -> dict[str, int]:
    [row] = await service.sql("select credits from rotation where team = 'berlin'")
    return {name: credit for name, credit in row["credits"].items() if credit}


async def test_who_should_not_have_had_it_had_no_turn(service: ServiceUnderTest) -> None:
    await begin(service)
    assert await leads(service, 1, 2, 3) == ["anna", "jonas", "leyla"]
    await service.receives(returned(2, 1, "jonas", "wrong_person"))
    assert owners(await service.emitted()) == ["anna"]
    assert await leads(service, 4, 5, 6, 7) == ["jonas", "jonas", "anna", "jonas"]
    [row] = await service.sql("select team, turn, of_turn, lead_id from rotation_back")
    assert tuple(row) == ("berlin", 4, 2, UUID(int=2))
    assert sum((await credits_of(service)).values()) == 0


async def test_who_had_no_time_had_a_turn(service: ServiceUnderTest) -> None:
    await begin(service)
    await leads(service, 1, 2, 3)
    await service.receives(returned(2, 1, "jonas", "no_time"))
    assert owners(await service.emitted()) == ["anna"]
    assert await leads(service, 4, 5, 6, 7) == ["jonas", "anna", "jonas", "anna"]
    assert await service.sql("select * from rotation_back") == []


async def test_the_third_return_is_the_supervisors(service: ServiceUnderTest) -> None:
    await begin(service)
    await leads(service, 1, 2, 3)
    had = "anna"
    for attempt in (1, 2):
        await service.receives(returned(1, attempt, had, "no_time"))
        [next_one] = owners(await service.emitted())
        assert next_one not in (had, None)
        had = next_one or ""
    await service.receives(returned(1, 3, had, "no_time"))
    unassigned = said(await service.emitted(), LeadUnassigned)
    assert (unassigned.team, unassigned.code, unassigned.revision, unassigned.cause) == (
        "berlin",
        "returned",
        4,
        "returned",
    )
    [case] = await service.sql(
        "select person, code, attempt, waits_turn, not_to from lead_case where lead_id = $1", UUID(int=1)
    )
    assert (case["person"], case["code"], case["attempt"], case["waits_turn"]) == (None, "returned", 4, False)
    assert set(case["not_to"]) == {"anna", "jonas", "leyla"}
    await service.sql("update rotation set wakes_at = now()")
    await service.runs("hand_out")
    assert await service.emitted() == []


async def test_when_nobody_is_left_it_is_the_supervisors_before_the_third(service: ServiceUnderTest) -> None:
    await begin(service)
    [first] = await leads(service, 1, country="FR")  # head office, where there is only eve
    assert first == "eve"
    await service.receives(returned(1, 1, "eve", "no_time", team="head-office"))
    unassigned = said(await service.emitted(), LeadUnassigned)
    assert (unassigned.code, unassigned.wakes_at) == ("returned", None)


async def test_a_lead_that_is_not_the_teams_goes_where_the_next_rule_says_and_never_back(
    service: ServiceUnderTest,
) -> None:
    await begin(service)
    await leads(service, 1)
    await service.receives(returned(1, 1, "anna", "wrong_area"))
    events = await service.emitted()
    routed = said(events, LeadRouted)
    assert (routed.team, routed.rule, routed.excluded, routed.cause) == ("germany", "germany", ("berlin",), "returned")
    await service.receives(lead(1, revision=2, disposition="nurture"))
    assert teams(await service.emitted()) == ["germany"]
    assert await leads(service, 2) == ["anna"], "the turn was booked back"


async def test_nor_back_because_the_team_has_its_customer(service: ServiceUnderTest) -> None:
    await begin(service)
    assert await leads(service, 1, 2, party=7) == ["anna", "anna"]
    await service.receives(returned(2, 1, "anna", "wrong_area"))
    assert teams(await service.emitted()) == ["germany"]
    [customer] = await service.sql("select team, person from customer")
    assert tuple(customer) == ("berlin", "anna")


async def test_a_return_that_comes_twice_or_late_changes_nothing(service: ServiceUnderTest) -> None:
    await begin(service)
    await leads(service, 1, 2, 3)
    gives_back = returned(2, 1, "jonas", "wrong_person")
    await service.receives(gives_back)
    await service.emitted()
    before = await credits_of(service)
    await service.receives_again()
    await service.receives_renumbered(gives_back)
    await service.receives(returned(2, 2, "jonas", "wrong_person"))  # it is anna's by now
    assert await service.emitted() == []
    assert await credits_of(service) == before


async def test_a_lead_that_was_spoilt_was_no_turn(service: ServiceUnderTest) -> None:
    await begin(service)
    assert await leads(service, 1, 2, 3) == ["anna", "jonas", "leyla"]
    await service.receives(LeadDiscarded(lead_id=UUID(int=2), reason="spam", code="spam", discarded_at=AT))
    assert await leads(service, 4, 5) == ["jonas", "anna"]
    [row] = await service.sql("select of_turn from rotation_back")
    assert row["of_turn"] == 2


async def test_a_lead_that_is_merged_loads_nobody_and_taken_out_again_is_its_persons(service: ServiceUnderTest) -> None:
    await begin(service)
    assert await leads(service, 1, 2) == ["anna", "jonas"]
    merged, out = (
        {"lead_id": UUID(int=n), name: UUID(int=9), "by": "s", at: AT}
        for n, name, at in ((1, "into", "merged_at"), (1, "from_lead", "unmerged_at"))
    )
    await service.receives(LeadMerged.model_validate(merged))
    cases = await service.sql("select ended from lead_case where lead_id < $1 order by lead_id", UUID(int=3))
    assert [row["ended"] for row in cases] == ["merged", None]
    reopened = LeadReopened(lead_id=UUID(int=1), revision=2, code="again", by="anna", reopened_at=AT)
    await service.receives(reopened)
    assert owners(await service.emitted()) == []
    await service.receives(LeadUnmerged.model_validate(out))
    assert owners(await service.emitted()) == ["anna"]
    await service.receives(lost(2), LeadMerged.model_validate(merged | {"lead_id": UUID(int=2)}))
    await service.receives(LeadUnmerged.model_validate(out | {"lead_id": UUID(int=2)}))
    assert owners(await service.emitted()) == [], "what was lost stays lost"


async def test_a_lead_that_is_reopened_is_its_persons_again_and_one_that_is_restored_a_qualifiers(
    service: ServiceUnderTest,
) -> None:
    await begin(service)
    await leads(service, 1, 2)
    await service.receives(lost(1), LeadDiscarded(lead_id=UUID(int=2), reason="no", discarded_at=AT))
    assert [
        row["ended"]
        for row in await service.sql("select ended from lead_case where ended is not null order by lead_id")
    ] == [
        "lost",
        "discarded",
    ]
    reopened = LeadReopened(lead_id=UUID(int=1), revision=2, code="again", by="anna", reopened_at=AT)
    await service.receives(reopened, LeadRestored(lead_id=UUID(int=2), code="mistake", by="q", restored_at=AT))
    events = await service.emitted()
    assert owners(events) == ["anna"]
    assert [(event.cause, event.team) for event in events if isinstance(event, LeadRouted)] == [
        ("reopened", "berlin"),
        ("restored", "berlin"),
    ]
    rows = await service.sql(
        "select person, code, ended from lead_case where lead_id < $1 order by lead_id", UUID(int=3)
    )
    assert [tuple(row) for row in rows] == [("anna", None, None), (None, "qualifier", None)]
