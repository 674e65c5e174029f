"""What somebody wrote beside a spend: free text, which may name a person. It travels and rests sealed."""

from chassis.sealing import CannotOpen, derive, seal, unseal
from contracts.event import Sealed

KEY = "campaigns.notes"


def seal_note(master: bytes, note: str) -> Sealed:
    """The note as it travels and rests."""
    return seal(KEY, derive(master, KEY), note.encode())


def open_note(master: bytes, box: str | None) -> str | None:
    """The note again; None where there is none, or where it was sealed by somebody else."""
    if box is None:
        return None
    try:
        return unseal(Sealed(key=KEY, box=box), derive(master, KEY)).decode(errors="replace")
    except CannotOpen:
        return None
