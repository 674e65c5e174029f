"""A lead's life is followed: it is judged, returned, ended, revived, and each time it is decided what becomes of it here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from chassis import Transaction
from contracts.leads.lead import (
    LeadAttributes,
    LeadClosed,
    LeadDiscarded,
    LeadMerged,
    LeadQualified,
    LeadReopened,
    LeadRestored,
    LeadReturned,
    LeadUnclaimed,
    LeadUnmerged,
    RecordTransferred,
    TransferRefused,
)
from territory.domain.case import NOT_COUNTED, NOT_THE_TEAMS, SPOILT, SPOILT_WITHIN, Case
from territory.domain.criteria import OWN, Scalar, is_comparable, text
from territory.domain.deciding import HAD_IT, RESTS, TRANSFERRED, Ask
from territory.domain.decision import Cause, Order, is_due_an_assignee, is_routed
from territory.domain.rotation import taken_back
from territory.domain.routing import Routed
from territory.domain.transfer import APPLIED, DONE
from territory.store import case as store
from territory.store import market, rotation, transfer
from territory.use_cases.deciding import decide

Ends = LeadClosed | LeadDiscarded | LeadMerged
Heard = (
    LeadQualified
    | LeadReturned
    | Ends
    | LeadReopened
    | LeadRestored
    | LeadUnclaimed
    | LeadUnmerged
    | RecordTransferred
    | TransferRefused
)
TO_BE_QUALIFIED, DISCARDED, MERGED = "needs_qualifier", "discarded", "merged"


async def follow_leads(events: Sequence[Heard], tx: Transaction) -> None:
    """In the order in which it was told. What was judged or ended of leads that differ is done at once; what changes whose turn it
    is, by itself."""
    together: dict[UUID, LeadQualified | Ends] = {}
    for event in events:
        alone = not isinstance(event, LeadQualified | Ends) or _is_spoilt(event)
        if together and (alone or event.lead_id in together):
            await _follow(list(together.values()), tx)
            together = {}
        if isinstance(event, LeadReturned):
            await _take_back(event, tx)
        elif isinstance(event, LeadReopened | LeadRestored | LeadUnmerged):
            await _revive(event, tx)
        elif isinstance(event, LeadUnclaimed):
            await _look_again(event, tx)
        elif isinstance(event, RecordTransferred):
            await _confirm(event, tx)
        elif isinstance(event, TransferRefused):
            await _put_back(event, tx)
        elif isinstance(event, LeadDiscarded) and alone:
            await _forget_turn(event, tx)
            await _follow([event], tx)
        else:
            together[event.lead_id] = event
    if together:
        await _follow(list(together.values()), tx)


def _is_spoilt(event: Heard) -> bool:
    return isinstance(event, LeadDiscarded) and event.code in SPOILT


async def _follow(events: Sequence[LeadQualified | Ends], tx: Transaction) -> None:
    """Of leads that differ: first those that were judged, in their order, then those that have ended."""
    cases = await store.hold(tx, (event.lead_id for event in events))
    judged = [event for event in events if isinstance(event, LeadQualified)]
    asks = [
        _new(event) for event in judged if event.lead_id not in cases and is_routed(event.genuine, event.disposition)
    ]
    again = [event for event in judged if event.lead_id in cases and event.revision > cases[event.lead_id].verdict]
    if again:
        asks += await _judge(again, cases, tx)
    await decide(asks, tx)
    ended = [event for event in events if not isinstance(event, LeadQualified) and event.lead_id in cases]
    if ended:
        await _end(ended, cases, tx)


def _new(event: LeadQualified) -> Ask:
    return Ask(
        event.lead_id,
        Cause.NEW,
        event.disposition,
        attributes(event.about),
        verdict=event.revision,
        party_id=event.party_id,
    )


async def _judge(events: Sequence[LeadQualified], cases: Mapping[UUID, Case], tx: Transaction) -> list[Ask]:
    """Later verdicts. Who has a lead that is due a person keeps it; a lead keeps the team it has."""
    asks, kept, gone = [], [], []
    last = await store.last(tx, [cases[event.lead_id] for event in events])
    for event in events:
        case = cases[event.lead_id]
        seen = (event.lead_id, event.revision, event.disposition, event.party_id)
        if not is_routed(event.genuine, event.disposition):
            kept.append(seen)
            gone.append(event.lead_id)
        elif (not case.is_open and case.ended != DISCARDED) or (
            case.is_open and case.person is not None and is_due_an_assignee(event.disposition)
        ):
            kept.append(seen)
        else:
            ask = replace(
                _again(case, Cause.VERDICT, attributes(event.about)),
                disposition=event.disposition,
                verdict=event.revision,
                party_id=event.party_id or case.party_id,
                order=Order(event.by, event.on_behalf_of),
            )
            asks.append(replace(ask, kept=last[case.lead_id].kept if case.team else None))
    if back := [ask.lead_id for ask in asks if not cases[ask.lead_id].is_open]:
        await store.revive(tx, back)
    await store.judged(tx, kept)
    await _ended(gone, DISCARDED, cases, tx)
    return asks


def _again(case: Case, cause: Cause, known: Mapping[str, Scalar]) -> Ask:
    """The lead is decided about once more: it does not wait behind others."""
    return Ask(
        case.lead_id,
        cause,
        case.disposition,
        known,
        number=case.number + 1,
        verdict=case.verdict,
        party_id=case.party_id,
        attempt=case.attempt,
        not_to=case.not_to,
        excluded=case.excluded,
        is_new=False,
    )


async def ask_again(
    cases: Sequence[Case], cause: Cause, tx: Transaction, keeps_team: bool = True, keeps_place: bool = True
) -> list[Ask]:
    """These leads are decided about once more, with what their newest decisions rest on; each stays where it stands in its queue."""
    last = await store.last(tx, cases)
    return [
        replace(
            _again(case, cause, last[case.lead_id].attributes),
            kept=last[case.lead_id].kept if keeps_team and case.team else None,
            since=case.since if keeps_place else None,
        )
        for case in cases
    ]


async def _end(events: Sequence[Ends], cases: Mapping[UUID, Case], tx: Transaction) -> None:
    by: dict[str, list[UUID]] = {}
    for event in events:
        if not isinstance(event, LeadMerged):
            by.setdefault(event.result if isinstance(event, LeadClosed) else DISCARDED, []).append(event.lead_id)
        elif cases[event.lead_id].is_open:  # what had ended stays ended when it is taken out again
            by.setdefault(MERGED, []).append(event.lead_id)
    for how, leads in by.items():
        await _ended(leads, how, cases, tx)


async def _ended(leads: Sequence[UUID], how: str, cases: Mapping[UUID, Case], tx: Transaction) -> None:
    await store.end(tx, leads, how)
    await free(tx, (cases[lead].person for lead in leads if cases[lead].is_open))


async def free(tx: Transaction, people: Iterable[str | None]) -> None:
    """These people have one lead less: where they take only so many, leads of their teams are looked at again."""
    await rotation.wake(tx, await store.teams_of_capped(tx, {one for one in people if one is not None}))


async def _take_back(event: LeadReturned, tx: Transaction) -> None:
    """Whoever returned it does not get it again in this team, whatever becomes of it; codes that say it was not theirs to have give
    the turn back, and those that say it is not the team's exclude the team."""
    case = (await store.hold(tx, [event.lead_id])).get(event.lead_id)
    if case is None or not case.is_open or event.attempt < case.attempt:
        return
    if (case.team, case.person) != (event.team, event.person):
        return  # it has gone on since
    if event.code in NOT_COUNTED:
        await book_back(case, tx)
    wrong_team = event.code in NOT_THE_TEAMS
    [ask] = await ask_again([case], Cause.RETURNED, tx, keeps_team=not wrong_team, keeps_place=False)
    not_to = tuple(sorted({*case.not_to, *event.not_to, event.person}))
    excluded = tuple(sorted({*case.excluded, event.team})) if wrong_team else case.excluded
    if wrong_team:
        await market.count_return(tx, case.lead_id, case.number)
    order = Order(event.by, event.on_behalf_of)
    asked = replace(ask, attempt=event.attempt + 1, not_to=() if wrong_team else not_to, excluded=excluded, order=order)
    await decide([asked], tx)
    await free(tx, [event.person])


