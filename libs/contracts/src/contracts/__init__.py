"""What is said on Tributary's topics: one definition, used by every writer and every reader."""

from contracts.campaigns.campaign import CAMPAIGN
from contracts.campaigns.ledger import LEDGER
from contracts.campaigns.spend import SPEND
from contracts.event import Event, Money, Scalar, Sealed, Stream
from contracts.leads.activity import ACTIVITY
from contracts.leads.audit import AUDIT
from contracts.leads.intake import INTAKE
from contracts.leads.lead import LEAD
from contracts.leads.opportunity import OPPORTUNITY
from contracts.leads.request import REQUEST
from contracts.leads.rule import RULE
from contracts.metrics.kpi import KPI
from contracts.territory.access import ACCESS
from contracts.territory.calendar import CALENDAR
from contracts.territory.lead import LEAD as TERRITORY_LEAD
from contracts.territory.member import MEMBER
from contracts.territory.structure import STRUCTURE

STREAMS: tuple[Stream, ...] = (
    INTAKE,
    LEAD,
    AUDIT,
    ACTIVITY,
    REQUEST,
    OPPORTUNITY,
    RULE,
    TERRITORY_LEAD,
    STRUCTURE,
    ACCESS,
    CALENDAR,
    MEMBER,
    CAMPAIGN,
    SPEND,
    LEDGER,
    KPI,
)

STREAM_OF: dict[str, Stream] = {event.event_type(): stream for stream in STREAMS for event in stream.events}

__all__ = ["STREAMS", "STREAM_OF", "Event", "Money", "Scalar", "Sealed", "Stream"]
