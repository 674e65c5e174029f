"""How events are carried. It holds no word of the business."""

from chassis.access import Actor, Held, anybody, may, may_on
from chassis.cli import cli
from chassis.intake import Intake
from chassis.jobs import Job, each
from chassis.problems import FieldError, Problem, absent, not_valid
from chassis.router import Router
from chassis.service import Service, begin, intake
from chassis.settings import Settings
from chassis.transaction import EventMetadata, Transaction

__all__ = [
    "Actor",
    "EventMetadata",
    "FieldError",
    "Held",
    "Intake",
    "Job",
    "Problem",
    "Router",
    "Service",
    "Settings",
    "Transaction",
    "absent",
    "anybody",
    "begin",
    "cli",
    "each",
    "intake",
    "may",
    "may_on",
    "not_valid",
]
