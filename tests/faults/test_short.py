"""A handful of faults on a loaded stack of its own: each happened, the numbers came back, nothing is lost or doubled.

The long form is ``make faults SECONDS=60 SEED=1``.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tributary.faults.run import play

KINDS = {
    "kill -9",
    "relay.acked",
    "consumer.committed",
    "door.acked",
    "numbered records again",
    "duplicates and disorder",
    "bad input in hundreds",
    "people moved",
    "connections terminated",
    "Postgres killed",
    "poison",
}


@pytest.mark.timeout(280)
def test_what_is_killed_cut_off_repeated_and_poisoned_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    report = play(tmp_path, seconds=1, seed=1, rate=100, short=True)
    assert report.wrong == []
    said = json.loads(report.line())
    assert set(said) == {"accepted", "lost", "doubled", "faults", "recovery_s"}
    assert said["accepted"] > 1000
    assert (said["lost"], said["doubled"]) == (0, 0)
    assert {kind for kind, times in said["faults"].items() if times} == KINDS
    [moved] = [line for line in journal_of(tmp_path) if line.get("kind") == "people moved" and "moves" in line]
    assert {"leads", "metrics", "metrics' stream", "territory"} <= set(moved["by"])
    assert (moved["moves"], moved["without_a_right"]) == (14, 0)
    assert set(said["recovery_s"]) == KINDS - {"poison"}
    assert [line["what"] for line in journal_of(tmp_path)][-3:] == ["drained", "verdict", "ends"]


def journal_of(folder: Path) -> list[dict[str, Any]]:
    """Its lines."""
    return [json.loads(line) for line in (folder / "1.jsonl").read_text().splitlines()]
