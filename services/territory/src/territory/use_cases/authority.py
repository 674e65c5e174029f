"""What every change of the organisation begins with: it is held, and who acts is known as the organisation knows them."""

from collections.abc import Iterable
from dataclasses import dataclass

from chassis import Transaction
from territory.domain.authority import Authority
from territory.domain.organisation import Structure
from territory.domain.refusal import NotYours, Outdated, Unread
from territory.store import access
from territory.store import organisation as store
from territory.use_cases.access import say_access


@dataclass
class Change:
    """A change under way: nobody else changes the organisation until its transaction ends."""

    tx: Transaction
    structure: Structure
    who: Authority
    second: str | None = None
    """Who proposed it, where another confirms."""

    @property
    def by(self) -> tuple[str, ...]:
        """Who decides it, one or two, the first first."""
        return (self.second, self.who.principal) if self.second else (self.who.principal,)

    def needs(self, *allowed: bool) -> None:
        """One of these must be so; NotYours otherwise."""
        if not any(allowed):
            raise NotYours("You may see this, and others may do it.")

    async def record(self, what: str, item: str, before: object = None, after: object = None) -> None:
        """This part of the change, for ever."""
        await store.record(self.tx, what, item, before, after, self.second)

    async def says(self, people: Iterable[str], cause: str) -> None:
        """What these people may see is told anew: the last step."""
        await say_access(people, self.structure, cause, self.by, self.tx)


async def begin_change(tx: Transaction) -> Change:
    """Holds the organisation, and counts the change: readers look anew."""
    organisation = await store.hold(tx)
    await store.count(tx)
    structure = await store.structure_of(tx, organisation.structure)
    return Change(tx, structure, await authority_of(tx, structure))


async def look(tx: Transaction) -> tuple[Structure, Authority]:
    """The structure and who looks at it, for one who changes nothing."""
    structure = await store.structure_of(tx, (await store.look(tx)).structure)
    return structure, await authority_of(tx, structure)


async def authority_of(tx: Transaction, structure: Structure) -> Authority:
    """Whoever acts in this transaction. A machine holds the roles in its token for the whole company."""
    actor = tx.actor
    known = (await access.known_of(tx, [actor.principal])).get(actor.principal)
    also = actor.roles - {one.role for one in actor.held} if actor.kind == "machine" else frozenset[str]()
    return Authority.of(actor.principal, known, structure, tx.now, also)


def unchanged(given: int | None, stands: int) -> None:
    """What is changed was read as it stands. Raises Unread where no version was given, Outdated for an older one."""
    if given is None:
        raise Unread("Send the ETag that you read in If-Match.")
    if given != stands:
        raise Outdated(stands)
