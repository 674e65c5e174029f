"""One thing that somebody does to many leads, each for itself: what it is, and what became of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from leads.domain.money import Money
from leads.domain.verdict import Verdict

Step = Literal["return", "discard", "qualify", "claim"]
STEPS: tuple[Step, ...] = get_args(Step)
State = Literal["waiting", "running", "done", "cancelled"]
AT_ONCE = 500  # in one transaction
IN_A_JOB = 10_000


@dataclass(frozen=True)
class Deed:
    """What is done: a verdict for ``qualify`` and ``discard``, a code for ``return``."""

    step: Step
    verdict: Verdict | None = None
    value: Money | None = None
    code: str | None = None


@dataclass(frozen=True)
class Row:
    """A lead that it is done to. ``seen`` is how it stood when somebody read it; without it, it is meant as it stands. ``answer`` is
    what became of it."""

    n: int
    lead_id: UUID
    seen: int | None = None
    answer: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Job:
    """The same to more leads than one transaction takes, in the name of who asked for it. ``position`` rows are done."""

    job_id: UUID
    person: str
    said: Mapping[str, Any]
    digest: str
    state: State
    rows: int
    position: int
    counts: Mapping[str, int]
    asked_at: datetime
    done_at: datetime | None = None

    def after(self, answers: Sequence[Mapping[str, Any]], now: datetime) -> "Job":
        """With these rows done too."""
        counts = dict(self.counts)
        for answer in answers:
            status = str(answer["status"])
            counts[status] = counts.get(status, 0) + 1
        position = self.position + len(answers)
        over = position >= self.rows
        return _with(
            self, state="done" if over else "running", position=position, counts=counts, done_at=now if over else None
        )

    def cancelled(self, now: datetime) -> "Job":
        """What is done stays done; the rest is left as it is."""
        return _with(self, state="cancelled", done_at=now)


def _with(job: Job, **changes: Any) -> Job:
    return Job(**{**vars(job), **changes})
