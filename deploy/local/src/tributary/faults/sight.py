"""Who was shown what, and who had a right to it: the journal of people who look while others move them between teams."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

GONE_WITHIN_S = 5.0  # what a move takes away is gone for him by then, everywhere


@dataclass(frozen=True)
class Look:
    """Somebody was shown rows of a team by a service, or by one of its ways to show them. Times are of the monotonic clock."""

    person: str
    team: str
    service: str
    asked: float
    answered: float


@dataclass
class Spell:
    """Somebody has a right to a team's rows: from when the word was sent that gave it, until the one that took it was answered."""

    person: str
    team: str
    begins: float
    ends: float = float("inf")

    def permits(self, look: Look) -> bool:
        """Whether he was shown it by this right, or no later after its end than may be."""
        is_his = (look.person, look.team) == (self.person, self.team)
        return is_his and look.answered >= self.begins and look.asked <= self.ends + GONE_WITHIN_S


@dataclass
class Sight:
    """Everything that was shown, and every right."""

    looks: list[Look] = field(default_factory=list)
    spells: list[Spell] = field(default_factory=list)

    def shown(self, person: str, team: str, service: str, asked: float, answered: float) -> None:
        """One look that showed rows."""
        self.looks.append(Look(person, team, service, asked, answered))

    @property
    def wrong(self) -> list[str]:
        """What was shown without a right, in sentences."""
        found = []
        for look in self.looks:
            if not any(spell.permits(look) for spell in self.spells):
                late = look.asked - max((s.ends for s in self._of(look) if s.ends < look.asked), default=float("-inf"))
                when = f"{late:.1f} s after he had left it" if late < float("inf") else "and he never belonged to it"
                found.append(f"{look.service} showed {look.person} what is of {look.team} {when}")
        return found

    @property
    def gone_s(self) -> float:
        """The longest time after a move at which the old team's rows were still shown."""
        ended = (spell for spell in self.spells if spell.ends < float("inf"))
        return max((self._last(spell) for spell in ended), default=0.0)

    def unseen(self, persons: Iterable[str], teams: Sequence[str], ways: Sequence[str] = ()) -> list[str]:
        """Who was shown nothing of a team, though he belonged to it, and which way showed nobody anything of it: of these the
        journal says nothing."""
        seen = {(look.person, look.team) for look in self.looks}
        shown = {(look.service, look.team) for look in self.looks}
        return [
            *(f"{person} saw nothing of {team}" for person in persons for team in teams if (person, team) not in seen),
            *(f"{way} showed nothing of {team}" for way in ways for team in teams if (way, team) not in shown),
        ]

    def _of(self, look: Look) -> list[Spell]:
        return [s for s in self.spells if (s.person, s.team) == (look.person, look.team)]

    def _last(self, spell: Spell) -> float:
        """How long after its end something was still shown by this right, before the person came back."""
        later = (one.begins for one in self.spells if (one.person, one.team) == (spell.person, spell.team))
        again = min((begins for begins in later if begins > spell.begins), default=float("inf"))
        late = (look.asked - spell.ends for look in self.looks if spell.permits(look) and look.answered < again)
        return max((seconds for seconds in late if seconds > 0), default=0.0)
