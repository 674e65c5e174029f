"""What this service does when time passes."""

from datetime import timedelta

from chassis import Job
from metrics.use_cases.league import close_periods
from metrics.use_cases.publication import publish_kpis

JOBS = (
    Job("publish_kpis", every=timedelta(milliseconds=200), run=publish_kpis),
    Job("close_league", every=timedelta(minutes=1), run=close_periods),
)
