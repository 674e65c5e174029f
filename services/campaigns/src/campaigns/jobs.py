"""What this service does when time passes: nothing yet."""

from chassis import Job

JOBS: tuple[Job, ...] = ()
