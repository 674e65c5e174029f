"""What people decide about a lead: they judge it, give it back, end it. Who may do which is decided here too."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from leads.domain.activity import MayNotRecord, Right, on_behalf_of
from leads.domain.lead import Lead, Transition, entry
from leads.domain.place import ENDED, NOBODYS, QUALIFIED, RETURNED, place_of

Judgement = Literal["near_term", "nurture", "not_genuine", "not_a_target", "undecided"]
Grade = Literal["A", "B", "C", "D"]
ASIDE: tuple[Judgement, ...] = ("not_genuine", "not_a_target")
SOONEST, LATEST = timedelta(days=1), timedelta(days=3 * 366)


@dataclass(frozen=True)
class Verdict:
    """What somebody says of a lead: to be worked soon, with its grade; later, on a day; not at all, or undecided, with a code."""

    judgement: Judgement
    grade: Grade | None = None
    code: str | None = None
    revisit_on: date | None = None


def set_aside(code: str) -> Verdict:
    """The verdict of who sets a lead aside for this reason."""
    return Verdict("not_genuine" if code in ("spam", "not_genuine") else "not_a_target", code=code)


@dataclass(frozen=True)
class Hand:
    """Who acts on a lead, for whom he stands in, if for anybody, and by what rights at its team."""

    person: str
    on_behalf_of: str | None
    leads: bool
    holds: bool
    qualifies: bool

    @property
    def named(self) -> dict[str, str]:
        """As an entry of a timeline names him."""
        return {"by": self.person} | ({"on_behalf_of": self.on_behalf_of} if self.on_behalf_of else {})


class MayNot(Exception):
    """He sees the lead and has not the right to do this; ``right`` is what he lacks."""

    def __init__(self, right: str) -> None:
        super().__init__(right)
        self.right = right


class NotSo(Exception):
    """What is on record stands against it: the lead is at another ``place``."""

    def __init__(self, place: str, why: str = "") -> None:
        super().__init__(place)
        self.place, self.why = place, why


def hand_of(person: str, holder: str | None, rights: Iterable[Right], qualifies: bool) -> Hand:
    """What somebody may do with a lead of a team where he has these rights."""
    rights = tuple(rights)
    try:
        for_whom = on_behalf_of(rights, holder)
    except MayNotRecord:
        return Hand(person, None, leads=False, holds=False, qualifies=False)
    leads = any(right.kind == "supervisor" and right.records for right in rights)
    holds = holder is not None and (holder == person or for_whom == holder)
    return Hand(person, for_whom if for_whom != person else None, leads, holds, qualifies)


def faults(verdict: Verdict, now: datetime) -> list[tuple[str, str]]:
    """The fields that are wrong, and why."""
    found = []
    judged = verdict.judgement
    if judged == "near_term" and verdict.grade is None:
        found.append(("grade", "is needed for a lead to be worked soon"))
    if judged in (*ASIDE, "undecided") and verdict.code is None:
        found.append(("code", "is needed: why"))
    if judged in ("near_term", "nurture") and verdict.code is not None:
        found.append(("code", "is of a lead that is set aside, or of which nobody can say"))
    if judged in (*ASIDE, "undecided") and verdict.grade is not None:
        found.append(("grade", "is of a lead that is worked, soon or later"))
    if judged == "nurture":
        day = verdict.revisit_on
        if day is None:
            found.append(("revisit_on", "is needed: the day on which it is looked at again"))
        elif not now.date() + SOONEST <= day <= now.date() + LATEST:
            found.append(("revisit_on", "lies a day ahead at least, and three years at most"))
    elif verdict.revisit_on is not None:
        found.append(("revisit_on", "is of a lead that may buy later"))
    return found


def check_judge(lead: Lead, verdict: Verdict, hand: Hand) -> None:
    """A qualifier judges what nobody works; whoever works it, and who leads the team, may set it aside. Raises MayNot and NotSo."""
    place = place_of(lead)
    own = hand.leads or (place == "person" and hand.holds)
    aside = verdict.judgement in (*ASIDE, "nurture")
    if not (own and aside) and not (hand.qualifies and place != "person"):
        raise MayNot("leads.qualify")
    if place != "person" and place not in NOBODYS:
        raise NotSo(place)


def judged(lead: Lead, at: datetime, verdict: Verdict, hand: Hand, kept_for: timedelta) -> Transition:
    """A person's verdict: no card overrules it, and it replaces every one before. Whoever worked the lead works it no more if it is for
    later or set aside; set aside, its contact data are ``kept_for`` so long."""
    if verdict.judgement == "undecided":
        return lead, entry("undecided", at, code=verdict.code, **hand.named)
    detail: dict[str, Any] = {"disposition": verdict.judgement, **hand.named}
    life = lead.life
    after = lead._replace(qualified_at=at).lived(
        verdict=life.verdict + 1, judge=hand.person, code=verdict.code, revisit_on=verdict.revisit_on, revisited=False
    )
    if verdict.code:
        detail["code"] = verdict.code
    if verdict.judgement == "near_term":
        after = after._replace(grade=verdict.grade, disposition="near_term", waits=QUALIFIED)
    elif verdict.judgement == "nurture":
        after = _released(after, at)._replace(disposition="nurture", grade=verdict.grade or lead.grade, waits=None)
        detail["revisit_on"] = str(verdict.revisit_on)
        detail |= {"released": lead.assignee} if lead.assigned_at else {}
    else:
        assert verdict.code is not None
        after = after._replace(disposition="not_a_target", discarded_at=at, discard_reason=verdict.code)
        after = after.lived(keep_until=at + kept_for)
    return after, entry("qualified", at, verdict=after.life.verdict, grade=after.grade, **detail)


def check_return(lead: Lead, hand: Hand) -> None:
    """Whoever has it, or who leads the team, gives it back. Raises NotSo and MayNot."""
    place = place_of(lead)
    if place != "person":
        if place in ENDED or hand.leads:
            raise NotSo(place)
        raise MayNot("leads.return")
    if not (hand.holds or hand.leads):
        raise MayNot("leads.return")


def returned(lead: Lead, at: datetime, code: str, hand: Hand | None = None) -> Transition:
    """Its person works it no more: its team has it, and gives it to somebody who has not given it back. Without a hand the clock has
    taken it from them."""
    assert lead.team is not None
    assert lead.assignee is not None
    life = lead.life
    who = tuple(sorted({*life.returned.get(lead.team, ()), lead.assignee}))
    after = _released(lead, at)._replace(waits=f"{RETURNED}: {code}")
    after = after.lived(attempts=life.attempts + 1, returned={**life.returned, lead.team: who})
    by = hand.named if hand else {}
    return after, entry("returned", at, code=code, released=lead.assignee, attempt=after.life.attempts, **by)


def _released(lead: Lead, at: datetime) -> Lead:
    if lead.assigned_at is None:
        return lead
    until = max(at, lead.assigned_at)
    return lead._replace(assigned_at=None, assignee=None).lived(
        released=(max(lead.life.assigned, lead.life.decision), until)
    )
