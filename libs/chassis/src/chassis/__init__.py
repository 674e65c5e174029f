"""How events are carried. It holds no word of the business."""

from chassis.access import Actor, may
from chassis.cli import cli
from chassis.intake import Intake
from chassis.jobs import Job, each
from chassis.problems import FieldError, Problem, not_valid
from chassis.router import Router
from chassis.service import Service, begin, intake
from chassis.settings import Settings
from chassis.transaction import EventMetadata, Transaction

__all__ = [
    "Actor",
    "EventMetadata",
    "FieldError",
    "Intake",
    "Job",
    "Problem",
    "Router",
    "Service",
    "Settings",
    "Transaction",
    "begin",
    "cli",
    "each",
    "intake",
    "may",
    "not_valid",
]
