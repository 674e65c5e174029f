"""Waiting for something to become true, and saying what did not."""

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any


async def until(what: str, check: Callable[[], Any], within: float = 15) -> Any:
    """Asks until the answer is true, and gives it; fails with these words when the time is over."""
    end = time.monotonic() + within
    for _ in iter(lambda: time.monotonic() < end, False):
        answer = check()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return answer
        await asyncio.sleep(0.02)
    raise AssertionError(f"not within {within} s: {what}")
