"""What happens because time passed."""

from datetime import timedelta

from chassis import Job
from leads.use_cases.keys import rotate_intake_keys
from leads.use_cases.waiting import park_late_outcomes

JOBS = (
    Job("rotate_intake_keys", every=timedelta(hours=1), run=rotate_intake_keys, exclusive=False),
    Job("park_late_outcomes", every=timedelta(minutes=10), run=park_late_outcomes),
)
