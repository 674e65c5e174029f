"""What watches finds everything it names: no pipeline with a part that is not there, no page or rule that is mounted elsewhere."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.hearers import HEARS

ROOT = Path(__file__).parents[2]
OBSERVED = ROOT / "deploy" / "observability"


def read(file: str) -> Any:
    return yaml.safe_load((OBSERVED / file).read_text())


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"])


def incomplete(collector: dict[str, Any]) -> list[str]:
    """What a pipeline names and nobody set up, what was set up for nothing, and a pipeline that has no end."""
    found, used = [], {"receivers": set(), "processors": set(), "exporters": set()}  # type: ignore[var-annotated]
    for name, pipeline in collector["service"]["pipelines"].items():
        if not pipeline.get("receivers") or not pipeline.get("exporters"):
            found.append(f"{name} has no beginning or no end")
        if pipeline.get("processors", [None])[0] != "memory_limiter":
            found.append(f"{name} may grow until the engine ends it")
        for kind, names in pipeline.items():
            used[kind] |= set(names)
            found += [f"{name} names {one} of {kind}" for one in names if one not in collector[kind]]
    return found + [
        f"{one} is for nothing" for kind, names in used.items() for one in collector[kind] if one not in names
    ]


def test_every_pipeline_of_the_collector_is_complete() -> None:
    assert incomplete(read("collector/config.yaml")) == []


@pytest.mark.parametrize(
    ("kind", "names"),
    [("exporters", []), ("exporters", ["otlp/tempo"]), ("processors", ["batch"]), ("receivers", ["otlp", "filelog"])],
)
def test_an_incomplete_pipeline_is_seen(kind: str, names: list[str]) -> None:
    collector = read("collector/config.yaml")
    collector["service"]["pipelines"]["traces"][kind] = names
    assert incomplete(collector)


def test_every_service_is_asked_by_its_name_and_each_replica_by_itself() -> None:
    asked = {job["job_name"]: job for job in read("prometheus/prometheus.yaml")["scrape_configs"]}
    for service in HEARS:
        assert asked[service]["dns_sd_configs"] == [
            {"names": [service], "type": "A", "port": 8000, "refresh_interval": "5s"}
        ]
    assert set(asked) == {*HEARS, "collector"}
    assert read("prometheus/prometheus.yaml")["global"]["scrape_protocols"][0].startswith("OpenMetrics")


def test_whatever_is_named_in_a_configuration_is_mounted_there(compose: dict[str, Any]) -> None:
    inside = {
        name: {target: ROOT / source for source, target in (v.split(":")[:2] for v in service.get("volumes", ()))}
        for name, service in compose.items()
    }
    for rules in read("prometheus/prometheus.yaml")["rule_files"]:
        assert inside["prometheus"][rules] == OBSERVED / "prometheus/rules.yaml"
    (provider,) = read("grafana/provisioning/dashboards/tributary.yaml")["providers"]
    pages = inside["grafana"][provider["options"]["path"]]
    home = compose["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (pages / Path(home).name).exists()
    assert len(list(pages.glob("*.json"))) == len(HEARS) + 3
    for name, flag in (("prometheus", "--config.file="), ("collector", "--config="), ("loki", "-config.file=")):
        (told,) = [part.removeprefix(flag) for part in compose[name]["command"] if part.startswith(flag)]
        assert inside[name][told].is_file()


def test_every_source_of_a_dashboard_is_set_up_and_leads_to_a_service(compose: dict[str, Any]) -> None:
    sources = {one["uid"]: one for one in read("grafana/provisioning/datasources/tributary.yaml")["datasources"]}
    named = {
        uid
        for page in (OBSERVED / "grafana/dashboards").glob("*.json")
        for uid in re.findall(r'"uid": "(\w+)"', page.read_text())
    }
    assert named <= set(sources)
    assert {re.sub(r"http://(.+):\d+", r"\1", one["url"]) for one in sources.values()} <= set(compose)
    leads_to = {
        to["datasourceUid"]
        for one in sources.values()
        for to in one.get("jsonData", {}).get("exemplarTraceIdDestinations", [])
    }
    assert leads_to == {"jaeger"}


def test_the_services_are_told_where_the_collector_listens(compose: dict[str, Any]) -> None:
    laid, collector = read("compose.yaml")["services"], read("collector/config.yaml")
    assert set(laid) == set(HEARS)
    listens = collector["receivers"]["otlp"]["protocols"]["http"]["endpoint"].rpartition(":")[2]
    door = collector["receivers"]["fluentforward"]["endpoint"].rpartition(":")[2]
    for told in laid.values():
        assert told["environment"] == {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://collector:{listens}"}
        assert told["logging"]["options"]["fluentd-address"] == f"127.0.0.1:{door}"
        assert told["logging"]["options"]["fluentd-async"] == "true", "a service starts without a collector"
    assert compose["collector"]["ports"] == [f"127.0.0.1:{door}:{door}"]
