"""`python -m toy`, on the streams of the test that started it."""

import asyncio
import os
from dataclasses import replace

from chassis import Service, Settings, cli
from contracts import STREAM_OF
from contracts.territory.access import ACCESS
from toy.app import build
from toy.handlers import subscription
from toy.streams import streams_of

MARK = os.environ["TOY_MARK"]
HEARD, SAID, TAKEN = streams_of(MARK)
STREAM_OF.update({event.event_type(): stream for stream in (HEARD, SAID, TAKEN) for event in stream.events})


async def fails(service: Service) -> None:
    """A part that breaks while the service runs."""
    await asyncio.sleep(0.5)
    raise ZeroDivisionError


def process(settings: Settings) -> Service:
    """The toy of this process."""
    background = (fails,) if os.environ.get("TOY_FAILS") else ()
    made = build(settings, subscription(f"toy-{MARK}", HEARD, TAKEN), (SAID,), background)
    made.access.stream = replace(ACCESS, topic=f"territory.access-{MARK}")
    return made


app = cli(process, Settings, "toy")

if __name__ == "__main__":
    app()
