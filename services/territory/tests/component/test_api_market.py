"""A market file at the door: whole, checked, versioned and in force at once, or refused with every fault named."""

import asyncio
import json
from collections.abc import Mapping, Sequence

import pytest
import yaml

from chassis import Problem, Transaction
from chassis_testing import ServiceUnderTest
from contracts.territory.structure import MarketActivated, PipelinePublished, SegmentDefined, TeamDefined
from territory.domain import routing
from territory.domain.criteria import Criterion
from territory.domain.rule_index import Index
from territory.use_cases import market as use_case

from .events import MARKET, put_market, qualified

YAML = {"content-type": "application/yaml; charset=utf-8"}


async def test_a_yaml_file_takes_effect_and_the_structure_is_told(service: ServiceUnderTest) -> None:
    answer = await service.http.put("/v1/market", content=yaml.safe_dump(MARKET, allow_unicode=True), headers=YAML)
    assert (answer.status_code, answer.json()) == (
        200,
        {"version": 1, "rules": 2, "segments": 3, "teams": 3, "warnings": []},
    )
    said = await service.emitted()
    segments = {event.id: event.name for event in said if isinstance(event, SegmentDefined)}
    teams = {event.id: event for event in said if isinstance(event, TeamDefined)}
    assert segments == {"de-machines": "Maschinenbau Deutschland", "de": "Deutschland", "everyone-else": "その他"}
    assert (teams["berlin"].pipeline, teams["berlin"].country, len(teams["berlin"].members)) == ("contract", "DE", 3)
    lines = {event.pipeline: event for event in said if isinstance(event, PipelinePublished)}
    assert lines.keys() == {"contract", "short"}
    assert [(stage.name, stage.kind) for stage in lines["short"].stages] == [("qualified", "open"), ("won", "won")]
    assert isinstance(said[-1], MarketActivated)
    assert (said[-1].version, said[-1].rules, said[-1].segments, said[-1].teams) == (1, 2, 3, 3)


async def test_what_a_stage_asks_for_is_told_with_the_pipeline(service: ServiceUnderTest) -> None:
    offer = {"answered": True, "documents": ["offer"], "fields": ["amount"], "target_days": 7}
    rules = {"offer": offer, "signed": {"won": True}}
    line = {"id": "contract", "name": "Contract", "stages": ["qualified", "offer", "signed"], "stage_rules": rules}
    file = MARKET | {"pipelines": [line, MARKET["pipelines"][1]]}
    assert (await service.http.put("/v1/market", json=file)).status_code == 200
    [told] = [e for e in await service.emitted() if isinstance(e, PipelinePublished) and e.pipeline == "contract"]
    asked = told.stages[1]
    assert (told.id, told.version, told.stages[2].kind) == ("pipeline:contract", 1, "won")
    assert (asked.answered, asked.documents, asked.fields, asked.target_days) == (True, ("offer",), ("amount",), 7)


async def test_the_same_file_again_is_the_same_version_and_nothing_is_told_twice(service: ServiceUnderTest) -> None:
    assert await put_market(service) == 1
    again = await service.http.put("/v1/market", content=yaml.safe_dump(MARKET, sort_keys=True), headers=YAML)
    assert (again.status_code, again.json()["version"]) == (200, 1)
    assert await service.emitted() == []


async def test_a_file_of_the_past_comes_back_as_a_new_version(service: ServiceUnderTest) -> None:
    assert [await put_market(service), await put_market(service, rules=[]), await put_market(service)] == [1, 2, 3]


async def test_files_put_at_the_same_time_get_versions_one_after_the_other(service: ServiceUnderTest) -> None:
    files = [MARKET | {"segments": [*MARKET["segments"], {"id": f"s{n}", "name": "S"}]} for n in range(5)]
    answers = await asyncio.gather(*(service.http.put("/v1/market", json=file) for file in files))
    assert sorted(answer.json()["version"] for answer in answers) == [1, 2, 3, 4, 5]


