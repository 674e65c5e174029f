"""One reader of the stream: what waits for it, and what ends it.

What it is sent before it follows the ticks is not kept for it: a snapshot is read piece by piece as it is taken, and what it
missed comes from its channel's ring as long as it is there. So a reader that takes nothing holds one piece, and no longer
than it may.
"""

import asyncio
import contextlib
from collections import deque

from chassis import Actor
from metrics.api.channels import AT_ONCE, Channel, encode
from metrics.domain.catalogue import By


class Reader:
    """One open stream: the channel it is in, the frames it has not been sent yet, and what ends it. ``expires_at`` is when the
    token ends that opened it, in seconds of the epoch."""

    __slots__ = (
        "actor", "after", "backlog", "begun", "behind", "channel", "deadline", "dimensions", "expires_at", "first", "last",
        "position", "upto", "waiting", "wake",
    )  # fmt: skip

    def __init__(self, actor: Actor, channel: Channel, expires_at: float | None) -> None:
        self.actor, self.channel, self.expires_at = actor, channel, expires_at
        self.backlog: deque[bytes] = deque()
        self.waiting = 0  # bytes of the backlog
        self.wake = asyncio.Event()
        self.last = False
        self.deadline = asyncio.timeout(None)
        # What stands before all ticks: words that are there; then the frames of the ring from ``behind`` up to ``upto``; then
        # a snapshot of these dimensions, in the first of them behind the row ``after``.
        self.first: deque[bytes] = deque()
        self.behind: int | None = None
        self.upto = 0
        self.dimensions: deque[By] = deque()
        self.after = ""
        self.position = ""  # of the channel when the snapshot was begun
        self.begun = 0  # how often one was begun

    def push(self, frame: bytes) -> None:
        """One more frame to send."""
        self.backlog.append(frame)
        self.waiting += len(frame)
        self.wake.set()

    def clear(self) -> None:
        """Nothing waits any more."""
        self.backlog.clear()
        self.waiting = 0
        self.wake.clear()
        self.first.clear()
        self.dimensions.clear()
        self.behind = None

    def resume(self, number: int, word: bytes) -> None:
        """It has all frames of its channel up to this number, and is sent those that came since."""
        self.clear()
        self.first.append(word)
        self.behind, self.upto = number, self.channel.number

    def begin(self, word: bytes = b"") -> None:
        """It is sent this word and then every row, before whatever changes from now on."""
        self.clear()
        if word:
            self.first.append(word)
        self.dimensions.extend(self.channel.of.dimensions)
        self.after, self.position = "", self.channel.position
        self.begun += 1
        self.wake.set()

    @property
    def ahead(self) -> bool:
        """Whether something stands before all ticks."""
        return bool(self.first or self.dimensions or self.behind is not None)

    def missed(self) -> bytes:
        """Of what it has missed, what one write takes. Where the ring does not hold it any more, everything is sent anew."""
        assert self.behind is not None
        frames = self.channel.between(self.behind, self.upto)
        if frames is None:
            self.begin()
            return b""
        self.behind = frames[-1].number if frames and frames[-1].number < self.upto else None
        return b"".join(frame.bytes for frame in frames)

    def cut_off(self, within_s: float) -> None:
        """It reads too slowly: it is told so, if it can be told in time."""
        self.end(within_s, encode("slow", '{"detail": "The stream was read too slowly and ends. Connect again."}'))

    def end(self, within_s: float, word: bytes = b"") -> None:
        """Sends this last word instead of all that waits, if it can be sent in time."""
        if self.last:
            return
        self.last = True
        self.clear()
        self.push(word)
        with contextlib.suppress(RuntimeError):  # it has not begun to write, or has just ended
            self.deadline.reschedule(asyncio.get_running_loop().time() + within_s)

    async def next(self) -> bytes:
        """What is waiting, as one write of a bounded size; nothing, when something stands before it."""
        await self.wake.wait()
        if not self.backlog:
            self.wake.clear()
        if self.ahead or not self.backlog:
            return b""
        taken = [self.backlog.popleft()]
        size = len(taken[0])
        while self.backlog and size + len(self.backlog[0]) <= AT_ONCE:
            taken.append(self.backlog.popleft())
            size += len(taken[-1])
        self.waiting -= size
        if not self.backlog:
            self.wake.clear()
        return b"".join(taken)

    @property
    def done(self) -> bool:
        """Whether the last word was taken, and nothing follows."""
        return self.last and not self.backlog
