"""Sending to a door of the running stack, until it has taken what was sent or says that it never will."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx

from tributary.child_process import StackError
from tributary.services import stack_of

PATIENCE_S = 300.0
NOT_NOW = frozenset((429, 500, 502, 503, 504))


class Where(NamedTuple):
    """Where a service answers, the operator's token, and the word by which its stack is known; without one a hand has written
    down where a stack runs, and is believed."""

    url: str
    token: str
    stack: str


class Door:
    """A door and its token. ``where`` is asked each time, because a stack that was restarted may answer elsewhere; and each
    time whoever answers there says which stack it is of, before it is sent a token."""

    def __init__(self, client: httpx.AsyncClient, where: Callable[[], Where], patience_s: float = PATIENCE_S) -> None:
        self._client, self._where, self._patience_s = client, where, patience_s

    async def send(self, path: str, body: bytes) -> dict[str, Any]:
        """The door's answer. While it is away, the same is sent again: what was taken twice has one effect."""
        deadline = time.monotonic() + self._patience_s
        while True:
            pause, why = 1.0, "does not answer"
            try:
                where = self._where()
                if await self._is_another(where):
                    why = f"is answered by somebody else at {where.url}"
                    answer = None
                else:
                    headers = {"authorization": f"Bearer {where.token}", "content-type": "application/json"}
                    answer = await self._client.post(where.url + path, content=body, headers=headers)
            except (httpx.TransportError, StackError):
                answer = None
            if answer is not None:
                if answer.status_code == 200:
                    return dict(answer.json())
                why = f"answers {answer.status_code}"
                if answer.status_code not in NOT_NOW:
                    raise StackError(f"{path} {why}: {_title(answer)}.")
                pause = _pause(answer)
            if time.monotonic() + pause > deadline:
                raise StackError(
                    f"{path} {why}; given up after {self._patience_s:.0f} s. The same command goes on from here."
                )
            await asyncio.sleep(pause)

    async def _is_another(self, where: Where) -> bool:
        """Whether whoever answers there is of another stack, or does not say of which."""
        return bool(where.stack) and stack_of((await self._client.get(f"{where.url}/livez")).text) != where.stack


def _pause(answer: httpx.Response) -> float:
    try:
        return min(30.0, max(0.0, float(answer.headers.get("retry-after", 1))))
    except ValueError:
        return 1.0


def _title(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["title"])
    except (ValueError, KeyError, TypeError):
        return "it gives no reason"
