"""The door seals who asks before anything leaves this process."""

import asyncio
import time
from dataclasses import dataclass

from chassis import Service
from chassis.database import is_infrastructure
from chassis.problems import unavailable
from leads.use_cases.keys import current_intake_key

LOOK_AGAIN_S = 300.0


@dataclass
class DoorKey:
    """The intake key in use. The database is asked now and then; while it is asked or away the key in hand goes on sealing."""

    name: str = ""
    key: bytes = b""
    asked_at: float = float("-inf")
    asking: "asyncio.Task[None] | None" = None

    async def current(self, service: Service) -> tuple[str, bytes]:
        """Name and key, or a 503 problem when this process never had one."""
        if time.monotonic() - self.asked_at > LOOK_AGAIN_S:
            if self.asking is None or self.asking.done():
                self.asking = asyncio.create_task(self._ask(service))
            if not self.key:
                await asyncio.shield(self.asking)  # one question, however many come before the answer
        return self.name, self.key

    async def _ask(self, service: Service) -> None:
        try:
            async with service.database.transaction() as tx:
                self.name, self.key = await current_intake_key(tx)
        except Exception as error:
            if not is_infrastructure(error):
                raise
            if not self.key:
                raise unavailable("The database") from error
        self.asked_at = time.monotonic()


def door_key(service: Service) -> DoorKey:
    """This process's door key."""
    found: DoorKey = service.database.process_cache.setdefault(DoorKey, DoorKey())
    return found


async def fetch_door_key(service: Service) -> None:
    """Before the first submission, so that it does not wait for the database."""
    await door_key(service).current(service)