async def book_back(case: Case, tx: Transaction) -> None:
    """The turn by which somebody has the lead is no turn: whole, for all of its roster, under a turn of its own."""
    taken = await rotation.turn_of(tx, case.lead_id, case.number)
    if taken is None or (taken.team, taken.person) != (case.team, case.person):
        return
    standings = await rotation.lock_rotations(tx, [taken.ledger])
    standing = standings[taken.ledger]
    standing.credits = taken_back(taken.members, taken.person, standing.credits)
    standing.turn += 1
    await rotation.save_rotations(tx, standings, ())
    await rotation.book_back(tx, taken, standing.turn, case.lead_id)


async def _forget_turn(event: LeadDiscarded, tx: Transaction) -> None:
    case = (await store.hold(tx, [event.lead_id])).get(event.lead_id)
    if case is None or not case.is_open or case.person is None:
        return
    taken = await rotation.turn_of(tx, case.lead_id, case.number)
    if taken is not None and event.discarded_at - taken.at <= SPOILT_WITHIN:
        await book_back(case, tx)


async def _revive(event: LeadReopened | LeadRestored | LeadUnmerged, tx: Transaction) -> None:
    """What was closed or merged is its person's again if they are still there, else somebody's by a turn; what was set aside waits for
    a qualifier."""
    case = (await store.hold(tx, [event.lead_id])).get(event.lead_id)
    if case is None or case.is_open or not _is_ended_so(case.ended, event):
        return
    restored = isinstance(event, LeadRestored)
    cause = Cause.RESTORED if restored else Cause.REOPENED
    await store.revive(tx, [case.lead_id])
    [ask] = await ask_again([case], cause, tx, keeps_place=False)
    ask = replace(ask, order=Order(event.by, event.on_behalf_of))
    if restored:
        await decide([replace(ask, disposition=TO_BE_QUALIFIED)], tx)
        return
    there = case.team is not None and case.person in await rotation.members_now(tx, case.team)
    await decide([replace(ask, person=case.person, why=HAD_IT) if there else ask], tx)


