"""Whose turn it is, through the doors: shares by weight, absence, limits, returns, batches and replicas."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from sales import ADMINISTRATOR, Sales, Team
from stage import Stage
from waiting import until

pytestmark = pytest.mark.xdist_group("stack")


def berlin(sales: Sales) -> Team:
    """As berlin of the demo market: weights 2, 2, 1 and 1, otto away; nobody has had a turn."""
    return sales.team(anna=2, jonas=2, leyla=1, otto=1, away=["otto"])


def names(text: str) -> list[str]:
    return text.split()


def test_leads_go_round_by_weight_and_each_says_which_turn_it_was(stage: Stage, sales: Sales) -> None:
    """Case 1 of territory's acceptance."""
    team = berlin(sales)
    leads = [sales.comes(team) for _ in range(5)]
    assert [sales.taker(team, lead) for lead in leads] == names("anna jonas leyla anna jonas")
    made = [sales.decision(lead) for lead in leads]
    assert [one["person"]["inputs"]["turn"] for one in made] == [1, 2, 3, 4, 5]
    assert {one["team"]["rule"] for one in made} == {team.id}
    assert {one["segment"]["value"] for one in made} == {"dach-machines"}
    assert {one["pipeline"]["value"] for one in made} == {"contract"}
    for one in made:
        assert [r["why"] for r in one["person"]["refused"] if r["candidate"] == team.otto] == ["absent"]


def test_a_further_lead_of_a_customer_goes_to_who_has_him_and_costs_no_turn(stage: Stage, sales: Sales) -> None:
    """Cases 2 and 3 of territory's acceptance."""
    team = berlin(sales)
    form = sales.form(team)
    first = sales.decided(stage.submit(form))
    assert sales.takers(team, 4) == names("jonas leyla anna jonas")
    again = sales.decided(stage.submit(form | {"product": "laser"}))
    assert sales.taker(team, again) == "anna"
    elsewhere = form | {"country": "FR", "postcode": "75001", "product": "robot", "channel": "fair"}
    third = sales.decided(stage.submit(elsewhere))
    assert sales.taker(team, third) == "anna"
    assert sales.by_turn(team) == names("anna jonas leyla anna jonas")
    made = sales.decision(third)
    assert (made["team"]["value"], made["segment"]["value"]) == (team.id, "fr-industry")
    [[first_said], [again_said], [third_said]] = [
        [body for _, body in sales.said("territory.lead", lead, "routed")] for lead in (first, again, third)
    ]
    assert (first_said["cause"], again_said["cause"], third_said["cause"]) == ("new", "customer", "customer")
    assert (again_said["rule"], third_said["would_rule"]) == (team.id, "fr-robots")
    reason = sales.decision(again)["person"]["reason"]
    assert "customer" in reason, reason


def test_a_rule_that_overrides_who_has_the_customer_sends_one_lead_and_not_him(stage: Stage, sales: Sales) -> None:
    """Case 3 of territory's acceptance."""
    team, other = berlin(sales), sales.team("zoe")
    rule = next(one for one in sales.market["rules"] if one["name"] == other.id)
    rule["overrides_customer"] = True
    sales.put(sales.market)
    form = sales.form(team)
    sales.decided(stage.submit(form))
    there = sales.decided(stage.submit(sales.form(other, contact=form["contact"])))
    assert stage.lead(there)["person"] == other.zoe
    back = sales.decided(stage.submit(form | {"product": "laser"}))
    assert sales.taker(team, back) == "anna"


def test_who_comes_new_or_back_has_no_burst_of_leads(stage: Stage, sales: Sales) -> None:
    """Cases 4 and 5 of territory's acceptance."""
    team = berlin(sales)
    sales.takers(team, 5)
    [absence] = sales.company.does(ADMINISTRATOR, "GET", f"people/{team.otto}/absences")["absences"]
    sales.back(absence["id"])
    back = datetime.now(UTC).isoformat()
    assert sales.takers(team, 6) == names("anna jonas leyla anna jonas otto")
    otto = sales.account(team)["otto"]
    assert (otto["opening"], otto["entitled"], otto["received"], otto["back"], otto["closing"]) == (0, 1, 1, 0, 0)
    assert sales.account(team, to_at=back)["anna"]["received"] == 2
    assert sales.account(team, from_at=back)["otto"] == otto
    for one in sales.account(team).values():
        assert abs(one["closing"]) < 1, "within a lead"
    team = berlin(sales)
    sales.takers(team, 3)
    absence = sales.away(team.anna)
    assert sales.takers(team, 6) == names("jonas jonas leyla jonas jonas leyla")
    sales.back(absence)
    assert sales.takers(team, 5) == names("jonas anna jonas anna leyla")


def test_another_weight_holds_from_the_next_turn_on_and_changes_nothing_owed(stage: Stage, sales: Sales) -> None:
    """Case 6 of territory's acceptance."""
    team = berlin(sales)
    sales.takers(team, 3)
    owed = "select credits from rotation where team = $1"
    before = stage.sql("territory", owed, team.id)[0]["credits"]
    sales.edits(team.jonas, weight=4)
    assert stage.sql("territory", owed, team.id)[0]["credits"] == before
    assert sales.takers(team, 7) == names("jonas anna jonas anna jonas jonas leyla")


