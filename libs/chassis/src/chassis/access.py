"""Who is at the door. Today there is one role behind the doors that are not public: the operator.

Identity, roles and team scope take their place here, at the same dependency, so that no door has to change.
"""

import hmac

from fastapi import Request

from chassis.problems import Problem
from chassis.settings import Settings

REALM = {"WWW-Authenticate": 'Bearer realm="tributary"'}


def shows_operator(settings: Settings, authorization: str) -> bool:
    """Whether this is the operator's token. An empty token in the settings opens nothing."""
    expected = settings.operator_token.get_secret_value()
    scheme, _, given = authorization.partition(" ")
    return scheme.lower() == "bearer" and bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def not_operator() -> Problem:
    """401, with what would open the door."""
    return Problem(401, "The operator's token is needed", headers=REALM)


async def operator(request: Request) -> str:
    """The operator, by bearer token; 401 otherwise. The shell has asked before it read a body (door.py)."""
    if not shows_operator(request.app.state.service.settings, request.headers.get("authorization", "")):
        raise not_operator()
    return "operator"
