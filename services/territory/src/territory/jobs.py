"""What happens because time passed, or because what a lead waits for has come."""

from datetime import timedelta

from chassis import Job
from territory.use_cases.queue import hand_out, sweep

OFTEN = timedelta(milliseconds=250)

JOBS = (
    Job("hand_out", every=OFTEN, run=hand_out, exclusive=False),
    Job("sweep", every=OFTEN, run=sweep),
)
