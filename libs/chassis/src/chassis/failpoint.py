"""Places where the fault tests may kill this process, freeze it or make it fail. Nothing happens unless the settings allow it."""

import os
import signal
from dataclasses import dataclass

_POINTS = (
    "door.acked",
    "relay.selected",
    "relay.sent",
    "relay.acked",
    "relay.deleted",
    "consumer.decided",
    "consumer.committed",
    "migration.running",
)


@dataclass
class _Armed:
    name: str
    at_hit: int
    action: str
    hits: int = 0


_armed: list[_Armed] = []


def arm(spec: str) -> None:
    """``relay.acked:3:kill`` means: at the third time, die as by kill -9. Actions: kill, stop, raise. Several by comma."""
    for part in filter(None, spec.split(",")):
        name, hit, action = part.split(":")
        if name not in _POINTS:
            raise ValueError(f"no such fail point: {name}; there are {', '.join(_POINTS)}")
        _armed.append(_Armed(name, int(hit), action))


def disarm() -> None:
    """Nothing is armed any more."""
    _armed.clear()


def reach(name: str) -> None:
    """The process is at this place now."""
    if not _armed:
        return
    for point in _armed:
        if point.name == name:
            point.hits += 1
            if point.hits == point.at_hit:
                if point.action == "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                elif point.action == "stop":
                    os.kill(os.getpid(), signal.SIGSTOP)
                else:
                    raise ConnectionError(f"fail point {name}")
