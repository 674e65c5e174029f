"""``tributary trace``: the way of one lead through all services, and what it waited for at each hop."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from tributary.spans import Kept, read
from tributary.state import state

WIDE = 40
EXPORTED_S = 7.0  # services send their spans every five seconds
NOTHING = """No trace of {lead} was collected.
One in a hundred leads is traced, and only while `make up` or `make demo` runs. Who has a token that may put leads in has his own traced by a
header of the POST, whose last two digits are 01; here a form's back-end has one:
  authorization: Bearer $(.venv/bin/python -m tributary token --machine web-form)
  traceparent: 00-$(openssl rand -hex 16)-$(openssl rand -hex 8)-01
and TRIBUTARY_TRACE_RATIO=1 in front of `make up` traces all."""


@dataclass(frozen=True)
class Hop:
    """A span in its place: how deep below the first, and for how long nobody worked on it before, in nanoseconds."""

    span: Kept
    depth: int
    waited: int


def trace(lead: Annotated[str, typer.Argument(help="The id of a lead, or of a trace.")]) -> None:
    """Shows the way of one lead as a waterfall, from the spans that the stack has collected."""
    ways = collected(lead, state())
    if not ways:
        typer.echo(NOTHING.format(lead=lead), err=True)
        raise typer.Exit(1)
    for spans in ways:
        for line in waterfall(spans):
            typer.echo(line)


def collected(
    lead: str, home: Path, clock: Callable[[], float] = time.time, sleep: Callable[[float], None] = time.sleep
) -> list[list[Kept]]:
    """Its traces, once every service of a stack that runs has had the time to send the last of their spans."""
    end = clock() + EXPORTED_S
    while True:
        ways = traces_of(lead, read(home))
        newest = max((span.end / 1e9 for way in ways for span in way), default=end)
        if not (home / "stack.json").exists() or clock() >= min(end, newest + EXPORTED_S):
            return ways
        sleep(1)


def traces_of(lead: str, spans: Iterable[Kept]) -> list[list[Kept]]:
    """All spans of each trace in which an event of this lead was handled, the oldest trace first. A trace's own id names it too."""
    by_trace: dict[str, list[Kept]] = {}
    for span in spans:
        by_trace.setdefault(span.trace, []).append(span)
    chosen = [way for name, way in by_trace.items() if lead and (name == lead or any(s.key == lead for s in way))]
    return sorted(chosen, key=lambda way: min(span.start for span in way))


def hops(spans: Sequence[Kept]) -> list[Hop]:
    """The spans as a tree in order of time. What was sent waits from the end of whoever said it, or, while he is still at work, not at all."""
    known = {span.span: span for span in spans}
    below: dict[str, list[Kept]] = {}
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        below.setdefault(span.parent if span.parent in known else "", []).append(span)

    def walk(parent: str, depth: int) -> Iterator[Hop]:
        for span in below.get(parent, ()):
            yield Hop(span, depth, max(0, span.start - known[parent].end) if parent else 0)
            yield from walk(span.span, depth + 1)

    return list(walk("", 0))


def longest(found: Sequence[Hop]) -> tuple[int, int]:
    """From the beginning of a trace to the end of its last span, and how much of that was waiting on the way there."""
    by_span = {hop.span.span: hop for hop in found}
    at: Hop | None = max(found, key=lambda hop: hop.span.end)
    whole, waited = max(h.span.end for h in found) - min(h.span.start for h in found), 0
    while at is not None:
        waited += at.waited
        at = by_span.get(at.span.parent)
    return whole, waited


def waterfall(spans: Sequence[Kept]) -> Iterator[str]:
    """The lines of one trace: who, how long it waited, how long it took, when, and what it was."""
    found = hops(spans)
    whole, waited = longest(found)
    began = min(span.start for span in spans)
    yield f"trace {spans[0].trace}: {_ms(whole)} ms, {_ms(waited)} of them between what was said and who took it up"
    yield f"{'':<10} {'waited':>9} {'took':>9}"
    for hop in found:
        span = hop.span
        left = (span.start - began) * WIDE // max(whole, 1)
        bar = " " * left + "█" * max(1, (span.end - span.start) * WIDE // max(whole, 1))
        pause = _ms(hop.waited) if hop.waited else ""
        name = "  " * hop.depth + " ".join(filter(None, (span.name, span.event, "failed" if span.failed else "")))
        yield f"{span.service:<10} {pause:>9} {_ms(span.end - span.start):>9}  {bar[: WIDE + 1]:<{WIDE + 1}}  {name}"


def _ms(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:,.1f}"
