"""What people do with a lead: they judge it, give it back, set it aside, end it. Pure, and each step says why it can't be made."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from leads.domain import lead as lifecycle
from leads.domain.lead import Lead, Transition, entry
from leads.domain.place import NOBODYS, QUALIFIED, RETURNED, place_of
from leads.domain.qualification import Disposition, Grade

Verdict = Literal["near_term", "nurture", "not_genuine", "not_a_target", "undecided"]
RETURNS_MAX = 3
SPAM_KEPT, OTHERS_KEPT = timedelta(days=30), timedelta(days=180)
REVISIT_AT_MOST = timedelta(days=3 * 366)
ASIDE: dict[str, str] = {"not_genuine": "not genuine", "not_a_target": "not a target"}
_DISPOSITIONS: dict[str, Disposition] = {
    "near_term": "near_term",
    "nurture": "nurture",
    "not_genuine": "not_a_target",
    "not_a_target": "not_a_target",
    "undecided": "needs_qualifier",
}


class Against(Exception):
    """The lead's state stands against a step."""

    def __init__(self, lead: Lead, why: str) -> None:
        super().__init__(why)
        self.state, self.place = lead.state, place_of(lead)


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, and for whom."""

    person: str
    on_behalf_of: str | None = None

    def detail(self) -> dict[str, Any]:
        """As a timeline has it."""
        return {"by": self.person} | ({"on_behalf_of": self.on_behalf_of} if self.on_behalf_of else {})


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a person says of a lead."""

    verdict: Verdict
    grade: Grade | None = None
    code: str | None = None
    revisit_on: date | None = None


def faults(judgement: Judgement, today: date) -> dict[str, str]:
    """What is wrong with it, by field: each verdict needs something of its own."""
    wrong = {}
    if judgement.verdict == "near_term" and judgement.grade is None:
        wrong["grade"] = "is needed with near_term: A, B, C or D"
    if judgement.verdict in ("not_genuine", "not_a_target", "undecided") and not judgement.code:
        wrong["code"] = f"is needed with {judgement.verdict}"
    if judgement.verdict == "nurture":
        if judgement.revisit_on is None:
            wrong["revisit_on"] = "is needed with nurture"
        elif not today < judgement.revisit_on <= today + REVISIT_AT_MOST:
            wrong["revisit_on"] = "must be a day from tomorrow to three years ahead"
    elif judgement.revisit_on is not None:
        wrong["revisit_on"] = "goes with nurture only"
    return wrong


def judged(lead: Lead, at: datetime, judgement: Judgement, by: By) -> Transition:
    """A person's verdict replaces what the card said, and no later card overrules it. Raises Against for a lead that has ended, and for
    one that somebody works, which he gives back or sets aside himself."""
    place = place_of(lead)
    if place not in NOBODYS and not (place == "person" and judgement.verdict in ("nurture", *ASIDE)):
        raise Against(lead, "Only a lead that nobody works is judged; who works it may set it by or aside.")
    disposition = _DISPOSITIONS[judgement.verdict]
    grade = judgement.grade or lead.grade or "D"
    life = lead.life
    after = lead._replace(qualified_at=at, grade=grade, disposition=disposition).lived(
        verdict=life.verdict + 1,
        judge=by.person,
        code=judgement.code,
        revisit_on=judgement.revisit_on,
        revisited=life.revisited and judgement.verdict == "undecided",
    )
    if disposition == "near_term":
        after = after._replace(waits=None if after.assigned_at else QUALIFIED)
    said = {"grade": grade, "disposition": disposition, "verdict": after.life.verdict}
    if judgement.code:
        said["code"] = judgement.code
    if judgement.revisit_on:
        said["revisit_on"] = judgement.revisit_on.isoformat()
    return after, entry("qualified", at, **said, **by.detail())


def set_aside(lead: Lead, at: datetime, verdict: Verdict, code: str, by: By) -> Transition:
    """It is discarded, for a code; contact data are kept for a while by the code. Raises Against for one that has ended."""
    if place_of(lead) in ("won", "lost", "discarded", "arriving"):
        raise Against(lead, "Only an open lead is set aside.")
    reason = ASIDE[verdict]
    after, line = lifecycle.discarded(lead, at, reason, code=code, **by.detail())
    return after.lived(keep_until=at + (SPAM_KEPT if code == "spam" else OTHERS_KEPT)), line


def returned(lead: Lead, at: datetime, code: str, by: By) -> Transition:
    """Who has it gives it back to the team, and does not get it again there: somebody else is due to work it. Raises Against for one that
    nobody has."""
    if place_of(lead) != "person":
        raise Against(lead, "Only a lead that somebody works is returned.")
    assert lead.assignee is not None
    assert lead.assigned_at is not None
    life, team = lead.life, lead.team or ""
    who = dict.fromkeys((*life.returned.get(team, ()), lead.assignee))
    after = lead._replace(assigned_at=None, assignee=None, waits=f"{RETURNED}: {code}").lived(
        attempts=life.attempts + 1,
        returned={**life.returned, team: tuple(who)},
        released=(life.assigned, lead.assigned_at),
    )
    return after, entry("returned", at, person=lead.assignee, code=code, attempt=after.life.attempts, **by.detail())


def not_to(lead: Lead) -> tuple[str, ...]:
    """Everybody who returned it in the team that has it."""
    return lead.life.returned.get(lead.team or "", ())


def outcome_against(lead: Lead) -> None:
    """Raises Against where a person may not end the lead: it was set aside, or never had a team."""
    if place_of(lead) in ("discarded", "arriving", "unroutable"):
        raise Against(lead, "Only a lead with a team is won or lost at this door.")


def reopened(lead: Lead, at: datetime, code: str, by: By) -> Transition:
    """It is worked again where it was before. Raises Against for one that has not ended."""
    after, line = lifecycle.reopened(lead, at, code, by.person)
    if line is None:
        raise Against(lead, "Only a lead that was won or lost is reopened.")
    return after, line | by.detail()


def restored(lead: Lead, at: datetime, code: str, by: By) -> Transition:
    """A qualifier looks at it after all. Raises Against for one that is not set aside, or whose contact data are gone."""
    if not lead.discarded_at or lead.outcome is not None:
        raise Against(lead, "Only a lead that was set aside is restored.")
    if lead.life.keep_until and lead.life.keep_until <= at:
        raise Against(lead, "Its contact data were kept until then and are gone.")
    after, line = lifecycle.restored(lead, at, code, by.person)
    assert line is not None
    return after, line | by.detail()
