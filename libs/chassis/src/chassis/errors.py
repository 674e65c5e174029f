"""What may be said of an error, and whose it is. An error's own text may hold what somebody sent: it is never passed on."""

import ssl
import traceback
from functools import cache
from types import TracebackType

import asyncpg
from pydantic import ValidationError

from contracts.event import Value

# Refused because of what a value is: data, integrity and the limits of what a row or an index takes (classes of SQLSTATE).
_OF_VALUES = ("22", "23", "54")


class Unusable(ValueError):
    """What came can't be used. Its words are our own and hold nothing of what came."""


class Refused(ConnectionError):
    """Kafka answers and does not let us in, or not do what we ask. Its words are our own."""


def is_of_a_value(error: BaseException) -> bool:
    """True when the error is about what an event holds, so that whoever sent it has caused it; else it is a bug of ours."""
    if isinstance(error, asyncpg.PostgresError):
        return str(error.sqlstate or "")[:2] in _OF_VALUES
    return isinstance(error, ValueError | ArithmeticError)


def brief(error: BaseException) -> str:
    """The error's type, or its sentence where that is our own. Of a certificate it says why it is not believed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not believed: {error.verify_message}; TRIBUTARY_DATABASE_CA or _KAFKA_CA says whom to believe"
    return str(error) if isinstance(error, Unusable | Refused) else type(error).__name__


def words(error: BaseException) -> str:
    """The error's type, the rule that was broken and the place in our code: names that are ours, and no value."""
    if isinstance(error, ValidationError):
        return readable(error)
    if isinstance(error, Unusable | Refused):
        return str(error)
    parts = [type(error).__name__]
    if isinstance(error, asyncpg.PostgresError):
        rule = (error.sqlstate, *(getattr(error, f"{part}_name", None) for part in ("table", "column", "constraint")))
        parts += [str(name) for name in rule if name]
    ours = [frame for frame in _frames(error.__traceback__) if "site-packages" not in frame]
    return " ".join([*parts, *(f"at {frame.rpartition('/')[2]}" for frame in ours[-1:])])


def readable(error: ValidationError) -> str:
    """Which fields are wrong and in what way. A part of a path that is no field of ours was sent, and is not repeated."""
    found = error.errors(include_input=False, include_url=False, include_context=False)[:10]
    return "; ".join(f"{'.'.join(map(_known, e['loc'])) or 'body'}: {e['type']}" for e in found)


def trace_of(error: BaseException) -> str:
    """A traceback without the errors' texts: types and places, from the first cause to the last error."""
    chain: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in chain and len(chain) < 10:
        chain.append(at)
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return "\n".join(f"{type(e).__name__}: {' > '.join(_frames(e.__traceback__)[-20:])}" for e in reversed(chain))


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(trace)]


def _known(part: int | str) -> str:
    return str(part) if isinstance(part, int) or part in _fields() else "…"


@cache
def _fields() -> frozenset[str]:
    """Every field of every event and of their parts."""
    found, classes = set[str](), [Value]
    while classes:
        one = classes.pop()
        classes += one.__subclasses__()
        found |= set(one.model_fields)
    return frozenset(found)
