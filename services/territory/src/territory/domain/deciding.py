"""Leads decided about one after another: first where each belongs, then who of the team takes it. Nothing here knows of a database."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from territory.domain.case import Kept, without_a_person, without_a_team
from territory.domain.criteria import Lead
from territory.domain.customer import BY_RULE, LAPSED, Customer, goes_to_its_team, is_allotted_by
from territory.domain.decision import NO_ORDER, NOBODY, Cause, Decision, Excluded, Order, is_due_an_assignee, route
from territory.domain.eligibility import (
    QUEUED,
    RETURNED,
    Loads,
    TeamSettings,
    anybody,
    day_of,
    eligible,
    waits_for,
)
from territory.domain.market import MarketVersion
from territory.domain.member import Presence, Roster
from territory.domain.rotation import Turn, next_turn
from territory.domain.routing import Routed, Unroutable
from territory.domain.transfer import BOOK_LEDGER, QUEUE, ROTATION

LOOKED_AGAIN = timedelta(hours=1)
"""A team whose leads wait for nothing that is known is looked at again so often."""
SAME_PERSON = "Has the customer."
STANDS_IN = "Stands in for whom the customer has."
WAITS_BEHIND = "Others of the team wait before it."
ALL_RETURNED = "Everybody who could take it has returned it."
CLOSED_STILL = "It is closed: nobody is due to work it."
RESTS = "rests"
OFTEN_RETURNED = "It was returned too often: a supervisor decides."
HAD_IT, ORDERED, TRANSFERRED = "Had it before.", "A leader gave it to them.", "A transfer gave it to them."
NAMED = frozenset({SAME_PERSON, STANDS_IN, HAD_IT, ORDERED, TRANSFERRED})
"""Why somebody has a lead without a turn."""
UNTURNED = NAMED | {WAITS_BEHIND, OFTEN_RETURNED, CLOSED_STILL}
"""Where no turn was sought: nobody was passed over."""


@dataclass(slots=True)  # made for each lead: what is frozen takes three times as long to make
class Ask:
    """A lead to be decided about. ``kept`` is the place that it keeps; ``person`` is who shall have it, and ``why``. ``is_new`` leads
    wait behind those that wait already."""

    lead_id: UUID
    cause: Cause
    disposition: str
    attributes: Lead
    number: int = 1
    verdict: int = 1
    party_id: UUID | None = None
    attempt: int = 1
    not_to: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    kept: Kept | None = None
    person: str | None = None
    why: str = ""
    since: datetime | None = None
    is_new: bool = True
    by_order: str = ""
    """How an order gives it to nobody in particular: ``rotation`` for a turn among those who inherit, ``queue``, or ``rests`` for a
    lead that is closed."""
    order: Order = NO_ORDER


Goes = Callable[[Ask, Routed | Unroutable], bool]
"""Whether a lead goes where it belongs by the rules; else it is not decided about."""


def always(_: Ask, __: Routed | Unroutable) -> bool:
    """It does."""
    return True


def ledger(ask: Ask, team: str) -> str:
    """The rotation by which the lead gets its turn: the team's, or the one of what is inherited."""
    return BOOK_LEDGER + team if ask.by_order == ROTATION else team


@dataclass
class Staff:
    """Who works the leads of a team, and how it takes them."""

    presence: Presence
    settings: TeamSettings
    roster: Roster


@dataclass
class Standing:
    """How many turns a team has taken, and each person's credit, also of those who are away or have left. ``waiting`` says that leads
    wait for a turn already; ``wakes_at`` is when they are looked at again."""

    turn: int
    credits: Mapping[str, int]
    waiting: bool = False
    wakes_at: datetime | None = None


@dataclass(slots=True)  # made for each lead: what is frozen takes three times as long to make
class Placed:
    """A lead, where it belongs, and whose customer it is of."""

    ask: Ask
    route: Routed | Unroutable
    pipeline: str | None
    by_customer: bool = False
    would_rule: str | None = None

    @property
    def is_due(self) -> bool:
        """Whether it is due a person of its team."""
        return isinstance(self.route, Routed) and is_due_an_assignee(self.ask.disposition)