def test_who_has_as_many_as_they_take_is_passed_over_until_one_is_closed(stage: Stage, sales: Sales) -> None:
    """Case 7 of territory's acceptance."""
    team = berlin(sales)
    sales.edits(team.leyla, open_max=1)
    leads = [sales.comes(team) for _ in range(8)]
    assert [sales.taker(team, lead) for lead in leads] == names("anna jonas leyla anna jonas anna jonas anna")
    for place, lead in enumerate(leads):
        why = [r["why"] for r in sales.decision(lead)["person"]["refused"] if r["candidate"] == team.leyla]
        assert (why == ["full"]) == (place > 2), (place, why)
    sales.known(team)
    assert sales.step(team.leyla, leads[2], "outcome", {"result": "lost", "code": "price"}).status_code == 200
    until(
        "territory knows that it has ended",
        lambda: stage.sql("territory", "select 1 from lead_case where lead_id = $1::uuid and ended = 'lost'", leads[2]),
    )
    assert sales.takers(team, 1) == ["jonas"]


@pytest.mark.parametrize(
    ("code", "then"), [("wrong_person", "jonas jonas anna jonas"), ("overload", "jonas anna jonas anna")]
)
def test_what_is_returned_is_a_turn_or_none_by_its_code(stage: Stage, sales: Sales, code: str, then: str) -> None:
    """Case 8 of territory's acceptance."""
    team = berlin(sales)
    sales.known(team)
    leads = [sales.comes(team) for _ in range(3)]
    sales.gives_back(leads[1], code)
    sales.becomes(leads[1], person=team.anna)
    assert sales.takers(team, 4) == names(then)


def six_hundred(sales: Sales, team: Team) -> list[dict[str, object]]:
    return [sales.form(team, source="import") for _ in range(600)]


def all_given(sales: Sales, team: Team, count: int, within: float = 40) -> list[str]:
    """The takers by turn, once there are so many."""
    return until(f"{count} turns of {team.id}", lambda: len(by := sales.by_turn(team)) >= count and by, within)


def in_batches(stage: Stage, leads: Sequence[dict[str, object]], *sizes: int) -> None:
    begin = 0
    for size in sizes:
        answer = stage.post("leads", "/v1/leads/batch", json={"leads": leads[begin : begin + size]})
        assert answer.json()["accepted"] == size, answer.text
        begin += size


def test_batches_single_leads_and_replicas_that_die_give_the_same_owners_by_turn(stage: Stage, sales: Sales) -> None:
    """Case 11 of territory's acceptance."""
    batched, single, doubled = berlin(sales), berlin(sales), berlin(sales)
    in_batches(stage, six_hundred(sales, batched), 500, 100)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(stage.submit, six_hundred(sales, single)))
    with sales.second("territory") as other:
        in_batches(stage, six_hundred(sales, doubled), *[50] * 12)
        all_given(sales, doubled, 100)
        other.kill()
        once = all_given(sales, doubled, 600)
    assert all_given(sales, batched, 600) == all_given(sales, single, 600) == once
    assert [once.count(name) for name in ("anna", "jonas", "leyla", "otto")] == [240, 240, 120, 0]
    for team in (batched, single, doubled):
        rows = stage.sql("territory", "select lead_id from decision where team = $1", team.id)
        assert len(rows) == len({row["lead_id"] for row in rows}) == 600


def windows(taken: Sequence[str], weights: dict[str, int]) -> dict[str, float]:
    """How far what each got is from their share at most, over all runs of consecutive turns."""
    total = sum(weights.values())
    found = {}
    for name, weight in weights.items():
        owed = [Fraction(0)]
        for taker in taken:
            owed.append(owed[-1] + Fraction(weight, total) - (taker == name))
        found[name] = float(max(owed) - min(owed))
    return found


def test_over_every_run_of_turns_the_account_is_fair(stage: Stage, sales: Sales) -> None:
    """Case 12 of territory's acceptance."""
    weights = {"a": 6, "b": 3, "c": 2}
    team = sales.team(**weights)
    in_batches(stage, [sales.form(team, source="import") for _ in range(22)], 22)
    taken = all_given(sales, team, 22)
    assert "".join(taken) == "abacabacaba" * 2
    assert {name: round(most, 3) for name, most in windows(taken, weights).items()} == {
        "a": 0.909,
        "b": 0.909,
        "c": 1.091,
    }
    account = sales.account(team)
    assert {name: one["received"] for name, one in account.items()} == {"a": 12, "b": 6, "c": 4}
    assert all(one["closing"] == 0 for one in account.values())


def test_when_those_leave_who_got_none_the_next_lead_goes_round_among_who_stays(stage: Stage, sales: Sales) -> None:
    """Case 13 of territory's acceptance."""
    team = sales.team(*"abcdef")
    assert sales.takers(team, 3) == ["a", "b", "c"]
    for short in "def":
        move = {"person": team.people[short], "from_unit": team.id}
        sales.company.does(ADMINISTRATOR, "POST", "moves", move)
    assert sales.takers(team, 1) == ["a"]
    first = sales.account(team)["a"]
    assert (round(first["entitled"], 3), first["received"]) == (0.833, 2)