async def test_the_file_in_force_is_given_back_and_put_back_changes_nothing(service: ServiceUnderTest) -> None:
    await put_market(service)
    as_json = await service.http.get("/v1/market")
    assert as_json.json() == MARKET
    as_yaml = await service.http.get("/v1/market", headers={"accept": "application/yaml"})
    assert as_yaml.headers["content-type"].startswith("application/yaml")
    assert "Maschinenbau" in as_yaml.text
    again = await service.http.put("/v1/market", content=as_yaml.content, headers=YAML)
    assert again.json()["version"] == 1


async def test_a_file_with_faults_changes_nothing_and_each_fault_is_named(service: ServiceUnderTest) -> None:
    await put_market(service)
    rules = [MARKET["rules"][0] | {"team": "munich"}, MARKET["rules"][1] | {"when": {"postcode": "1"}}]
    answer = await service.http.put("/v1/market", json=MARKET | {"rules": rules})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"] == [
        {"field": "rules[0].team", "reason": "no such team"},
        {
            "field": "rules[1].when.postcode",
            "reason": "is not an attribute of a lead; your own are attributes.<name>",
        },
    ]
    assert (await service.http.get("/v1/market")).json() == MARKET
    assert await service.emitted() == []


async def test_what_can_never_hold_is_refused_and_what_is_doubtful_is_taken_and_told(service: ServiceUnderTest) -> None:
    def with_rule(when: dict[str, object]) -> dict[str, object]:
        return MARKET | {"rules": [MARKET["rules"][0] | {"when": when}]}

    never = {"country": ["Germany"], "postcode_area": {"prefix": ["10", "1011"]}}
    answer = await service.http.put("/v1/market", json=with_rule(never))
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (
        422,
        ["rules[0].when.country[0]"],
    )
    answer = await service.http.put("/v1/market", json=with_rule(never | {"country": ["DE"]}))
    assert answer.json()["errors"] == [
        {"field": "rules[0].when.postcode_area.prefix[1]", "reason": "never comes: areas of DE have 3 digits"}
    ]
    answer = await service.http.put("/v1/market", json=with_rule({"country": ["NO"], "postcode_area": ["01067"]}))
    assert (answer.status_code, answer.json()["warnings"]) == (
        200,
        [{"field": "rules[0].when.postcode_area[0]", "reason": "never comes: areas of NO have 2 digits"}],
    )


async def test_a_version_that_was_taken_before_its_faults_were_known_goes_on_as_it_was(
    service: ServiceUnderTest,
) -> None:
    never = {"name": "never", "segment": "de", "team": "germany", "when": {"country": ["Germany"]}}
    document = json.dumps(MARKET | {"rules": [never, *MARKET["rules"]]})
    await service.sql(
        "insert into market (version, document, sha256, activated_at) values (7, $1, $2, now())", document, "0" * 64
    )
    await service.sql("update active_market set version = 7")
    await service.sql("insert into rotation (team, credits) values ('berlin', '{}')")
    await service.receives(qualified(1))
    said = [type(event).__name__ for event in await service.emitted() if event.type.startswith("territory.lead.")]
    assert said == ["LeadRouted", "LeadAssigned"]


async def test_rules_are_compiled_when_they_are_put_and_an_index_that_takes_too_much_is_refused(
    service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule_index: list[int | None] = []

    class Counted(Index):
        def __init__(self, ranked: Sequence[Mapping[str, Criterion]], most: int | None = None) -> None:
            rule_index.append(most)
            super().__init__(ranked, most)

    monkeypatch.setattr(routing, "Index", Counted)
    await put_market(service)
    await service.receives(qualified(1))
    assert rule_index == [use_case.INDEX_BYTES_AT_MOST]
    monkeypatch.setattr(use_case, "INDEX_BYTES_AT_MOST", 2**20)
    rules = [
        {"name": f"r{n}", "segment": "de", "team": "germany", "when": {"product": {"prefix": f"{n}"}}}
        for n in range(3_000)
    ]
    answer = await service.http.put("/v1/market", json=MARKET | {"rules": rules})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "rules")
    assert "more than 1 MiB of memory, most of it for product" in answer.json()["errors"][0]["reason"]
    assert (await service.http.get("/v1/market")).json() == MARKET


