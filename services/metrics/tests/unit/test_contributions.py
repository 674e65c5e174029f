"""Numbers are sums of contributions, whatever the order in which facts became known."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.territory import access
from metrics.domain.catalogue import DIMENSIONS, UNPLACED
from metrics.domain.contributions import (
    KpiDelta,
    contribution,
    contributions,
    contributions_of_spend,
    spending,
)
from metrics.domain.facts import CampaignFact, LeadFact, LineFact

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
Said = tuple[int, str, tuple[Any, ...]]  # the lead's number, what was said, and the words

instants = st.integers(0, 3).map(lambda minutes: NOON + timedelta(minutes=minutes))
places = st.sampled_from([("north", "berlin"), ("north", "oslo"), ("south", "roma"), (None, None)])
sayings: st.SearchStrategy[tuple[str, tuple[Any, ...]]] = st.one_of(
    st.tuples(
        st.just("captured"),
        st.tuples(instants, st.sampled_from(["web", "phone"]), st.sampled_from(["spring", "autumn", None])),
    ),
    st.tuples(st.just("qualified"), st.tuples(instants, st.booleans())),
    st.tuples(st.just("discarded"), st.tuples(instants)),
    st.tuples(st.just("routed"), st.builds(lambda at, place: (at, *place), instants, places)),
    st.tuples(st.just("assigned"), st.tuples(instants, st.sampled_from(["ada", "bo", None]))),
    st.tuples(
        st.just("closed"),
        st.builds(
            lambda at, revision, outcome, money: (at, revision, outcome, *money),
            instants,
            st.integers(1, 3),
            st.sampled_from(["won", "lost"]),
            st.sampled_from([(None, None), (500, "EUR"), (70, "USD")]),
        ),
    ),
    st.tuples(st.just("reopened"), st.tuples(instants, st.integers(1, 3))),
    st.tuples(st.just("restored"), st.tuples(instants)),
    st.tuples(st.just("stepped"), st.tuples(st.sampled_from(["returned", "transferred"]), instants)),
    st.tuples(
        st.just("moved"),
        st.tuples(instants, st.sampled_from(["berlin", "oslo", "roma"]), st.sampled_from(["ada", "bo", None])),
    ),
    st.tuples(st.just("told"), st.tuples(st.integers(0, 2), st.just("received"), instants)),
    st.tuples(
        st.just("told"), st.tuples(st.integers(0, 2), st.just("breached"), instants, st.just(NOON), st.booleans())
    ),
    st.tuples(
        st.just("told"),
        st.builds(
            lambda n, at, answer: (n, "answer", at, *answer),
            st.integers(0, 2),
            instants,
            st.sampled_from([(NOON, True, 0, 9), (NOON, False, 5, 0), ("", False, 0, 0)]),
        ),
    ),
)
histories: st.SearchStrategy[list[Said]] = st.lists(
    st.builds(lambda lead, said: (lead, *said), st.integers(0, 1), sayings), max_size=25
).map(lambda history: [*history, (0, "captured", (NOON, "web", None))])


def fold(facts: dict[int, LeadFact], said: list[Said], delta: KpiDelta) -> None:
    """One batch, as the use case folds it."""
    before = {}
    for number, verb, words in said:
        fact = facts.setdefault(number, LeadFact(UUID(int=number)))
        before.setdefault(number, contribution(fact))
        getattr(fact, verb)(*words)
    for number, was in before.items():
        delta.move(was, contribution(facts[number]))


def numbers(said: list[Said], batch: int = 1000) -> dict[tuple[str, ...], int]:
    """The live numbers after this history, heard in batches of this size."""
    facts: dict[int, LeadFact] = {}
    delta = KpiDelta()
    for start in range(0, len(said), batch):
        fold(facts, said[start : start + batch], delta)
    return delta.as_mapping()


def recomputed(said: list[Said]) -> dict[tuple[str, ...], int]:
    """The same from the facts alone."""
    facts: dict[int, LeadFact] = {}
    fold(facts, said, KpiDelta())
    total: Counter[tuple[str, ...]] = Counter()
    for fact in facts.values():
        total.update(contributions(fact))
    return {key: n for key, n in total.items() if n}


@given(histories, st.integers(1, 7))
def test_live_numbers_equal_a_recomputation_from_the_facts_however_the_history_is_split(
    history: list[Said], batch: int
) -> None:
    assert numbers(history, batch) == recomputed(history)


@settings(max_examples=400)
@given(st.data(), histories)
def test_the_order_of_events_and_their_repetition_never_matter(data: st.DataObject, history: list[Said]) -> None:
    repeated = history + data.draw(st.lists(st.sampled_from(history), max_size=10))
    assert numbers(data.draw(st.permutations(repeated)), batch=3) == numbers(history)


@given(histories)
def test_every_dimension_counts_every_captured_lead_exactly_once(history: list[Said]) -> None:
    captured = {number for number, verb, _ in history if verb == "captured"}
    live = numbers(history)
    for by in DIMENSIONS:
        assert sum(n for key, n in live.items() if key[1] == by.name and key[3] == "leads") == len(captured)


@given(histories)
def test_every_number_is_of_the_team_whose_lead_it_is_and_moves_with_it(history: list[Said]) -> None:
    facts: dict[int, LeadFact] = {}
    delta = KpiDelta()
    fold(facts, history, delta)
    of_teams = Counter(fact.team or UNPLACED for fact in facts.values() if fact.captured_at)
    for by in DIMENSIONS:
        leads: Counter[str] = Counter()
        for (team, dimension, _, *number), n in delta.as_mapping().items():
            if (dimension, number) == (by.name, ["leads"]):
                leads[team] += n
        assert leads == of_teams


def test_no_team_is_called_alike_everywhere() -> None:
    assert UNPLACED == access.UNPLACED


def lead(**known: Any) -> LeadFact:
    return LeadFact(UUID(int=1), captured_at=NOON, channel="web", **known)


def test_a_lead_counts_for_nothing_until_it_is_captured() -> None:
    overtaken = LeadFact(UUID(int=1))
    overtaken.routed(NOON, "north", "berlin")
    overtaken.closed(NOON, 1, "won", 500, "EUR")
    assert contributions(overtaken) == {}
    overtaken.captured(NOON, "web", None)
    assert contributions(overtaken)["berlin", "segment", "north", "won_amount", "EUR"] == 500


def test_a_lead_without_a_place_is_unrouted_and_one_set_aside_is_discarded() -> None:
    assert contributions(lead())["(unplaced)", "team", "(unrouted)", "leads"] == 1
    assert contributions(lead(discarded_at=NOON))["(unplaced)", "segment", "(discarded)", "leads"] == 1
    routed = lead(discarded_at=NOON, routed_at=NOON, segment="north", team="berlin")
    assert contributions(routed)["berlin", "segment", "north", "leads"] == 1


def test_a_lead_without_a_campaign_counts_under_none() -> None:
    assert contributions(lead())["(unplaced)", "campaign", "(none)", "leads"] == 1


@given(histories)
def test_every_won_lead_is_among_the_valid_ones(history: list[Said]) -> None:
    live = numbers(history)
    for *row, measure in (key for key in live if len(key) == 4):
        if measure == "won":
            assert live[*row, "won"] <= live.get((*row, "valid"), 0) <= live[*row, "leads"]


def test_a_fact_counts_under_the_name_of_its_row() -> None:
    keys = {number[1:3] for number in contributions(lead(channel_key="Web", campaign="x", campaign_key="(other)"))}
    assert {("channel", "Web"), ("campaign", "(other)")} <= keys


def test_a_new_history_replaces_a_standing_and_an_unknown_one_does_not() -> None:
    line = LineFact("spring", "ads", "EUR")
    for posting, incurred, history in ((9, 900, "a"), (4, 400, "b"), (3, 300, "b"), (2, 200, None)):
        line.posted(posting, incurred, history)
    assert (line.posting, line.incurred, line.history) == (4, 400, "b")


def test_a_corrected_outcome_takes_back_the_money_of_the_first() -> None:
    fact = lead(routed_at=NOON, segment="north", team="berlin")
    delta = KpiDelta()
    before = contribution(fact)
    fact.closed(NOON, 1, "won", 500, "EUR")
    delta.move(before, contribution(fact))
    before = contribution(fact)
    fact.closed(NOON, 2, "lost", None, None)
    delta.move(before, contribution(fact))
    live = delta.as_mapping()
    assert live.get(("berlin", "team", "berlin", "won_amount", "EUR")) is None
    assert (live["berlin", "team", "berlin", "lost"], live.get(("berlin", "team", "berlin", "won"))) == (1, None)


def test_an_older_revision_changes_nothing() -> None:
    fact = lead()
    fact.closed(NOON, 2, "lost", None, None)
    fact.closed(NOON, 1, "won", 500, "EUR")
    assert fact.outcome == "lost"


def test_money_spent_on_an_unknown_campaign_counts_under_none_until_the_plan_is_heard() -> None:
    line, campaign = LineFact("spring", "ads", "EUR"), CampaignFact("spring")
    line.posted(2, 900)
    assert contributions_of_spend(line, campaign) == {
        ("(unplaced)", "segment", "(none)", "spend", "EUR"): 900,
        ("(unplaced)", "channel", "(none)", "spend", "EUR"): 900,
        ("(unplaced)", "campaign", "spring", "spend", "EUR"): 900,
    }
    campaign.planned(1, "social", "north", team="berlin")
    assert contributions_of_spend(line, campaign)["berlin", "channel", "social", "spend", "EUR"] == 900


@given(
    st.lists(
        st.tuples(
            st.integers(1, 5),
            st.sampled_from([("social", None, "a", "berlin"), ("email", "north", "a", "oslo"), (None, "south", "b")]),
        )
    ),
    st.lists(st.tuples(st.integers(1, 9), st.integers(-50, 50))),
)
def test_a_plan_that_moves_money_leaves_what_a_recomputation_finds(
    plans: list[tuple[int, tuple[str | None, ...]]], postings: list[tuple[int, int]]
) -> None:
    line, campaign, delta = LineFact("spring", "ads", "EUR"), CampaignFact("spring"), KpiDelta()
    for turn in range(max(len(plans), len(postings))):
        for posting in postings[turn : turn + 1]:
            was = line.incurred
            line.posted(*posting)
            delta.spend(spending(campaign), "EUR", line.incurred - was)
        for version, where in plans[turn : turn + 1]:
            delta.spend(spending(campaign), "EUR", -line.incurred)
            campaign.planned(version, *where)
            delta.spend(spending(campaign), "EUR", line.incurred)
    assert delta.as_mapping() == contributions_of_spend(line, campaign)
    assert line.posting == max((number for number, _ in postings), default=0)
