"""The chart, rendered by Helm itself, says what Kubernetes takes and what we promise: least rights, expand before contract, true scaling."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import helm_python as helm
import kubernetes_validate
import pytest
import yaml

from chassis import Settings
from contracts import STREAMS
from contracts.hearers import HEARS
from contracts.principals import principals, rights
from contracts.topics import definition

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "chart"
KUBERNETES = ("1.30", "1.37")
BUILT_IN = {"v1", "apps/v1", "batch/v1", "policy/v1", "networking.k8s.io/v1"}
LEAST: dict[str, Any] = {
    "image": {"repository": "registry.example/tributary/service", "digest": "sha256:" + "a" * 64},
    "issuer": {"url": "https://id.example"},
}
ALL = {
    **LEAST,
    "scaling": {"enabled": True},
    "secrets": {"external": {"enabled": True, "store": {"name": "vault"}}},
    "migrations": {"contract": True},
    "serviceMonitor": {"enabled": True},
    "otlpEndpoint": "http://collector.observability.svc:4318",
    "settings": {"TRIBUTARY_TRACE_RATIO": "0.05"},
}


def values(service: str, told: Mapping[str, Any]) -> dict[str, Any]:
    return {**yaml.safe_load((CHART / "services" / f"{service}.yaml").read_text()), **told}


def rendered(service: str, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    with helm.Chart.load(CHART) as chart:
        files = chart.render(values(service, told), name=service, namespace="tributary")
    return [document for text in files.values() for document in yaml.safe_load_all(text) if document]


def one(documents: list[dict[str, Any]], kind: str, name: str = "") -> dict[str, Any]:
    (found,) = [d for d in documents if d["kind"] == kind and name in ("", d["metadata"]["name"])]
    return found


def pods(documents: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield from (d["spec"]["template"]["spec"] for d in documents if d["kind"] in ("Deployment", "Job"))


@pytest.mark.parametrize("told", [LEAST, ALL], ids=["least", "all"])
@pytest.mark.parametrize("service", HEARS)
def test_kubernetes_takes_what_is_rendered(service: str, told: Mapping[str, Any]) -> None:
    documents = [d for d in rendered(service, told) if d["apiVersion"] in BUILT_IN]
    assert {"Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy", "Job"} <= {d["kind"] for d in documents}
    for document in documents:
        for version in KUBERNETES:
            kubernetes_validate.validate(document, version, strict=True)


def test_what_kubernetes_refuses_is_seen() -> None:
    deployment = one(rendered("leads", LEAST), "Deployment")
    deployment["spec"]["replicas"] = "2"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, KUBERNETES[0], strict=True)


@pytest.mark.parametrize("service", HEARS)
def test_helm_finds_nothing_wrong(service: str) -> None:
    assert helm.lint(CHART, values(service, ALL))["errors"] == []


@pytest.mark.parametrize(
    "told",
    [
        {"service": "billing"},
        {"hears": []},
        {"image": {"repository": "registry.example/tributary/leads", "digest": "latest"}},
        {"image": {"repository": "registry.example/tributary/leads", "digest": "sha256:" + "a" * 64, "tag": "1"}},
        {"issuer": {"url": "http://id.example"}},
        {"scaling": {"enabled": True, "min": 0}},
        {"scaling": {"enabled": True, "lagPerReplica": 0}},
        {"kafka": {"security": "plaintext"}},
        {"kafka": {"bootstrap": "kafka"}},
        {"postgres": {"security": "prefer"}},
        {"settings": {"TRIBUTARY_MASTER_KEY": "c2VjcmV0"}},
        {"settings": {"TRIBUTARY_TRACE_RATIO": 0.5}},
        {"secrets": {"external": {"enabled": True, "store": {"name": ""}}}},
        {"network": {"callers": []}},
        {"replica": 3},
    ],
    ids=str,
)
def test_values_that_cannot_be_meant_are_refused(told: Mapping[str, Any]) -> None:
    with helm.Chart.load(CHART) as chart:
        chart.validate_schema(values("leads", LEAST))
        with pytest.raises(helm.HelmError):
            chart.validate_schema(values("leads", {**LEAST, **told}))


@pytest.mark.parametrize("service", HEARS)
def test_no_pod_may_do_more_than_it_needs(service: str) -> None:
    found = list(pods(rendered(service, ALL)))
    assert len(found) == 3
    for pod in found:
        assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 10001
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["image"].endswith("@" + LEAST["image"]["digest"])
        assert {"requests", "limits"} <= set(container["resources"])


def test_the_owners_password_goes_to_the_migration_and_nowhere_else() -> None:
    documents = rendered("leads", ALL)
    known = {
        env["name"]: env["valueFrom"]["secretKeyRef"]["name"]
        for env in one(documents, "Deployment")["spec"]["template"]["spec"]["containers"][0]["env"]
        if "secretKeyRef" in env.get("valueFrom", {})
    }
    assert known == {
        "TRIBUTARY_KAFKA_PASSWORD": "leads",
        **dict.fromkeys(
            ("DATABASE_URL", "DOOR_DATABASE_URL", "TRIBUTARY_MASTER_KEY", "TRIBUTARY_OPERATOR_TOKEN"), "tributary-leads"
        ),
    }
    for job in ("leads-expand", "leads-contract"):
        told = one(documents, "Job", job)["spec"]["template"]["spec"]["containers"][0]["env"]
        (env,) = [one for one in told if "valueFrom" in one]
        assert (env["name"], env["valueFrom"]["secretKeyRef"]["name"]) == (
            "OWNER_DATABASE_URL",
            "tributary-leads-owner",
        )
    given = {
        d["metadata"]["name"]: {x["secretKey"] for x in d["spec"]["data"]}
        for d in documents
        if d["kind"] == "ExternalSecret"
    }
    assert given == {
        "tributary-leads": set(known) - {"TRIBUTARY_KAFKA_PASSWORD"},
        "tributary-leads-owner": {"OWNER_DATABASE_URL"},
    }


def test_whatever_the_service_is_told_is_a_setting_that_it_has() -> None:
    known = {f"TRIBUTARY_{name.upper()}" for name in Settings.model_fields} | {
        alias for field in Settings.model_fields.values() for alias in getattr(field.validation_alias, "choices", ())
    }
    container = one(rendered("leads", ALL), "Deployment")["spec"]["template"]["spec"]["containers"][0]
    assert {env["name"] for env in container["env"]} <= known
    paths = {container[probe]["httpGet"]["path"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")}
    doors = json.loads((ROOT / "services/leads/openapi.json").read_text())["paths"]
    assert paths == {"/livez", "/readyz"} <= set(doors)


def test_service_and_migration_come_to_postgres_by_tls_unless_they_are_told_otherwise() -> None:
    clear = {**LEAST, "postgres": {"security": "plaintext"}}
    systems = {**LEAST, "postgres": {"security": "tls", "caSecret": {"name": "", "key": "ca.crt"}}}
    file = "/etc/tributary/postgres/ca.crt"
    for told, security, ca in ((LEAST, "tls", file), (clear, "plaintext", None), (systems, "tls", None)):
        for pod in pods(rendered("leads", told)):
            (container,) = pod["containers"]
            env = {one["name"]: one.get("value") for one in container["env"]}
            assert (env["TRIBUTARY_DATABASE_SECURITY"], env.get("TRIBUTARY_DATABASE_CA")) == (security, ca)
            mounted = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
            assert ("/etc/tributary/postgres" in mounted) is (ca is not None)
            assert set(mounted.values()) <= {one["name"] for one in pod["volumes"]}


def test_the_schema_is_expanded_before_and_contracted_only_when_asked() -> None:
    def jobs(told: Mapping[str, Any]) -> dict[str, tuple[str, list[str]]]:
        return {
            d["metadata"]["name"]: (
                d["metadata"]["annotations"]["helm.sh/hook"],
                d["spec"]["template"]["spec"]["containers"][0]["args"],
            )
            for d in rendered("leads", told)
            if d["kind"] == "Job"
        }

    expand = ("pre-install,pre-upgrade", ["migrate", "--phase", "before"])
    contract = ("post-upgrade", ["migrate", "--phase", "after"])
    assert jobs(LEAST) == {"leads-expand": expand}
    assert jobs({**LEAST, "migrations": {"contract": True}}) == {"leads-expand": expand, "leads-contract": contract}
    assert jobs({**LEAST, "migrations": {"first": True}}) == {"leads-schema": ("pre-install,pre-upgrade", ["migrate"])}
    documents = rendered("leads", ALL)
    owner = one(documents, "ExternalSecret", "tributary-leads-owner")["metadata"]["annotations"]
    assert owner["helm.sh/hook"] == expand[0]
    for job in (d for d in documents if d["kind"] == "Job"):
        its = job["metadata"]["annotations"]
        assert int(owner["helm.sh/hook-weight"]) < int(its["helm.sh/hook-weight"]), "what it waits for comes before it"
        assert its["argocd.argoproj.io/hook"] == ("PreSync" if its["helm.sh/hook"] == expand[0] else "PostSync")
        assert job["spec"]["backoffLimit"] == 0
        assert "hook-failed" not in job["metadata"]["annotations"]["helm.sh/hook-delete-policy"]


@pytest.mark.parametrize("service", HEARS)
def test_replicas_follow_the_lag_of_all_topics_and_never_exceed_the_partitions(service: str) -> None:
    widest = max(stream.partitions for stream in HEARS[service])
    for most, least in ((64, 2), (2, 2), (1, 1)):
        scaling = {"enabled": True, "min": 2, "max": most, "lagPerReplica": 500}
        documents = rendered(service, {**LEAST, "scaling": scaling})
        scaled = one(documents, "ScaledObject")["spec"]
        assert scaled["maxReplicaCount"] == min(most, widest)
        assert scaled["minReplicaCount"] == min(least, widest) >= 1
        (trigger,) = scaled["triggers"]
        assert trigger["metadata"]["lagThreshold"] == "500"
        assert trigger["metadata"]["consumerGroup"] == service
        assert "topic" not in trigger["metadata"]
        assert "replicas" not in one(documents, "Deployment")["spec"], "two would fight over the number"
        assert one(documents, "TriggerAuthentication")["metadata"]["name"] == trigger["authenticationRef"]["name"]
    assert one(rendered(service, LEAST), "Deployment")["spec"]["replicas"] == 2


def test_nothing_comes_in_or_goes_out_but_what_is_named() -> None:
    documents = rendered("leads", ALL)
    service, migration = (one(documents, "NetworkPolicy", name)["spec"] for name in ("leads", "leads-migration"))
    for policy in (service, migration):
        assert policy["policyTypes"] == ["Ingress", "Egress"]
        assert all(rule["to"] and rule["ports"] for rule in policy["egress"])
    assert "ingress" not in migration
    callers = yaml.safe_load((CHART / "values.yaml").read_text())["network"]["callers"]
    assert service["ingress"] == [{"from": callers, "ports": [{"protocol": "TCP", "port": "http"}]}]
    assert {port["port"] for rule in service["egress"] for port in rule["ports"]} == {53, 9093, 5432, 443, 4318}
    assert {port["port"] for rule in migration["egress"] for port in rule["ports"]} == {53, 5432}
    for policy, pod in ((service, one(documents, "Deployment")), (migration, one(documents, "Job", "leads-expand"))):
        chosen = policy["podSelector"]["matchLabels"].items()
        assert chosen <= pod["spec"]["template"]["metadata"]["labels"].items()


def test_leads_finds_its_store_of_documents() -> None:
    names, way = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], {"port": 9000, "to": [{"podSelector": {}}]}
    told = {
        **ALL,
        "settings": {"TRIBUTARY_DOCUMENTS_URL": "s3://bucket/leads", "AWS_REGION": "eu-central-1"},
        "secrets": {**ALL["secrets"], "more": names},
        "network": {"more": [way]},
    }
    with helm.Chart.load(CHART) as chart:
        chart.validate_schema(values("leads", told))
    documents = rendered("leads", told)
    env = one(documents, "Deployment")["spec"]["template"]["spec"]["containers"][0]["env"]
    given = {one["name"]: one["valueFrom"]["secretKeyRef"] for one in env if "secretKeyRef" in one.get("valueFrom", {})}
    assert [given[name] for name in names] == [{"name": "tributary-leads", "key": name} for name in names]
    assert set(names) <= {d["secretKey"] for d in one(documents, "ExternalSecret", "tributary-leads")["spec"]["data"]}
    out = {"to": way["to"], "ports": [{"protocol": "TCP", "port": 9000}]}
    assert out in one(documents, "NetworkPolicy", "leads")["spec"]["egress"]
    assert out not in one(documents, "NetworkPolicy", "leads-migration")["spec"]["egress"]


def test_replicas_are_spread_and_some_always_stay() -> None:
    documents = rendered("leads", ALL)
    deployment = one(documents, "Deployment")["spec"]
    spread = deployment["template"]["spec"]["topologySpreadConstraints"]
    assert [c["topologyKey"] for c in spread] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    labels = deployment["template"]["metadata"]["labels"].items()
    for chosen in (*(c["labelSelector"] for c in spread), one(documents, "PodDisruptionBudget")["spec"]["selector"]):
        assert chosen["matchLabels"].items() <= labels
    assert one(documents, "Service")["spec"]["selector"].items() <= labels
    assert deployment["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_strimzi_makes_the_topics_and_the_users_of_the_contracts() -> None:
    topics, users = (
        list(yaml.safe_load_all((ROOT / f"deploy/strimzi/{name}.yaml").read_text())) for name in ("topics", "users")
    )
    assert {d["apiVersion"] for d in (*topics, *users)} == {"kafka.strimzi.io/v1"}
    made = {d["metadata"]["name"]: d["spec"] for d in topics}
    assert set(made) == {stream.topic for stream in STREAMS}
    for stream in STREAMS:
        spec, said = made[stream.topic], definition(stream)
        assert (spec["partitions"], spec["replicas"]) == (said["partitions"], 3)
        assert spec["config"] == {**said["config"], "min.insync.replicas": "2"}
    may = {
        (d["metadata"]["name"], acl["operations"][0].lower(), acl["resource"]["type"], acl["resource"]["name"])
        for d in users
        for acl in d["spec"]["authorization"]["acls"]
    }
    assert may == {(right.principal, right.operation, right.kind, right.name) for right in rights()}
    assert [d["metadata"]["name"] for d in users] == list(principals())


def test_argo_cd_is_shown_a_chart_and_values_that_are_there() -> None:
    shown = yaml.safe_load((ROOT / "deploy/argocd/applicationset.yaml").read_text())["spec"]
    assert [element["service"] for element in shown["generators"][0]["list"]["elements"]] == list(HEARS)
    source = shown["template"]["spec"]["sources"][0]
    assert (ROOT / source["path"]) == CHART
    for service in HEARS:
        assert (CHART / source["helm"]["valueFiles"][0].replace("{{ .service }}", service)).is_file()


def test_backstage_finds_every_part_and_whatever_a_part_names() -> None:
    entities = list(yaml.safe_load_all((ROOT / "catalog-info.yaml").read_text()))
    names = {(entity["kind"], entity["metadata"]["name"]) for entity in entities}
    assert len(names) == len(entities)
    assert {name for kind, name in names if kind == "Component"} == set(HEARS)
    for entity in entities:
        spec = entity["spec"]
        assert spec["owner"]
        assert entity["metadata"]["description"].endswith(".")
        for api in (*spec.get("providesApis", ()), *spec.get("consumesApis", ())):
            assert ("API", api) in names
        for resource in spec.get("dependsOn", ()):
            assert ("Resource", resource.removeprefix("resource:")) in names
        if entity["kind"] == "API":
            assert (ROOT / spec["definition"]["$text"]).is_file()
    consumed = {e["metadata"]["name"]: set(e["spec"]["consumesApis"]) for e in entities if e["kind"] == "Component"}
    for service, heard in HEARS.items():
        assert {stream.topic for stream in heard} <= consumed[service]


# -- the page that says how


def as_the_page_says(number: int) -> tuple[Path, str, dict[str, Any], list[str]]:
    """The page's so-manieth call of Helm: which chart, by which name, with which values, and the words that were not understood.
    ``yours.yaml`` is the last one that the page has shown before."""
    page = (ROOT / "docs/deploy.md").read_text()
    call = list(re.finditer(r"^ *(helm upgrade .*)$", page, re.M))[number]
    words = [word for word in shlex.split(call[1]) if word not in ("helm", "upgrade", "--install")]
    name, chart, told = words[0], ROOT / words[1], dict[str, Any]()
    rest = words[2:]
    while rest:
        match rest:
            case ["-n", "tributary", *rest]:
                pass
            case ["-f", file, *rest]:
                yours = re.findall(r"^ *```yaml\n(.*?)```", page[: call.start()], re.M | re.S)[-1]
                told |= yaml.safe_load(yours if file == "yours.yaml" else (ROOT / file).read_text())
            case ["--set", pair, *rest]:
                path, _, value = pair.partition("=")
                part, _, word = path.partition(".")
                told[part] = {**told.get(part, {}), word: yaml.safe_load(value)}
            case ["--reuse-values", *rest]:
                told = {**as_the_page_says(number - 1)[2], **told}
            case _:
                return chart, name, told, rest
    return chart, name, told, []


@pytest.mark.parametrize(
    ("number", "jobs"),
    [(0, {"leads-schema"}), (1, {"leads-expand"}), (2, {"leads-expand", "leads-contract"}), (3, set())],
)
def test_what_the_page_tells_an_operator_to_type_is_what_helm_takes(number: int, jobs: set[str]) -> None:
    folder, name, told, unknown = as_the_page_says(number)
    assert unknown == []
    with helm.Chart.load(folder) as chart:
        chart.validate_schema(told)
        files = chart.render(told, name=name, namespace="tributary")
    documents = [document for text in files.values() for document in yaml.safe_load_all(text) if document]
    assert {d["metadata"]["name"] for d in documents if d["kind"] == "Job"} == jobs
    # Each Secret that a pod asks for is one that the page has made: by this name, with these keys.
    page = (ROOT / "docs/deploy.md").read_text()
    made = {
        made: set(re.findall(r"--from-(?:literal|file)=([^=\s]+)=?", keys))
        for made, keys in re.findall(r"kubectl create secret generic (\S+) ((?:.*\\\n)*.*)", page)
    } | {"leads": {"password"}, "tributary-cluster-ca-cert": {"ca.crt"}, "front-tls": {"tls.crt", "tls.key"}}
    made["tributary-leads"] |= set(told.get("secrets", {}).get("more", ()))
    for kept, key in asked(documents):
        assert key in made[kept], (kept, key)


def asked(documents: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Names and keys of the Secrets that pods need."""
    for pod in pods(documents):
        for each in pod["containers"]:
            refs = [e["valueFrom"]["secretKeyRef"] for e in each["env"] if "secretKeyRef" in e.get("valueFrom", {})]
            yield from ((ref["name"], ref["key"]) for ref in refs)
        for secret in (v["secret"] for v in pod["volumes"] if "secret" in v):
            yield from ((secret["secretName"], item["key"]) for item in secret.get("items", ()))
