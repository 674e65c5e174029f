"""Who hears which stream. Contracts import no service, so this is declared here and compared with their routers by a test."""

from contracts.campaigns.campaign import CAMPAIGN
from contracts.campaigns.ledger import LEDGER
from contracts.campaigns.spend import SPEND
from contracts.event import Stream
from contracts.leads.intake import INTAKE
from contracts.leads.lead import LEAD
from contracts.leads.request import REQUEST
from contracts.territory.access import ACCESS
from contracts.territory.calendar import CALENDAR
from contracts.territory.lead import LEAD as TERRITORY_LEAD
from contracts.territory.structure import STRUCTURE

HEARS: dict[str, tuple[Stream, ...]] = {
    "leads": (INTAKE, TERRITORY_LEAD, CAMPAIGN, STRUCTURE, CALENDAR),
    "territory": (LEAD,),
    "campaigns": (SPEND,),
    "metrics": (LEAD, REQUEST, TERRITORY_LEAD, CAMPAIGN, LEDGER),
}

# What every replica of every service reads from the start by itself, in no consumer group (chassis/access_reader.py).
READ_BY_ALL: tuple[Stream, ...] = (ACCESS,)


def hearers(stream: Stream) -> tuple[str, ...]:
    """The services that hear this stream, in the order of the table."""
    return tuple(service for service, heard in HEARS.items() if stream in (*heard, *READ_BY_ALL))
