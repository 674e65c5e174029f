"""The rows of the KPI stream, the newest state of each."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from tributary.tokens import Bearer

AGAIN_AFTER_S = 0.5


class Board:
    """What the stream has told so far."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.fresh: set[str] = set()
        self.began = asyncio.Event()

    async def follow(self, url: str, token: Callable[[], str]) -> None:
        """Reads the stream until cancelled, resuming where it broke off; one that can't be resumed begins anew."""
        last = ""
        async with httpx.AsyncClient(auth=Bearer(token), timeout=None, trust_env=False) as http:
            while True:
                more = {"last-event-id": last} if last else {}
                try:
                    async with http.stream("GET", url, headers=more) as stream:
                        last = await self._read(stream, last)
                except httpx.TransportError:
                    pass
                await asyncio.sleep(AGAIN_AFTER_S)

    async def _read(self, stream: httpx.Response, last: str) -> str:
        """One connection, until it ends; returns where it ended."""
        try:
            async for line in stream.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "event" and value == "resync":
                    return ""
                if name == "id":
                    last = value
                elif name == "data":
                    self.take(json.loads(value))
        except httpx.TransportError:
            pass
        return last

    def take(self, report: Mapping[str, Any]) -> None:
        """A frame: absolute rows, a row's higher version wins."""
        for row in report.get("rows", ()):
            if row["version"] >= self.rows.get(row["key"], {"version": 0})["version"]:
                self.rows[row["key"]] = row
                self.fresh.add(row["key"])
        if self.rows:
            self.began.set()

    def largest_first(self) -> list[dict[str, Any]]:
        """Rows with a lead or money in them."""
        rows = (row for row in self.rows.values() if row["leads"] or row["spend"])
        return sorted(rows, key=lambda row: (-row["leads"], row["key"]))

    def total(self, column: str) -> int:
        """Over all rows: each lead is in exactly one of them."""
        return sum(row[column] for row in self.rows.values())
