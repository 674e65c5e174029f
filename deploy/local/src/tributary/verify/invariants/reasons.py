"""Territory: every decision follows from the lead as it was told and from the market version that it names, and those stand."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from contracts.leads.lead import LeadAttributes
from territory.domain.deciding import UNTURNED
from territory.domain.decision import Cause, is_due_an_assignee, route
from territory.domain.market import NO_MARKET, MarketRefused, MarketVersion, fingerprint
from territory.domain.market_file import read_market
from territory.domain.member import read
from territory.domain.rotation import Member
from territory.domain.routing import Routed, Unroutable
from territory.use_cases.routing import attributes
from tributary.verify.events import Activated
from tributary.verify.invariants.decisions import due
from tributary.verify.invariants.violation import Invariant, Kind, Violation
from tributary.verify.snapshot import Decision, Snapshot


def markets(snapshot: Snapshot) -> Iterator[Violation]:
    """Each version by its fingerprint and by what was told of it; and the newest of them is in force."""
    event = {s.body.version: s.body for s in snapshot.emitted("territory.structure") if isinstance(s.body, Activated)}
    held = snapshot.territory.markets
    for version, file in sorted(held.items()):
        try:
            document = json.loads(file.document)
            right = fingerprint(document)
        except (ValueError, TypeError):
            document, right = None, ""
        if right != file.sha256.strip():
            yield Violation(
                "wrong", f"market version {version} is not the file that took effect: its fingerprint differs"
            )
        body = event.get(version)
        if body is not None and isinstance(document, dict):
            yield from _as_large(version, document, body)
    newest = max(held, default=0)
    if snapshot.territory.active != newest:
        yield Violation("wrong", f"market version {snapshot.territory.active} is in force, and the newest is {newest}")
    for version in sorted(event.keys() - held.keys()):
        yield Violation("lost", f"market version {version} was told as in force and is not on record")
    if missing := sorted(set(range(1, newest + 1)) - held.keys()):
        yield Violation("lost", f"market versions {missing[:5]} are not on record, and version {newest} is")


def _as_large(version: int, document: Mapping[str, Any], emitted: Activated) -> Iterator[Violation]:
    for name in ("rules", "segments", "teams"):
        n, right = len(document.get(name) or ()), getattr(emitted, name)
        if n != right:
            kind: Kind = "lost" if n < right else "invented"
            yield Violation(kind, f"market version {version} has {n} {name}, and was told with {right}")


def reasons(snapshot: Snapshot) -> Iterator[Violation]:
    """Each decision made anew, by the territory service's own functions."""
    judged: dict[str, list[tuple[str, str]]] = {}
    for event in snapshot.emitted("leads.lead"):
        if due(event):
            judged.setdefault(event.key, []).append((event.body.disposition, event.body.about))
    versions: dict[int, MarketVersion | None] = {0: NO_MARKET}
    for lead_id, decision in snapshot.territory.all_decisions():
        if decision.ruleset not in versions:
            versions[decision.ruleset] = market_of(snapshot, decision.ruleset)
        market = versions[decision.ruleset]
        if market is None:
            yield Violation(
                "wrong", f"lead {lead_id} was decided by market version {decision.ruleset}, which can't be read"
            )
            continue
        members = {member.id for member in members_of(snapshot, decision, decision.team or "", market) or ()}
        found = [
            _against(decision, disposition, about, market, members) for disposition, about in judged.get(lead_id, ())
        ]
        if found and all(found):
            yield Violation("wrong", f"lead {lead_id}: its decision {found[-1]}")


def market_of(snapshot: Snapshot, version: int) -> MarketVersion | None:
    """This version as the territory service reads it; None where it is not there or can't be read."""
    file = snapshot.territory.markets.get(version)
    try:
        return MarketVersion.of(version, read_market(json.loads(file.document))) if file else None
    except (ValueError, MarketRefused):
        return None


def members_of(
    snapshot: Snapshot, decision: Decision, team: str, market: MarketVersion | None
) -> Sequence[Member] | None:
    """Those of the roster; where a decision of before rosters names none, those of its market version."""
    if decision.roster:
        kept = snapshot.territory.rosters.get(decision.roster)
        return read(json.loads(kept)) if kept else None
    found = market.market.teams.get(team) if market else None
    return found.members if found else None


def _against(decision: Decision, disposition: str, about: str, market: MarketVersion, members: set[str]) -> str:
    """What the decision has that does not follow from the lead as it was told; nothing when all of it does."""
    if decision.disposition != disposition and decision.cause != Cause.RESTORED:
        return f"is of a {decision.disposition} lead, and it was told as {disposition}"
    right = _attributes(about)
    held, refused = json.loads(decision.attributes), json.loads(decision.refused)
    if held != right:
        differing = sorted(name for name in {*held, *right} if held.get(name) != right.get(name))
        return f"has other attributes than the lead, in {', '.join(differing)}"
    if decision.number > 1:
        return ""  # which rules were asked follows from why it was decided again
    where = route(right, market)
    if isinstance(where, Unroutable):
        named = (decision.rule, decision.team, decision.reason)
        return "" if named == (None, None, where.reason) else f"names {named}, and no rule claims the lead"
    return _of_a_team(decision, where, refused, market, members)


def _of_a_team(decision: Decision, where: Routed, refused: Any, market: MarketVersion, members: set[str]) -> str:
    its = (
        decision.team or "" if decision.cause == Cause.CUSTOMER else where.team
    )  # which customer is whose is no rule's
    team = market.market.teams.get(its)
    right = (where.rule, where.segment, its, team.pipeline if team else None)
    held = (decision.rule, decision.segment, decision.team, decision.pipeline)
    if held != right:
        return f"says {_words(held)}, and the rules say {_words(right)}"
    if refused.get("rules", 0) != where.refused:
        return f"says that {refused.get('rules', 0)} rules were refused, and {where.refused} were"
    if decision.assignee and decision.assignee not in members:
        return f"gives it to {decision.assignee}, who is not in team {where.team}"
    if decision.assignee and not is_due_an_assignee(decision.disposition):
        return f"gives it to {decision.assignee}, and it is not due a person"
    passed = [one[0] for one in refused.get("people", ())]
    if is_due_an_assignee(decision.disposition) and decision.reason not in UNTURNED:
        others = members - {decision.assignee}
        if len(passed) + refused.get("more_people", 0) != len(others) or not set(passed) <= others:
            return f"names {len(passed)} people passed over, and {len(others)} others are in team {where.team}"
    return (
        "names people passed over, and no turn was due"
        if passed and not is_due_an_assignee(decision.disposition)
        else ""
    )


@lru_cache(maxsize=4096)
def _attributes(about: str) -> Mapping[str, Any]:
    return attributes(LeadAttributes.model_validate_json(about))


def _words(found: tuple[object, ...]) -> str:
    return "/".join(str(one) if one else "nothing" for one in found)


MARKETS = Invariant(
    "markets",
    "Every market version is the file that took effect, as large as it was told, none is missing, and the newest is in force.",
    markets,
)
REASONS = Invariant(
    "reasons",
    "Every decision made anew, from the lead as it was told and the market version that it names, has the same attributes,"
    " rule, place and number of refused rules, and its person and those passed over are that team's.",
    reasons,
)
