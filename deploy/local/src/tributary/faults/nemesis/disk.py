"""A full disk under the outbox of one service: a file system of a few megabytes, and a file that fills it."""

import contextlib
import errno
import os
import random
import subprocess
import time
from pathlib import Path
from typing import Any

from tributary.faults.testbed import NotHere, Testbed, happens

ROOM_MB = 4  # beside what the outbox has when it moves there
FULL = "No space left on device"


def fill(testbed: Testbed, draw: random.Random, service: str) -> dict[str, Any]:
    """The outbox moves to a small disk, the disk is filled, and some seconds later there is room again."""
    assert testbed.stack.postgres is not None
    # Rows that were sent leave room behind in the table, and while that lasts no page is asked of the disk.
    compact = ("set lock_timeout = '10s'", "vacuum full outbox")
    has = testbed.sql(service, *compact, "select pg_total_relation_size('outbox')")
    log, place = testbed.stack.postgres.log, mounted(testbed, has // 1_000_000 + ROOM_MB)
    try:
        _move(testbed, service, "small", place)
        try:
            seen = log.read_text(errors="replace").count(FULL)
            onset = time.monotonic()
            filler = _filled(place / "filler")
            try:
                happens(
                    f"{service} can't store what it says", lambda: log.read_text(errors="replace").count(FULL) > seen
                )
                time.sleep(1 + draw.random() * 2)
            finally:
                filler.unlink()
            full = time.monotonic() - onset
            refused = log.read_text(errors="replace").count(FULL) - seen
        finally:  # with it the disk goes, whether it was seen to be full or not
            _move(testbed, service, "pg_default", None)
    finally:
        unmount(testbed)
    return {"onset": onset, "service": service, "full_s": round(full, 1), "writes_refused": refused}


def mounted(testbed: Testbed, size_mb: int) -> Path:
    """A file system of its own in memory, which only root can have."""
    place = testbed.folder / "small-disk"
    place.mkdir(exist_ok=True)
    command: list[str | Path] = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=700", "tributary-faults", place]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        raise NotHere("a small file system can only be mounted by root")
    (place / "space").mkdir(mode=0o700)
    return place


def unmount(testbed: Testbed) -> None:
    """Whatever is left of it."""
    subprocess.run(["umount", "--lazy", testbed.folder / "small-disk"], capture_output=True, check=False)


def _move(testbed: Testbed, service: str, space: str, place: Path | None) -> None:
    if place is not None:
        testbed.sql("postgres", f"create tablespace {space} location '{place / 'space'}'", "select 1")
    moved = (f"alter table outbox set tablespace {space}", f"alter index outbox_pkey set tablespace {space}")
    testbed.sql(service, "set lock_timeout = '10s'", *moved, "select 1")
    if place is None:
        testbed.sql("postgres", "drop tablespace small", "select 1")


def _filled(filler: Path) -> Path:
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError as full:
            if full.errno != errno.ENOSPC:
                raise
    return filler
