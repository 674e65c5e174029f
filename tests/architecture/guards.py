"""The rules of the house that no linter knows, each as a function from a folder to what breaks it there."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

SERVICES = ("leads", "territory", "campaigns", "metrics")
LONGEST_MODULE, LONGEST_FUNCTION = 400, 60
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}
SQL = re.compile(
    r"^\s*(select\s.+\sfrom|insert\s+into|update\s+\w+\s.*set|delete\s+from|with\s+\w+\s+as\s*\(|create\s+table)",
    re.I | re.S,
)
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
    "api", "use_cases", "domain", "store", "store/tables.py", "migrations/versions",
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