def _is_ended_so(ended: str | None, event: LeadReopened | LeadRestored | LeadUnmerged) -> bool:
    """Whether that is what the event takes back."""
    if isinstance(event, LeadReopened):
        return ended not in (DISCARDED, MERGED)
    return ended == (DISCARDED if isinstance(event, LeadRestored) else MERGED)


async def _look_again(event: LeadUnclaimed, tx: Transaction) -> None:
    """Nobody took it by its due time: its team is woken, or the rules are asked again."""
    case = (await store.hold(tx, [event.lead_id])).get(event.lead_id)
    if case is None or case.person is not None or not case.is_open:
        return
    if case.waits_for_a_turn and case.team is not None:
        await rotation.wake(tx, [case.team])
    elif case.is_unplaced:
        await store.looked(tx, [case.lead_id], -1)


async def _confirm(event: RecordTransferred, tx: Transaction) -> None:
    item = await transfer.hold_item(tx, UUID(event.transfer_id), event.lead_id)
    if item is not None and item.state == DONE:
        await transfer.done(tx, item.transfer_id, [(item.lead_id, APPLIED, item.made, None)])


async def _put_back(event: TransferRefused, tx: Transaction) -> None:
    """Where the lead's record could not follow, the lead stands again as it stood before."""
    item = await transfer.hold_item(tx, UUID(event.transfer_id), event.lead_id)
    case = (await store.hold(tx, [event.lead_id])).get(event.lead_id)
    if item is None or item.state != DONE or case is None:
        return
    await transfer.done(tx, item.transfer_id, [(item.lead_id, "refused", item.made, event.code)])
    if case.number != item.made:
        return  # it has gone on since
    [ask] = await ask_again([case], Cause.REFUSED, tx)
    assert ask.kept is not None
    assert isinstance(ask.kept.route, Routed)
    back = replace(ask.kept, route=replace(ask.kept.route, team=item.from_team))
    ask = replace(ask, kept=back, person=item.from_person, why=TRANSFERRED if item.from_person else "")
    await decide([ask if case.is_open else replace(ask, person=None, by_order=RESTS)], tx)


def attributes(about: LeadAttributes) -> dict[str, Scalar]:
    """What rules may ask of a lead, by the names they use; what is not known is left out, and so is what nobody can compare.

    Of a company's own attributes the first stands where two are spelled alike.
    """
    known: dict[str, Scalar | None] = {
        "source": about.source,
        "country": about.country,
        "region": about.region,
        "postcode_area": about.postcode_area,
        "product": about.product,
        "industry": about.industry,
        "language": about.language,
        "channel": about.channel,
        "campaign": about.campaign,
    }
    if about.expected_amount:
        known["expected_amount.minor"] = about.expected_amount.minor
        known["expected_amount.currency"] = about.expected_amount.currency
    for name, value in about.attributes.items():
        if is_comparable(name):
            known.setdefault(OWN + text(name), value)
    return {name: value for name, value in known.items() if value is not None and is_comparable(value)}
