"""What customers are promised: within what time they are answered, what happens when they are not, and what counts as an answer.

It is data with versions. Of the promises that fit a request the one that names most of it is meant.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal, get_args

from values.working_time import WorkingTime

FIRST_RESPONSE = "first_response"
IMPORTED = "imported"  # the first response to a lead that came with a list: nobody waits for it at this moment
OTHER = "other"
SOON = 0
DUE = 1
Counts = Literal["working", "wall"]
Does = Literal["notify", "take_back"]
Level = Literal["supervisor", "manager"]
STEPS_AT_MOST = 8
PROMISES_AT_MOST = 200
_REMEMBERED = 4096  # pipelines and languages are many, and not that many
MOST = timedelta(days=366)
LONGEST = 200
_LENGTH = re.compile(r"([1-9][0-9]{0,3})([smhd])")
_CODE = re.compile(r"[a-z_]{1,40}")
_GRADES = ("A", "B", "C", "D")
_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_NAMED = ("kind", "line", "grade", "language")
STOPS = ("call", "email", "message", "meeting", "visit")
_OUTWARD = ("email", "message")


@dataclass(frozen=True, slots=True)
class Step:
    """What happens when still nobody has answered so long after the due time."""

    after: str
    does: Does = "notify"
    to: Level | None = "supervisor"


@dataclass(frozen=True, slots=True)
class Promise:
    """An answer ``within`` so much time, like 2h or 1d; ``counts`` says whether only working time passes. A day is the same time on
    the next working day. ``soon`` is at how many hundredths of the time it is said that it will be over. ``stops`` are the kinds of
    activity that answer. It holds for what it names: a kind of request, a pipeline, a grade, a language."""

    within: str
    counts: Counts = "working"
    soon: int | None = 75
    steps: tuple[Step, ...] = ()
    stops: tuple[str, ...] = STOPS
    kind: str | None = None
    line: str | None = None
    grade: str | None = None
    language: str | None = None

    def fits(self, of: "Of") -> bool:
        """Whether it holds for a request of this kind, of such a lead."""
        return all(getattr(self, name) in (None, getattr(of, name)) for name in _NAMED)

    @property
    def narrowness(self) -> tuple[int, ...]:
        """How much it names, and of equally much first the kind, then the line and so on."""
        named = [getattr(self, name) is not None for name in _NAMED]
        return sum(named), *map(int, named)

    def times(self, hours: WorkingTime, starts_at: datetime, by: datetime | None = None) -> tuple[datetime, ...]:
        """When it is due soon, when it is due, and when each step comes; never one before that before it. Agreed may be an earlier
        time, ``by`` which it is due then."""
        due = self._after(hours, starts_at, self.within)
        due = due if by is None else max(starts_at, min(by, due))
        times = [due if self.soon is None else self._soon(hours, starts_at, due), due]
        for step in self.steps:
            times.append(max(times[-1], self._after(hours, due, step.after)))
        return tuple(times)

    def _soon(self, hours: WorkingTime, starts_at: datetime, due: datetime) -> datetime:
        share = (self.soon or 0) / 100
        if self.counts == "wall":
            return starts_at + (due - starts_at) * share
        return hours.after(starts_at, hours.worked(starts_at, due) * share)

    def _after(self, hours: WorkingTime, since: datetime, length: str) -> datetime:
        count, unit = _read(length)
        if self.counts == "wall":
            return since + count * _UNITS[unit]
        if unit == "d":
            return hours.days_after(hours.opens_at(since), count)
        return hours.after(since, count * _UNITS[unit])


@dataclass(frozen=True, slots=True)
class Of:
    """What a promise is looked up by."""

    kind: str
    line: str | None = None
    grade: str | None = None
    language: str | None = None


@dataclass(frozen=True)
class Policy:
    """A version of the promises, and the kinds of requests with whether their answer needs a document."""

    version: int
    promises: tuple[Promise, ...]
    kinds: dict[str, bool] = field(default_factory=dict)
    _found: dict[Of, tuple[int, Promise]] = field(default_factory=dict, compare=False, repr=False)

    def promise(self, of: Of) -> tuple[int, Promise]:
        """The narrowest promise that fits, with its place in the list; of two alike the first."""
        if (known := self._found.get(of)) is not None:
            return known
        fitting = [(n, one) for n, one in enumerate(self.promises) if one.fits(of)]
        found = max(fitting, key=lambda one: (one[1].narrowness, -one[0]))
        if len(self._found) < _REMEMBERED:
            self._found[of] = found
        return found

    @property
    def by_language(self) -> bool:
        """Whether a promise depends on what somebody speaks."""
        return any(one.language is not None for one in self.promises)

    def kind(self, kind: str) -> str:
        """The kind of a request as it is known here; one that is not is another."""
        return kind if kind in self.kinds else OTHER

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong with it, by field."""
        found: dict[str, str] = {}
        if len(self.promises) > PROMISES_AT_MOST:
            return {"promises": f"are at most {PROMISES_AT_MOST}"}
        if not any(all(getattr(one, name) is None for name in _NAMED) for one in self.promises):
            found["promises"] = "need one that names no kind, line, grade or language: it holds where no other does"
        seen: set[tuple[str | None, ...]] = set()
        for n, one in enumerate(self.promises):
            where = f"promises[{n}]"
            if (names := tuple(getattr(one, name) for name in _NAMED)) in seen:
                found[where] = "holds for the same as one before it"
            seen.add(names)
            found |= _promise_faults(where, one)
        if len(self.kinds) > PROMISES_AT_MOST:
            found["kinds"] = f"are at most {PROMISES_AT_MOST}"
        if FIRST_RESPONSE in self.kinds:
            found[f"kinds.{FIRST_RESPONSE}"] = "can't be asked for: every lead is owed it"
        return found


