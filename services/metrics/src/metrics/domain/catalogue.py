"""Every number that this service makes and every dimension that it keeps numbers apart by, each defined once.

What a lead contributes, what a KPI row stores, how it looks over HTTP, in the stream and on ``metrics.kpi``, what ``verify``
compares and what the documents say all follow from here. A new number is one more definition; where it counts a step that
nothing counted before, the definition names the event and the service hears it from then on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from metrics.domain.facts import LeadFact

By = Literal["segment", "channel", "team", "campaign"]
Unit = Literal["count", "money"]

ALL = "all"  # the period of all time: every row's so far

UNROUTED = "(unrouted)"  # nobody has placed it yet, or no rule claimed it
DISCARDED = "(discarded)"  # set aside, and so never routed
NONE = "(none)"  # the fact names no campaign, no channel, no segment


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number that each captured lead adds: what ``of`` says of it, or how often it made the step that ``step``, an
    event's type, tells."""

    name: str
    means: str
    of: Callable[[LeadFact], int] | None = None
    step: str = ""

    @property
    def unit(self) -> Unit:
        """How many."""
        return "count"


@dataclass(frozen=True, slots=True)
class Amount:
    """Minor units per currency, never added across currencies. ``of`` says what a captured lead adds; without it the number is
    what the budget lines of campaigns have incurred."""

    name: str
    means: str
    of: Callable[[LeadFact], tuple[str, int] | None] | None = None

    @property
    def unit(self) -> Unit:
        """How much of which currency."""
        return "money"


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


def _won(lead: LeadFact) -> tuple[str, int] | None:
    return (lead.currency, lead.amount) if lead.outcome == "won" and lead.amount and lead.currency else None


NUMBERS: tuple[Number, ...] = (
    Count("leads", "captured leads; whatever else is heard of a lead counts once it is captured", lambda lead: 1),
    Count("qualified", "judged by the scorecard", lambda lead: lead.qualified_at is not None),
    Count(
        "valid",
        "genuine and worth a salesperson's time, now or later; or won: whoever was won was a valid lead, whatever the"
        " scorecard said",
        lambda lead: lead.counts_as_valid,
    ),
    Count("routed", "its segment and team are known", lambda lead: lead.segment is not None),
    Count("assigned", "a salesperson has it", lambda lead: lead.assignee is not None),
    Count("won", "its newest outcome is won", lambda lead: lead.outcome == "won"),
    Count("lost", "its newest outcome is lost", lambda lead: lead.outcome == "lost"),
    Ratio(
        "conversion",
        "lead-to-won, a part of its whole and so at most 1. It is not the rate of the requirements (valid leads per target"
        " customer executed, S3-67): nothing here hears of executed targets yet",
        "won",
        "valid",
    ),
    Amount("won_amount", "what its won leads were won for", _won),
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


def counted(step: str) -> Callable[[LeadFact], int]:
    """How often a lead made the step that events of this type tell."""
    name = step_of(step)
    return lambda lead: lead.times(name)


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
            yield f"| `{number.name}` | {number.unit} | {number.means} |"
    yield from ("", "| dimension | is | and where there is none |", "|---|---|---|")
    for dimension in DIMENSIONS:
        nowhere = ", else ".join(f"`{name}`" for _, name in dimension.nowhere)
        yield f"| `{dimension.name}` | {dimension.means} | {nowhere} |"
