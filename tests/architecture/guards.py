"""The rules of the house that no linter knows, each as a function from a folder to what breaks it there."""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import Mount, Route

from chassis.access import SignedIn

SERVICES = ("leads", "territory", "campaigns", "metrics")
LONGEST_MODULE, LONGEST_FUNCTION = 400, 60
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}
SQL = re.compile(
    r"^\s*(select\s.+\sfrom|insert\s+into|update\s+\w+\s.*set|delete\s+from|with\s+\w+\s+as\s*\(|create\s+table)",
    re.I | re.S,
)
STAYS = re.compile(r"(written once|append only)\b")
# What may be taken out of it is who a lead was about (ADR 0057): a sealed text, and nothing is put in its place.
FORGETS = re.compile(r"update \w+ set (personal|box|name) = (''|null) where [^;]*", re.ASCII)
REWRITES = r"\b(update|delete\s+from|truncate)\s+{table}\b|\binsert\s+into\s+{table}\b((?!\binsert\b).)*\bdo\s+update\b"
PURE = frozenset(sys.stdlib_module_names) - {
    "random",
    "asyncio",
    "socket",
    "subprocess",
    "threading",
    "os",
    "io",
    "time",
} | {"values"}
LOG_LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
SHAPE = (
    "__init__.py", "__main__.py", "app.py", "settings.py", "handlers.py", "jobs.py",
    "api", "api/permissions.py", "use_cases", "domain", "store", "store/tables.py", "migrations/versions",
)  # fmt: skip
BESIDE = ("README.md", "pyproject.toml", "tests/unit", "tests/component", "tests/conftest.py")


def modules(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Every Python file below the folder, parsed."""
    for path in sorted(folder.rglob("*.py")):
        yield path, ast.parse(path.read_text())


def impure(domain: Path) -> list[str]:
    """The domain is plain Python: the standard library and values only, no clock, no chance, no waiting, no made-up ids."""
    found = []
    package = domain.parent.name
    for path, tree in modules(domain):
        for node in ast.walk(tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [
                f"{path.name}:{node.lineno} imports {name}"
                for name in names
                if name.split(".")[0] not in PURE and not name.startswith(f"{package}.domain")
            ]
            if isinstance(node, ast.AsyncFunctionDef | ast.Await):
                found.append(f"{path.name}:{node.lineno} waits")
            if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today", "uuid1", "uuid4"):
                found.append(f"{path.name}:{node.lineno} asks for {node.attr}")
    return found


def sql_outside_store(package: Path) -> list[str]:
    """Only the store speaks SQL or touches the connection."""
    found = []
    for path, tree in modules(package):
        inside = path.relative_to(package).parts[0]
        if inside in ("store", "migrations"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
                found.append(f"{path.relative_to(package)}:{node.lineno} holds SQL")
            if isinstance(node, ast.Attribute) and node.attr == "conn":
                found.append(f"{path.relative_to(package)}:{node.lineno} touches the connection")
    return found


def rewritten(store: Path) -> list[str]:
    """A table that by its own comment is written once or append only is never updated, and nothing is deleted from it; a sealed text
    may be taken out."""
    trees = list(modules(store))
    tables = [
        node.args[0].value
        for _, tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Table"
        for said in node.keywords
        if said.arg == "comment" and isinstance(said.value, ast.Constant) and STAYS.match(str(said.value.value))
        if isinstance(node.args[0], ast.Constant)
    ]
    return [
        f"{path.name}:{node.lineno} rewrites {table}"
        for path, tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for table in tables
        if re.search(REWRITES.format(table=table), node.value, re.I | re.S) and not FORGETS.fullmatch(node.value)
    ]


def swallowed(folder: Path) -> list[str]:
    """Nobody outside the chassis catches everything."""
    return [
        f"{path.name}:{node.lineno}"
        for path, tree in modules(folder)
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
    ]


def errors_in_logs(folder: Path) -> list[str]:
    """No log line takes an error's own text, which may hold what somebody sent: `chassis.errors.words` says what may be said."""
    found = []
    for path, tree in modules(folder):
        caught = {n.name for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler) and n.name}
        lines = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "attr", "") in LOG_LEVELS]
        for node in (part for line in lines for value in line.args + line.keywords for part in ast.walk(value)):
            called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            of = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            if called == "repr" or ((called == "str" or isinstance(node, ast.FormattedValue)) and of & caught):
                found.append(f"{path.name}:{node.lineno} logs an error's text")
    return found


