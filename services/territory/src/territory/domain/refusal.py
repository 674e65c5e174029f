"""Why something can't be done to the organisation, in words for whoever asked."""

from collections.abc import Sequence


class Refusal(Exception):
    """Nothing was changed."""


class Wrong(Refusal):
    """Fields are wrong: each by its path, with the reason."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        super().__init__("fields are wrong")
        self.faults: Sequence[tuple[str, str]] = faults


class Absent(Refusal):
    """There is no such thing."""


class NotYours(Refusal):
    """It may be seen, and somebody else may do it."""


class Against(Refusal):
    """What is on record stands against it."""


class Outdated(Refusal):
    """It was changed since it was read; ``version`` is the one that stands."""

    def __init__(self, version: int) -> None:
        super().__init__("It was changed since you read it.")
        self.version = version


class Unread(Refusal):
    """It is there, and was not read before it was changed."""
