"""The made-up traffic is what the doors take, and the demo's market and campaigns hold together."""

import json
from collections import Counter
from datetime import UTC, datetime

import phonenumbers
import pytest
import yaml

from campaigns.api.campaign import PlanBody
from campaigns.api.spend import SpendBatch
from campaigns.domain.campaign import faults
from leads.api.batch import parse_outcomes
from leads.api.submission import Submission, parse_lead
from territory.domain.market_file import read_market
from tributary.fake_data import PEOPLE
from tributary.traffic import Traffic, campaigns, market

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def traffic(seed: int = 1) -> Traffic:
    return Traffic(seed, clock=lambda: NOW)


def test_every_lead_and_every_call_passes_the_capture_door() -> None:
    made = traffic()
    for lead in [*(made.lead() for _ in range(1_500)), *(made.call() for _ in range(300))]:
        taken = parse_lead(json.dumps(lead).encode(), NOW)
        assert isinstance(taken, Submission), (taken, lead)
        assert taken.aside.flags == [], lead
        if taken.form.contact.phone:
            assert phonenumbers.is_possible_number(phonenumbers.parse(taken.form.contact.phone))


@pytest.mark.parametrize("country", PEOPLE, ids=lambda country: country.code)
def test_every_number_is_one_of_its_country(country: object) -> None:
    made = traffic()
    for _ in range(200):
        text = made.phone(country)  # type: ignore[arg-type]
        number = phonenumbers.parse(text, country.code)  # type: ignore[attr-defined]
        assert phonenumbers.is_possible_number(number), text
        assert number.country_code == phonenumbers.country_code_for_region(country.code)  # type: ignore[attr-defined]


def test_the_same_seed_makes_the_same_traffic_and_another_seed_another() -> None:
    def heard(seed: int) -> list[object]:
        made = traffic(seed)
        return [made.lead(), made.call(), made.spend(), made.outcome("0" * 32), made.lead()]

    assert heard(1) == heard(1) != heard(2)


def test_leads_come_in_five_scripts_from_all_sources_and_some_write_numbers_in_their_own_digits() -> None:
    made = traffic()
    leads = [made.lead() for _ in range(1_000)]
    assert {lead["source"] for lead in leads} == {"web", "campaign", "sales", "import"}
    assert set(Counter(lead["language"][:2] for lead in leads)) == {"de", "en", "fr", "hi", "fa", "zh", "pt"}
    digits = {sign for lead in leads for sign in lead["contact"].get("phone", "")}
    assert {"۹", "९", "９", "9"} <= digits


def test_external_ids_and_spend_ids_are_never_used_twice() -> None:
    made = traffic()
    ids = [lead["external_id"] for lead in (made.lead() for _ in range(1_000)) if "external_id" in lead]
    ids += [made.spend()["spend_id"] for _ in range(100)]
    assert len(ids) == len(set(ids)) > 200


def test_every_spend_is_on_a_planned_line_in_its_campaigns_currency_and_passes_the_door() -> None:
    made = traffic()
    plans = {one["id"]: one for one in campaigns()}
    spend = [made.spend() for _ in range(400)]
    for one in spend:
        assert one["line"] in [line["line"] for line in plans[one["campaign"]]["lines"]]
        assert one["amount"]["currency"] == plans[one["campaign"]]["currency"]
    rows = SpendBatch.model_validate({"spend": spend}).spend
    assert not [row for row in rows if isinstance(row, list)]
    assert {one["campaign"] for one in spend} == set(plans)


def test_every_outcome_passes_its_door_and_some_are_won_and_some_lost() -> None:
    made = traffic()
    outcomes = [made.outcome("018f0000-0000-7000-8000-000000000001") for _ in range(100)]
    answer = parse_outcomes(json.dumps({"outcomes": outcomes}).encode(), NOW)
    assert not isinstance(answer, list)
    assert not answer.refused
    assert {one["result"] for one in outcomes} == {"won", "lost"}
    paid = [made.outcome("018f0000-0000-7000-8000-000000000001", {"country": "IN"}).get("amount") for _ in range(50)]
    assert {amount["currency"] for amount in paid if amount} == {"INR"}


def test_the_market_is_valid_and_large_enough_to_show_something() -> None:
    made = read_market(yaml.safe_load(market()))
    assert len(made.segments) == 10
    assert len(made.rules) >= 40
    assert {team.country for team in made.teams.values()} >= {"DE", "FR", "IN", "IR", "CN", "BR", "GB", "US"}
    for team in made.teams.values():
        assert 3 <= len(team.members) <= 5
        assert sum(not member.available for member in team.members) == 1


def test_every_campaign_is_a_valid_plan_for_a_segment_of_the_market() -> None:
    segments = {segment.id for segment in read_market(yaml.safe_load(market())).segments}
    for one in campaigns():
        plan = PlanBody.model_validate({name: value for name, value in one.items() if name != "id"}).plan()
        assert not faults(plan)
        assert plan.segment in segments
