"""A market file is read whole, and every fault is named by the path of its field."""

import copy
from typing import Any

import pytest

from territory.domain import file_grammar
from territory.domain.criteria import Criterion, OneOf, Prefix, Range
from territory.domain.market import Market, MarketRefused, fingerprint
from territory.domain.market_file import read_market
from territory.domain.rotation import Member
from territory.domain.routing import Fallback

FILE: dict[str, Any] = {
    "segments": [{"id": "machines", "name": "Maschinenbau"}],
    "pipelines": [{"id": "contract", "name": "Written contract", "stages": ["offer", "won"]}],
    "teams": [
        {
            "id": "berlin",
            "name": "Team Berlin",
            "country": "DE",
            "pipeline": "contract",
            "members": [{"person": "anna", "weight": 2}, {"person": "jo", "available": False}],
        }
    ],
    "rules": [
        {
            "name": "berlin-machines",
            "segment": "machines",
            "team": "berlin",
            "priority": 10,
            "when": {
                "country": ["DE", "AT"],
                "postcode_area": {"prefix": "10"},
                "product": "Pumps",
                "attributes.size": {"min": 10, "max": 50},
                "attributes.urgent": True,
            },
        }
    ],
    "fallback": {"segment": "machines", "team": "berlin"},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The file with one field set, or taken away where the value is ``...``."""
    file = copy.deepcopy(FILE)
    at: Any = file
    *steps, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    for step in steps:
        at = at[step]
    if value is ...:
        del at[last]
    elif isinstance(at, list) and last == len(at):
        at.append(value)
    else:
        at[last] = value
    return file


def faults(file: object) -> dict[str, str]:
    with pytest.raises(MarketRefused) as refused:
        read_market(file)
    return {fault.field: fault.reason for fault in refused.value.faults}


def test_a_good_file_says_what_it_says() -> None:
    market = read_market(FILE)
    [rule] = market.rules
    assert rule.when == {
        "country": OneOf(("de", "at")),
        "postcode_area": Prefix(("10",), "letters"),
        "product": OneOf(("pumps",)),
        "attributes.size": Range(10, 50),
        "attributes.urgent": OneOf(("true",)),
    }
    assert (rule.segment, rule.team, rule.priority) == ("machines", "berlin", 10)
    assert market.teams["berlin"].members == (Member("anna", 2, True), Member("jo", 1, False))
    assert market.fallback == Fallback("machines", "berlin")


@pytest.mark.parametrize("left_out", ["rules", "fallback"])
def test_rules_and_fallback_may_be_left_out(left_out: str) -> None:
    assert isinstance(read_market(changed(left_out, ...)), Market)
    assert isinstance(read_market(changed(left_out, None)), Market)


TEXT = "is not a text of 1 to 200 characters without control characters or blanks around it"
CRITERION = "is none of: a list of values, {prefix}, {min, max}"


@pytest.mark.parametrize(
    ("path", "value", "field", "reason"),
    [
        ("segments", ..., "segments", "is missing"),
        ("segments", {}, "segments", "is not a list of at most 10000 entries"),
        ("colour", 1, "colour", "is not a field of a market file"),
        ("segments/0", "machines", "segments[0]", "is not a mapping of fields"),
        ("segments/0/name", "", "segments[0].name", TEXT),
        ("segments/0/name", "a\x00b", "segments[0].name", TEXT),
        ("segments/0/name", "\ud800", "segments[0].name", TEXT),
        ("segments/0/name", "x" * 201, "segments[0].name", TEXT),
        ("segments/0/name", 7, "segments[0].name", TEXT),
        ("segments/1", {"id": "machines", "name": "Again"}, "segments[1].id", "is there already"),
        ("segments/1", {"id": "berlin", "name": "Berlin"}, "teams[0].id", "is the id of a segment"),
        ("segments/1", {"id": "market", "name": "M"}, "segments[1].id", "may not be market: that is the market's own id"),
        ("pipelines/0/stages", [], "pipelines[0].stages", "names no stage"),
        ("pipelines/0/stages/0", "won", "pipelines[0].stages[0]", "is where a sale ends that is won, and others come after it"),
        ("pipelines/0/stage_rules", {"visit": {}}, "pipelines[0].stage_rules", "names a stage that the pipeline does not have"),
        ("pipelines/0/stage_rules", {"offer": {"documents": ["An offer"]}}, "pipelines[0].stage_rules.offer.documents[0]", "is not a code of small letters and underscores"),
        ("pipelines/0/stage_rules", {"offer": {"fields": ["mood"]}}, "pipelines[0].stage_rules.offer.fields[0]", "is none of amount, likelihood, expected_close"),
        ("pipelines/0/stage_rules", {"offer": {"answered": 1}}, "pipelines[0].stage_rules.offer.answered", "is not true or false"),
        ("pipelines/0/stage_rules", {"offer": {"colour": 1}}, "pipelines[0].stage_rules.offer.colour", "is not a field of a market file"),
        ("pipelines/0/stage_rules", {"offer": {"target_days": 0}}, "pipelines[0].stage_rules.offer.target_days", "is not a whole number from 1 to 3650"),
        ("pipelines/0/stage_rules", {"offer": {"likelihood": 101}}, "pipelines[0].stage_rules.offer.likelihood", "is not a whole number from 0 to 100"),
        ("pipelines/0/stage_rules", "won", "pipelines[0].stage_rules", "is not a mapping of stages"),
        ("pipelines/0/stages/1", "offer", "pipelines[0].stages[1]", "is there already"),
        ("teams/0/pipeline", "none", "teams[0].pipeline", "no such pipeline"),
        ("teams/0/country", "de", "teams[0].country", "is not a country code of two capital letters"),
        ("teams/0/country", False, "teams[0].country", "is not a country code of two capital letters"),
        ("teams/0/members/0/weight", -1, "teams[0].members[0].weight", "is not a whole number from 0 to 1000"),
        ("teams/0/members/0/weight", True, "teams[0].members[0].weight", "is not a whole number from 0 to 1000"),
        ("teams/0/members/1/available", "no", "teams[0].members[1].available", "is not true or false"),
        ("teams/0/members/1/person", "anna", "teams[0].members[1].person", "is there already"),
        ("rules/0/team", "munich", "rules[0].team", "no such team"),
        ("rules/0/segment", "mills", "rules[0].segment", "no such segment"),
        ("rules/0/priority", 1.5, "rules[0].priority", "is not a whole number"),
        ("rules/0/name", "fallback", "rules[0].name", "may not be fallback: decisions use that word for the catch-all"),
        ("rules/1", FILE["rules"][0], "rules[1].name", "is there already"),
        ("rules/0/when", {}, "rules[0].when", "names no attribute to ask for; the fallback is the catch-all"),
        ("rules/0/when/postcode", "1", "rules[0].when.postcode", "is not an attribute of a lead; your own are attributes.<name>"),
        ("rules/0/when/attributes.", "1", "rules[0].when.attributes.", "is not an attribute of a lead; your own are attributes.<name>"),
        ("rules/0/when/country", [], "rules[0].when.country", "does not hold 1 to 1000 values"),
        ("rules/0/when/country", ["DE", None], "rules[0].when.country[1]", "is not a text, a number, true or false"),
        ("rules/0/when/country", [float("nan")], "rules[0].when.country[0]", "is not a text, a number, true or false"),
        ("rules/0/when/postcode_area", {"prefix": ""}, "rules[0].when.postcode_area.prefix", TEXT),
        ("rules/0/when/postcode_area", {"suffix": "1"}, "rules[0].when.postcode_area", CRITERION),
        ("rules/0/when/postcode_area", {"prefix": "1", "min": 1}, "rules[0].when.postcode_area", CRITERION),
        ("rules/0/when/attributes.size", {"min": 5, "max": 4}, "rules[0].when.attributes.size.min", "is above max"),
        ("rules/0/when/attributes.size", {"min": "5"}, "rules[0].when.attributes.size.min", "is not a number"),
        ("rules/0/when/attributes.size", {"max": float("nan")}, "rules[0].when.attributes.size.max", "is not a number"),
        ("rules/0/when/attributes.size", {"max": 10**30}, "rules[0].when.attributes.size.max", "is not a number"),
        ("fallback/team", "munich", "fallback.team", "no such team"),
        ("fallback", "berlin", "fallback", "is not a mapping of fields"),
    ],
)  # fmt: skip
def test_a_fault_is_named_by_the_path_of_its_field(path: str, value: Any, field: str, reason: str) -> None:
    assert faults(changed(path, value))[field] == reason


@pytest.mark.parametrize("file", [None, [], "market", 7])
def test_a_file_that_is_no_mapping_is_refused(file: object) -> None:
    assert faults(file)["market"] == "is not a mapping of fields"


def test_all_faults_are_named_at_once() -> None:
    file = changed("rules/0/team", "munich")
    file["teams"][0]["pipeline"] = "none"
    file["fallback"]["segment"] = "mills"
    assert faults(file).keys() == {"rules[0].team", "teams[0].pipeline", "fallback.segment"}


def test_a_file_of_nothing_but_faults_is_given_up_early() -> None:
    assert len(faults(changed("rules", [{} for _ in range(20_000)]))) <= file_grammar.FAULTS_AT_MOST


def test_a_file_that_asks_for_too_many_attributes_is_refused() -> None:
    when = {f"attributes.a{n}": 1 for n in range(65)}
    assert faults(changed("rules/0/when", when)) == {"rules": "ask for 65 attributes; at most 64 are possible"}


def when(asked: dict[str, Any]) -> dict[str, Criterion]:
    return dict(read_market(changed("rules/0/when", asked)).rules[0].when)


@pytest.mark.parametrize(
    ("countries", "ends"),
    [
        ({"country": ["DE"]}, "letters"),
        ({"country": "gb"}, "numbers"),
        ({"country": {"one_of": ["IE", "GB"]}}, "numbers"),
        ({"country": ["IE", "CA"]}, "letters"),
        ({"country": {"prefix": "G"}}, "numbers"),
        ({"product": "lathe"}, "numbers"),
    ],
)
def test_where_a_postcode_prefix_ends_follows_from_the_countries_of_its_rule(
    countries: dict[str, Any], ends: str
) -> None:
    assert when(countries | {"postcode_area": {"prefix": ["ＳＷ１", "n"]}})["postcode_area"] == Prefix(
        ("sw1", "n"), ends
    )


def test_own_attributes_are_one_however_they_are_spelled_and_their_numbers_are_numbers() -> None:
    assert when({"attributes.Gro\u0308ße": [12000, "12", True, 12000]}) == {
        "attributes.grösse": OneOf(("12", "true"), (12_000,))
    }
    assert when({"postcode_area": [101], "product": [7]}) == {
        "postcode_area": OneOf(("101",)),
        "product": OneOf(("7",)),
    }
    again = faults(changed("rules/0/when", {"attributes.size": 1, "attributes.Size": 2}))
    assert again == {"rules[0].when.attributes.Size": "is there already, written in another way"}


def test_a_decimal_number_with_zeros_at_its_end_is_a_text_among_texts_and_a_number_among_numbers() -> None:
    assert when({"product": ["1.10"], "attributes.size": ["1.10", "1.1"], "attributes.width": {"min": "0.50"}}) == {
        "product": OneOf(("1.10",)),
        "attributes.size": OneOf(("1.10", "1.1"), (1.1,)),
        "attributes.width": Range(0.5, None),
    }


@pytest.mark.parametrize("nothing", ["\u200b", "\u2060\u00ad", "\ufeff"])
def test_what_nobody_can_see_is_nothing_to_ask_for(nothing: str) -> None:
    assert faults(changed("rules/0/when/region", {"prefix": nothing})) == {"rules[0].when.region.prefix": TEXT}
    assert f"rules[0].when.attributes.{nothing}" in faults(changed(f"rules/0/when/attributes.{nothing}", 1))


def test_a_fingerprint_tells_files_apart_by_what_they_say() -> None:
    assert fingerprint(FILE) == fingerprint(dict(reversed(FILE.items())))
    assert fingerprint(FILE) != fingerprint(changed("rules/0/priority", 11))
