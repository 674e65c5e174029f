"""A service's OpenAPI document: what FastAPI knows of its routes, and what is answered before, beside and instead of them.

A route declares the problems that only it answers. What doors of its kind answer (one that asks who calls 401 and 403, one that takes
a body 413 and 415) is added here, so that it is said once and cannot be forgotten.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel

from chassis.access import Anybody
from chassis.http import WRITING, Mount, guards
from chassis.problems import HEADERS, MEANINGS, MEDIA_TYPE, ProblemDocument, declared

Json = dict[str, Any]

REFERENCE = "#/components/schemas/{model}"
OF_GUARDED, OF_WRITING, OF_PUBLIC = (401, 403, 503), (400, 408, 413, 415, 503), (401, 422, 429)
BY_FASTAPI = ("HTTPValidationError", "ValidationError")  # how it describes a 422 that we never answer
OPERATOR = [{"operator": list[str]()}]


def body(model: type[BaseModel], *kinds: str) -> Json:
    """For a route's ``openapi_extra``: its body is read by the door's own parser, and the document shows what that takes."""
    schema = model.model_json_schema(ref_template=REFERENCE)
    content = {kind: {"schema": schema} for kind in kinds or ("application/json",)}
    return {"requestBody": {"required": True, "content": content}}


def answer(model: type[BaseModel], description: str, **more: Any) -> Json:
    """One of the responses of a door that FastAPI does not know."""
    schema = model.model_json_schema(ref_template=REFERENCE, mode="serialization")
    return {"description": description, "content": {"application/json": {"schema": schema}}, **more}


def install(api: FastAPI, routers: Sequence[APIRouter], mounts: Mapping[str, Mount]) -> None:
    """``api.openapi()`` tells the whole truth from now on."""
    of_routes = api.openapi
    made: Json = {}

    def openapi() -> Json:
        if not made:
            made.update(_whole(copy.deepcopy(of_routes()), routers, mounts))
        return made

    api.openapi = openapi  # type: ignore[method-assign]


def _whole(document: Json, routers: Sequence[APIRouter], mounts: Mapping[str, Mount]) -> Json:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in BY_FASTAPI:
        schemas.pop(name, None)
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                for method in route.methods or ():
                    operation = document["paths"][route.path_format][method.lower()]
                    asks = any(not isinstance(guard, Anybody) for guard in guards(router, route))
                    _complete(operation, method, asks)
    for path, mount in mounts.items():
        if mount.operation is not None:
            operation = document["paths"].setdefault(path, {})["post"] = copy.deepcopy(dict(mount.operation))
            _complete(operation, "POST", not mount.public)
            if mount.public:
                operation["responses"] |= _texts(OF_PUBLIC)
                operation["security"] = [{}, *OPERATOR]
    for operations in document["paths"].values():
        for operation in operations.values():
            _share(operation, schemas)
    schemas["Problem"] = ProblemDocument.model_json_schema(mode="serialization", ref_template=REFERENCE) | {
        "title": "Problem"
    }
    schemas |= schemas["Problem"].pop("$defs")
    components["responses"] = {str(status): _problem(status) for status in MEANINGS}
    components.setdefault("securitySchemes", {})["operator"] = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token that the OIDC issuer made out to a person or a machine, or the operator's.",
    }
    return document


def _complete(operation: Json, method: str, is_guarded: bool) -> None:
    """Adds what every door of this kind answers."""
    answers = operation["responses"]
    if "422" in answers or "requestBody" in operation:
        answers |= _texts((422,))
    if is_guarded:
        answers |= _texts(OF_GUARDED)
        operation["security"] = OPERATOR
    if method in WRITING:
        answers |= _texts(OF_WRITING)
    operation["responses"] = dict(sorted(answers.items()))


def _texts(statuses: Sequence[int]) -> Json:
    return {str(status): response for status, response in declared(*statuses).items()}


def _share(operation: Json, schemas: Json) -> None:
    """Moves models that stand in an operation to the shared ones, where FastAPI puts those that it knows."""
    for part in (operation.get("requestBody", {}), *operation["responses"].values()):
        for media in part.get("content", {}).values():
            schema = media.get("schema", {})
            schemas |= schema.pop("$defs", {})
            if "properties" in schema:
                schemas[schema["title"]] = schema
                media["schema"] = {"$ref": REFERENCE.format(model=schema["title"])}


def _problem(status: int) -> Json:
    content = {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(model="Problem")}}}
    response: Json = {"description": MEANINGS[status], "content": content}
    if status in HEADERS:
        response["headers"] = {HEADERS[status]: {"schema": {"type": "string"}}}
    return response
