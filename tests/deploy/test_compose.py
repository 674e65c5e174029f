"""What the compose file and the image promise, read from the files: nobody needs an engine to see that a rule was broken."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr
from sqlalchemy import make_url

from chassis import Settings
from chassis.principals import passwords
from chassis.schema import revisions
from contracts import STREAMS
from contracts.principals import principals

ROOT = Path(__file__).parents[2]
SERVICES = ("leads", "territory", "campaigns", "metrics")
FRONT = ("door", "gateway")
SERVER_IMAGES = {
    "kafka": "apache/kafka:4.3.1",
    "postgres": "postgres:18.4",
    "identity": "keycloak/keycloak:26.7.3",
    "collector": "otel/opentelemetry-collector-contrib:0.159.0",
    "jaeger": "jaegertracing/jaeger:2.19.0",
    "prometheus": "prom/prometheus:v3.13.1",
    "loki": "grafana/loki:3.7.2",
    "grafana": "grafana/grafana:13.1.0",
    "kafka-ui": "ghcr.io/kafbat/kafka-ui:v1.5.0",
}
NO_PROBE = "collector"  # its image has one program, which can't ask; Prometheus does, and nothing waits for it here
PROFILES = {
    "identity": {"identity"},
    "web": {"door", "gateway"},
    "observability": {"collector", "jaeger", "prometheus", "loki", "grafana"},
    "tools": {"kafka-ui"},
}
OWN_IMAGE = "tributary/{}:${{TRIBUTARY_VERSION:-dev}}"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"])


def unpinned(name: str, service: dict[str, Any]) -> bool:
    """A server's image is the one that was tried; ours carry the version that is asked for, and are built from here."""
    if name in SERVER_IMAGES:
        return bool(service["image"] != SERVER_IMAGES[name])
    how = service.get("build", {})
    built = how.get("args", {}).get("SERVICE") or how.get("target")
    return built not in SERVICES + FRONT or service["image"] != OWN_IMAGE.format(built)


def job(name: str) -> bool:
    """Whether it runs once and ends."""
    return name in ("topics", "principals") or name.startswith("migrate-")


def kept_apart(name: str, service: dict[str, Any]) -> list[str]:
    """What lets this service do more than it needs, or others more than they should."""
    found = []
    if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", str(service.get("user", ""))):
        found.append(f"{name} does not run as a user with a number")
    if not service.get("read_only") or service.get("cap_drop") != ["ALL"] or "cap_add" in service:
        found.append(f"{name} may do more than it needs")
    if "no-new-privileges:true" not in service.get("security_opt", ()):
        found.append(f"{name} may gain privileges")
    if service.get("privileged") or {"network_mode", "pid", "ipc", "devices"} & set(service):
        found.append(f"{name} is not kept apart from its host")
    if not {"mem_limit", "pids_limit"} <= set(service):
        found.append(f"{name} has no limit")
    return found + [
        f"{name} listens beyond this machine: {port}"
        for port in service.get("ports", ())
        if not str(port).startswith("127.0.0.1:")
    ]


def broken(compose: dict[str, Any]) -> list[str]:
    """Every rule that a service of this compose file breaks."""
    found = []
    for name, service in compose.items():
        found += kept_apart(name, service)
        health = service.get("healthcheck", {})
        unasked = job(name) or name == NO_PROBE
        if health.get("disable", False) is not unasked or (not unasked and "interval" not in health):
            found.append(f"{name} has no health check, or a job has one")
        if service.get("restart") != ("no" if job(name) else "unless-stopped"):
            found.append(f"{name} is not started again, or a job is")
        if unpinned(name, service):
            found.append(f"{name} is not pinned: {service['image']}")
        found += [
            f"{name} does not wait until {on} is what it needs"
            for on, how in service.get("depends_on", {}).items()
            if how.get("condition") != ("service_completed_successfully" if job(on) else "service_healthy")
        ]
        found += [
            f"{name} has a secret in the file: {key}"
            for key, value in service.get("environment", {}).items()
            if re.search("PASSWORD|TOKEN|KEY$|_URL$|JAAS", key)
            and "Module required;" not in str(value)
            and "${" not in str(value)
        ]
    return found


