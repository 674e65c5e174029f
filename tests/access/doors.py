"""Which doors a service has: as its document says, as FastAPI routes and as it is mounted."""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import Mount, Route

from chassis.service import Service

METHODS = frozenset({"GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"})
ALL = "*"  # the method of what is mounted whole
Door = tuple[str, str, str]  # service, method, path


def documented(service: Service) -> set[Door]:
    """What the OpenAPI document tells."""
    paths = service.api.openapi()["paths"].items()
    return {(service.name, m.upper(), path) for path, methods in paths for m in methods if m.upper() in METHODS}


def there(service: Service) -> set[Door]:
    """What answers, documented or not. TypeError for a kind of route that this does not know: it might be a door."""
    mounted = {("POST", path) for path in service.asgi.mounts}
    return {(service.name, method, path) for method, path in (*mounted, *_routed(service.api.routes))}


def _routed(routes: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield from ((method, route.path_format) for method in route.methods or ())
        elif isinstance(route, Route):
            yield from ((method, route.path) for method in route.methods or METHODS)
        elif isinstance(route, Mount):
            yield ALL, route.path
        elif (inner := getattr(route, "original_router", None)) is not None:
            yield from _routed(inner.routes)
        else:
            raise TypeError(f"{route} may be a door, and nobody looks behind it")
