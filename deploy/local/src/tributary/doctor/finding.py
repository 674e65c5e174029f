"""What the doctor says: something that is wrong, or something that could not be looked at."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from tributary.bus import Bus

Severity = Literal["critical", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. *critical*: something stands still, is lost or is open to whom it must not be; *warning*: it will be,
    if nobody does anything. ``page`` is a runbook."""

    code: str
    severity: Severity
    where: str
    what: str
    do: str
    page: str


@dataclass(frozen=True)
class Limits:
    """From where on something is wrong: seconds behind, seconds between clocks, days before a certificate ends, the share of a
    file system that must be free, and the share of a server's connections that may be taken."""

    behind_s: float = 60
    waits_s: float = 30
    skew_s: float = 2
    certificate_days: float = 21
    free: float = 0.05
    connections: float = 0.9


def host_clock() -> datetime:
    """What this machine takes for the time."""
    return datetime.now(UTC)


NO_KAFKA = Bus()


@dataclass(frozen=True)
class Installation:
    """What is to be looked at. What is not given is not looked at, and that is said.

    ``urls`` and ``databases`` are by service; a database as its watching role sees it, or its worker. ``token`` is one that the
    doors must take. ``visitors`` is whether Kafka has a door for any program of its machine, whose rights are then right.
    """

    bus: Bus = NO_KAFKA
    urls: Mapping[str, str] = field(default_factory=dict)
    databases: Mapping[str, str] = field(default_factory=dict)
    issuer: str = ""
    token: str = ""
    visitors: bool = False
    folders: Sequence[Path] = ()
    clock: Callable[[], datetime] = host_clock
    limits: Limits = Limits()


@dataclass
class Report:
    """Everything that was found; ``unseen`` says what could not be looked at, and why."""

    findings: list[Finding] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    looked_at: list[str] = field(default_factory=list)

    def critical(self, code: str, where: str, what: str, do: str, page: str) -> None:
        """Something stands still, is lost or is open."""
        self.findings.append(Finding(code, "critical", where, what, do, page))

    def warning(self, code: str, where: str, what: str, do: str, page: str) -> None:
        """Something will be."""
        self.findings.append(Finding(code, "warning", where, what, do, page))


def span(seconds: float) -> str:
    """A length of time for people."""
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
