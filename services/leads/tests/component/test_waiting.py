"""What waits: a parked lead for its replay, and with it the key that opens it; an outcome for its lead."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from chassis import parking
from chassis_testing import ServiceUnderTest
from contracts.event import Money
from contracts.leads.intake import LeadSubmitted, OutcomeReported
from contracts.leads.lead import LeadClosed
from leads.store import keys
from leads.use_cases import intake

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FORM = {"source": "web", "contact": {"email": "ana@example.org"}, "message": "Please call."}


async def parked_lead(service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """A lead that a bug of one release has set aside."""

    def fails(*_: object) -> None:
        raise AttributeError

    answer = await service.anonymous.post("/v1/leads", json=FORM)
    assert answer.status_code == 202, answer.text
    event = service.intake.emitted[-1]
    assert isinstance(event, LeadSubmitted)
    with monkeypatch.context() as patch:
        patch.setattr(intake, "judge", fails)
        await service.receives(event)
    assert [p["cause"] for p in await service.parked()] == ["AttributeError"]
    return event.lead_id


async def days_pass(service: ServiceUnderTest, days: int) -> None:
    """Time goes on, a day at a time, and with it the keys."""
    for _ in range(days):
        await service.sql("update intake_key set made_at = made_at - interval '1 day'")
        await service.sql("update parked set parked_at = parked_at - interval '1 day'")
        async with service.service.database.transaction() as tx:
            await keys.current_intake_key(tx, DAY)
        await service.runs("rotate_intake_keys")
    service.service.database.process_cache.clear()


async def count(service: ServiceUnderTest) -> int:
    found: int = (await service.sql("select count(*) from intake_key"))[0][0]
    return found


async def test_a_lead_that_stands_parked_for_a_month_can_still_be_replayed_and_then_its_key_goes(
    service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_id = await parked_lead(service, monkeypatch)
    await days_pass(service, 30)
    [row] = await service.parked()
    assert await parking.replay(service.service.database, service.service.router, row["id"]) == "replayed"
    assert (await service.http.get(f"/v1/leads/{lead_id}")).status_code == 200
    assert await count(service) > 30
    await service.runs("rotate_intake_keys")
    assert await count(service) <= service.service.settings.intake_key_kept_days + 1  # type: ignore[attr-defined]


async def test_a_lead_that_was_discarded_keeps_no_key(
    service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    await parked_lead(service, monkeypatch)
    await days_pass(service, 20)
    assert await count(service) > 20
    await parking.discard(service.service.database, "a test", cause="AttributeError")
    await service.runs("rotate_intake_keys")
    assert await count(service) <= service.service.settings.intake_key_kept_days + 1  # type: ignore[attr-defined]


async def test_no_replica_remembers_a_key_that_was_destroyed(service: ServiceUnderTest) -> None:
    async with service.service.database.transaction() as tx:
        name, _ = await keys.current_intake_key(tx, DAY)
        assert await keys.intake_keys(tx, [name])
    await service.sql("delete from intake_key")  # as the job of another replica does
    await service.runs("rotate_intake_keys")
    async with service.service.database.transaction() as tx:
        assert not await keys.intake_keys(tx, [name])


def reported(lead_id: UUID) -> OutcomeReported:
    return OutcomeReported(lead_id=lead_id, result="won", at=AT, amount=Money(minor=5, currency="EUR"))


async def test_an_outcome_whose_lead_never_comes_is_parked_after_a_month_and_not_before(
    service: ServiceUnderTest,
) -> None:
    lead_id = uuid4()
    await service.receives(reported(lead_id))
    await service.runs("park_late_outcomes")
    assert await service.parked() == []
    await service.sql("update waiting_outcome set reported_at = reported_at - interval '31 days'")
    await service.runs("park_late_outcomes")
    assert await service.sql("select from waiting_outcome") == []
    [row] = await service.parked()
    assert (row["cause"], row["type"]) == ("its lead never came", "leads.intake.outcome_reported.v1")
    shown = await parking.shown(service.service.database, row["id"], "the test reads it")
    assert shown is not None
    assert OutcomeReported.model_validate_json(shown["payload"]) == reported(lead_id)


async def test_a_parked_outcome_that_is_replayed_closes_the_lead_that_has_come_after_all(
    service: ServiceUnderTest,
) -> None:
    assert (await service.anonymous.post("/v1/leads", json=FORM)).status_code == 202
    event = service.intake.emitted[-1]
    assert isinstance(event, LeadSubmitted)
    await service.receives(reported(event.lead_id))
    await service.sql("update waiting_outcome set reported_at = reported_at - interval '31 days'")
    await service.runs("park_late_outcomes")
    await service.receives(event)
    [row] = await service.parked()
    assert await parking.replay(service.service.database, service.service.router, row["id"]) == "replayed"
    assert [e.result for e in await service.emitted() if isinstance(e, LeadClosed)] == ["won"]


async def test_however_many_wait_too_long_some_are_parked_at_each_turn(
    service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leads.use_cases import waiting

    monkeypatch.setattr(waiting, "AT_ONCE", 2)
    await service.receives(*(reported(uuid4()) for _ in range(5)))
    await service.sql("update waiting_outcome set reported_at = reported_at - interval '31 days'")
    for left in (3, 1, 0):
        await service.runs("park_late_outcomes")
        assert len(await service.sql("select from waiting_outcome")) == left
    assert len(await service.parked()) == 5


async def test_an_outcome_that_can_not_be_parked_keeps_no_other_waiting(service: ServiceUnderTest) -> None:
    await service.receives(*(reported(uuid4()) for _ in range(4)))
    await service.sql("update waiting_outcome set reported_at = reported_at - interval '31 days'")
    await service.sql("""update waiting_outcome set outcome = '{"result": "?"}'
        where event_id = (select min(event_id) from waiting_outcome)""")
    await service.runs("park_late_outcomes")
    assert len(await service.parked()) == 3
    [left] = await service.sql("select outcome from waiting_outcome")
    assert left["outcome"] == {"result": "?"}


async def test_forged_submissions_under_keys_that_never_were_stop_nobody(service: ServiceUnderTest) -> None:
    import time

    assert (await service.anonymous.post("/v1/leads", json=FORM)).status_code == 202
    good = service.intake.emitted[-1]
    assert isinstance(good, LeadSubmitted)
    forged = good.person.model_copy(update={"key": "made up"})
    events = [
        good.model_copy(update={"lead_id": uuid4(), "person": forged})
        if n % 5
        else good.model_copy(update={"lead_id": UUID(int=n + 1)})
        for n in range(500)
    ]
    began = time.perf_counter()
    await service.receives(good, *events)
    print(f"500 of 501 were parked in {time.perf_counter() - began:.1f} s")
    assert len(await service.parked()) == 500
    assert (await service.http.get(f"/v1/leads/{good.lead_id}")).status_code == 200
