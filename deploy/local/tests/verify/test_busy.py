"""On a busy stack, after a restore, over an old log: what is not yet due is no violation, and what is due still is."""

from collections.abc import Callable
from uuid import UUID

from contracts.leads.lead import OpportunityOpened
from tributary.verify.invariants import INVARIANTS
from tributary.verify.invariants.placement import counted
from tributary.verify.invariants.sequences import duplicates
from tributary.verify.said import Qualified
from tributary.verify.settling import Standing, moving
from tributary.verify.world import World, hearings

from . import worlds
from .worlds import ANNA, put


def violations(world: World) -> list[str]:
    worlds.forget(world)
    return [f"{i.id}: {v.what}" for i in INVARIANTS for v in i.violations(world)]


def cut(world: World, service: str, topic: str, source: str, number: int) -> None:
    """The service has heard no more of the topic than this."""
    world.accounts[service].watermarks[topic, source, 0] = number


def place_of(world: World, topic: str, lead_id: str, matches: Callable[[object], bool]) -> int:
    return next(s.seq for s in world.logs[topic].records if s.key == lead_id and matches(s.body))


def without(world: World, lead_id: str) -> None:
    """Territory and all after it know nothing of this lead yet."""
    del world.territory.decisions[lead_id]
    world.logs["territory.lead"].records = [r for r in world.logs["territory.lead"].records if r.key != lead_id]


def test_what_territory_has_not_heard_is_on_the_way_and_not_lost() -> None:
    world = worlds.clean()
    number = place_of(world, "leads.lead", worlds.FAY, lambda body: isinstance(body, Qualified))
    cut(world, "territory", "leads.lead", "leads/one", number - 1)
    world.leads.leads[worlds.FAY] = worlds.known("qualified")
    without(world, worlds.FAY)
    worlds.forget(world)
    assert counted(world)["on the way to territory"] == 1
    assert not [v for v in violations(world) if v.startswith(("decisions", "conserved", "accounted"))]


def test_what_waits_in_an_outbox_counts_as_said() -> None:
    world = worlds.clean()
    account, log = world.accounts["leads"], world.logs["leads.lead"]
    unsent = log.records.pop()
    log.spans[0] = (0, len(log.records))
    cut(world, "metrics", "leads.lead", "leads/one", unsent.seq - 1)
    cut(world, "territory", "leads.lead", "leads/one", unsent.seq - 1)
    account.outbox["leads.lead"] = [unsent._replace(offset=-1)]
    worlds_metrics(world)
    assert violations(world) == []


def worlds_metrics(world: World) -> None:
    """Metrics as it would stand with what it has heard."""
    world.metrics.kpis.clear()
    world.metrics.money.clear()
    world.logs["metrics.kpi"].records.clear()
    worlds.count(world)


def test_what_was_said_after_the_snapshot_is_left_out() -> None:
    world = worlds.clean()
    worlds.judged(world, worlds.UNKNOWN, "near_term")
    assert world.logs["leads.lead"].records[-1].seq >= world.accounts["leads"].next_seq["leads.lead", 0]
    world.accounts["leads"].later["leads.lead", 0] += 2
    assert violations(world) == []


def test_a_number_beyond_all_that_was_given_is_named_though() -> None:
    world = worlds.clean()
    worlds.judged(world, worlds.UNKNOWN, "near_term")
    assert any("gave no more than" in what for what in violations(world))


def test_events_sent_again_are_counted_and_no_violation() -> None:
    world = worlds.clean()
    log = world.logs["leads.lead"]
    end = log.spans[0][1]
    log.records += [said._replace(offset=end + n) for n, said in enumerate(log.records[-3:])]
    log.spans[0] = (0, end + 3)
    assert violations(world) == []
    assert duplicates(world) == 3


def test_a_history_that_begins_anew_after_a_restore_may_tell_again_what_the_lost_one_told() -> None:
    world = worlds.clean()
    for account_key in list(world.accounts["leads"].next_seq):
        del world.accounts["leads"].next_seq[account_key]
    world.accounts["leads"].later.clear()
    world.accounts["leads"].source = "leads/two"
    worlds.judged(world, ANNA, "near_term", later=5)
    worlds.heard_everything(world)
    world.accounts["leads"].watermarks["leads.intake", "kafka", 0] = 9
    worlds_metrics(world)
    assert violations(world) == []


