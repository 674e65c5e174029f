"""What happened when: one JSON line per thing, beside the ids that a client was given with a 202."""

import json
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class Journal:
    """The record of one run, readable while it is under way. Times are seconds since its beginning."""

    def __init__(self, folder: Path, seed: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{seed}.jsonl"
        self.accepted = folder / f"{seed}.accepted"
        self._file = self.path.open("w", encoding="utf-8", buffering=1)
        self._writing = threading.Lock()
        self._began = time.monotonic()

    def at(self, moment: float) -> float:
        """A moment of the monotonic clock as the journal says it."""
        return round(moment - self._began, 3)

    def note(self, what: str, **about: Any) -> None:
        """One line."""
        line = json.dumps({"at": self.at(time.monotonic()), "what": what, **about}, ensure_ascii=False, default=str)
        with self._writing:
            self._file.write(line + "\n")

    def keep_accepted(self, ids: Iterable[str]) -> Path:
        """The accepted ids as ``tributary verify --accepted`` reads them."""
        self.accepted.write_text("".join(f"{one}\n" for one in ids))
        return self.accepted

    def close(self) -> None:
        """No line comes after this."""
        self._file.close()