def test_every_service_keeps_the_rules(compose: dict[str, Any]) -> None:
    assert broken(compose) == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("leads", {"mem_limit": None}),
        ("leads", {"pids_limit": None}),
        ("leads", {"network_mode": "host"}),
        ("leads", {"privileged": True}),
        ("leads", {"ports": ["8101:8000"]}),
        ("leads", {"depends_on": {"kafka": {}}}),
        ("leads", {"depends_on": {"topics": {"condition": "service_started"}}}),
        ("leads", {"environment": {"TRIBUTARY_OPERATOR_TOKEN": "secret"}}),
        ("leads", {"healthcheck": None}),
        ("leads", {"healthcheck": {"disable": True}}),
        ("leads", {"image": "tributary/leads"}),
        ("leads", {"image": "tributary/leads:latest"}),
        ("leads", {"user": None}),
        ("leads", {"user": "0:0"}),
        ("leads", {"user": "tributary"}),
        ("leads", {"read_only": False}),
        ("leads", {"cap_add": ["SYS_ADMIN"]}),
        ("leads", {"security_opt": []}),
        ("leads", {"restart": "no"}),
        ("topics", {"restart": "always"}),
        ("topics", {"healthcheck": None}),
        ("door", {"build": {"target": "service"}}),
        ("grafana", {"image": "grafana/grafana"}),
        ("grafana", {"environment": {"GF_SECURITY_ADMIN_PASSWORD": "admin"}}),
        ("jaeger", {"healthcheck": {"disable": True}}),
        ("kafka-ui", {"ports": ["8190:8080"]}),
        ("kafka", {"image": "apache/kafka:latest"}),
        ("kafka", {"user": None}),
        ("kafka", {"ports": ["0.0.0.0:19092:19092"]}),
        ("postgres", {"healthcheck": None}),
        ("postgres", {"cap_drop": None}),
    ],
)
def test_a_broken_rule_is_seen(compose: dict[str, Any], name: str, change: dict[str, Any]) -> None:
    changed = {key: value for key, value in {**compose[name], **change}.items() if value is not None}
    assert broken({**compose, name: changed})


def test_what_is_not_of_the_core_comes_with_its_profile_and_the_core_waits_for_none_of_it(
    compose: dict[str, Any],
) -> None:
    of: dict[str, set[str]] = {}
    for name, service in compose.items():
        for profile in service.get("profiles", ["core"]):
            of.setdefault(profile, set()).add(name)
    core = of.pop("core")
    assert of == PROFILES
    assert {on for name in core for on in compose[name].get("depends_on", {})} <= core


def test_the_files_are_compose_files() -> None:
    for file in ("docker-compose.yml", "deploy/observability/compose.yaml", "deploy/tls/compose.yaml"):
        command = [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.compose-spec",
            str(ROOT / file),
        ]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout


def test_every_file_that_is_mounted_is_there(compose: dict[str, Any]) -> None:
    mounted = [v.split(":")[0] for s in compose.values() for v in s.get("volumes", ()) if v.startswith("./")]
    assert len(mounted) > 5
    assert [path for path in mounted if not (ROOT / path).exists()] == []


def test_two_replicas_of_a_service_are_two_members(compose: dict[str, Any]) -> None:
    """A name in the file would be the name of both, and Kafka knows one member by it."""
    assert [name for name in SERVICES if "TRIBUTARY_INSTANCE" in compose[name]["environment"]] == []
    assert [name for name in SERVICES if "container_name" in compose[name]] == []


def test_topics_and_migrations_come_before_the_services(compose: dict[str, Any]) -> None:
    for name in SERVICES:
        needs = compose[name]["depends_on"]
        for job_before in (f"migrate-{name}", "topics", "principals"):
            assert needs[job_before]["condition"] == "service_completed_successfully"
        assert compose[f"migrate-{name}"]["command"] == ["migrate"]
        assert {revision.branch for revision in revisions(name)} == {"chassis", ""}
    assert STREAMS


