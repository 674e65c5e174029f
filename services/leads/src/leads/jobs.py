"""What happens because time passed."""

from datetime import timedelta

from chassis import Job, each
from leads.use_cases.keys import rotate_intake_keys
from leads.use_cases.waiting import late_outcomes, park_late_outcomes

JOBS = (
    Job("rotate_intake_keys", every=timedelta(hours=1), run=rotate_intake_keys, exclusive=False),
    each("park_late_outcomes", timedelta(minutes=10), late_outcomes, park_late_outcomes),
)
