"""What the league shows of a closed period is what its days have counted, each step of a lead once."""

from collections.abc import Iterator

from metrics.domain.league import Entry, counts, deals
from tributary.verify.invariants.violation import Kind, Violation
from tributary.verify.snapshot import Counted, Snapshot


def league(snapshot: Snapshot) -> Iterator[Violation]:
    """Every shown number against the entries of its days. What is withheld shows nothing that could be wrong."""
    held = snapshot.metrics
    days = {period.starts_on for period in held.periods if period.grain == "day"}
    for counted in held.entries:
        fact = held.leads.get(counted.lead_id)
        if counted.day not in days:
            yield Violation(
                "invented", f"the league counts lead {counted.lead_id} on {counted.day}, which is not closed"
            )
        if fact is None or getattr(fact, f"{counted.entry.step}_at") is None:
            yield Violation(
                "invented", f"the league counts that lead {counted.lead_id} was {counted.entry.step}, and it was not"
            )
    for period in held.periods:
        its = [c for c in held.entries if period.starts_on <= c.day <= period.ends_on]
        yield from _period(f"{period.grain} of {period.starts_on}", its, period.rows)


def _period(name: str, counted: list[Counted], rows: dict[str, tuple[object, object]]) -> Iterator[Violation]:
    teams: dict[str, list[Entry]] = {}
    for one in counted:
        teams.setdefault(one.entry.team, []).append(one.entry)
    for team in teams.keys() ^ rows.keys():
        kind: Kind = "lost" if team in teams else "invented"
        yield Violation(kind, f"the league of the {name}: the row of {team} is {kind}")
    for team in teams.keys() & rows.keys():
        money = {currency: sum(amounts) for currency, amounts in deals(teams[team]).items()}
        for shown, right in zip(rows[team], (counts(teams[team]), money), strict=True):
            if shown is not None and shown != right:
                yield Violation("wrong", f"the league of the {name}: {team} has {right}, and {shown} is shown")
