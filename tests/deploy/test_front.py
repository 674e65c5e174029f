"""Gateway and session door, rendered by Helm itself: what Kubernetes takes, least rights, and settings that the programs have."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import helm_python as helm
import kubernetes_validate
import pytest
import yaml

from session_door.settings import Settings

ROOT = Path(__file__).parents[2]
FRONT = ROOT / "deploy" / "front"
KUBERNETES = ("1.30", "1.37")
IMAGE = {"repository": "registry.example/tributary/part", "digest": "sha256:" + "a" * 64}
TOLD: dict[str, Any] = {
    "host": "crm.example",
    "gateway": {"image": IMAGE},
    "door": {"image": IMAGE},
    "issuer": {"url": "https://id.example"},
    "secret": {"client": True},
}


def rendered(told: Mapping[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    with helm.Chart.load(FRONT) as chart:
        files = chart.render(dict(told), name="front", namespace="tributary")
    documents = [d for text in files.values() for d in yaml.safe_load_all(text) if d]
    return {(d["kind"], d["metadata"]["name"]): d for d in documents}


def container(part: str) -> dict[str, Any]:
    (found,) = rendered(TOLD)["Deployment", part]["spec"]["template"]["spec"]["containers"]
    return dict(found)


def test_kubernetes_takes_what_is_rendered() -> None:
    documents = rendered(TOLD)
    assert set(documents) == {
        (kind, part)
        for kind in ("Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy")
        for part in ("gateway", "door")
    }
    for document in documents.values():
        for version in KUBERNETES:
            kubernetes_validate.validate(document, version, strict=True)
    assert helm.lint(FRONT, TOLD)["errors"] == []


@pytest.mark.parametrize(
    "told",
    [
        {"host": "https://crm.example"},
        {"host": ""},
        {"gateway": {"image": {"repository": "registry.example/gateway", "digest": "latest"}}},
        {"issuer": {"url": "http://id.example"}},
        {"network": {"browsers": []}},
        {"services": {"leads": "http://leads:8000"}},
        {"replicas": 2},
    ],
    ids=str,
)
def test_values_that_cannot_be_meant_are_refused(told: Mapping[str, Any]) -> None:
    with helm.Chart.load(FRONT) as chart:
        chart.validate_schema(TOLD)
        with pytest.raises(helm.HelmError):
            chart.validate_schema({**TOLD, **told})


@pytest.mark.parametrize("part", ["gateway", "door"])
def test_no_pod_may_do_more_than_it_needs(part: str) -> None:
    documents = rendered(TOLD)
    pod = documents["Deployment", part]["spec"]["template"]
    assert (pod["spec"]["automountServiceAccountToken"], pod["spec"]["enableServiceLinks"]) == (False, False)
    assert (pod["spec"]["securityContext"]["runAsNonRoot"], pod["spec"]["securityContext"]["runAsUser"]) == (
        True,
        10001,
    )
    assert container(part)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container(part)["image"].endswith("@" + IMAGE["digest"])
    labels = pod["metadata"]["labels"].items()
    for kind, choose in (
        ("Service", lambda spec: spec["selector"]),
        ("PodDisruptionBudget", lambda spec: spec["selector"]["matchLabels"]),
        ("NetworkPolicy", lambda spec: spec["podSelector"]["matchLabels"]),
    ):
        assert choose(documents[kind, part]["spec"]).items() <= labels


def test_the_door_is_told_what_it_has_settings_for_and_comes_from_the_gateway_alone() -> None:
    names = {env["name"] for env in container("door")["env"]}
    assert names <= {f"TRIBUTARY_DOOR_{name.upper()}" for name in Settings.model_fields}
    needed = {f"TRIBUTARY_DOOR_{name.upper()}" for name, its in Settings.model_fields.items() if its.is_required()}
    assert needed <= names
    documents = rendered(TOLD)
    (way,) = documents["NetworkPolicy", "door"]["spec"]["ingress"]
    (who,) = way["from"]
    gateway = documents["Deployment", "gateway"]["spec"]["template"]["metadata"]["labels"]
    assert who["podSelector"]["matchLabels"].items() <= gateway.items()
    ports = {p["port"] for rule in documents["NetworkPolicy", "door"]["spec"]["egress"] for p in rule["ports"]}
    assert ports == {53, 5432, 443}


def test_the_gateway_is_told_all_that_its_file_asks_for() -> None:
    asked = set(re.findall(r"\{\$(TRIBUTARY_\w+)\}", (ROOT / "deploy/web/Caddyfile").read_text()))
    dockerfile = (ROOT / "deploy/Dockerfile").read_text()
    told = {env["name"] for env in container("gateway")["env"]}
    assert asked <= told | {name for name in asked if f"{name}=" in dockerfile}
    calls = rendered(TOLD)["NetworkPolicy", "gateway"]["spec"]["egress"]
    assert {p["port"] for rule in calls for p in rule["ports"]} == {53, 8000}


def test_the_services_let_the_gateway_in() -> None:
    services = yaml.safe_load((ROOT / "deploy/chart/values.yaml").read_text())["network"]["callers"]
    labels = rendered(TOLD)["Deployment", "gateway"]["spec"]["template"]["metadata"]["labels"]
    assert any(one["podSelector"]["matchLabels"].items() <= labels.items() for one in services if "podSelector" in one)