def too_long(folder: Path) -> list[str]:
    """A module ends at 400 lines, a function at 60."""
    found = []
    for path, tree in modules(folder):
        lines = path.read_text().count("\n")
        if lines > LONGEST_MODULE:
            found.append(f"{path.name} has {lines} lines")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > LONGEST_FUNCTION:
                    found.append(f"{path.name}:{node.lineno} {node.name} has {size} lines")
    return found


def names_that_say_nothing(folder: Path) -> list[str]:
    """No utils, no helpers."""
    return [str(p.relative_to(folder)) for p in sorted(folder.rglob("*.py")) if p.stem in SAYS_NOTHING]


def undocumented(folder: Path) -> list[str]:
    """Every public module, class and function says what it means."""
    found = []
    for path, tree in modules(folder):
        if ast.get_docstring(tree) is None and path.read_text().strip():
            found.append(f"{path.name} has no docstring")
        for node in tree.body:
            public = isinstance(
                node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
            ) and not node.name.startswith("_")
            if public and ast.get_docstring(node) is None and "migrations" not in path.parts:
                found.append(f"{path.name}:{node.lineno} {node.name} has no docstring")
    return found


def misshapen(service: Path) -> list[str]:
    """Every service has the same tree."""
    name = service.name
    missing = [f"{name}/src/{name}/{part}" for part in SHAPE if not (service / "src" / name / part).exists()]
    missing += [f"{name}/{part}" for part in BESIDE if not (service / part).exists()]
    allowed = {part.split("/")[0] for part in SHAPE} | {"py.typed", "__pycache__"}
    strays = [p.name for p in (service / "src" / name).iterdir() if p.name not in allowed]
    return missing + [f"{name}: {stray} has no place in a service" for stray in strays]


def doors(routes: Any, prefix: str = "", over: tuple[Any, ...] = ()) -> Iterator[tuple[str, bool]]:
    """Every door below these routes, as method and path, and whether it takes a permission. A router that was included is not
    copied but stands among the routes: what it holds is found too, and a kind that nobody knows is an error."""
    for route in routes:
        if inner := getattr(route, "original_router", None):
            context = route.include_context
            yield from doors(inner.routes, prefix + context.prefix, (*over, *context.dependencies, *inner.dependencies))
        elif isinstance(route, APIRoute):
            asked = any(isinstance(d.dependency, SignedIn) for d in (*over, *route.dependencies))
            yield from ((f"{method} {prefix}{route.path}", asked) for method in sorted(route.methods))
        elif isinstance(route, Route):
            yield from ((f"{method} {prefix}{route.path}", False) for method in sorted(route.methods or ()))
        elif isinstance(route, Mount):
            yield f"* {prefix}{route.path}", False
        else:
            raise TypeError(f"{type(route).__name__} is no kind of route that is known here")


def unguarded(service: Any, public: Mapping[str, str]) -> list[str]:
    """Every door asks for a permission or is listed as public, with the reason; and nothing is listed that is not there."""
    found = [*doors(service.api.routes), *((f"POST {path}", False) for path in service.asgi.mounts)]
    open_doors = {door for door, asked in found if not asked}
    wrong = [f"{service.name}: {door} takes no permission" for door in sorted(open_doors - public.keys())]
    return wrong + [f"{door} is listed as public and asks or is not there" for door in public.keys() - open_doors]


def unexplained(permissions: Path) -> list[str]:
    """Every permission is followed by what it lets one do, is written as service.verb, and is asked for at some door."""
    tree, found = ast.parse(permissions.read_text()), []
    used = "".join(p.read_text() for p in permissions.parent.rglob("*.py"))
    [members] = [node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Permission"]
    for node, after in zip(members, [*members[1:], None], strict=True):
        if isinstance(node, ast.Assign):
            name, value = node.targets[0].id, node.value.value  # type: ignore[attr-defined]
            said = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            found += [] if said else [f"{name} says not what it permits"]
            found += (
                [] if value.startswith(f"{permissions.parent.parent.name}.") else [f"{value} is of another service"]
            )
            found += [] if f"Permission.{name}" in used else [f"{name} is asked for at no door"]
    return found
