"""Pages of other sites: which of them may call which door from a browser (CORS). No door takes cookies, so none are allowed."""

from collections.abc import Iterable

Headers = list[tuple[bytes, bytes]]

SENT = b"authorization, content-type, idempotency-key, if-match, last-event-id"
SHOWN = b"etag, location, retry-after"
REMEMBERED_S = b"7200"
VARY = (b"vary", b"Origin")


def allowed(origin: str, listed: Iterable[str]) -> Headers:
    """What an answer to a page of this origin carries; without the first line its browser keeps the answer from it."""
    if "*" in listed:
        return [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", SHOWN), VARY]
    if origin in listed:
        named = origin.encode("latin-1")
        return [(b"access-control-allow-origin", named), (b"access-control-expose-headers", SHOWN), VARY]
    return [VARY]


def preflight(methods: Iterable[str]) -> Headers:
    """The answer to a browser that asks before it calls; ``allowed`` says whether this page may."""
    return [
        (b"access-control-allow-methods", ", ".join(sorted(methods)).encode()),
        (b"access-control-allow-headers", SENT),
        (b"access-control-max-age", REMEMBERED_S),
    ]
