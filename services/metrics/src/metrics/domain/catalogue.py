"""Every number that this service makes and every dimension that it keeps numbers apart by, each defined once.

What a lead contributes, what a KPI row stores, how it looks over HTTP, in the stream and on ``metrics.kpi``, what ``verify``
compares and what the documents say all follow from here. A new number is one more definition; where it counts a step that
nothing counted before, the definition names the event and the service hears it from then on. Expressions are Python over ``lead``, a ``LeadFact``,
and of what customers are owed over ``owed``, its sums.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

By = Literal["segment", "channel", "team", "campaign"]

ALL = "all"  # the period of all time: every row's so far

UNROUTED = "(unrouted)"  # nobody has placed it yet, or no rule claimed it
DISCARDED = "(discarded)"  # set aside, and so never routed
NONE = "(none)"  # the fact names no campaign, no channel, no segment

UNPLACED = "(unplaced)"  # the team that every number is kept under of which no team is known
ALL_TEAMS = (
    "(all)"  # what the sums over all teams are called; nobody is granted it, and no row that doors reach is of it
)


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number that each captured lead adds: ``of``, an expression over its fact, ``owed``, one over what its customer is
    owed, or how often it made the step that the events of type ``step`` tell."""

    name: str
    means: str
    of: str = ""
    step: str = ""
    owed: str = ""

    @property
    def adds(self) -> str:
        """The expression."""
        return self.of or self.owed or f"lead.times({step_of(self.step)!r})"


@dataclass(frozen=True, slots=True)
class Amount:
    """Minor units per currency, never added across currencies: the amount of each captured lead of which ``when`` is true, or,
    without it, what the budget lines of campaigns have incurred."""

    name: str
    means: str
    when: str = ""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One number by another that is a count. It is never stored, and undefined while there is nothing to divide by.

    A count by a count is a fraction; money by a count is whole minor units per currency, rounded down.
    """

    name: str
    means: str
    part: str
    whole: str


@dataclass(frozen=True, slots=True)
class Dimension:
    """What rows are kept apart by. A lead's key is the first of these columns of its fact that holds something, else the name
    beside the first of ``nowhere`` whose column does; a name without a column holds for all that are left."""

    name: By
    means: str
    columns: tuple[str, ...]
    nowhere: tuple[tuple[str | None, str], ...]


Number: TypeAlias = Count | Amount | Ratio


NUMBERS: tuple[Number, ...] = (
    Count("leads", "captured leads; whatever else is heard of a lead counts once it is captured", "1"),
    Count("qualified", "judged by the scorecard", "lead.qualified_at is not None"),
    Count(
        "valid",
        "genuine and worth a salesperson's time, now or later; or won: whoever was won was a valid lead, whatever the"
        " scorecard said",
        "lead.counts_as_valid",
    ),
    Count("routed", "its segment and team are known", "lead.segment is not None"),
    Count("assigned", "a salesperson has it", "lead.is_assigned"),
    Count("won", "its newest outcome is won", "lead.outcome == 'won'"),
    Count("lost", "its newest outcome is lost", "lead.outcome == 'lost'"),
    Ratio(
        "conversion",
        "lead-to-won, a part of its whole and so at most 1. It is not the rate of the requirements (valid leads per target"
        " customer executed, S3-67): nothing here hears of executed targets yet",
        "won",
        "valid",
    ),
    Amount("won_amount", "what its won leads were won for", "lead.outcome == 'won'"),
    Amount(
        "spend",
        "what budget lines have incurred, at the campaign, and at the channel and segment that its plan names; teams have none",
    ),
    Ratio(
        "cost_per_lead",
        "what a valid lead cost. The requirements (S3-68) give no formula: this one is ours",
        "spend",
        "valid",
    ),
    Count("returned", "times that a salesperson gave it back to the team", step="leads.lead.returned.v1"),
    Count(
        "transferred",
        "times that it went to another team or person by an order; going back counts too",
        step="leads.lead.transferred.v1",
    ),
    Count("restored", "times that it was taken up again after it was set aside", step="leads.lead.restored.v1"),
    Count("reopened", "times that it was worked again after it was won or lost", step="leads.lead.reopened.v1"),
    Count("merged", "times that it was merged into another lead of the same demand", step="leads.lead.merged.v1"),
    Count("unmerged", "times that it was taken out of another lead again", step="leads.lead.unmerged.v1"),
    Count(
        "stage_changes",
        "times that it went on to another stage of its pipeline, or back",
        step="leads.opportunity.stage_changed.v1",
    ),
    Count("requests", "what customers asked for beside the first response", owed="owed.requests"),
    Count("answers", "requests and first responses that customers have an answer to", owed="owed.answers"),
    Count("answered_in_time", "answers that came by the time they were due", owed="owed.in_time"),
    Count(
        "breaches",
        "requests and first responses whose time went by without an answer, later answered or not; what turns out to have been"
        " answered in time is withdrawn, and counts no more",
        owed="owed.breaches",
    ),
    Count("system_s", "working seconds that answered customers waited while nobody had the lead", owed="owed.system_s"),
    Count("human_s", "working seconds that answered customers waited while somebody had the lead", owed="owed.human_s"),
    Count("first_responses", "leads whose customers have a first response", owed="owed.first_responses"),
    Count("first_response_s", "working seconds until the first response", owed="owed.first_response_s"),
    Ratio("in_time", "the share of answers that came by the time they were due", "answered_in_time", "answers"),
    Ratio("response_delay", "working seconds that an answer took its person", "human_s", "answers"),
    Ratio("first_response_delay", "working seconds until the first response", "first_response_s", "first_responses"),
)

_PLACE = (("discarded_at", DISCARDED), (None, UNROUTED))
DIMENSIONS: tuple[Dimension, ...] = (
    Dimension("segment", "the part of the market", ("segment_key", "segment"), _PLACE),
    Dimension("channel", "what brought the lead: the event's channel, else its source", ("channel_key", "channel"), ((None, NONE),)),
    Dimension("team", "who works the lead", ("team",), _PLACE),
    Dimension("campaign", "the campaign that the form names", ("campaign_key", "campaign"), ((None, NONE),)),
)  # fmt: skip


def measures() -> tuple[Count | Amount, ...]:
    """The numbers that are stored; the others are made of them."""
    return tuple(number for number in NUMBERS if not isinstance(number, Ratio))


def steps() -> frozenset[str]:
    """The types of the events that are counted by themselves."""
    return frozenset(measure.step for measure in measures() if isinstance(measure, Count) and measure.step)


def step_of(event_type: str) -> str:
    """The step that an event tells: its verb. ``leads.lead.closed.v1`` tells ``closed``."""
    return event_type.split(".")[2]


def page() -> Iterator[str]:
    """The catalogue in words, as lines of Markdown."""
    yield from ("| number | unit | is |", "|---|---|---|")
    for number in NUMBERS:
        if isinstance(number, Ratio):
            yield f"| `{number.name}` | ratio | `{number.part} / {number.whole}`: {number.means}. Null while `{number.whole}` is 0 |"
        else:
            unit = "count" if isinstance(number, Count) else "minor units per currency"
            yield f"| `{number.name}` | {unit} | {number.means} |"
    yield from ("", "| dimension | is | and where there is none |", "|---|---|---|")
    for dimension in DIMENSIONS:
        nowhere = ", else ".join(f"`{name}`" for _, name in dimension.nowhere)
        yield f"| `{dimension.name}` | {dimension.means} | {nowhere} |"
