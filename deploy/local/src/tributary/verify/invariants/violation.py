"""What an invariant is, and the counter-example that it gives."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from tributary.verify.snapshot import Snapshot

Kind = Literal["lost", "doubled", "invented", "wrong"]


class Violation(NamedTuple):
    """One counter-example. *lost*: should be there and is not; *doubled*: is there twice; *invented*: is there and should not
    be; *wrong*: is there and says something else."""

    kind: Kind
    what: str


@dataclass(frozen=True)
class Invariant:
    """A sentence that must be true of every stack at every moment, and how to find what contradicts it."""

    id: str
    sentence: str
    violations: Callable[[Snapshot], Iterable[Violation]]