class Given(NamedTuple):
    """What became of a lead in its place: by which turn somebody has it, or what it waits for, as a decision has these."""

    turn: Turn | None = None
    code: str | None = None
    turn_number: int | None = None
    roster: UUID | None = None
    wakes_at: datetime | None = None


NOTHING = Given()


@dataclass
class Deciding:
    """What is known while leads are decided about. ``substitutes`` says who stands in, by the absent person and the team; ``allotted``
    and ``rosters`` are what is new, ``known`` when somebody comes to a team."""

    market: MarketVersion
    moment: datetime
    customers: dict[UUID, Customer] = field(default_factory=dict)
    substitutes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    staff: dict[str, Staff] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    loads: Loads = field(default_factory=Loads)
    rosters: dict[UUID, Roster] = field(default_factory=dict)
    allotted: dict[UUID, Customer] = field(default_factory=dict)
    known: dict[str, datetime | None] = field(default_factory=dict)

    def place(self, asks: Sequence[Ask], goes: Goes = always) -> list[Placed]:
        """Where each belongs that goes there, in order: a customer's second lead finds what the first has made, and of one that does
        not go nothing is made."""
        return [placed for ask in asks if (placed := self._place(ask, goes)) is not None]

    def give(self, placed: Sequence[Placed]) -> Iterator[Decision]:
        """Who takes each, in order."""
        for one in placed:
            decision = self.decision(one, self._give(one))
            self._remember(decision)
            yield decision

    def _place(self, ask: Ask, goes: Goes) -> Placed | None:
        if ask.kept is not None:
            return Placed(ask, ask.kept.route, ask.kept.pipeline)
        where = route(ask.attributes, self.market, ask.excluded)
        customer = self.customers.get(ask.party_id) if ask.party_id else None
        would, by_customer = None, goes_to_its_team(customer, where, self.market, ask.excluded)
        if by_customer and customer and isinstance(where, Routed):
            would = where.rule if where.team != customer.team else None
            where = replace(where, team=customer.team)
        if not goes(ask, where):
            return None
        if (
            not by_customer
            and ask.party_id
            and isinstance(where, Routed)
            and is_allotted_by(where)
            and self._is_free(customer)
        ):
            made = Customer(ask.party_id, where.team, None, self.moment, LAPSED if customer else BY_RULE)
            self.customers[ask.party_id] = self.allotted[ask.party_id] = made
        team = self.market.market.teams.get(where.team) if isinstance(where, Routed) else None
        return Placed(ask, where, team.pipeline if team else None, by_customer, would)

    def _is_free(self, customer: Customer | None) -> bool:
        """Whether no team that is there has the customer."""
        return customer is None or not customer.stands or customer.team not in self.market.market.teams

    def decision(self, placed: Placed, given: Given = NOTHING) -> Decision:
        """The decision about a lead; with nothing given it says only where the lead belongs."""
        ask = placed.ask
        cause = Cause.CUSTOMER if placed.by_customer and ask.cause is Cause.NEW else ask.cause
        return Decision(
            ask.lead_id,
            ask.number,
            cause,
            ask.disposition,
            ask.attributes,
            placed.route,
            placed.pipeline,
            given.turn,
            given.turn_number,
            self.moment,
            Excluded(ask.excluded, ask.not_to) if ask.excluded or ask.not_to else NOBODY,
            given.roster,
            given.code,
            given.wakes_at,
            customer=placed.by_customer,
            would_rule=placed.would_rule,
            attempt=ask.attempt,
            verdict=ask.verdict,
            party_id=ask.party_id,
            since=ask.since,
            order=ask.order,
        )

    def _give(self, placed: Placed) -> Given:
        if isinstance(placed.route, Unroutable):
            return Given(code=without_a_team(placed.route))
        if not placed.is_due:
            return Given(code=without_a_person(placed.ask.disposition))
        return self._person(placed, placed.route.team)

    def _person(self, placed: Placed, team: str) -> Given:
        ask, staff = placed.ask, self.staff[team]
        standing = self.standings[ledger(ask, team)]
        if ask.person is not None:
            return Given(self._named(ask.person, ask.why, standing))
        if ask.by_order == RESTS:
            return Given(Turn(None, CLOSED_STILL, (), 0, {}))
        if ask.by_order == QUEUE:
            return self._waits(team, staff.roster, QUEUED, WAITS_BEHIND)
        roster = (
            staff.presence.inherit(self.moment)
            if ask.by_order
            else eligible(staff.roster, staff.settings, self.loads, ask.attributes.get("language"), ask.not_to)
        )
        if named := self._customers_person(placed, team, roster):
            return Given(self._named(*named, standing))
        if not ask.by_order and ask.attempt > staff.settings.returns_max:
            return self._waits(team, roster, RETURNED, OFTEN_RETURNED)
        if ask.is_new and standing.waiting:
            code = QUEUED if anybody(roster.members) else waits_for(roster.members)
            return self._waits(team, roster, code, WAITS_BEHIND)
        turn = next_turn(roster.members, standing.credits)
        if turn.assignee is None:
            code = waits_for(roster.members)
            reason = ALL_RETURNED if code == RETURNED else turn.reason
            return self._waits(team, roster, code, reason, turn)
        standing.credits = turn.credits
        standing.turn += 1
        self.rosters[roster.id] = roster
        self.loads.takes(turn.assignee)
        return Given(turn, None, standing.turn, roster.id)

    def _named(self, person: str, why: str, standing: Standing) -> Turn:
        self.loads.takes(person)
        return Turn(person, why, (), 0, standing.credits)

    def _customers_person(self, placed: Placed, team: str, roster: Roster) -> tuple[str, str] | None:
        """The customer's person, if the team keeps to them and they can take the lead; else who stands in for them."""
        ask, settings = placed.ask, self.staff[team].settings
        customer = self.customers.get(ask.party_id) if ask.party_id else None
        if customer is None or customer.person is None or customer.team != team or settings.same_person == "never":
            return None
        base = self.staff[team].roster.without(dict.fromkeys(ask.not_to, RETURNED))
        able = {one.id for one in (roster if settings.same_person == "if_free" else base).members if one.available}
        if customer.person in able:
            return customer.person, SAME_PERSON
        instead = self.substitutes.get((customer.person, team))
        return (instead, STANDS_IN) if instead in able and instead is not None else None

    def _waits(self, team: str, roster: Roster, code: str, reason: str, turn: Turn | None = None) -> Given:
        standing, staff = self.standings.setdefault(team, Standing(0, {})), self.staff[team]
        self.rosters[roster.id] = roster
        turn = replace(turn or Turn(None, reason, (), 0, standing.credits), reason=reason, code=code)
        if code == RETURNED:
            return Given(turn, code, None, roster.id)  # no member who comes can take it
        standing.waiting = True
        if team not in self.known:
            self.known[team] = staff.presence.wakes_at(self.moment)
        known = self.known[team]
        days = [day_of(self.moment, place.zone)[1] for place in roster.places.values() if place.day_max is not None]
        known = min([at for at in (known, *days) if at is not None], default=None)
        again = self.moment if code == QUEUED else min(known or self.moment + LOOKED_AGAIN, self.moment + LOOKED_AGAIN)
        standing.wakes_at = min(standing.wakes_at or again, again)
        return Given(turn, code, None, roster.id, known)

    def _remember(self, decision: Decision) -> None:
        """The customer's person is the first who gets a lead of theirs in their team."""
        person, party = decision.assignee, decision.party_id
        customer = self.customers.get(party) if party else None
        if person and party and customer and customer.person is None and customer.team == decision.team:
            self.customers[party] = self.allotted[party] = replace(customer, person=person)
