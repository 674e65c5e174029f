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


def verdicts(documents: Sequence[Document]) -> list[str]:
    """What is wrong with each, nothing where it is taken; a JVM of its own, which ends with the answer."""
    asked = json.dumps(documents)
    done = subprocess.run(
        [sys.executable, str(JUDGE)], input=asked, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    said: list[str] = json.loads(done.stdout)
    return said


def test_strimzi_takes_every_topic_and_every_user() -> None:
    documents = [*generated("topics"), *generated("users")]
    assert {document["kind"] for document in documents} == {"KafkaTopic", "KafkaUser"}
    wrong = zip((document["metadata"]["name"] for document in documents), verdicts(documents), strict=True)
    assert {name: said for name, said in wrong if said} == {}


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


@pytest.fixture(scope="module")
def refused() -> dict[str, str]:
    """What Strimzi says of each change, asked in one go."""
    documents = []
    for kind, path, value, _ in CHANGES.values():
        changed = copy.deepcopy(generated(kind)[0])
        place: Any = changed
        for word in path[:-1]:
            place = place[word]
        place[path[-1]] = value
        documents.append(changed)
    return dict(zip(CHANGES, verdicts(documents), strict=True))


@pytest.mark.parametrize("change", CHANGES)
def test_what_strimzi_refuses_is_seen(change: str, refused: dict[str, str]) -> None:
    assert CHANGES[change][3] in refused[change]
