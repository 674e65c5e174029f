"""The ledger: every spend once, in double entry, line by line, and told posting by posting."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from campaigns.domain.ledger import ACCOUNTS
from tributary.verify.events import Planned, Posted, Spent
from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.snapshot import Line, Place, Posting, Snapshot
from values.text import key

# What a posting of this kind does to budget, committed and incurred.
EFFECT = {
    "budgeted": (1, 0, 0),
    "committed": (0, 1, 0),
    "released": (0, -1, 0),
    "incurred": (0, 0, 1),
    "reversed": (0, 0, -1),
}
# An account's balance is what came in on its debit side less its credit side.
BALANCE = {"committed": "committed", "incurred": "incurred", "available": "available"}


def spends(snapshot: Snapshot) -> Iterator[Violation]:
    """Every id heard is counted, once, as one of its reports says; and posted for what it is."""
    reported: dict[str, set[tuple[Any, ...]]] = defaultdict(set)
    for event in snapshot.events("campaigns.spend"):
        if isinstance(event.body, Spent):
            reported[event.body.spend_id].add(tuple(event.body[1:]))
    counted = snapshot.campaigns.spends
    spends = (s.body for s in snapshot.heard("campaigns", "campaigns.spend") if isinstance(s.body, Spent))
    heard = {spent.spend_id for spent in spends if spent.amount}  # where nothing was spent nothing is counted
    for spend_id in sorted(heard - counted.keys()):
        yield Violation("lost", f"spend {spend_id} was heard and is not counted")
    for spend_id, spend in counted.items():
        if spend_id not in reported:
            if snapshot.logs["campaigns.spend"].complete:
                yield Violation("invented", f"spend {spend_id} is counted and nobody reported it")
        elif tuple(spend) not in reported[spend_id]:
            yield Violation("wrong", f"spend {spend_id} is counted as {tuple(spend)}, and no report says so")
    yield from _posted_once(snapshot)


def _posted_once(snapshot: Snapshot) -> Iterator[Violation]:
    counted, posted = snapshot.campaigns.spends, Counter[str]()
    for place, postings in snapshot.campaigns.postings.items():
        for p in postings:
            if p.kind == "budgeted" and p.spend_id is None:
                continue
            spend = counted.get(p.spend_id or "")
            posted[p.spend_id or ""] += 1
            if spend is None:
                yield Violation(
                    "invented", f"{_name(place)}: posting {p.posting} is of spend {p.spend_id}, which is not counted"
                )
            elif (spend.campaign, spend.currency, spend.kind) != (
                key(place[0]),
                place[2],
                p.kind,
            ) or p.amount > spend.amount:
                yield Violation(
                    "wrong", f"{_name(place)}: posting {p.posting} says {p.kind} {p.amount}, its spend {tuple(spend)}"
                )
            elif p.kind in ("incurred", "committed") and p.amount != spend.amount:
                yield Violation(
                    "wrong", f"{_name(place)}: posting {p.posting} is {p.amount} of a spend of {spend.amount}"
                )
    for spend_id, spend in counted.items():
        if spend.kind in ("incurred", "committed") and not posted[spend_id]:
            yield Violation("lost", f"spend {spend_id} is counted and was not posted")
    for spend_id, n in posted.items():
        if n > 1:
            yield Violation("doubled", f"spend {spend_id} was posted {n} times")


def double_entry(snapshot: Snapshot) -> Iterator[Violation]:
    """Each posting has the two entries of its kind, and all entries of a currency sum to zero."""
    sums: Counter[str] = Counter()
    for place, postings in snapshot.campaigns.postings.items():
        for p in postings:
            debit, credit = ACCOUNTS[p.kind]
            sums[place[2]] += sum(amount for _, amount in p.entries)
            if sorted(p.entries) != sorted(((debit, p.amount), (credit, -p.amount))):
                yield Violation(
                    "wrong", f"{_name(place)}: posting {p.posting} ({p.kind} {p.amount}) has the entries {p.entries}"
                )
    for currency, difference in sums.items():
        if difference:
            yield Violation("wrong", f"{currency}: debits and credits differ by {difference}")


def lines(snapshot: Snapshot) -> Iterator[Violation]:
    """Each line is the sum of its postings and of its entries, and a campaign's lines are the sum of its spends."""
    for place, line in snapshot.campaigns.lines.items():
        yield from _line(place, line, snapshot.campaigns.postings.get(place, ()))
    for place in snapshot.campaigns.postings.keys() - snapshot.campaigns.lines.keys():
        yield Violation("lost", f"{_name(place)}: there are postings and no line")
    spent: Counter[tuple[str, str]] = Counter()
    kept: Counter[tuple[str, str]] = Counter()
    for spend in snapshot.campaigns.spends.values():
        spent[spend.campaign, spend.currency] += spend.amount
    for (campaign, _, currency), line in snapshot.campaigns.lines.items():
        kept[key(campaign), currency] += line.unmatched
    for (campaign, _, currency), postings in snapshot.campaigns.postings.items():
        kept[key(campaign), currency] += sum(p.amount for p in postings if p.kind != "budgeted")
    for where in sorted({*spent, *kept}):
        if spent[where] != kept[where]:
            yield Violation(
                "wrong", f"{where[0]} in {where[1]}: the spends sum to {spent[where]}, the ledger to {kept[where]}"
            )
    yield from _budgets(snapshot)


