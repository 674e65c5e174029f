"""On a busy stack, after a restore, over an old log: what is not yet due is no violation, and what is due still is."""

from collections.abc import Callable
from uuid import UUID

from contracts.leads.lead import OpportunityOpened
from tributary.verify.events import Qualified
from tributary.verify.invariants import INVARIANTS
from tributary.verify.invariants.placement import counted
from tributary.verify.invariants.sequences import duplicates
from tributary.verify.settling import Standing, moving
from tributary.verify.snapshot import Snapshot, subscriptions

from . import snapshots
from .snapshots import ANNA, put


def violations(snapshot: Snapshot) -> list[str]:
    snapshots.forget(snapshot)
    return [f"{i.id}: {v.what}" for i in INVARIANTS for v in i.violations(snapshot)]


def cut(snapshot: Snapshot, service: str, topic: str, source: str, number: int) -> None:
    """The service has heard no more of the topic than this."""
    snapshot.accounts[service].watermarks[topic, source, 0] = number


def place_of(snapshot: Snapshot, topic: str, lead_id: str, matches: Callable[[object], bool]) -> int:
    return next(s.seq for s in snapshot.logs[topic].records if s.key == lead_id and matches(s.body))


def without(snapshot: Snapshot, lead_id: str) -> None:
    """Territory and all after it know nothing of this lead yet."""
    del snapshot.territory.decisions[lead_id]
    snapshot.logs["territory.lead"].records = [r for r in snapshot.logs["territory.lead"].records if r.key != lead_id]


def test_what_territory_has_not_heard_is_on_the_way_and_not_lost() -> None:
    snapshot = snapshots.clean()
    number = place_of(snapshot, "leads.lead", snapshots.FAY, lambda body: isinstance(body, Qualified))
    cut(snapshot, "territory", "leads.lead", "leads/one", number - 1)
    snapshot.leads.leads[snapshots.FAY] = snapshots.known("qualified")
    without(snapshot, snapshots.FAY)
    snapshots.forget(snapshot)
    assert counted(snapshot)["on the way to territory"] == 1
    assert not [v for v in violations(snapshot) if v.startswith(("decisions", "conserved", "accounted"))]


def test_what_waits_in_an_outbox_counts_as_said() -> None:
    snapshot = snapshots.clean()
    account, log = snapshot.accounts["leads"], snapshot.logs["leads.lead"]
    unsent = log.records.pop()
    log.spans[0] = (0, len(log.records))
    cut(snapshot, "metrics", "leads.lead", "leads/one", unsent.seq - 1)
    cut(snapshot, "territory", "leads.lead", "leads/one", unsent.seq - 1)
    account.outbox["leads.lead"] = [unsent._replace(offset=-1)]
    snapshots_metrics(snapshot)
    assert violations(snapshot) == []


def snapshots_metrics(snapshot: Snapshot) -> None:
    """Metrics as it would stand with what it has heard."""
    snapshot.metrics.kpis.clear()
    snapshot.logs["metrics.kpi"].records.clear()
    snapshots.count(snapshot)


def test_what_was_said_after_the_snapshot_is_left_out() -> None:
    snapshot = snapshots.clean()
    snapshots.judged(snapshot, snapshots.UNKNOWN, "near_term")
    assert snapshot.logs["leads.lead"].records[-1].seq >= snapshot.accounts["leads"].next_seq["leads.lead", 0]
    snapshot.accounts["leads"].later["leads.lead", 0] += 2
    assert violations(snapshot) == []


def test_a_number_beyond_all_that_was_given_is_named_though() -> None:
    snapshot = snapshots.clean()
    snapshots.judged(snapshot, snapshots.UNKNOWN, "near_term")
    assert any("gave no more than" in what for what in violations(snapshot))


def test_events_sent_again_are_counted_and_no_violation() -> None:
    snapshot = snapshots.clean()
    log = snapshot.logs["leads.lead"]
    end = log.spans[0][1]
    log.records += [event._replace(offset=end + n) for n, event in enumerate(log.records[-3:])]
    log.spans[0] = (0, end + 3)
    assert violations(snapshot) == []
    assert duplicates(snapshot) == 3


def test_a_history_that_begins_anew_after_a_restore_may_tell_again_what_the_lost_one_told() -> None:
    snapshot = snapshots.clean()
    for account_key in list(snapshot.accounts["leads"].next_seq):
        del snapshot.accounts["leads"].next_seq[account_key]
    snapshot.accounts["leads"].later.clear()
    snapshot.accounts["leads"].source = "leads/two"
    snapshots.judged(snapshot, ANNA, "near_term", later=5)
    snapshots.heard_everything(snapshot)
    snapshot.accounts["leads"].watermarks["leads.intake", "kafka", 0] = 9
    snapshots_metrics(snapshot)
    assert violations(snapshot) == []


