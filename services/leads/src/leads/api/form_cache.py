"""The forms that strangers meet, as this process knows them. The database is asked every few seconds; while it is away what is
known goes on."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from chassis import Service, absent, telemetry
from chassis.database import INFRASTRUCTURE
from chassis.problems import unavailable
from chassis.sealing import derive
from leads.domain.form import Content, trap
from leads.use_cases.form import now_active

LOOK_EVERY_S = 5.0


class Shown(NamedTuple):
    """A form as strangers meet it; ``trap`` is the name of its field that nobody sees."""

    form: str
    version: int
    paused: bool
    content: Content
    trap: str


@dataclass
class Published:
    """All of them. ``key`` signs what a form says of itself."""

    service: Service
    key: bytes
    forms: dict[str, Shown] | None = None
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def find(self, form: str) -> Shown:
        """The form; 404 where there is none, 503 while this process has never known any."""
        if self.forms is None:
            raise unavailable("The database")
        found = self.forms.get(form)
        if found is None:
            raise absent("No such form", "It was never made, or is archived.")
        return found

    def sites(self) -> Iterator[str]:
        """Every origin that some form names."""
        for one in (self.forms or {}).values():
            yield from one.content.origins

    async def look(self) -> None:
        """Asks the database now. Raises what it answers."""
        async with self.looking:
            known = self.forms or {}
            async with self.service.database.transaction() as tx:
                rows = await now_active(tx, [(one.form, one.version) for one in known.values()])
            self.forms = {
                form: known[form]._replace(paused=paused)
                if said is None
                else Shown(form, version, paused, Content.of(said), trap(self.key, form, version))
                for form, version, paused, said in rows
            }


def published(service: Service) -> Published:
    """This process's forms."""
    made = service.database.process_cache.get(Published)
    if made is None:
        made = Published(service, derive(service.settings.master_key_bytes(), "forms"))
        service.database.process_cache[Published] = made
    found: Published = made
    return found


async def follow_forms(service: Service) -> None:
    """Looks for changes until the service stops."""
    its = published(service)
    while not service.stopping.is_set():
        try:
            await its.look()
        except INFRASTRUCTURE:  # /readyz and the chassis' own log say that the database is away
            telemetry.log("forms").warning("forms_not_read")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(service.stopping.wait(), LOOK_EVERY_S)
