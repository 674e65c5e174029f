"""How a service says what it listens to: the handler's signature is the subscription."""

import types
import typing
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from chassis.transaction import Transaction
from contracts.event import Event, Stream

Handler = Callable[[Sequence[Any], Transaction], Awaitable[None]]


@dataclass(frozen=True)
class Subscription:
    """One stream, the handler that hears it, and the event types it asked for. ``idempotent``: when the stream has been
    heard once more all is as it was, which a test of the service shows; only then it may be read again (reread.py).
    """

    stream: Stream
    handler: Handler
    decoders: dict[str, TypeAdapter[Any]]
    idempotent: bool = False


class Router:
    """A service's hearings, one per stream."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.subscriptions: dict[str, Subscription] = {}

    @property
    def streams(self) -> tuple[Stream, ...]:
        """What the service hears."""
        return tuple(h.stream for h in self.subscriptions.values())

    def on(self, stream: Stream, *also: type[Event], idempotent: bool = False) -> Callable[[Handler], Handler]:
        """Declares the handler of a stream. ``events: Sequence[A | B]`` hears A and B, and those that are named ``also`` because
        the service's own data asks for them; other types are ignored."""

        def declare(handler: Handler) -> Handler:
            first = next(iter(typing.get_type_hints(handler).values()))
            (metadata,) = typing.get_args(first)
            classes = (*(typing.get_args(metadata) if isinstance(metadata, types.UnionType) else (metadata,)), *also)
            strangers = [
                c for c in classes if not (isinstance(c, type) and issubclass(c, Event) and c in stream.events)
            ]
            if strangers or stream.topic in self.subscriptions:
                raise TypeError(f"{handler.__name__}: {strangers or stream.topic} can't be heard here")
            decoders = {c.event_type(): TypeAdapter(c) for c in classes if issubclass(c, Event)}
            self.subscriptions[stream.topic] = Subscription(stream, handler, decoders, idempotent)
            return handler

        return declare
