"""Which person of a team takes the next lead: in turn, by weight, and the same every time it is worked out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from territory.domain.routing import REFUSED_AT_MOST, Refused


@dataclass(frozen=True)
class Member:
    """A person's share in the rotation of a team: weight 2 gets twice the leads of weight 1."""

    person: str
    weight: int = 1
    available: bool = True


@dataclass(frozen=True)
class Turn:
    """Who takes the lead, or why nobody can; who was passed over; and the credits from which the next turn starts.

    ``refused`` lists the closest of those passed over, then those away; ``more`` counts the others.
    """

    person: str | None
    reason: str
    refused: tuple[Refused, ...]
    more: int
    credits: Mapping[str, int]


def next_turn(members: Sequence[Member], saved: Mapping[str, int]) -> Turn:
    """Whoever is furthest behind the share due by weight takes the lead; the name settles a tie.

    Each lead earns every present member their weight in credit, and costs the one who takes it the weight of all present
    together. So credits add up to zero, nobody is ever a whole lead ahead of their share, and the turns of a heavy
    member are spread out instead of coming in a row. (This is smooth weighted round robin.)

    A member who cannot take leads earns nothing and keeps nothing: on return they start level with the others, without
    a burst to make up for the time away.
    """
    present = [member for member in members if _why_away(member) is None]
    away = sorted((member.person, why) for member in members if (why := _why_away(member)))
    if not present:
        refused, more = _first(Refused(person, why) for person, why in away)
        reason = "Nobody in the team is available." if members else "The team has no members."
        return Turn(None, reason, refused, more, {})
    credits = _level({member.person: saved.get(member.person, 0) for member in present})
    for member in present:
        credits[member.person] += member.weight
    taker, *behind = sorted(credits, key=lambda person: (-credits[person], person))
    most = credits[taker]
    refused, more = _first(
        chain(
            (Refused(person, _why_behind(credits[person], most)) for person in behind),
            (Refused(person, why) for person, why in away),
        )
    )
    credits[taker] -= sum(member.weight for member in present)
    return Turn(taker, f"Next in turn of {len(present)} present.", refused, more, credits)


def _level(credits: Mapping[str, int]) -> dict[str, int]:
    """Credits that add up to zero again after somebody came or went: the difference is spread evenly, by name."""
    share, rest = divmod(sum(credits.values()), len(credits))
    return {
        person: credit - share - (1 if place < rest else 0)
        for place, (person, credit) in enumerate(sorted(credits.items()))
    }


def _why_away(member: Member) -> str | None:
    if not member.available:
        return "absent"
    return "weight 0" if member.weight == 0 else None


def _why_behind(credit: int, most: int) -> str:
    return "same credit, later by name" if credit == most else f"less credit: {credit} against {most}"


def _first(refused: Iterable[Refused]) -> tuple[tuple[Refused, ...], int]:
    everyone = tuple(refused)
    return everyone[:REFUSED_AT_MOST], max(0, len(everyone) - REFUSED_AT_MOST)
