"""Two leads of the same demand: one of them is merged into the other, and may be taken out again."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from leads.domain.lead import Lead, Transition, entry
from leads.domain.place import NOBODYS, place_of
from leads.domain.stage import Missing
from leads.domain.verdict import Hand, MayNot, NotSo

RIGHT = "leads.merge"
JOINED, PARTED = "joined", "parted"  # what such entries are called in the timeline of the lead that goes on
_GOES_ON = ("person", "queue", "qualification", "nurture")


def check_hand(lead: Lead, hand: Hand) -> None:
    """Of both leads: who has it, who leads its team, and who judges what nobody works. Raises MayNot."""
    if not (hand.leads or hand.holds or (hand.qualifies and place_of(lead) in (*NOBODYS, "merged"))):
        raise MayNot(RIGHT)


def check_merge(lead: Lead, into: Lead) -> None:
    """A lead that was won is absorbed by none, and only one that is open goes on for two; so no circle is made. Leads of two teams
    are one only when one of them was transferred: what is recorded of it is seen by its team alone. Raises NotSo and Missing."""
    if (place := place_of(lead)) in ("arriving", "won", "merged"):
        raise NotSo(place)
    if (place := place_of(into)) not in _GOES_ON:
        raise NotSo(place, f"The other lead is {place}, and only one that is open goes on for both.")
    if lead.team != into.team:
        raise Missing(("transfer",))


def merged(lead: Lead, at: datetime, into: UUID, responders: Mapping[int, str | None], hand: Hand) -> Transition:
    """It is worked as the other one. Kept is who had to answer what is open of it, by numbers of requests."""
    kept = {str(n): who for n, who in responders.items()}
    return lead.lived(merged_into=into, responders=kept), entry("merged", at, into=str(into), **hand.named)


def joined(into: Lead, lead_id: UUID, at: datetime, hand: Hand) -> Transition:
    """It is worked for that lead too."""
    others = (one for one in into.life.joined if one != lead_id)
    return into.lived(joined=(*others, lead_id)), entry(JOINED, at, lead=str(lead_id), **hand.named)


def parted(into: Lead, lead_id: UUID, at: datetime, hand: Hand) -> Transition:
    """That lead stands by itself again."""
    left = tuple(one for one in into.life.joined if one != lead_id)
    return into.lived(joined=left), entry(PARTED, at, lead=str(lead_id), **hand.named)


def unmerged(lead: Lead, at: datetime, hand: Hand) -> Transition:
    """It stands by itself again, where it was before and with what became known of it meanwhile. Raises NotSo."""
    into = lead.life.merged_into
    if into is None:
        raise NotSo(place_of(lead), "It is merged into none.")
    return lead.lived(merged_into=None, responders={}), entry("unmerged", at, from_lead=str(into), **hand.named)
