"""Who asks, and what they wrote: the part of a lead that only this service can read."""

import json
from typing import NamedTuple


class Personal(NamedTuple):
    """Personal data in the clear; it lives in memory only."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    company: str | None = None
    address: str | None = None
    message: str | None = None

    def packed(self) -> bytes:
        """As bytes to be sealed."""
        given = {name: value for name, value in zip(self._fields, self, strict=True) if value is not None}
        return json.dumps(given, ensure_ascii=False).encode()

    @classmethod
    def unpacked(cls, data: bytes) -> "Personal":
        """The way back."""
        return cls(**json.loads(data))
