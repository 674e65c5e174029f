"""Files that belong to a lead: offers, contracts, invoices. What is in them is sealed, and so is how they are called."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from values.text import hides

AT_MOST = 20 * 1024 * 1024
PDF, TEXT, CSV = "application/pdf", "text/plain", "text/csv"
_OFFICE = "application/vnd.openxmlformats-officedocument"
# What is taken, and the names within it by which a packed one is known.
PACKED = {
    f"{_OFFICE}.wordprocessingml.document": "word/document.xml",
    f"{_OFFICE}.spreadsheetml.sheet": "xl/workbook.xml",
    "application/vnd.oasis.opendocument.text": "content.xml",
    "application/vnd.oasis.opendocument.spreadsheet": "content.xml",
}
WRITTEN = (TEXT, CSV)
DRAWN = ("image/png", "image/jpeg")
TYPES: tuple[str, ...] = (PDF, *DRAWN, *PACKED, *WRITTEN)
KINDS = (
    *("offer", "contract", "pro_forma", "order", "invoice", "requirements", "drawing", "datasheet", "minutes"),
    *("power_of_attorney", "payment", "shipping", "other"),
)
_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff/\\]")


@dataclass(frozen=True)
class Document:
    """A file on record. ``sha256`` is of what was sent, ``size`` in bytes; ``name`` is what it is called, sealed."""

    document_id: UUID
    lead_id: UUID
    kind: str
    media_type: str
    size: int
    sha256: str
    name: bytes | None
    author: str
    on_behalf_of: str | None
    team: str
    at: datetime


class UnknownKind(Exception):
    """No document is of this kind; ``known`` are those that there are."""

    def __init__(self, known: tuple[str, ...]) -> None:
        super().__init__()
        self.known = known


def check_kind(kind: str, asked: frozenset[str]) -> None:
    """A kind that there is, or one that a stage asks for. Raises UnknownKind."""
    if kind not in KINDS and kind not in asked:
        raise UnknownKind((*KINDS, *sorted(asked.difference(KINDS))))


def speakable(name: str) -> bool:
    """Whether a file may be called so."""
    return 1 <= len(name) <= 200 and not (_UNSPEAKABLE.search(name) or hides(name)) and not set(name) <= {".", " "}
