"""Faults of what is on the topics: again, in another order, and unreadable."""

import random
import time
from typing import Any

from tributary.faults.outsiders import Outsider
from tributary.faults.testbed import DidNotHappen, Testbed, happens

SERVICES = ("leads", "territory", "campaigns", "metrics")
MOST = 150  # records of a partition


def send_again(testbed: Testbed, draw: random.Random) -> dict[str, Any]:
    """Numbered records stand on their topics once more, as after a relay that did not hear the ack: every hearer drops them."""
    hearers = [testbed.service(name) for name in ("territory", "metrics")]
    before = sum(testbed.counter(one, "events", outcome="duplicate") for one in hearers)
    onset, outsider = time.monotonic(), Outsider(testbed.stack.bus, draw.randrange(1 << 30))
    sent = sum(outsider.again(topic, MOST, shuffled=False) for topic in ("leads.lead", "territory.lead"))
    dropped = happens(
        "a hearer drops a record that it knows",
        lambda: max(0, sum(testbed.counter(one, "events", outcome="duplicate") for one in hearers) - before),
    )
    return {"onset": onset, "sent": sent, "dropped_so_far": dropped}


def disorder(testbed: Testbed, draw: random.Random) -> dict[str, Any]:
    """Submissions, outcomes and spends, which have no numbers, come again and in any order."""
    onset, outsider = time.monotonic(), Outsider(testbed.stack.bus, draw.randrange(1 << 30))
    sent = {topic: outsider.again(topic, MOST, shuffled=True) for topic in ("leads.intake", "campaigns.spend")}
    if not all(sent.values()):
        raise DidNotHappen(f"there was nothing to send again: {sent}")
    return {"onset": onset, "sent": sent}


def parked(testbed: Testbed) -> int:
    """How many records the services have set aside."""
    return sum(testbed.sql(name, "select count(*) from parked") for name in SERVICES)
