"""Every invariant holds in a clean world and names what is planted into it."""

from datetime import timedelta

import pytest

from tributary.verify.events import Stepped
from tributary.verify.invariants import INVARIANTS
from tributary.verify.invariants.placement import counted, unaccounted
from tributary.verify.invariants.written import entry_of
from tributary.verify.verdict import judge

from . import snapshots
from .planted import PLANTED, Planted
from .planted_within import WITHIN

EVERY = (*PLANTED, *WITHIN)


def test_a_clean_world_violates_nothing() -> None:
    found = [v for invariant in INVARIANTS for v in invariant.violations(snapshots.clean())]
    assert found == []


def test_a_world_in_which_nothing_has_happened_violates_nothing() -> None:
    assert [v for invariant in INVARIANTS for v in invariant.violations(snapshots.empty())] == []


@pytest.mark.parametrize("planted", EVERY, ids=[f"{p.invariant}-{n}" for n, p in enumerate(EVERY)])
def test_what_is_planted_is_named(planted: Planted) -> None:
    snapshot = snapshots.clean()
    planted.plant(snapshot)
    snapshots.forget(snapshot)
    invariant = next(i for i in INVARIANTS if i.id == planted.invariant)
    found = list(invariant.violations(snapshot))
    assert any(v.kind == planted.kind and planted.words in v.what for v in found), found


def test_no_invariant_goes_without_a_planted_violation() -> None:
    assert {p.invariant for p in EVERY} == {i.id for i in INVARIANTS}


def test_a_lead_that_was_decided_again_and_told_so_is_as_it_should_be() -> None:
    snapshot = snapshots.clean()
    snapshots.decided_again(snapshot, snapshots.BEN)
    for invariant in ("decisions", "told", "owners", "rotation", "reasons", "turns"):
        assert not list(next(i for i in INVARIANTS if i.id == invariant).violations(snapshot))


def test_an_entry_that_only_a_measure_knows_was_told_under_its_events_verb_and_at_that_moment() -> None:
    snapshot = snapshots.clean()
    records, anna = snapshot.logs["leads.lead"].records, snapshot.leads.leads[snapshots.ANNA]
    at = snapshots.AT + timedelta(minutes=5)
    told = next(one for one in records if one.key == snapshots.ANNA)
    records.append(told._replace(type="leads.lead.visited.v1", seq=len(records) + 1, body=Stepped(at)))
    snapshots.heard_everything(snapshot)
    invariant = next(i for i in INVARIANTS if i.id == "written")
    for moment, found in ((at, []), (snapshots.AT, ["invented"])):
        entry = {"what": "visited", "at": moment, "by": "anna"}
        timeline = snapshots.kept([*map(entry_of, anna.timeline), entry])
        snapshot.leads.leads[snapshots.ANNA] = anna._replace(timeline=timeline, entries=len(timeline))
        snapshots.forget(snapshot)
        assert [violation.kind for violation in invariant.violations(snapshot)] == found


def test_every_accepted_lead_is_in_one_place_and_the_places_add_up() -> None:
    snapshot = snapshots.clean()
    assert counted(snapshot) == {
        "with a person": 1,
        "in a team's queue": 1,
        "in a team's queue, nobody could take it": 1,
        "without a team, for a reason": 1,
        "won": 1,
        "discarded": 1,
        "on the way to leads": 1,
        "parked by leads": 1,
        "nowhere": 0,
    }
    verdict = judge(snapshot)
    assert sum(verdict.places.values()) == verdict.accepted == 8


def test_a_lead_without_a_place_is_unaccounted() -> None:
    snapshot = snapshots.clean()
    del snapshot.territory.decisions[snapshots.ANNA]
    assert unaccounted(snapshot) == 1


def test_kpis_are_counted_to_the_cent() -> None:
    snapshot = snapshots.clean()
    row = snapshot.metrics.kpis["berlin", "team", "berlin"].numbers
    counts = {"leads": 4, "qualified": 4, "valid": 4, "routed": 4, "assigned": 2, "won": 1}
    later = {"transferred": 1, "requests": 1, "answers": 1, "answered_in_time": 1, "breaches": 2, "first_responses": 1}
    assert row == {**counts, **later, ("won_amount", "EUR"): 9000}
    assert snapshot.metrics.kpis["(unplaced)", "channel", "search"].numbers["spend", "EUR"] == 500
