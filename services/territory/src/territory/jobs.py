"""What happens because time passed, or because what a lead waits for has come."""

from datetime import timedelta

from prometheus_client import Gauge

from chassis import Job, Transaction, telemetry
from territory.use_cases.draft import try_one
from territory.use_cases.queue import asleep, hand_out, sweep
from territory.use_cases.transfer import carry_out, hand_over

WAITING_WITHOUT_WAKE = Gauge(
    "waiting_without_wake",
    "Leads that wait for a turn of a team that nothing will look at again.",
    registry=telemetry.REGISTRY,
)


async def watch(tx: Transaction) -> None:
    """How many leads are forgotten in their queues."""
    WAITING_WITHOUT_WAKE.set(await asleep(tx))


OFTEN = timedelta(milliseconds=250)

JOBS = (
    Job("hand_out", every=OFTEN, run=hand_out, exclusive=False),
    Job("sweep", every=OFTEN, run=sweep),
    Job("transfer", every=OFTEN, run=carry_out, exclusive=False),
    Job("hand_over", every=timedelta(seconds=1), run=hand_over),
    Job("try_draft", every=timedelta(seconds=1), run=try_one, exclusive=False),
    Job("watch", every=timedelta(seconds=5), run=watch, exclusive=False),
)
