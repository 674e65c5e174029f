"""What was sent under a name a moment ago: whoever sends something else under the same name is told so.

Kept in this process only, because the door asks no database; beyond it the record itself says when a lead is submitted again
with other content (``use_cases.intake``).
"""

from collections import OrderedDict
from hashlib import blake2b
from uuid import UUID

from chassis import Service

REMEMBERED = 20_000  # names, of about 200 bytes each


class Repeats:
    """Names and digests of what was sent under them, the oldest forgotten first."""

    def __init__(self) -> None:
        self._sent: OrderedDict[bytes, bytes] = (
            OrderedDict()
        )  # a plain one looks for its oldest through all that is gone

    def contradicts(self, name: UUID, content: bytes) -> bool:
        """Whether something else was sent under this name before. The first that is sent is remembered."""
        digest = blake2b(content, digest_size=16).digest()
        before = self._sent.setdefault(name.bytes, digest)
        if len(self._sent) > REMEMBERED:
            self._sent.popitem(last=False)
        return before != digest

    def forget(self, name: UUID) -> None:
        """It was not taken after all: the sender may correct it and send it under the same name."""
        self._sent.pop(name.bytes, None)


def repeats(service: Service) -> Repeats:
    """This process's memory."""
    found: Repeats = service.database.process_cache.setdefault(Repeats, Repeats())
    return found
