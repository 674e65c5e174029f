"""Thousands of schedules, each from one seed: crashes, lost acks, zombies, partial batches, restored databases.

A schedule that breaks an invariant says its seed; SIMULATION_SEED=<seed> plays that one alone.
"""

import os
import time
from collections import Counter
from typing import Any

import pytest
from simulated.world import Violation, World, play

from chassis import consumer

SECONDS = float(os.environ.get("SIMULATION_SECONDS", "6"))


def many(first: int, seconds: float, **how: object) -> tuple[int, int, Counter[str]]:
    """Plays seed after seed until the time is over; a violation names its seed."""
    only = os.environ.get("SIMULATION_SEED")
    end, played, moves, happened = time.monotonic() + seconds, 0, 0, Counter[str]()
    for seed in [int(only)] if only else range(first, first + 1_000_000):
        try:
            world = play(seed, **how)
        except Violation as violation:
            raise AssertionError(f"SIMULATION_SEED={seed} breaks an invariant: {violation}") from violation
        played, moves, happened = played + 1, moves + world.moves, happened + Counter(world.happened)
        if time.monotonic() > end:
            break
    return played, moves, happened


def test_no_schedule_loses_doubles_or_reorders_anything() -> None:
    began = time.monotonic()
    played, moves, happened = many(1, SECONDS)
    speed = moves / (time.monotonic() - began)
    print(f"{played} schedules, {moves} steps, {speed:.0f} steps a second, {dict(happened)}")
    if "SIMULATION_SEED" in os.environ:
        return
    assert speed > 1000
    for what in ("kill", "ack lost", "batch lost", "lock lost", "held: infrastructure", "held: moved"):
        assert happened[what] > 0, f"no schedule had: {what}"
    assert happened["source restored"] > 0
    assert happened["sink restored"] > 0


def test_nothing_leans_on_the_relays_lock() -> None:
    many(2_000_000, SECONDS / 3, exclusive=False)


def test_a_seed_always_has_the_same_schedule() -> None:
    one, same, other = play(7), play(7), play(8)
    assert (one.sink.effects, one.happened, one.moves) == (same.sink.effects, same.happened, same.moves)
    assert one.happened != other.happened


BUGS = {
    "the old epoch after a restore": "lost|twice|order",
    "no rewind after a restore": "lost",
    "counted as sent before the ack": "lost",
    "the offset before the effect": "lost",
    "the effect apart from the watermark": "lost",
    "numbers outside the transaction": "lost|order",
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str) -> None:
    alone = {"consumers": 1} if bug == "the offset before the effect" else {}  # a second one would make up for it
    seed, found = first_violation(bug, **alone)
    assert found.split(":")[0] in BUGS[bug].split("|"), found
    with pytest.raises(Violation) as again:
        play(seed, bug=bug, **alone)
    assert str(again.value) == found, "the seed replays it"


def test_a_restored_consumer_that_nobody_rewound_sees_the_gap_as_soon_as_more_is_said() -> None:
    worlds = [World(seed, bug="no rewind after a restore", restores=True) for seed in range(60)]
    for world in worlds:
        for _ in range(500):
            world.step()
    assert sum(world.happened.get("gap", 0) for world in worlds) > 5


def first_violation(bug: str, **how: Any) -> tuple[int, str]:
    for seed in range(400):
        try:
            play(seed, bug=bug, **how)
        except Violation as violation:
            return seed, str(violation)
    raise AssertionError("no schedule of 400 found it")


def test_a_violation_names_the_seed_that_replays_it() -> None:
    seed, _ = first_violation("counted as sent before the ack")
    with pytest.raises(AssertionError, match=f"SIMULATION_SEED={seed} breaks an invariant"):
        many(seed, 1, bug="counted as sent before the ack")


def test_a_consumer_without_a_watermark_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "advance", lambda last, seq, holes=False: "next")
    _, found = first_violation("")
    assert found.split(":")[0] in ("twice", "order")


def test_a_consumer_that_steps_over_a_gap_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "advance", lambda last, seq, holes=False: "duplicate" if seq <= last else "next")
    seed, _ = first_violation("counted as sent before the ack")
    assert seed < 400
