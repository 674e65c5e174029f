"""What happens because time passed."""

from datetime import timedelta

from chassis import Job
from leads.use_cases.keys import rotate_intake_keys

JOBS = (Job("rotate_intake_keys", every=timedelta(hours=1), run=rotate_intake_keys),)
