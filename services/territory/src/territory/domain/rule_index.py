"""The index that finds the rules claiming a lead without looking at each rule.

A set of rules is one big integer, a bit per rule. For each attribute the index keeps, by value, the set of rules that
stand that value; rules that do not ask for the attribute stand every value, so they are folded into each set. The rules
that claim a lead are then the AND of one set per attribute: the work grows with the attributes asked for, and with the
rules only as fast as a processor ANDs words.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

from territory.domain.criteria import Criterion, Ends, Lead, Number, OneOf, Prefix, Range, Scalar, begins, number, text

Bits = int
Ranked = tuple[int, Mapping[str, Criterion]]
"""What a rule asks, with its place in the ranking of all rules, the narrowest first."""

COPIES_AT_MOST = 4
ENTRY = 160  # bytes of a set of rules beside its bits, and of its place in a table
FACET = 1000  # bytes of an attribute's part of a slice without its sets
BOUNDED: tuple[Ends, ...] = ("letters", "numbers")


class TooLarge(Exception):
    """The index needs more memory than it may take; which attribute takes the most of it."""

    def __init__(self, attribute: str, bytes_at_least: int) -> None:
        super().__init__(f"{bytes_at_least} bytes, most of them for {attribute}")
        self.attribute, self.bytes_at_least = attribute, bytes_at_least


class Budget:
    """How much memory an index may take, and how much of it is spent, worked out before it is taken."""

    def __init__(self, most: int | None = None) -> None:
        self.most = most
        self.spent: Counter[str] = Counter()

    def spend(self, attribute: str, entries: int, rules: int) -> None:
        """An attribute's part of a slice, with so many sets of rules."""
        self.spent[attribute] += FACET + entries * (ENTRY + rules // 8)
        if self.most is not None and self.spent.total() > self.most:
            raise TooLarge(self.spent.most_common(1)[0][0], self.spent.total())


class Facet:
    """One attribute's part of the index."""

    __slots__ = (
        *(
            "_bounded",
            "_exact",
            "_highs",
            "_lengths",
            "_longest",
            "_lows",
            "_points",
            "_prefixed",
            "_started",
            "_unended",
        ),
        *("name", "unasked"),
    )

    def __init__(self, name: str, asked: Sequence[tuple[Bits, Criterion]], everyone: Bits, budget: Budget) -> None:
        budget.spend(
            name, len({entry for _, criterion in asked for entry in _entries(criterion)}), everyone.bit_length()
        )
        self.name = name
        self.unasked: Bits = everyone
        for bit, _ in asked:
            self.unasked ^= bit
        prefixes = [(bit, c) for bit, c in asked if isinstance(c, Prefix)]
        self._bounded = self._gather_bounded(prefixes)
        self._longest = max((len(prefix) for prefix, _ in self._bounded), default=0)
        self._prefixed = self._fold_prefixes(prefixes)
        self._lengths = tuple(sorted({len(prefix) for prefix in self._prefixed}, reverse=True))
        self._fold_ranges([(bit, c) for bit, c in asked if isinstance(c, Range)])
        self._exact: dict[str, Bits] = {}
        self._points: dict[Number, Bits] = defaultdict(int)
        named: dict[str, Bits] = defaultdict(int)
        for bit, criterion in asked:
            if isinstance(criterion, OneOf):
                for value in criterion.values:
                    named[value] |= bit
                for point in criterion.numbers:
                    self._points[point] |= bit
        # Last, because a named value also falls under the prefixes and ranges that other rules ask of this attribute.
        self._exact = {value: bits | self.standing(value) for value, bits in named.items()}

    def standing(self, value: Scalar) -> Bits:
        """The rules that stand this value of the attribute."""
        key = text(value)
        found = self._exact.get(key)
        if found is not None:
            return found
        found = self.unasked
        for length in self._lengths:
            prefixed = self._prefixed.get(key[:length])
            if prefixed is not None:  # the longest prefix's set holds those of the shorter ones
                found = prefixed
                break
        if self._bounded and key[:1].isalpha():
            found |= self._begun(key)
        if self._started or self._points:
            size = number(value)
            if size is not None:
                found |= self._points.get(size, 0)
                if self._started:
                    found |= (
                        self._started[bisect_right(self._lows, size)] & self._unended[bisect_left(self._highs, size)]
                    )
        return found

    def _begun(self, key: str) -> Bits:
        """The rules with a prefix of this value that ends where it may. Such values are short: a look at each beginning."""
        found = 0
        for length in range(1, min(len(key), self._longest) + 1):
            for ends in BOUNDED:
                bits = self._bounded.get((key[:length], ends))
                if bits is not None and begins(key, key[:length], ends):
                    found |= bits
        return found

    def _gather_bounded(self, asked: Sequence[tuple[Bits, Prefix]]) -> dict[tuple[str, Ends], Bits]:
        """Prefixes that begin with a letter and may not end anywhere: which of them hold a value depends on what follows."""
        own: dict[tuple[str, Ends], Bits] = defaultdict(int)
        for bit, criterion in asked:
            for prefix in criterion.prefixes:
                if _is_bounded(prefix, criterion):
                    own[prefix, criterion.ends] |= bit
        return dict(own)

    def _fold_prefixes(self, asked: Sequence[tuple[Bits, Prefix]]) -> dict[str, Bits]:
        own: dict[str, Bits] = defaultdict(int)
        for bit, criterion in asked:
            for prefix in criterion.prefixes:
                if not _is_bounded(prefix, criterion):
                    own[prefix] |= bit
        lengths = sorted({len(prefix) for prefix in own})
        folded: dict[str, Bits] = {}
        for prefix in own:
            bits = self.unasked
            for length in lengths:
                if length <= len(prefix):
                    bits |= own.get(prefix[:length], 0)
            folded[prefix] = bits
        return folded

    def _fold_ranges(self, asked: Sequence[tuple[Bits, Range]]) -> None:
        """A range holds a number when it has begun at or before it and has not ended before it: two running sets."""
        self._lows: list[Number] = []
        self._highs: list[Number] = []
        self._started: list[Bits] = []
        self._unended: list[Bits] = []
        if not asked:
            return
        begins: dict[Number, Bits] = defaultdict(int)
        ends: dict[Number, Bits] = defaultdict(int)
        started = unended = self.unasked
        for bit, criterion in asked:
            unended |= bit
            if criterion.high is not None:
                ends[criterion.high] |= bit
            if criterion.low is None:
                started |= bit
            else:
                begins[criterion.low] |= bit
        self._lows, self._highs = sorted(begins), sorted(ends)
        self._started.append(started)
        for low in self._lows:
            started |= begins[low]
            self._started.append(started)
        self._unended.append(unended)
        for high in self._highs:
            unended ^= ends[high]
            self._unended.append(unended)


class Slice:
    """Some of the rules, ready to be asked which of them claim a lead."""

    __slots__ = ("_everyone", "_facets", "_places")

    def __init__(self, ranked: Sequence[Ranked], budget: Budget) -> None:
        """The narrowest rule gets the highest bit: finding the winner is then ``bit_length``, which costs nothing, and
        taking it out makes the integer shorter.
        """
        self._places = [place for place, _ in ranked]
        self._everyone: Bits = (1 << len(ranked)) - 1
        asked: dict[str, list[tuple[Bits, Criterion]]] = defaultdict(list)
        for at, (_, when) in enumerate(reversed(ranked)):
            for name, criterion in when.items():
                asked[name].append((1 << at, criterion))
        # The attribute that most rules ask for comes first: it leaves the fewest rules to carry along.
        names = sorted(asked, key=lambda name: (-len(asked[name]), name))
        self._facets = tuple(Facet(name, asked[name], self._everyone, budget) for name in names)

    def claiming(self, lead: Lead, most: int) -> tuple[list[int], int]:
        """The places of the first ``most`` rules that claim the lead, the narrowest first, and how many claim it.

        A rule that asks for an attribute the lead does not have never claims it.
        """
        claiming = self._everyone
        for facet in self._facets:
            value = lead.get(facet.name)
            claiming &= facet.unasked if value is None else facet.standing(value)
        count = claiming.bit_count()
        if count == 0:
            return [], 0
        found: list[int] = []
        for _ in range(min(count, most)):
            top = claiming.bit_length()
            found.append(self._places[-top])
            claiming ^= 1 << (top - 1)
        return found, count


class Index:
    """All rules of a version, the narrowest first, cut into slices by the attribute that tells them apart best.

    Nearly every rule of a market names its countries, and a lead has one: the rules of the other countries need not be
    carried along. Where no attribute cuts well there is one slice.
    """

    def __init__(self, ranked: Sequence[Mapping[str, Criterion]], most: int | None = None) -> None:
        """``most`` bounds the memory it takes, in bytes: beyond it, it is TooLarge."""
        budget = Budget(most)
        self._by = _best_cut(ranked)
        named: dict[str, list[Ranked]] = defaultdict(list)
        others: list[Ranked] = []
        for place, when in enumerate(ranked):
            criterion = when.get(self._by)
            if not _cuts(criterion):
                others.append((place, when))
                continue
            rest = {name: asked for name, asked in when.items() if name != self._by}
            for value in set(criterion.values):
                named[value].append((place, rest))
        self._others = Slice(others, budget)
        self._named = {value: Slice(sorted(rules + others, key=_place), budget) for value, rules in named.items()}
        self.bytes = budget.spent.total()

    def claiming(self, lead: Lead, most: int) -> tuple[list[int], int]:
        """The places of the first ``most`` rules that claim the lead, the narrowest first, and how many claim it."""
        value = lead.get(self._by)
        part = self._others if value is None else self._named.get(text(value), self._others)
        return part.claiming(lead, most)


def _entries(criterion: Criterion) -> Iterator[tuple[str, object]]:
    """What the index keeps a set of rules for."""
    match criterion:
        case OneOf(values, numbers):
            yield from (("is", value) for value in (*values, *numbers))
        case Prefix(prefixes):
            yield from (("begins", prefix) for prefix in prefixes)
        case Range(low, high):
            yield from (("from", low), ("to", high))


def _is_bounded(prefix: str, criterion: Prefix) -> bool:
    return criterion.ends != "anywhere" and prefix[:1].isalpha()


def _cuts(criterion: Criterion | None) -> TypeGuard[OneOf]:
    """Whether a rule belongs to the slices of some values only. A number is written in more ways than one."""
    return isinstance(criterion, OneOf) and not criterion.numbers


def _place(rule: Ranked) -> int:
    return rule[0]


def _best_cut(ranked: Sequence[Mapping[str, Criterion]]) -> str:
    """The attribute whose largest slice is smallest, of those that do not copy rules more than a few times; or none."""
    named: dict[str, Counter[str]] = defaultdict(Counter)
    cut: Counter[str] = Counter()
    for when in ranked:
        for name, criterion in when.items():
            if _cuts(criterion):
                cut[name] += 1
                named[name].update(set(criterion.values))
    best, smallest = "", len(ranked)
    for name, values in sorted(named.items()):
        uncut = len(ranked) - cut[name]
        largest = uncut + max(values.values())
        if largest < smallest and uncut * (len(values) + 1) + values.total() <= COPIES_AT_MOST * len(ranked):
            best, smallest = name, largest
    return best
