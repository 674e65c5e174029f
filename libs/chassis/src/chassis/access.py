"""Who is at the door. Today there is one role behind the doors that are not public: the operator.

Identity, roles and team scope take their place here, at the same dependency, so that no door has to change.
"""

import hmac

from fastapi import Request

from chassis.problems import Problem

REALM = {"WWW-Authenticate": 'Bearer realm="tributary"'}


async def operator(request: Request) -> str:
    """The operator, by bearer token; 401 otherwise. An empty token in the settings opens nothing."""
    expected: str = request.app.state.service.settings.operator_token.get_secret_value()
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise Problem(401, "The operator's token is needed", headers=REALM)
    return "operator"
