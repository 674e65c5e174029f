"""Jobs over many leads go on, part by part, as if who asked for them stood at the door: with his rows, by the rights that he has now."""

import asyncio
import contextlib
from uuid import UUID

from chassis import Actor, Problem, Service, telemetry
from chassis.database import INFRASTRUCTURE, is_infrastructure
from chassis.errors import words
from chassis.identity import Verified
from leads.api.bulk import answer_of, deed_of
from leads.api.permissions import Permission
from leads.domain.bulk import AT_ONCE
from leads.store import bulk as store
from leads.use_cases import bulk

LOOK_EVERY_S = 1.0
AT_A_TURN = 20
OURS = {"status": 500, "title": "It could not be done, for a reason that is ours"}


async def follow_jobs(service: Service) -> None:
    """Works until the service stops. Each replica does: a job that one is at is left to it."""
    while not service.stopping.is_set():
        worked = False
        try:
            worked = await turn(service)
        except INFRASTRUCTURE:  # /readyz and the chassis' own log say that the database is away
            telemetry.log("jobs").warning("bulk_jobs_not_read")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(service.stopping.wait(), 0 if worked else LOOK_EVERY_S)


async def turn(service: Service) -> bool:
    """A part of each of the oldest jobs. False where there is nothing to do, or nobody knows just now who may what."""
    try:
        service.access.check()
    except Problem:
        return False
    async with service.database.transaction() as tx:
        jobs = await store.open_(tx, AT_A_TURN)
    return any([await _part(service, job_id, acting_now(service, person)) for job_id, person in jobs])


async def _part(service: Service, job_id: UUID, actor: Actor) -> bool:
    """500 leads; where they fail together one alone, and where that fails its answer says so."""
    for most in (AT_ONCE, 1):
        try:
            async with service.database.at_door(actor, writes=True) as tx:
                return await bulk.go_on(job_id, actor.may(Permission.QUALIFY), deed_of, answer_of, tx, most)
        except Exception as error:
            if is_infrastructure(error):
                raise
            telemetry.log("jobs").error("bulk_failed", job=str(job_id), rows=most, detail=words(error))
    async with service.database.at_door(actor, writes=True) as tx:
        await bulk.give_up(job_id, OURS, tx)
    return True


def acting_now(service: Service, person: str) -> Actor:
    """Who asked for it, with what he may now; somebody who may nothing any more is still himself."""
    standing = service.access.people.get(person)
    if standing is not None:
        for issuer, subject in sorted(standing.subjects):
            actor = service.access.actor(Verified(issuer, subject, expires_at=0.0))
            if actor.principal == person:
                return actor
    return Actor(person)
