"""Which faults strike, in which order: drawn from the seed, so that the same seed strikes in the same way.

A *round* is what strikes at the same time; the next begins when the numbers are fresh again. A *pass* has every kind once.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tributary.faults.nemesis import disk, hands, people, processes, records, servers, silence, strangers
from tributary.faults.testbed import Testbed

SERVICES = ("leads", "territory", "campaigns", "metrics")
PRODUCERS = ("leads", "territory", "campaigns")
RELAY_POINTS = ("relay.selected", "relay.sent", "relay.acked", "relay.deleted")
CONSUMER_POINTS = ("consumer.decided", "consumer.committed")


@dataclass(frozen=True)
class Strike:
    """One fault that is going to be."""

    kind: str
    do: Callable[[Testbed, random.Random], dict[str, Any]]
    seed: str


Round = tuple[Strike, ...]


class Schedule:
    """Passes without end. ``kinds`` are all that one pass has; poison comes with the traffic."""

    def __init__(self, seed: int, brokers: int) -> None:
        self._seed, self._brokers, self._passes = seed, brokers, 0
        self._draw = random.Random(f"schedule {seed}")
        self.restores = self._draw.sample(PRODUCERS, len(PRODUCERS))

    def next_pass(self) -> list[Round]:
        """Every kind of fault once, in another order each time."""
        draw, self._passes = self._draw, self._passes + 1
        doubled = draw.choice(("territory", "leads"))
        chains: list[list[Round]] = [
            [self._round(*(("kill -9", partial(processes.kill, service=one)) for one in SERVICES))],
            *([one] for one in self._crashes()),
            [self._round(("Postgres killed", servers.kill_postgres))],
            [self._round(("connections terminated", servers.terminate_backends))],
            [self._broker(n) for n in range(self._brokers if self._brokers > 1 else 1)],
            [
                self._round(("second replica", partial(processes.join, service=doubled))),
                self._round(("frozen", partial(processes.freeze, service=doubled))),
                self._round(("rebalance", partial(processes.leave, service=doubled))),
            ],
            [
                self._round(
                    ("numbered records again", records.send_again),
                    ("duplicates and disorder", records.disorder),
                    ("migration.running", servers.migrate),
                )
            ],
            [self._round(("clock jump", servers.jump_clock))],
            [self._round(("bad input in hundreds", strangers.swarm))],
            [self._round(("people moved", people.move))],
            [self._round(("moved in silence", silence.move))],
            [self._round(("killed amid transfers", hands.transfer))],
            [self._round(("killed amid returns", hands.give_back))],
            [self._round(("killed amid breaches", hands.breach))],
            [self._round(("disk full", partial(disk.fill, service=draw.choice(("leads", "territory")))))],
        ]
        draw.shuffle(chains)
        restored = self.restores[(self._passes - 1) % len(self.restores)]
        chains.append([self._round(("restored backup", partial(servers.restore, name=restored)))])
        return [one for chain in chains for one in chain]

    def short(self) -> list[Round]:
        """A handful of different kinds, for the tests."""
        return [
            self._round(
                ("kill -9", partial(processes.kill, service="leads")),
                ("kill -9", partial(processes.kill, service="metrics")),
                ("relay.acked", partial(processes.crash, service="territory", point="relay.acked")),
                ("consumer.committed", partial(processes.crash, service="campaigns", point="consumer.committed")),
            ),
            self._round(
                ("door.acked", partial(processes.crash, service="leads", point="door.acked")),
                ("numbered records again", records.send_again),
                ("duplicates and disorder", records.disorder),
            ),
            self._round(("bad input in hundreds", strangers.swarm), ("people moved", people.move)),
            self._round(("connections terminated", servers.terminate_backends)),
            self._round(("Postgres killed", servers.kill_postgres)),
        ]

    def _crashes(self) -> list[Round]:
        """Two rounds in which each service dies at a place of its own; every place of the door, relay and consumer once."""
        draw = self._draw
        points = [*RELAY_POINTS, *CONSUMER_POINTS]
        draw.shuffle(points)
        places = [("leads", "door.acked"), *zip(("territory", "campaigns", "metrics") * 2, points, strict=True)]
        strikes = [(point, partial(processes.crash, service=service, point=point)) for service, point in places]
        return [self._round(*strikes[:4]), self._round(*strikes[4:])]

    def _broker(self, node: int) -> Round:
        return self._round(("broker killed", partial(servers.kill_broker, node=node)))

    def _round(self, *strikes: tuple[str, Callable[..., dict[str, Any]]]) -> Round:
        return tuple(Strike(kind, do, f"{self._seed} {self._draw.random()}") for kind, do in strikes)


def kinds(rounds: Sequence[Round]) -> list[str]:
    """The kinds that these rounds have, in the order of their first strike."""
    return list(dict.fromkeys(strike.kind for one in rounds for strike in one))
