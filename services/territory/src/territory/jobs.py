"""What happens because time passed, or because what a lead waits for has come."""

from datetime import timedelta

from chassis import Job
from territory.use_cases.queue import hand_out, sweep
from territory.use_cases.transfer import carry_out, hand_over

OFTEN = timedelta(milliseconds=250)

JOBS = (
    Job("hand_out", every=OFTEN, run=hand_out, exclusive=False),
    Job("sweep", every=OFTEN, run=sweep),
    Job("transfer", every=OFTEN, run=carry_out, exclusive=False),
    Job("hand_over", every=OFTEN, run=hand_over),
)
