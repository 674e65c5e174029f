"""Who is at the door. Today there is one role behind the doors that are not public: the operator.

Identity, roles and team scope take their place here, at the same dependency, so that no door has to change.
"""

import hmac
from typing import TYPE_CHECKING

from fastapi import Request

from chassis.problems import Problem

if TYPE_CHECKING:
    from chassis.service import Service

REALM = {"WWW-Authenticate": 'Bearer realm="tributary"'}


def is_operator(service: "Service", authorization: str) -> bool:
    """Whether this header carries the operator's token. An empty token in the settings opens nothing."""
    expected = service.settings.operator_token.get_secret_value()
    scheme, _, given = authorization.partition(" ")
    return scheme.lower() == "bearer" and bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def token_needed() -> Problem:
    """401."""
    return Problem(401, "The operator's token is needed", headers=REALM)


async def operator(request: Request) -> str:
    """The operator, by bearer token; 401 otherwise."""
    if not is_operator(request.app.state.service, request.headers.get("authorization", "")):
        raise token_needed()
    return "operator"
