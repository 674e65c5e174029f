"""What a lead's customers were promised and got: what was said of each of its requests, and the sums of that.

Number 0 is the first response. Of a request it is known when it was *received* and *cancelled*, and of two things the newest word:
whether its time went by without an answer (*breached*), and the *answer*. A word is newer than another by when it was said, since
what it speaks of may be any time ago: a breach is withdrawn and an answer corrected when an earlier answer becomes known. So each
request is a few values of which the greatest stands, and neither order nor repetition makes a difference.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

Request = Mapping[str, Sequence[Any]]  # by what is said: when that was said, and the words
Requests = Mapping[str, Request]  # by number; as JSON has them
BREACHED, ANSWER, RECEIVED, CANCELLED = "breached", "answer", "received", "cancelled"
MOST_REQUESTS = 200  # of one lead; what is said of further ones is not kept
NO_ANSWER = ("", False, 0, 0)


class Owed(NamedTuple):
    """The sums over a lead's requests. Times are working seconds: while nobody had the lead, and while somebody had it."""

    requests: int = 0
    answers: int = 0
    in_time: int = 0
    breaches: int = 0
    system_s: int = 0
    human_s: int = 0
    first_responses: int = 0
    first_response_s: int = 0


def written(at: datetime) -> str:
    """A time as it is kept; the later of two is the greater text."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def told(requests: Requests, n: int, what: str, words: Sequence[object]) -> Requests:
    """The requests after this was said of number ``n``. The words begin with the time by which it is the newer word."""
    name, said = str(n), [written(word) if isinstance(word, datetime) else word for word in words]
    request = requests.get(name)
    if request is None and len(requests) >= MOST_REQUESTS:
        return requests
    held = request and request.get(what)
    if held is not None and said <= list(held):
        return requests
    return {**requests, name: {**(request or {}), what: said}}


def owed(requests: Requests) -> Owed:
    """What they come to."""
    asked = answers = in_time = breaches = system = human = first = first_s = 0
    for n, request in requests.items():
        asked += RECEIVED in request
        breaches += BREACHED in request and request[BREACHED][2]
        _, answered_at, late, system_s, human_s = request.get(ANSWER, ("", *NO_ANSWER))
        if answered_at:
            answers += 1
            in_time += not late
            system += system_s
            human += human_s
            if n == "0":
                first, first_s = 1, system_s + human_s
    return Owed(asked, answers, in_time, breaches, system, human, first, first_s)
