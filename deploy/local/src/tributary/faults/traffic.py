"""Mixed traffic at a steady rate, whatever happens to the doors: it arrives when it would have arrived (open loop).

Of ten leads six come alone under an idempotency key and four as rows of a batch; one in five is won or lost a moment later,
now and then before the lead itself is known; money is spent by the door and by an ad platform, at times twice and out of
order; one record in a hundred is poison. Everybody in it has a canary in each personal text.
"""

import asyncio
import bisect
import contextlib
import json
import random
import threading
import time
from collections.abc import Mapping
from typing import Any

from leads.domain.identity import lead_id_for
from tributary.child_process import StackError
from tributary.faults.canaries import Canaries
from tributary.faults.outsiders import Outsider
from tributary.faults.sending import Door, Request
from tributary.running import Running
from tributary.traffic import Lead, Traffic

SINGLE_SHARE, BATCH_ROWS, OUTCOME_SHARE, EARLY_SHARE = 0.6, 10, 0.2, 0.02
SPENDS_PER_LEAD, TWICE_SHARE, POISON_SHARE = 0.1, 0.1, 0.01
OUTCOME_AFTER_S, SPENDS_AT_ONCE, TICK_S, EMPTY_WITHIN_S = 2.0, 10, 0.02, 120
SENDERS = {"leads": 24, "campaigns": 4}


