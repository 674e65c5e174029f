"""Territory: whose turn it was. The turns of a team in their order give the same people again, and the credits that are saved."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from territory.domain.deciding import NAMED
from territory.domain.decision import is_due_an_assignee
from territory.domain.market import MarketVersion
from territory.domain.rotation import Member, next_turn, taken_back
from territory.domain.transfer import BOOK_LEDGER
from territory.use_cases.deciding import TOLD_AS
from tributary.verify.invariants.reasons import market_of, members_of
from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.snapshot import Decision, Snapshot

Numbered = tuple[int, str, Decision]


def turns(snapshot: Snapshot) -> Iterator[Violation]:
    """Team by team, from its first turn. Decisions of before turns had numbers have none, and are not taken again."""
    of_teams: dict[str, list[Numbered]] = {team: [] for team in snapshot.territory.credits}
    for lead_id, decision in snapshot.territory.all_decisions():
        if decision.turn is not None:
            ledger = BOOK_LEDGER if decision.cause in TOLD_AS else ""  # what is inherited has turns of its own
            of_teams.setdefault(ledger + (decision.team or ""), []).append((decision.turn, lead_id, decision))
        due = bool(decision.assignee and is_due_an_assignee(decision.disposition)) and decision.reason not in NAMED
        if (decision.turn is not None) != due:
            yield Violation("wrong", f"lead {lead_id} is {decision.assignee or 'nobody'}'s by turn {decision.turn}")
    markets: dict[int, MarketVersion | None] = {}
    for team, numbered in sorted(of_teams.items()):
        numbered.sort()
        backs = snapshot.territory.backs.get(team, {})
        numbers = sorted([*(number for number, _, _ in numbered), *backs])
        last = snapshot.territory.turns.get(team, 0)
        if numbers != list(range(1, last + 1)):
            yield from _miscounted(team, numbers, last)
            continue
        yield from _taken_again(snapshot, team, numbered, markets)


def _miscounted(team: str, numbers: Sequence[int], last: int) -> Iterator[Violation]:
    missing = sorted(set(range(1, last + 1)) - set(numbers))
    if missing:
        yield Violation("lost", f"team {team} has taken {last} turns, and no decision has turn {missing[0]}")
    if len(set(numbers)) < len(numbers):
        twice = next(n for n, other in pairwise(numbers) if n == other)
        yield Violation("doubled", f"team {team}: two decisions have turn {twice}")
    if numbers and numbers[-1] > last:
        yield Violation("invented", f"team {team} has taken {last} turns, and a decision has turn {numbers[-1]}")


def _taken_again(
    snapshot: Snapshot, team: str, numbered: Sequence[Numbered], markets: dict[int, MarketVersion | None]
) -> Iterator[Violation]:
    credits: Mapping[str, int] = {}
    taken: dict[int, tuple[Sequence[Member], str]] = {}
    backs = snapshot.territory.backs.get(team, {})
    booked = iter(sorted(backs))
    back = next(booked, None)
    for number, lead_id, decision in numbered:
        while back is not None and back < number:
            credits = _without(credits, taken, backs[back])
            back = next(booked, None)
        if decision.ruleset not in markets:
            markets[decision.ruleset] = market_of(snapshot, decision.ruleset)
        members = members_of(snapshot, decision, team, markets[decision.ruleset])
        if members is None and decision.roster:
            yield Violation("lost", f"lead {lead_id}: the members among whom turn {number} of team {team} was taken")
        if members is None:
            return  # REASONS and MARKETS say so of a market
        turn = next_turn(members, credits)
        credits = turn.credits
        taken[number] = members, turn.assignee or ""
        if turn.assignee != decision.assignee:
            yield Violation(
                "wrong",
                f"lead {lead_id} is {decision.assignee}'s by turn {number} of team {team}, which is {turn.assignee}'s",
            )
            return  # from here on every turn is another
        refused = json.loads(decision.refused)
        passed = [[one.candidate, one.why] for one in turn.refused]
        if (refused.get("people"), refused.get("more_people"), decision.reason) != (passed, turn.more, turn.reason):
            yield Violation(
                "wrong", f"lead {lead_id}: turn {number} of team {team} has other reasons than it gives again"
            )
    while back is not None:
        credits = _without(credits, taken, backs[back])
        back = next(booked, None)
    held = {person: credit for person, credit in snapshot.territory.credits.get(team, {}).items() if credit}
    right = {person: credit for person, credit in credits.items() if credit}
    for person in sorted({*held, *right}):
        if held.get(person, 0) != right.get(person, 0):
            yield Violation(
                "wrong",
                f"team {team}: the credit of {person} is {held.get(person, 0)}, its turns make {right.get(person, 0)}",
            )


def _without(
    credits: Mapping[str, int], taken: Mapping[int, tuple[Sequence[Member], str]], turn: int
) -> Mapping[str, int]:
    """The credits without that turn; a turn that nobody took is told of elsewhere."""
    return taken_back(*taken[turn], credits) if turn in taken else credits


TURNS = Invariant(
    "turns",
    "The turns of every team in their order, each with the members of its roster, give the same people, the same"
    " passed over and the same reasons again, and in the end the credits that are saved.",
    turns,
)