def test_a_restored_leads_service_may_open_a_lead_before_it_has_heard_of_its_submission_again() -> None:
    snapshot = snapshots.clean()
    snapshot.accounts["leads"].source = "leads/two"
    put(snapshot, OpportunityOpened(lead_id=UUID(ANNA), team="berlin", pipeline="p", opened_at=snapshots.AT))
    snapshots.heard_everything(snapshot)
    snapshot.accounts["leads"].watermarks["leads.intake", "kafka", 0] = -1
    snapshot.leads.leads[ANNA] = snapshot.leads.leads[ANNA]._replace(
        captured_at=None, in_place_since=None, qualified_at=None
    )
    assert not [v for v in violations(snapshot) if ANNA in v]


def test_a_restored_territory_service_has_yet_to_decide_again_what_it_once_told() -> None:
    snapshot = snapshots.clean()
    snapshot.accounts["territory"].source = "territory/two"
    snapshots.heard_everything(snapshot)
    number = place_of(snapshot, "leads.lead", snapshots.FAY, lambda body: isinstance(body, Qualified))
    cut(snapshot, "territory", "leads.lead", "leads/one", number - 1)
    del snapshot.territory.decisions[snapshots.FAY]
    assert not [v for v in violations(snapshot) if v.startswith(("told", "rotation", "decisions"))]


def test_what_the_new_history_tells_twice_is_doubled() -> None:
    snapshot = snapshots.clean()
    snapshot.accounts["leads"].source = "leads/two"
    snapshots.judged(snapshot, ANNA, "near_term", later=5)
    snapshots.judged(snapshot, ANNA, "near_term", later=6)
    snapshots.heard_everything(snapshot)
    assert f"leads: lead {ANNA} was told as captured 2 times" in violations(snapshot)


def test_a_number_of_the_old_history_given_again_is_named() -> None:
    snapshot = snapshots.clean()
    log = snapshot.logs["leads.lead"]
    end = log.spans[0][1]
    log.records.append(log.records[-1]._replace(offset=end, id="other", body=None))
    assert any("is given to two events" in what for what in violations(snapshot))


def test_a_log_whose_beginning_has_expired_accuses_nobody() -> None:
    snapshot = snapshots.clean()
    for topic in ("leads.intake", "leads.lead", "territory.lead", "campaigns.spend", "campaigns.ledger"):
        log = snapshot.logs[topic]
        log.records = log.records[3:]
        log.spans[0] = (3, log.spans[0][1])
    assert violations(snapshot) == []


def test_an_event_parked_and_not_replayed_is_not_expected_to_have_had_an_effect() -> None:
    snapshot = snapshots.clean()
    event = next(s for s in snapshot.logs["leads.lead"].records if s.key == ANNA and isinstance(s.body, Qualified))
    snapshot.accounts["territory"].parked_ids.add(("leads.lead", event.id))
    snapshot.accounts["territory"].parked_at.add(("leads.lead", 0, event.offset))
    without(snapshot, ANNA)
    snapshots.forget(snapshot)
    assert counted(snapshot)["parked by territory"] == 1


def test_at_rest_nothing_moves_and_every_lag_is_told() -> None:
    snapshot = snapshots.clean()
    spans = {topic: log.spans for topic, log in snapshot.logs.items()}
    standing = Standing(snapshot.accounts)
    assert list(moving(standing, spans)) == ["leads has 1 events of leads.intake still to hear"]
    snapshot.accounts["leads"].watermarks["leads.intake", "kafka", 0] += 1
    assert list(moving(standing, spans)) == []
    for service, topic in subscriptions():
        for position in snapshot.accounts[service].watermarks:
            if position[0] == topic:
                snapshot.accounts[service].watermarks[position] -= 1
                assert list(moving(standing, spans)) == [f"{service} has 1 events of {topic} still to hear"]
                snapshot.accounts[service].watermarks[position] += 1
    standing.unsent["leads"], standing.untold = 4, 2
    assert len(list(moving(standing, spans))) == 2


def test_records_parked_for_want_of_headers_do_not_keep_a_stack_from_rest() -> None:
    snapshot = snapshots.clean()
    snapshot.accounts["leads"].watermarks["leads.intake", "kafka", 0] += 1
    spans = {topic: dict(log.spans) for topic, log in snapshot.logs.items()}
    spans["leads.intake"][0] = (0, spans["leads.intake"][0][1] + 2)
    standing = Standing(snapshot.accounts, parked_after={("leads", "leads.intake", 0): 2})
    assert list(moving(standing, spans)) == []
    standing.parked_after.clear()
    assert list(moving(standing, spans)) == ["leads has 2 events of leads.intake still to hear"]


def test_an_outcome_whose_lead_never_came_is_parked_and_not_lost() -> None:
    snapshot = snapshots.clean()
    snapshot.leads.waiting.clear()
    snapshot.accounts["leads"].parked_ids.add(("leads.intake", "leads.intake-8"))
    assert violations(snapshot) == []
