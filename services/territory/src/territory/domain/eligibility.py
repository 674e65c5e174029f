"""Who of a team may take one lead now, and why the others may not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from territory.domain.member import ABSENT, CLOSED, NO_MEMBER, SUSPENDED, Roster
from territory.domain.rotation import Member

FULL, NO_LANGUAGE, RETURNED, WEIGHT, QUEUED = "full", "no_language", "returned", "weight", "queued"
ORDER = (NO_MEMBER, SUSPENDED, WEIGHT, ABSENT, CLOSED, FULL, NO_LANGUAGE, RETURNED)
"""Why somebody can't take a lead: what is asked first comes first, and the first that fails is on record."""


@dataclass(frozen=True)
class TeamSettings:
    """How a team takes leads. ``grace_min`` are minutes before working time; after ``returns_max`` returns the supervisor decides."""

    hours: str = "ignore"
    grace_min: int = 0
    language: str = "ignore"
    same_person: str = "always"
    returns_max: int = 3

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "TeamSettings":
        """Those of a unit's settings that are about taking leads; the others have their defaults."""
        return cls(**{name: settings[name] for name in cls.__dataclass_fields__ if settings.get(name) is not None})

    @property
    def grace(self) -> timedelta:
        """How long before working time somebody may get a lead."""
        return timedelta(minutes=self.grace_min)


@dataclass
class Load:
    """How many open leads somebody has in all teams, and how many they were given on ``day``, a date of their own zone."""

    open: int = 0
    of_day: int = 0


@dataclass
class Loads:
    """The loads of those who take only so many leads; of others nothing is counted."""

    of: dict[str, Load] = field(default_factory=dict)

    def full(self, roster: Roster) -> dict[str, str]:
        """Those of the roster who have as many leads as they take."""
        return {
            place.person: FULL
            for place in roster.capped
            if (load := self.of.get(place.person, Load()))
            and (
                (place.open_max is not None and load.open >= place.open_max)
                or (place.day_max is not None and load.of_day >= place.day_max)
            )
        }

    def takes(self, person: str) -> None:
        """One more."""
        if load := self.of.get(person):
            load.open += 1
            load.of_day += 1


def spoken(language: object) -> str:
    """A language as it is compared: without its region, de for de-AT."""
    return str(language).replace("_", "-").split("-", 1)[0].casefold()


def eligible(
    roster: Roster, settings: TeamSettings, loads: Loads, language: object = None, not_to: Sequence[str] = ()
) -> Roster:
    """The roster as it is for this lead. Where all may take it that is the roster itself."""
    why: dict[str, str] = dict.fromkeys(not_to, RETURNED)
    if language is not None and settings.language != "ignore":
        wanted = spoken(language)
        mute = [name for name, place in roster.places.items() if wanted not in place.languages]
        why |= dict.fromkeys(mute, NO_LANGUAGE)
    if roster.capped:
        why |= loads.full(roster)
    if not why:
        return roster
    found = roster.without(why)
    if settings.language == "prefer" and not anybody(found.members):
        found = roster.without({name: code for name, code in why.items() if code != NO_LANGUAGE})
        if not anybody(found.members):
            return roster.without(why)
    return found


def anybody(members: Sequence[Member]) -> bool:
    """Whether there is somebody who can take the lead."""
    return any(member.available and member.weight for member in members)


def waits_for(members: Sequence[Member]) -> str:
    """Why nobody takes the lead: of what keeps the members, the last that is asked, as it is the nearest to being right. Who has
    returned it is not waited for, unless nobody else is there."""
    codes = {WEIGHT if member.available else member.why or ABSENT for member in members}
    if codes - {RETURNED}:
        codes -= {RETURNED}
    return max(codes, key=ORDER.index, default=NO_MEMBER)


def day_of(at: datetime, zone: str) -> tuple[str, datetime]:
    """The date of a moment in a zone, and when the next one begins."""
    local = at.astimezone(ZoneInfo(zone))
    tomorrow = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return local.date().isoformat(), tomorrow.astimezone(at.tzinfo)
