"""What an event is, what a stream is, and the few values that events share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Scalar = str | int | float | bool
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2 code")]
Minor = Annotated[int, Field(ge=-(10**15), le=10**15, description="integer minor units of the currency")]

Total = Annotated[int, Field(description="a sum of integer minor units; it has no bound")]


class Value(BaseModel):
    """A part of an event. Unknown fields are ignored: a reader must stand a newer writer."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Value):
    """A fact, in the past tense. Its body carries business fields only; who said it, when and why travel in headers.

    Two events are equal when they say the same. Every subclass narrows ``type`` to its own name:
    topic, verb in the past, version.
    """

    type: str

    @classmethod
    def event_type(cls) -> str:
        """The event type as it travels in the ``ce_type`` header."""
        return str(cls.model_fields["type"].default)


class Money(Value):
    """An amount in integer minor units (cents, paise) of one currency; never a float."""

    minor: Minor
    currency: Currency


class Sealed(Value):
    """Personal data that only its owner can open: AES-GCM under the key named ``key``, base64url of nonce and ciphertext.

    Destroying the key makes every copy unreadable, on the bus and in backups alike.
    """

    key: str
    box: str


@dataclass(frozen=True)
class Stream:
    """One topic: the events about one kind of thing, in order per key.

    ``sequenced`` streams leave through their owner's outbox with gapless numbers, so that a hearer sees a loss. A stream
    said at a public door or by outsiders is not sequenced; its events carry an id of their own that hearers deduplicate by.
    ``compacted`` keeps the newest event per key for ever. Of the others every event is kept for ever, so that a hearer which
    comes later, or a handler added later, hears the past: personal data in them is sealed, and what is erased is its key. What
    only passes through, such as a submission that its service has put on record, is kept for ``retention``.
    """

    topic: str
    key: str
    events: tuple[type[Event], ...]
    about: str
    partitions: int = 4
    retention: timedelta | None = None
    compacted: bool = False
    sequenced: bool = True
    outsiders: Sequence[str] = ()

    @property
    def said_by(self) -> str:
        """The service that owns the stream."""
        return self.topic.split(".", 1)[0]


Disposition = Literal["near_term", "nurture", "not_a_target", "needs_qualifier"]
Instant = AwareDatetime