def _line(place: Place, line: Line, postings: Sequence[Posting]) -> Iterator[Violation]:
    numbers = [p.posting for p in postings]
    if numbers != list(range(1, line.postings + 1)):
        missing = sorted(set(range(1, line.postings + 1)) - set(numbers))
        yield Violation(
            "lost", f"{_name(place)}: {line.postings} postings, on record are {len(numbers)}, missing {missing[:5]}"
        )
    totals = tuple(sum(EFFECT[p.kind][i] * p.amount for p in postings) for i in range(3))
    if totals != line[1:4]:
        yield Violation(
            "wrong", f"{_name(place)}: budget, committed, incurred are {line[1:4]}, the postings sum to {totals}"
        )
    balance: Counter[str] = Counter()
    for p in postings:
        for account, amount in p.entries:
            balance[account] += amount
    for account, column in BALANCE.items():
        if balance[account] != getattr(line, column):
            yield Violation(
                "wrong", f"{_name(place)}: {column} is {getattr(line, column)}, its entries sum to {balance[account]}"
            )
    if line.available != line.budget - line.committed - line.incurred:
        yield Violation(
            "wrong", f"{_name(place)}: available is {line.available}, not budget less committed less incurred"
        )


def _budgets(snapshot: Snapshot) -> Iterator[Violation]:
    """The newest plan of a campaign and the budgets of its lines are the same."""
    plans: dict[str, Planned] = {}
    for event in snapshot.emitted("campaigns.campaign"):
        if isinstance(event.body, Planned):
            plans[event.key] = event.body
    for campaign, plan in plans.items():
        for name, budget in plan.budgets:
            line = snapshot.campaigns.lines.get((campaign, name, plan.currency))
            if line is None or line.budget != budget:
                has = "not there" if line is None else line.budget
                yield Violation(
                    "wrong",
                    f"{campaign}/{name} is planned with {budget} {plan.currency}, and on the ledger it is {has}",
                )


def emitted(snapshot: Snapshot) -> Iterator[Violation]:
    """Every posting was told once by a history, with the line as it stood."""
    topic = "campaigns.ledger"
    last: dict[tuple[Place, int], Posted] = {}
    times: Counter[tuple[Place, int, str]] = Counter()
    for event in snapshot.emitted(topic):
        if not isinstance(body := event.body, Posted):
            continue
        place = (body.campaign, body.line, body.currency)
        last[place, body.posting] = body
        times[place, body.posting, event.source] += 1
        line = snapshot.campaigns.lines.get(place)
        if snapshot.is_current(topic, event) and (line is None or body.posting > line.postings):
            yield Violation("invented", f"{_name(place)}: posting {body.posting} was told and is not on the ledger")
    for (place, number, _), n in times.items():
        if n > 1:
            yield Violation("doubled", f"{_name(place)}: posting {number} was told {n} times")
    for place, postings in snapshot.campaigns.postings.items():
        yield from _told_as_posted(place, postings, last, snapshot.logs[topic].complete)


def _told_as_posted(
    place: Place, postings: Sequence[Posting], last: dict[tuple[Place, int], Posted], complete: bool
) -> Iterator[Violation]:
    standing = [0, 0, 0]
    for p in postings:
        for i in range(3):
            standing[i] += EFFECT[p.kind][i] * p.amount
        body = last.get((place, p.posting))
        if body is None:
            if complete:
                yield Violation("lost", f"{_name(place)}: posting {p.posting} was never told")
            continue
        budget, committed, incurred = standing
        right = (p.kind, p.amount, p.spend_id, budget, committed, incurred, budget - committed - incurred)
        if right != body[4:11]:
            yield Violation("wrong", f"{_name(place)}: posting {p.posting} is {right} and was told as {body[4:11]}")


def _name(place: Place) -> str:
    return f"{place[0]}/{place[1]} {place[2]}"


SPENDS = Invariant("spends", "Every spend id heard is counted once and posted once, as it was reported.", spends)
DOUBLE_ENTRY = Invariant(
    "double_entry", "Every posting has its debit and its credit; per currency they sum to zero.", double_entry
)
LINES = Invariant(
    "lines",
    "A budget line is the sum of its postings and of its entries, available = budget - committed - incurred, the spends of a"
    " campaign sum to what its lines hold, and budgets are as planned.",
    lines,
)
POSTINGS_TOLD = Invariant(
    "postings", "Postings count without a gap per line, each told exactly once with the line as it stood.", emitted
)
