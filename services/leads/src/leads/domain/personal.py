"""Who asks, and what they wrote: the part of a lead that only this service can read."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Personal:
    """Personal data in the clear; it lives in memory only."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    company: str | None = None
    address: str | None = None
    message: str | None = None

    def packed(self) -> bytes:
        """As bytes to be sealed."""
        return json.dumps({k: v for k, v in asdict(self).items() if v is not None}, ensure_ascii=False).encode()

    @classmethod
    def unpacked(cls, data: bytes) -> "Personal":
        """The way back."""
        return cls(**json.loads(data))
