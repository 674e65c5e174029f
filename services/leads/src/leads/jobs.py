"""What happens because time passed."""

from datetime import timedelta

from chassis import Job, each
from leads.use_cases.keys import rotate_intake_keys
from leads.use_cases.place import fill_places, unfilled_places
from leads.use_cases.search import acquaint
from leads.use_cases.waiting import late_outcomes, park_late_outcomes

JOBS = (
    Job("rotate_intake_keys", every=timedelta(hours=1), run=rotate_intake_keys, exclusive=False),
    Job("acquaint", every=timedelta(seconds=1), run=acquaint),
    each("fill_places", timedelta(seconds=5), unfilled_places, fill_places),
    each("park_late_outcomes", timedelta(minutes=10), late_outcomes, park_late_outcomes),
)
