"""Strimzi's own classes take every topic and every user that is generated for it, and what they would not take is seen."""

import copy
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
JUDGE = Path(__file__).parent / "strimzi" / "judge.py"
Document = dict[str, Any]


def generated(kind: str) -> list[Document]:
    return list(yaml.safe_load_all((ROOT / f"deploy/strimzi/{kind}.yaml").read_text()))


def judged(documents: Sequence[Document]) -> list[str]:
    """What is wrong with each, nothing where it is taken; a JVM of its own, which ends with the answer."""
    asked = json.dumps(documents)
    done = subprocess.run(
        [sys.executable, str(JUDGE)], input=asked, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    said: list[str] = json.loads(done.stdout)
    return said


CHANGES: dict[str, tuple[str, tuple[str | int, ...], Any, str]] = {
    "a word that nobody knows": ("topics", ("spec", "partition"), 4, "spec.partition is a word that"),
    "a number as text": ("topics", ("spec", "partitions"), "4", "spec.partitions: '4'"),
    "another version of the API": ("topics", ("apiVersion",), "kafka.strimzi.io/v3", "apiVersion"),
    "a way to sign in that there is not": ("users", ("spec", "authentication", "type"), "scram", "scram-sha-512"),
    "an operation that there is not": ("users", ("spec", "authorization", "acls", 0, "operations"), ["Reed"], "Reed"),
    "a misspelt pattern": (
        "users",
        ("spec", "authorization", "acls", 0, "resource", "patternTyp"),
        "literal",
        "patternTyp is a word that",
    ),
}


def changed(kind: str, path: tuple[str | int, ...], value: Any) -> Document:
    """The first document of a kind with another value at one place."""
    document = copy.deepcopy(generated(kind)[0])
    place: Any = document
    for word in path[:-1]:
        place = place[word]
    place[path[-1]] = value
    return document


@pytest.fixture(scope="module")
def verdicts() -> dict[str, str]:
    """What Strimzi says of every document, and of each change: asked in one go, as a JVM costs more than what it is asked."""
    documents = {document["metadata"]["name"]: document for kind in ("topics", "users") for document in generated(kind)}
    asked = {**documents, **{name: changed(kind, path, value) for name, (kind, path, value, _) in CHANGES.items()}}
    return dict(zip(asked, judged(list(asked.values())), strict=True))


# One test and not one for each change: tests of one file are spread over workers, and each worker would start a JVM.
def test_strimzi_takes_every_topic_and_every_user_and_what_it_refuses_is_seen(verdicts: dict[str, str]) -> None:
    kinds = {document["kind"] for kind in ("topics", "users") for document in generated(kind)}
    assert kinds == {"KafkaTopic", "KafkaUser"}
    assert {name: said for name, said in verdicts.items() if said and name not in CHANGES} == {}
    assert [name for name, (*_, words) in CHANGES.items() if words not in verdicts[name]] == []
