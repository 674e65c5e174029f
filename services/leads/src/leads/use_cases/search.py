"""New leads become findable by the words of their names: a few a moment after they were captured, many once none waits."""

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from chassis import Transaction
from chassis.sealing import CannotOpen, open_bytes
from leads.domain.party import VALID
from leads.domain.search import found_by
from leads.store import keys, party, search
from leads.store.search import Unfound
from leads.use_cases.personal import unpack

AT_ONCE, BESIDE = 2000, 250  # a turn, at rest and beside captures
# Nothing was captured for so long: under load deliveries are large, and more than a second lies between two.
AT_REST = timedelta(seconds=5)
PATIENCE = timedelta(minutes=1)  # a rate that is held stops no search: then it goes on beside the captures
BREATH = 50  # leads; then whoever else waits has a turn


async def acquaint(tx: Transaction) -> None:
    """Writes down by which words the next leads are found, as keyed hashes, and who by them may become a customer. Who was forgotten is
    found by none. A few are done at once; many wait until nothing is captured, or for as long as they have patience."""
    stands = await search.standing(tx)
    busy = stands.newest is not None and tx.now - stands.newest < AT_REST
    patient = busy and stands.done is not None and tx.now - stands.done < PATIENCE
    if patient and await search.more_than(tx, stands, BESIDE):
        return
    leads = await search.following(tx, stands, BESIDE if busy else AT_ONCE)
    if not leads:
        return
    sealing_keys = await keys.known_person_keys(tx, {one.person_id for one in leads})
    await party.judged(tx, [one.lead_id for one in leads], VALID)
    found_by: dict[UUID, set[str]] = {}
    for number, one in enumerate(leads, start=1):
        found_by[one.lead_id] = words_of(one, sealing_keys)
        if number % BREATH == 0:
            await asyncio.sleep(0)
    await search.put(tx, found_by, leads[-1])


def words_of(one: Unfound, sealing_keys: Mapping[UUID, bytes]) -> set[str]:
    """By which words it is found; by none where nobody can open it."""
    if key := sealing_keys.get(one.person_id):
        with contextlib.suppress(CannotOpen):
            who = unpack(open_bytes(key, one.ciphertext, one.lead_id.bytes))
            return found_by((who.name, who.company), who.email, who.phone)
    return set()
