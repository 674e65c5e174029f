"""Who asks, and what they wrote: the part of a lead that only this service can read."""

from typing import NamedTuple


class Personal(NamedTuple):
    """Personal data in the clear; it lives in memory only."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    company: str | None = None
    address: str | None = None
    message: str | None = None