def test_a_restored_leads_service_may_open_a_lead_before_it_has_heard_of_its_submission_again() -> None:
    world = worlds.clean()
    world.accounts["leads"].source = "leads/two"
    put(world, OpportunityOpened(lead_id=UUID(ANNA), team="berlin", pipeline="p", opened_at=worlds.AT))
    worlds.heard_everything(world)
    world.accounts["leads"].watermarks["leads.intake", "kafka", 0] = -1
    world.leads.leads[ANNA] = world.leads.leads[ANNA]._replace(captured_at=None, qualified_at=None)
    assert not [v for v in violations(world) if ANNA in v]


def test_a_restored_territory_service_has_yet_to_decide_again_what_it_once_told() -> None:
    world = worlds.clean()
    world.accounts["territory"].source = "territory/two"
    worlds.heard_everything(world)
    number = place_of(world, "leads.lead", worlds.FAY, lambda body: isinstance(body, Qualified))
    cut(world, "territory", "leads.lead", "leads/one", number - 1)
    del world.territory.decisions[worlds.FAY]
    assert not [v for v in violations(world) if v.startswith(("told", "rotation", "decisions"))]


def test_what_the_new_history_tells_twice_is_doubled() -> None:
    world = worlds.clean()
    world.accounts["leads"].source = "leads/two"
    worlds.judged(world, ANNA, "near_term", later=5)
    worlds.judged(world, ANNA, "near_term", later=6)
    worlds.heard_everything(world)
    assert f"leads: lead {ANNA} was told as captured 2 times" in violations(world)


def test_a_number_of_the_old_history_given_again_is_named() -> None:
    world = worlds.clean()
    log = world.logs["leads.lead"]
    end = log.spans[0][1]
    log.records.append(log.records[-1]._replace(offset=end, id="other", body=None))
    assert any("is given to two events" in what for what in violations(world))


def test_a_log_whose_beginning_has_expired_accuses_nobody() -> None:
    world = worlds.clean()
    for topic in ("leads.intake", "leads.lead", "territory.lead", "campaigns.spend", "campaigns.ledger"):
        log = world.logs[topic]
        log.records = log.records[3:]
        log.spans[0] = (3, log.spans[0][1])
    assert violations(world) == []


def test_an_event_parked_and_not_replayed_is_not_expected_to_have_had_an_effect() -> None:
    world = worlds.clean()
    said = next(s for s in world.logs["leads.lead"].records if s.key == ANNA and isinstance(s.body, Qualified))
    world.accounts["territory"].parked_ids.add(("leads.lead", said.id))
    world.accounts["territory"].parked_at.add(("leads.lead", 0, said.offset))
    without(world, ANNA)
    worlds.forget(world)
    assert counted(world)["parked by territory"] == 1


def test_at_rest_nothing_moves_and_every_lag_is_told() -> None:
    world = worlds.clean()
    spans = {topic: log.spans for topic, log in world.logs.items()}
    standing = Standing(world.accounts)
    assert list(moving(standing, spans)) == ["leads has 1 events of leads.intake still to hear"]
    world.accounts["leads"].watermarks["leads.intake", "kafka", 0] += 1
    assert list(moving(standing, spans)) == []
    for service, topic in hearings():
        for position in world.accounts[service].watermarks:
            if position[0] == topic:
                world.accounts[service].watermarks[position] -= 1
                assert list(moving(standing, spans)) == [f"{service} has 1 events of {topic} still to hear"]
                world.accounts[service].watermarks[position] += 1
    standing.unsent["leads"], standing.untold = 4, 2
    assert len(list(moving(standing, spans))) == 2


def test_records_parked_for_want_of_headers_do_not_keep_a_stack_from_rest() -> None:
    world = worlds.clean()
    world.accounts["leads"].watermarks["leads.intake", "kafka", 0] += 1
    spans = {topic: dict(log.spans) for topic, log in world.logs.items()}
    spans["leads.intake"][0] = (0, spans["leads.intake"][0][1] + 2)
    standing = Standing(world.accounts, parked_after={("leads", "leads.intake", 0): 2})
    assert list(moving(standing, spans)) == []
    standing.parked_after.clear()
    assert list(moving(standing, spans)) == ["leads has 2 events of leads.intake still to hear"]


def test_an_outcome_whose_lead_never_came_is_parked_and_not_lost() -> None:
    world = worlds.clean()
    world.leads.waiting.clear()
    world.accounts["leads"].parked_ids.add(("leads.intake", "leads.intake-8"))
    assert violations(world) == []
