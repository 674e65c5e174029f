"""An amount of money."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Money:
    """Integer minor units (cents, paise) of one currency; never a float."""

    minor: int
    currency: str
