"""Waiting for something to become true, and saying what did not."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(what: str, check: Callable[[], T], within: float = 20) -> T:
    """Asks until the answer is true, and gives it; fails with these words and the last answer when the time is over."""
    end = time.monotonic() + within
    while True:
        answer = check()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {within:g} s: {what}; the last answer was {answer!r}")
        time.sleep(0.02)
