"""What the compose file and the image promise, read from the files: nobody needs an engine to see that a rule was broken."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from chassis.schema import head
from contracts import STREAMS

ROOT = Path(__file__).parents[2]
SERVICES = ("leads", "territory", "campaigns", "metrics")
SERVERS = ("kafka", "postgres")
SERVER_IMAGES = {"kafka": "apache/kafka:4.3.1", "postgres": "postgres:18.4"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"])


def broken(compose: dict[str, Any]) -> list[str]:
    """Every rule that a service of this compose file breaks."""
    found = []
    for name, service in compose.items():
        if "mem_limit" not in service:
            found.append(f"{name} has no memory limit")
        if service.get("network_mode") == "host" or service.get("privileged"):
            found.append(f"{name} is not kept apart from its host")
        found += [
            f"{name} listens beyond this machine: {p}"
            for p in service.get("ports", ())
            if not str(p).startswith("127.0.0.1:")
        ]
        found += [
            f"{name} does not wait until {on} is what it needs"
            for on, how in service.get("depends_on", {}).items()
            if "condition" not in how
        ]
        found += [
            f"{name} has a secret in the file: {k}"
            for k, v in service.get("environment", {}).items()
            if re.search("PASSWORD|TOKEN|KEY$", k) and "${" not in str(v)
        ]
        if name in SERVERS:
            if service["image"] != SERVER_IMAGES[name]:
                found.append(f"{name} is not pinned: {service['image']}")
            if "healthcheck" not in service:
                found.append(f"{name} has no health check")
        else:
            if service.get("user", "0").startswith(("0", "root")):
                found.append(f"{name} runs as root")
            if not service.get("read_only") or service.get("cap_drop") != ["ALL"]:
                found.append(f"{name} may do more than it needs")
    return found


def test_every_service_keeps_the_rules(compose: dict[str, Any]) -> None:
    assert broken(compose) == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("leads", {"mem_limit": None}),
        ("leads", {"network_mode": "host"}),
        ("leads", {"ports": ["8101:8000"]}),
        ("leads", {"depends_on": {"kafka": {}}}),
        ("leads", {"environment": {"TRIBUTARY_OPERATOR_TOKEN": "secret"}}),
        ("kafka", {"image": "apache/kafka:latest"}),
        ("postgres", {"healthcheck": None}),
        ("leads", {"user": "0:0"}),
        ("leads", {"read_only": False}),
    ],
)
def test_a_broken_rule_is_seen(compose: dict[str, Any], name: str, change: dict[str, Any]) -> None:
    changed = {key: value for key, value in {**compose[name], **change}.items() if value is not None}
    assert broken({**compose, name: changed})


def test_topics_and_migrations_come_before_the_services(compose: dict[str, Any]) -> None:
    for name in SERVICES:
        needs = compose[name]["depends_on"]
        assert needs[f"migrate-{name}"]["condition"] == needs["topics"]["condition"] == "service_completed_successfully"
        assert compose[f"migrate-{name}"]["command"] == ["migrate"]
        assert head(name) >= "0001"
    assert STREAMS


def test_every_variable_of_the_compose_file_is_in_the_example() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    named = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
    assert used <= named
    assert all(
        not line.partition("=")[2] for line in (ROOT / ".env.example").read_text().splitlines() if "PASSWORD=" in line
    )


def test_the_image_is_linted_and_never_root() -> None:
    dockerfile = ROOT / "deploy" / "Dockerfile"
    linter = shutil.which("hadolint", path=str(ROOT / ".venv" / "bin")) or shutil.which("hadolint")
    assert linter, "hadolint is in the lint group"
    ran = subprocess.run([linter, str(dockerfile)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    text = dockerfile.read_text()
    assert re.search(r"^USER \d+:\d+$", text, re.M)
    assert not re.search(r"^FROM \S+:latest|^FROM [^:\s]+$", text, re.M)


@pytest.mark.parametrize("service", SERVICES)
def test_an_images_list_pins_every_file_and_names_no_index(service: str) -> None:
    text = (ROOT / "deploy" / "images" / f"{service}.lock").read_text()
    packages = re.findall(r"^[a-z0-9-]+==", text, re.M)
    assert len(packages) > 20
    assert len(re.findall(r"^[a-z0-9-]+==.*\\$\n    --hash=", text, re.M)) == len(packages)
    assert "://" not in text