BOMB = "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"a: [1", "application/yaml", 400),
        (BOMB.encode(), "application/yaml", 400),
        (b"[" * 1_000_000, "application/yaml", 400),
        (b"a: 1\xff", "application/yaml", 400),
        (b"{", "application/json", 400),
        (b"[" * 1_000_000, "application/json", 400),
        (b'{"segments": [{"id": "\\ud800", "name": "\\u0000"}], "teams": []}', "application/json", 422),
        (b"", "application/yaml", 422),
        (b"[]", "application/json", 422),
        (b"segments: []", "text/plain", 415),
        (b"segments: []", "multipart/form-data", 415),
        (b"a: " + b"x" * (4 * 1024 * 1024), "application/yaml", 413),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_a_bad_body_gets_a_problem_and_never_a_server_error(
    service: ServiceUnderTest, body: bytes, kind: str, status: int
) -> None:
    answer = await service.http.put("/v1/market", content=body, headers={"content-type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert await service.sql("select * from market") == []


async def test_before_the_first_market_there_is_none(service: ServiceUnderTest) -> None:
    assert (await service.http.get("/v1/market")).status_code == 404
    assert (await service.http.get("/v1/segments")).json() == {"version": 0, "segments": []}
    assert (await service.http.get("/v1/teams")).json() == {"version": 0, "teams": []}
    assert (await service.http.get("/v1/rulesets")).json() == {"active": 0, "rulesets": []}


async def test_every_version_is_listed_and_its_rules_stand_in_the_order_in_which_they_win(
    service: ServiceUnderTest,
) -> None:
    await put_market(service, rules=list(reversed(MARKET["rules"])))
    await put_market(service, rules=None, fallback=None)
    listed = (await service.http.get("/v1/rulesets")).json()
    assert listed["active"] == 2
    assert [(v["version"], v["rules"], v["segments"], v["teams"]) for v in listed["rulesets"]] == [
        (2, 0, 3, 3),
        (1, 2, 3, 3),
    ]
    assert [v["version"] for v in (await service.http.get("/v1/rulesets?before=2&limit=1")).json()["rulesets"]] == [1]
    first = (await service.http.get("/v1/rulesets/1")).json()
    assert [rule["name"] for rule in first["rules"]] == ["berlin-machines", "germany"]
    assert first["fallback"] == {"segment": "everyone-else", "team": "head-office"}
    for path, status in (("3", 404), ("0", 404), ("-1", 404), ("99999999999999999999", 404), ("x", 422)):
        assert (await service.http.get(f"/v1/rulesets/{path}")).status_code == status


async def test_segments_and_teams_of_the_market_in_force_can_be_seen(service: ServiceUnderTest) -> None:
    await put_market(service)
    assert (await service.http.get("/v1/segments")).json() == {"version": 1, "segments": MARKET["segments"]}
    assert (await service.http.get("/v1/teams")).json() == {"version": 1, "teams": MARKET["teams"]}


async def test_a_market_of_ten_thousand_rules_is_taken(service: ServiceUnderTest) -> None:
    rules = [
        {"name": f"r{n}", "segment": "de", "team": "germany", "when": {"postcode_area": {"prefix": f"{n:04}"}}}
        for n in range(10_000)
    ]
    assert await put_market(service, rules=rules) == 1


async def test_a_market_that_came_to_nothing_is_not_the_one_that_its_version_means_later(
    service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_: Transaction) -> None:
        raise Problem(409, "Not now")

    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "finish", fails)  # the last thing before the commit
        assert (await service.http.put("/v1/market", json=MARKET | {"rules": []})).status_code == 409
    by_another_replica = "insert into market (version, document, sha256, activated_at) values (1, $1, $2, now())"
    await service.sql(by_another_replica, json.dumps(MARKET), "0" * 64)
    rules = (await service.http.get("/v1/rulesets/1")).json()["rules"]
    assert [rule["name"] for rule in rules] == ["berlin-machines", "germany"]
