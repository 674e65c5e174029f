"""Which member of a team takes the next lead: in turn, by weight, and the same every time it is worked out.

Every lead is shared out among those who could take it, in proportion to their weights, and costs the one who takes it a whole
lead. What each person is then owed is their credit. It belongs to the person: it waits while they are away, and nothing that is
edited in a team touches it. A share is a whole number of parts of a lead, so credits add up to zero, exactly and for ever.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from territory.domain.routing import REFUSED_AT_MOST, Refused

LEAD = 10**12
"""A lead in parts."""

WEIGHT_AT_MOST = 1_000
# Two quotients by weights differ by at least 1 / (weight * weight), or not at all: so far apart their whole parts differ too.
_SCALE = WEIGHT_AT_MOST**2


@dataclass(frozen=True)
class Member:
    """A person's share in the rotation of a team: weight 2 gets twice the leads of weight 1. ``why`` is the code for why somebody
    who is not available can't take the lead."""

    id: str
    weight: int = 1
    available: bool = True
    why: str = ""


@dataclass(slots=True)  # made for each lead: what is frozen takes three times as long to make
class Turn:
    """Who takes the lead, or why nobody can; who was passed over; and the credits from which the next turn starts.

    ``refused`` lists those passed over, whoever comes next first, then those away; ``more`` counts the others. ``code`` says why
    nobody takes it.
    """

    assignee: str | None
    reason: str
    refused: tuple[Refused, ...]
    more: int
    credits: Mapping[str, int]
    code: str | None = None


def next_turn(members: Sequence[Member], saved: Mapping[str, int]) -> Turn:
    """Of those who are not ahead of their share, whoever's next lead falls due first takes it; the name settles a tie.

    A member's next lead falls due when the team has had so many more leads that the member is owed a whole one. If all are
    ahead of their shares, because others have come or gone, the one who is owed most with this lead takes it.

    A member who cannot take leads earns nothing and loses nothing: they come back with the credit they left with. A new
    member begins with none. (This is earliest eligible virtual deadline first, with requests of one lead.)
    """
    present = _present(members)
    away = sorted([(m.id, _why_away(m)) for m in members if not (m.available and m.weight)])
    if not present:
        reason = "Nobody in the team is available." if members else "The team has no members."
        return Turn(None, reason, _refused(away), max(0, len(away) - REFUSED_AT_MOST), saved)
    credits = dict(saved)
    due: list[tuple[int, str]] = []
    ahead: list[tuple[int, str]] = []
    total = sum([member.weight for member in present])
    for member, share in zip(present, _shares(present, total), strict=True):
        credit = credits.get(member.id, 0)
        credits[member.id] = credit + share
        if credit >= 0:
            due.append(((LEAD - credit) * _SCALE // member.weight, member.id))
        else:
            ahead.append((-credits[member.id], member.id))
    due.sort()
    ahead.sort()
    first, taker = (due or ahead)[0]
    behind = due[1 : 1 + REFUSED_AT_MOST] if due else ahead[1 : 1 + REFUSED_AT_MOST]
    why = [(member, _why_later(when, first, total) if due else _why_further(-when, -first)) for when, member in behind]
    if due:
        why += [(member, _why_ahead(saved[member])) for _, member in ahead[: REFUSED_AT_MOST - len(why)]]
    credits[taker] -= LEAD
    more = len(members) - 1 - REFUSED_AT_MOST
    return Turn(taker, f"Next in turn of {len(present)} present.", _refused([*why, *away]), max(0, more), credits)


def taken_back(members: Sequence[Member], taker: str, saved: Mapping[str, int]) -> Mapping[str, int]:
    """The credits as if this turn, taken among these members by this one, had not been: whole, for all of them. They still add up
    to zero."""
    present = _present(members)
    credits = dict(saved)
    for member, share in zip(present, _shares(present, sum([member.weight for member in present])), strict=True):
        credits[member.id] = credits.get(member.id, 0) - share
    credits[taker] = credits.get(taker, 0) + LEAD
    return credits


@dataclass(frozen=True)
class Turns:
    """So many turns that were taken among these members by this one; ``later`` ones behind the window that is looked at. ``sign`` is
    -1 for turns that were booked back."""

    members: tuple[Member, ...]
    taker: str
    leads: int
    sign: int = 1
    later: bool = False


@dataclass(frozen=True)
class Account:
    """What somebody was owed at the beginning and at the end of a window, and what they were due and got in it. ``received`` and
    ``back`` are leads, the others are parts of a lead: closing = opening + entitled - (received - back) * LEAD."""

    person: str
    opening: int
    entitled: int
    received: int
    back: int
    closing: int


def accounts(turns: Iterable[Turns], credits: Mapping[str, int]) -> list[Account]:
    """The account of each person, by name, from all turns since the window began and the credits as they stand behind the last."""
    entitled: Counter[str] = Counter()
    received: Counter[str] = Counter()
    back: Counter[str] = Counter()
    closing = Counter(credits)
    for one in turns:
        present = _present(one.members)
        of_each = zip(present, _shares(present, sum([member.weight for member in present])), strict=True)
        due = {member.id: one.sign * one.leads * share for member, share in of_each}
        if one.later:
            closing.subtract(due)
            closing[one.taker] += one.sign * one.leads * LEAD
            continue
        entitled.update(due)
        (received if one.sign > 0 else back)[one.taker] += one.leads
    found = []
    for person in sorted({*closing, *entitled, *received, *back}):
        opening = closing[person] - entitled[person] + (received[person] - back[person]) * LEAD
        found.append(Account(person, opening, entitled[person], received[person], back[person], closing[person]))
    return found


def _present(members: Sequence[Member]) -> list[Member]:
    return sorted([m for m in members if m.available and m.weight], key=_id)


def _shares(present: Sequence[Member], total: int) -> list[int]:
    """What this lead earns each of them. The parts that don't divide go to the first by name, one each."""
    shares = [LEAD * member.weight // total for member in present]
    for place in range(LEAD - sum(shares)):
        shares[place] += 1
    return shares


def _id(member: Member) -> str:
    return member.id


def _why_away(member: Member) -> str:
    return "weight 0" if member.available else member.why or "absent"


def _why_later(due: int, first: int, total: int) -> str:
    if due == first:
        return "due at the same time, later by name"
    return (
        f"due later: after {_leads(due * total // _SCALE)} leads of the team, against {_leads(first * total // _SCALE)}"
    )


def _why_ahead(credit: int) -> str:
    return f"ahead of the share due, by {_leads(-credit)} of a lead"


def _why_further(owed: int, most: int) -> str:
    if owed == most:
        return "all are ahead, and this one as far, later by name"
    return f"all are ahead, and this one further: owed {_leads(owed)} of a lead with this one, against {_leads(most)}"


def _leads(parts: int) -> str:
    return f"{parts / LEAD:.3g}"


def _refused(passed_over: Sequence[tuple[str, str]]) -> tuple[Refused, ...]:
    return tuple([Refused(member, why) for member, why in passed_over[:REFUSED_AT_MOST]])
