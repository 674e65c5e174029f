"""What happens because time passed."""

from datetime import timedelta

from prometheus_client import Gauge, Histogram

from chassis import Job, Transaction, each, telemetry
from leads.use_cases.application import run as apply_rules
from leads.use_cases.bulk import forget_old
from leads.use_cases.clock import fire
from leads.use_cases.conservation import count, standing, sweep
from leads.use_cases.keys import rotate_intake_keys
from leads.use_cases.place import fill_places, tell_unclaimed, unfilled_places
from leads.use_cases.retention import forget, kept_long_enough
from leads.use_cases.search import acquaint
from leads.use_cases.trial import run as try_rules
from leads.use_cases.verdict import take_back
from leads.use_cases.waiting import late_outcomes, park_late_outcomes

DEADLINES_LATE = Gauge(
    "deadlines_late",
    "Times of requests that have come over a second ago and are not told.",
    registry=telemetry.REGISTRY,
)
CLOCK_LATENESS = Histogram(
    "clock_lateness_seconds",
    "How long after its time the latest step of a turn of the clock was told.",
    buckets=(0.1, 0.25, 0.5, 0.75, 1, 2, 5, 15, 60, 300, 3600),
    registry=telemetry.REGISTRY,
)

LEADS_UNACCOUNTED = Gauge(
    "leads_unaccounted", "Leads on record for over a minute that are in no place.", registry=telemetry.REGISTRY
)
LEADS_WITHOUT_DUE = Gauge(
    "leads_without_due_time",
    "Leads that nobody has and that nobody is due to take at any time.",
    registry=telemetry.REGISTRY,
)


async def watch(tx: Transaction) -> None:
    """How many leads are nowhere, or forgotten where they are."""
    found = await standing(tx)
    LEADS_UNACCOUNTED.set(found.unaccounted)
    LEADS_WITHOUT_DUE.set(found.without_due_time)


async def tick(tx: Transaction) -> None:
    """A turn of the clock."""
    fired = await fire(tx)
    await take_back(fired.unanswered, tx)
    DEADLINES_LATE.set(fired.late)
    if fired.steps:
        CLOCK_LATENESS.observe(fired.lateness.total_seconds())


# Each replica turns it: a row is left to whoever holds it.
CLOCK = timedelta(seconds=0.4)

JOBS = (
    Job("fire", every=CLOCK, run=tick, exclusive=False),
    Job("tell_unclaimed", every=timedelta(seconds=1), run=tell_unclaimed, exclusive=False),
    Job("sweep", every=timedelta(seconds=1), run=sweep),
    Job("watch", every=timedelta(seconds=1), run=watch, exclusive=False),
    Job("count_places", every=timedelta(minutes=1), run=count),
    Job("rotate_intake_keys", every=timedelta(hours=1), run=rotate_intake_keys, exclusive=False),
    Job("acquaint", every=timedelta(seconds=1), run=acquaint),
    Job("forget_jobs", every=timedelta(hours=1), run=forget_old),
    Job("apply_rules", every=timedelta(seconds=1), run=apply_rules, exclusive=False),
    Job("try_rules", every=timedelta(seconds=1), run=try_rules, exclusive=False),
    each("fill_places", timedelta(seconds=5), unfilled_places, fill_places),
    each("forget_contacts", timedelta(seconds=5), kept_long_enough, forget),
    each("park_late_outcomes", timedelta(minutes=10), late_outcomes, park_late_outcomes),
)
