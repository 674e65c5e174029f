"""``tributary clean``: forgets what the local stack keeps; what was downloaded stays."""

import shutil

from rich.console import Console

from tributary.child_process import locked
from tributary.ending import foreground
from tributary.state import state

KEPT = ("kafka", "postgres", "caddy", "door", "keys", "log", "replay", "spans", "stack.json", "down")


def clean() -> None:
    """Forgets the data, the keys and the logs of the local stack."""
    console = Console(stderr=True, highlight=False)
    home = state()
    with foreground(console), locked(home / "stack.lock", 1, "has a stack running: end it first"):
        for name in KEPT:
            place = home / name
            if place.is_dir():
                shutil.rmtree(place)
            else:
                place.unlink(missing_ok=True)
        console.print(f"Forgotten: the data, keys and logs in {home}.")
