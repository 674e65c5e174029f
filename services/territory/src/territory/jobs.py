"""Time passed: nothing in this service waits for the clock."""

from chassis import Job

JOBS: tuple[Job, ...] = ()
