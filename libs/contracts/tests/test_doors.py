"""A change of an OpenAPI document that breaks a caller is named; one that does not is let pass."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from contracts.doors import DOCUMENTS, breaks
from contracts.library import ROOT, Json


def document() -> Json:
    """Two doors: what is put, and what is read of it."""
    return {
        "paths": {
            "/v1/notes/{key}": {
                "put": {
                    "parameters": [{"in": "path", "name": "key", "required": True, "schema": {"type": "string"}}],
                    "requestBody": content("Note"),
                    "responses": {"200": content("Kept"), "422": {}},
                },
                "get": {
                    "parameters": [{"in": "query", "name": "limit", "schema": {"type": "integer", "maximum": 9}}],
                    "responses": {"200": content("Kept")},
                },
            }
        },
        "components": {
            "schemas": {
                "Note": {
                    "type": "object",
                    "properties": {"text": {"type": "string", "maxLength": 9}, "kind": {"enum": ["a", "b"]}},
                    "required": ["text"],
                },
                "Kept": {"type": "object", "properties": {"note": named("Note"), "at": {"type": "string"}}},
            }
        },
    }


def named(model: str) -> Json:
    return {"$ref": f"#/components/schemas/{model}"}


def content(model: str) -> Json:
    return {"content": {"application/json": {"schema": named(model)}}}


def changed(change: Callable[[Any, Any], object]) -> list[str]:
    old = document()
    new = copy.deepcopy(old)
    change(new["paths"]["/v1/notes/{key}"], new["components"]["schemas"])
    return list(breaks(old, new))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda doors, models: doors.pop("get"), "GET /v1/notes/{key}: the door is gone"),
        (lambda doors, models: doors["put"]["responses"].pop("200"), "it no longer answers 200"),
        (lambda doors, models: doors["get"].update(parameters=[]), "the query parameter limit is gone"),
        (lambda doors, models: doors["get"]["parameters"][0].update(required=True), "parameter limit is now needed"),
        (lambda doors, models: doors["get"]["parameters"][0]["schema"].update(maximum=5), "largest value of 5"),
        (lambda doors, models: models["Note"]["properties"].pop("kind"), "its body: the field kind is gone"),
        (lambda doors, models: models["Note"].update(required=["text", "kind"]), "the field kind is now needed"),
        (lambda doors, models: models["Note"]["properties"]["text"].update(maxLength=5), "longest length of 5"),
        (lambda doors, models: models["Note"]["properties"]["kind"].update(enum=["a"]), "something else than a"),
        (lambda doors, models: models["Note"]["properties"]["kind"].update(enum=["a", "b", "c"]), "200.note.kind"),
        (lambda doors, models: models["Note"].update(required=[]), "200.note: the field text may be missing"),
        (lambda doors, models: models["Kept"]["properties"].pop("at"), "its 200: the field at is gone"),
        (lambda doors, models: models["Kept"]["properties"]["at"].update(type="integer"), "its 200.at may be integer"),
        (
            lambda doors, models: models["Kept"]["properties"].update(
                at={"anyOf": [{"type": "string"}, {"type": "null"}]}
            ),
            "200.at may be null",
        ),
        (
            lambda doors, models: doors["get"]["parameters"][0].update(
                schema={"type": "array", "items": {"type": "integer", "maximum": 5}}
            ),
            "largest value of 5",
        ),
        (
            lambda doors, models: doors["put"]["parameters"][0].update(
                schema={"type": "array", "items": {"type": "string"}}
            ),
            "may be string, which is not array",
        ),
    ],
)
def test_a_break_is_named(change: Callable[[Any, Any], object], sentence: str) -> None:
    assert any(sentence in each for each in changed(change)), changed(change)


@pytest.mark.parametrize(
    "change",
    [
        lambda doors, models: doors.update(post={"responses": {}}),
        lambda doors, models: doors["put"]["responses"].update({"409": {}}),
        lambda doors, models: doors["get"]["parameters"].append(
            {"in": "query", "name": "after", "schema": {"type": "string"}}
        ),
        lambda doors, models: doors["get"]["parameters"][0].update(
            schema={"anyOf": [{"type": "array", "items": {"type": "integer", "maximum": 9}}, {"type": "null"}]}
        ),
        lambda doors, models: models["Kept"]["properties"].update(by={"type": "string"}),
        lambda doors, models: models["Note"]["properties"].update(more={"type": "string"}),
    ],
)
def test_an_addition_breaks_nobody(change: Callable[[Any, Any], object]) -> None:
    assert changed(change) == []


def test_no_committed_document_breaks_itself() -> None:
    files = sorted(ROOT.glob(DOCUMENTS))
    assert len(files) == 4
    for file in files:
        committed = json.loads(file.read_bytes())
        assert list(breaks(committed, copy.deepcopy(committed))) == []
