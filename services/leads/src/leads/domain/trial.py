"""What another scorecard would have decided about leads that the one in force judges too."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from leads.domain.qualification import Scorecard, Submission, Verdict

EXAMPLES = 100


@dataclass
class Trial:
    """Counts what changes from one card to another. ``unreadable`` are leads whose person was forgotten."""

    before: Scorecard
    after: Scorecard
    leads: int = 0
    unreadable: int = 0
    grades: Counter[tuple[str, str]] = field(default_factory=Counter)
    dispositions: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: list[Mapping[str, Any]] = field(default_factory=list)
    changed: int = 0

    def look(self, lead_id: UUID, submission: Submission) -> None:
        """One more lead."""
        was, now = self.before.judge(submission), self.after.judge(submission)
        self.leads += 1
        self.grades[was.grade, now.grade] += 1
        self.dispositions[_becomes(was), _becomes(now)] += 1
        if (was.grade, _becomes(was)) != (now.grade, _becomes(now)):
            self.changed += 1
            if len(self.examples) < EXAMPLES:
                self.examples.append({"lead_id": str(lead_id), "before": _said(was), "after": _said(now)})

    @property
    def result(self) -> dict[str, Any]:
        """As it is kept; what stays the same is counted too."""
        return {
            "against": self.before.version,
            "leads": self.leads,
            "unreadable": self.unreadable,
            "changed": self.changed,
            "grades": _counted(self.grades),
            "dispositions": _counted(self.dispositions),
            "examples": self.examples,
        }


def _becomes(verdict: Verdict) -> str:
    return verdict.disposition if verdict.genuine else "not_genuine"


def _said(verdict: Verdict) -> dict[str, Any]:
    return {"grade": verdict.grade, "score": verdict.score, "disposition": _becomes(verdict)}


def _counted(pairs: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"before": was, "after": now, "leads": n} for (was, now), n in sorted(pairs.items())]


def known_elsewhere(cards: Iterable[Scorecard]) -> frozenset[str]:
    """The terms that count where another system knows the lead: its number there is in no record, that such a term counted is."""
    return frozenset(term.name for card in cards for term in card.terms if term.fact == "external_id")