def test_every_variable_of_the_compose_file_is_in_the_example_and_none_of_its_secrets_has_a_value() -> None:
    text, example = (ROOT / "docker-compose.yml").read_text(), (ROOT / ".env.example").read_text()
    needed = set(re.findall(r"\$\{([A-Z_]+):\?", text))
    optional = set(re.findall(r"\$\{([A-Z_]+):-", text))
    assert set(re.findall(r"\$\{([A-Z_]+)", text)) == needed | optional
    assert set(re.findall(r"^([A-Z_]+)=$", example, re.M)) == needed
    assert set(re.findall(r"^#([A-Z_]+)=", example, re.M)) == optional
    assert not re.search(r"^[A-Z_]+=.", example, re.M)
    assert ".env" in (ROOT / ".gitignore").read_text().split()


def test_the_example_says_how_to_fill_it_and_what_comes_out_is_a_master_key(tmp_path: Path) -> None:
    example = (ROOT / ".env.example").read_text()
    command = re.search(r"^#   (while .*?chmod 600 \.env)$", example, re.M | re.S)
    assert command
    (tmp_path / ".env.example").write_text(example)
    subprocess.run(["sh", "-c", re.sub(r"^# *", "", command[1], flags=re.M)], cwd=tmp_path, check=True)
    made = dict(re.findall(r"^([A-Z_]+)=(.+)$", (tmp_path / ".env").read_text(), re.M))
    assert set(made) == set(re.findall(r"^([A-Z_]+)=$", example, re.M))
    assert len(set(made.values())) == len(made)
    for value in made.values():
        told = Settings(database_url=SecretStr(f"postgresql://leads:{value}@postgres:5432/leads"), master_key=value)
        assert len(told.master_key_bytes()) == 32
        assert make_url(told.database_url.get_secret_value()).password == value


def test_the_roles_are_made_for_every_service(compose: dict[str, Any]) -> None:
    script = ROOT / "deploy" / "postgres" / "10-services.sh"
    assert f"for service in {' '.join(SERVICES)}; do" in script.read_text()
    assert script.stat().st_mode & 0o111
    for name in SERVICES:
        of = {"OWNER_": name, "": f"{name}_worker", "DOOR_": f"{name}_door", "WATCH_": f"{name}_watch"}
        urls = {
            f"{part}DATABASE_URL": f"postgresql://{role}:${{{name.upper()}_{part}DATABASE_PASSWORD}}@postgres:5432/{name}"
            for part, role in of.items()
        }
        given = {key: value for key, value in compose[name]["environment"].items() if key.endswith("DATABASE_URL")}
        assert given == {key: urls[key] for key in ("DATABASE_URL", "DOOR_DATABASE_URL")}
        assert {f"{name.upper()}_{part}DATABASE_PASSWORD" for part in of} <= compose["postgres"]["environment"].keys()
        migrates = {"OWNER_DATABASE_URL": urls["OWNER_DATABASE_URL"]}
        assert compose[f"migrate-{name}"]["environment"] == migrates, "nobody else is told the owner's password"