def never_meant(policy: Policy) -> dict[str, str]:
    """What nobody would draft on purpose, by field: a kind that can't be asked for, a promise that holds for nothing. A version that is
    in force is followed all the same."""
    found = {
        f"kinds.{kind[:40]}": "is a code of small letters and _" for kind in policy.kinds if not _CODE.fullmatch(kind)
    }
    kinds = {*policy.kinds, FIRST_RESPONSE, IMPORTED, OTHER}
    for n, one in enumerate(policy.promises):
        where = f"promises[{n}]"
        if one.kind is not None and one.kind not in kinds:
            found[f"{where}.kind"] = "is none of kinds: nothing of it can be asked for"
        if one.grade is not None and one.grade not in _GRADES:
            found[f"{where}.grade"] = f"is one of {', '.join(_GRADES)}"
        for name in ("line", "language"):
            if (value := getattr(one, name)) is not None and not 1 <= len(value) <= LONGEST:
                found[f"{where}.{name}"] = f"has from 1 to {LONGEST} characters"
        lengths = {"within": one.within} | {f"steps[{k}].after": step.after for k, step in enumerate(one.steps)}
        found |= {
            f"{where}.{name}": f"is {MOST.days} days at most" for name, it in lengths.items() if _seconds(it) > MOST
        }
    return found


def _promise_faults(where: str, one: Promise) -> dict[str, str]:
    found: dict[str, str] = {}
    lengths = [
        (f"{where}.within", one.within),
        *((f"{where}.steps[{n}].after", s.after) for n, s in enumerate(one.steps)),
    ]
    found |= {
        name: "is a number from 1 to 9999 and s, m, h or d" for name, length in lengths if not _LENGTH.fullmatch(length)
    }
    if one.counts not in get_args(Counts):
        found[f"{where}.counts"] = "is working or wall"
    if one.soon is not None and not 1 <= one.soon <= 99:
        found[f"{where}.soon"] = "is a number from 1 to 99"
    if not one.stops or not set(one.stops) <= set(STOPS):
        found[f"{where}.stops"] = f"needs kinds of activity, of {', '.join(STOPS)}: else nothing answers"
    if len(one.steps) > STEPS_AT_MOST:
        found[f"{where}.steps"] = f"are at most {STEPS_AT_MOST}"
    for n, step in enumerate(one.steps):
        if step.does not in get_args(Does):
            found[f"{where}.steps[{n}].does"] = "is notify or take_back"
        if step.to not in (None, *get_args(Level)) or (step.does == "notify" and step.to is None):
            found[f"{where}.steps[{n}].to"] = "is supervisor or manager"
    if not found:
        afters = [_seconds(step.after) for step in one.steps]
        found |= {} if afters == sorted(afters) else {f"{where}.steps": "come one after the other"}
    return found


def length(text: str) -> timedelta | None:
    """So much time, written like 2h or 90d; None for what is no length."""
    return _seconds(text) if _LENGTH.fullmatch(text) else None


@lru_cache(maxsize=_REMEMBERED)
def _read(length: str) -> tuple[int, str]:
    count, unit = length[:-1], length[-1]
    return int(count), unit


def _seconds(length: str) -> timedelta:
    count, unit = _read(length)
    return count * _UNITS[unit]


def stops(promised: Sequence[str], kind: str, direction: str, reached: bool | None, automatic: bool = False) -> bool:
    """Whether such an activity is an answer: a call in which the customer was reached, something sent to him that a person wrote, or
    that they met."""
    if kind not in promised or automatic:
        return False
    if kind == "call":
        return reached is True
    return direction == "outbound" if kind in _OUTWARD else True


_STEPS = (Step("1h"), Step("4h", to="manager"), Step("1d", "take_back", None))
_DESK = ("material", "sample", "quotation", "technical_advice", "document")

POLICY_1 = Policy(
    version=1,
    promises=(
        Promise("2h", steps=_STEPS),
        Promise("5d", steps=(Step("1d"),), kind=IMPORTED),
        *(Promise("1d", steps=(Step("4h"), Step("1d", to="manager")), kind=kind) for kind in _DESK),
    ),
    kinds=dict.fromkeys((*_DESK, "call_back", "asked_again", "follow_up", OTHER), False)
    | {"quotation": True, "document": True},
)