class Load:
    """One run's traffic, on a thread of its own. ``offered`` are all ids that can come of it, ``accepted`` those with a 202."""

    def __init__(self, running: Running, per_second: float, seed: int) -> None:
        self.per_second, self._seed = per_second, seed
        self.offered: set[str] = set()
        self.accepted: set[str] = set()
        self.spent = 0
        self.outcomes = 0
        self.strangers: list[str] = []  # ids that no naming of ours makes: a lead taken under another id
        self._made, self._draw = Traffic(seed), random.Random(seed)
        self._doors = {
            name: Door(running.services[name].url, running.tokens.machine, senders, seed)
            for name, senders in SENDERS.items()
        }
        self._outsider, self._canaries = Outsider(running.bus, seed), Canaries(seed)
        self._spends_known: set[str] = set()
        self._times: list[float] = []
        self._marks: list[tuple[int, int]] = []
        self._rows: list[Lead] = []
        self._open: list[tuple[float, str, Lead]] = []
        self._spends: list[dict[str, Any]] = []
        self._late: list[dict[str, Any]] = []
        self._over = threading.Event()
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    # -- for whoever runs it

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """No more arrives; returns when all that arrived was taken."""
        self._over.set()
        self._thread.join()
        if self._failed is not None:
            raise self._failed
        if refused := [text for door in self._doors.values() for text in door.refused]:
            raise StackError(f"A door refused {len(refused)} requests that it should have taken: {refused[0]}")

    def taken_until(self, moment: float) -> tuple[int, int]:
        """How many leads and how much money had been taken by then."""
        at = bisect.bisect_right(self._times, moment) - 1
        return self._marks[at] if at >= 0 else (0, 0)

    @property
    def figures(self) -> dict[str, int]:
        """What was sent, for the journal."""
        return {
            "accepted": len(self.accepted),
            "offered": len(self.offered),
            "outcomes": self.outcomes,
            "spends": len(self._spends_known),
            "poison": self._outsider.poisoned,
            "canaries": self._canaries.sent,
            "requests": sum(door.sent for door in self._doors.values()),
            "requests_sent_again": sum(door.sent_again for door in self._doors.values()),
            "waiting": sum(door.waiting for door in self._doors.values()),
        }

    # -- the loop

    def _run(self) -> None:
        try:
            asyncio.run(self._play())
        except BaseException as failure:  # raised again by stop()
            self._failed = failure

    async def _play(self) -> None:
        running = [asyncio.create_task(door.run()) for door in self._doors.values()]
        began, arrived = time.monotonic(), 0
        while not self._over.is_set() and not any(task.done() for task in running):
            due = int((time.monotonic() - began) * self.per_second)
            for _ in range(due - arrived):
                self._arrive()
            arrived = due
            self._report_outcomes()
            self._outsider.poll()
            await asyncio.sleep(TICK_S)
        self._send_batch()
        taken = asyncio.create_task(self._emptied())
        await asyncio.wait([taken, *running], return_when=asyncio.FIRST_COMPLETED)
        for task in running:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task  # a door's queue that broke says so here
        await taken
        self._outsider.flush()

    async def _emptied(self) -> None:
        for door in self._doors.values():
            await door.emptied(EMPTY_WITHIN_S)

    def _arrive(self) -> None:
        draw = self._draw
        lead = self._canaries.lead(self._made.call() if draw.random() < 0.1 else self._made.lead())
        if draw.random() < SINGLE_SHARE:
            self._send_single(lead)
        else:
            self._rows.append({**lead, "source": "import", "external_id": f"row-{self._seed}-{len(self.offered)}"})
            self.offered.add(str(lead_id_for(None, "import", self._rows[-1]["external_id"])))
            if len(self._rows) >= BATCH_ROWS:
                self._send_batch()
        if draw.random() < SPENDS_PER_LEAD:
            self._spend(self._made.spend())
        if draw.random() < POISON_SHARE:
            self._outsider.poison()

    # -- leads and outcomes

    def _send_single(self, lead: Lead) -> None:
        key = f"faults-{self._seed}-{len(self.offered)}"
        expected = str(lead_id_for(key, lead.get("source"), lead.get("external_id")))
        self.offered.add(expected)
        if self._draw.random() < EARLY_SHARE:
            self._outcomes([self._made.outcome(expected, lead)])

        def taken(answer: Mapping[str, Any]) -> None:
            self._taken([answer["id"]], [lead], [expected])

        self._doors["leads"].put(Request("/v1/leads", json.dumps(lead).encode(), taken, {"idempotency-key": key}))

    def _send_batch(self) -> None:
        rows, self._rows = self._rows, []
        expected = [str(lead_id_for(None, "import", row["external_id"])) for row in rows]

        def taken(answer: Mapping[str, Any]) -> None:
            self._taken(answer["ids"], rows, expected)
            self.strangers += [f"a row was refused: {one}" for one in answer["refused"]]

        if rows:
            self._doors["leads"].put(Request("/v1/leads/batch", json.dumps({"leads": rows}).encode(), taken))

    def _taken(self, ids: list[str], leads: list[Lead], expected: list[str]) -> None:
        self.strangers += [
            f"{one} was accepted as {other}" for one, other in zip(expected, ids, strict=True) if one != other
        ]
        self.accepted.update(ids)
        for lead_id, lead in zip(ids, leads, strict=True):
            if self._draw.random() < OUTCOME_SHARE:
                self._open.append((time.monotonic() + OUTCOME_AFTER_S, lead_id, lead))
        self._mark()

    def _mark(self) -> None:
        self._marks.append((len(self.accepted), self.spent))
        self._times.append(time.monotonic())

    def _report_outcomes(self) -> None:
        now = time.monotonic()
        due = [one for one in self._open if one[0] <= now]
        if len(due) >= BATCH_ROWS or self._over.is_set():
            self._open = [one for one in self._open if one[0] > now]
            self._outcomes([self._made.outcome(lead_id, lead) for _, lead_id, lead in due])

    def _outcomes(self, outcomes: list[dict[str, Any]]) -> None:
        def taken(answer: Mapping[str, Any]) -> None:
            self.outcomes += answer["accepted"]

        body = json.dumps({"outcomes": [self._canaries.outcome(one) for one in outcomes]}).encode()
        self._doors["leads"].put(Request("/v1/outcomes", body, taken, machine="crm"))

    # -- money

    def _spend(self, spend: dict[str, Any]) -> None:
        self._spends.append(spend)
        if len(self._spends) < SPENDS_AT_ONCE:
            return
        rows, self._spends = self._spends, []
        again = [row for row in rows if self._draw.random() < TWICE_SHARE]
        if self._draw.random() < 0.5:
            noted = {row["spend_id"]: self._canaries.spend(row) for row in rows}
            body = json.dumps({"spend": [noted[row["spend_id"]] for row in (*rows, *again)]}).encode()
            self._doors["campaigns"].put(Request("/v1/spend", body, lambda _: self._paid(rows), machine="ads"))
        else:  # by the ad platform, late and in any order, among what it has told before
            report, self._late = [*self._late, *again], rows
            self._draw.shuffle(report)
            self._outsider.spend(report, lambda row: self._paid([row]))

    def _paid(self, spends: list[Any]) -> None:
        for spend in spends:
            if spend["spend_id"] not in self._spends_known:
                self._spends_known.add(spend["spend_id"])
                self.spent += spend["amount"]["minor"] if spend["kind"] == "incurred" else 0
        self._mark()