def test_kafka_asks_everybody_who_he_is_and_each_service_has_a_name_of_its_own(compose: dict[str, Any]) -> None:
    kafka, made = compose["kafka"]["environment"], compose["principals"]["environment"]
    listeners = dict(one.split(":") for one in kafka["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    assert set(listeners.values()) == {"SASL_PLAINTEXT"}
    assert kafka["KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND"] == "false"
    assert (kafka["KAFKA_SUPER_USERS"], made["TRIBUTARY_KAFKA_USER"]) == ("User:admin", "admin")
    told = {key: f"${{{key}:?set it in .env (see .env.example)}}" for key in made if key.endswith("_KAFKA_PASSWORD")}
    told.pop("TRIBUTARY_KAFKA_PASSWORD")
    assert {key: made[key] for key in told} == told
    assert set(passwords(dict.fromkeys(told, "x"))) == set(principals())
    for name in SERVICES:
        environment = compose[name]["environment"]
        assert environment["TRIBUTARY_KAFKA_SECURITY"] == "sasl_plaintext"
        assert environment["TRIBUTARY_KAFKA_USER"] == name
        assert environment["TRIBUTARY_KAFKA_PASSWORD"] == f"${{{name.upper()}_KAFKA_PASSWORD}}"
        assert not [key for key, value in environment.items() if "ADMIN" in str(value)]


def test_the_image_is_linted_and_never_root() -> None:
    dockerfile = ROOT / "deploy" / "Dockerfile"
    linter = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    assert linter, "hadolint is in the lint group"
    ran = subprocess.run([linter, str(dockerfile)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    text = dockerfile.read_text()
    assert re.search(r"^USER \d+:\d+$", text, re.M)
    assert not re.search(r"^FROM \S+:latest|^FROM [^:\s]+$", text, re.M)


def test_the_image_checks_its_health_and_needs_no_shell() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text()
    last, door = text[text.rindex("\nFROM ") :], text[text.index(" AS door\n") : text.index(" AS gateway\n")]
    assert re.search(r"^HEALTHCHECK .* CMD \[\"python\", \"-m\", \"ready\"\]$", door, re.M)
    assert not re.search(r"^RUN ", door, re.M)
    assert re.search(r"^HEALTHCHECK .* CMD \[\"python\", \"-m\", \"ready\"\]$", last, re.M)
    assert re.search(r"^ENTRYPOINT \[\"service\"\]$", last, re.M)
    assert not re.search(r"^RUN ", last, re.M)


def test_every_library_of_the_image_reaches_its_build_and_the_tests_do_not() -> None:
    text, allowed = (ROOT / "deploy" / "Dockerfile").read_text(), (ROOT / ".dockerignore").read_text().split()
    installed = re.findall(r"/build/(libs/\w+)", text)
    assert {f"tributary-{path.removeprefix('libs/')}" for path in installed} == needed(SERVICES)
    assert [path for path in installed for part in ("pyproject.toml", "src") if f"!{path}/{part}" not in allowed] == []
    assert not [line for line in allowed if "test" in line]


def needed(packages: Iterable[str]) -> set[str]:
    """Our own libraries that these services need, and those that these need."""
    found: set[str] = set()
    for folder in [ROOT / "services" / name for name in packages]:
        wanted = {name for name in _dependencies(folder) if name.startswith("tributary-")}
        found |= wanted | {
            n for w in wanted for n in _dependencies(ROOT / "libs" / w[10:]) if n.startswith("tributary-")
        }
    return found


def _dependencies(folder: Path) -> list[str]:
    return list(tomllib.loads((folder / "pyproject.toml").read_text())["project"]["dependencies"])


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_has_what_its_service_needs_and_nothing_for_tests(name: str) -> None:
    has = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "deploy" / "images" / f"{name}.lock").read_text(), re.M))
    wanted = {
        d
        for f in (f"services/{name}", "libs/chassis", "libs/contracts", "libs/values")
        for d in _dependencies(ROOT / f)
    }
    plain = {re.split(r"[\[<>=;! ]", one)[0] for one in wanted}
    assert {one for one in plain if not one.startswith("tributary-")} <= has
    assert not has & {"pytest", "httpx", "hypothesis", "schemathesis"}
    assert ("pyyaml" in has) == ("pyyaml" in plain)


def test_the_image_of_the_session_door_has_what_it_needs() -> None:
    has = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "deploy" / "images" / "door.lock").read_text(), re.M))
    plain = {re.split(r"[\[<>=;! ]", one)[0] for one in _dependencies(ROOT / "web" / "door")}
    assert plain <= has
    assert not has & {"pytest", "sqlalchemy", "faststream"}


@pytest.mark.parametrize("service", SERVICES)
def test_the_word_service_is_the_services_own_command_line(service: str) -> None:
    told = tomllib.loads((ROOT / "services" / service / "pyproject.toml").read_text())
    assert told["project"]["scripts"] == {f"tributary-{service}": f"{service}.__main__:app"}


@pytest.mark.parametrize("name", [*SERVICES, "door", "build"])
def test_an_images_list_pins_every_file_and_names_no_index(name: str) -> None:
    text = (ROOT / "deploy" / "images" / f"{name}.lock").read_text()
    packages = re.findall(r"^[a-z0-9-]+==", text, re.M)
    assert len(packages) > (3 if name == "build" else 20)
    assert len(re.findall(r"^[a-z0-9-]+==.*\\$\n    --hash=", text, re.M)) == len(packages)
    assert "://" not in text
