"""The session door keeps sessions. It has no business of its own, and is no place for rules."""

import ast
from pathlib import Path

DOOR = Path(__file__).parents[2] / "web" / "door" / "src" / "session_door"
PRODUCT = {"chassis", "contracts", "values", "leads", "territory", "campaigns", "metrics", "tributary"}
MOST = 420  # lines of code, without words about it


def code(source: str) -> int:
    """Lines that are neither empty nor a comment nor part of a docstring."""
    said: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            said.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = enumerate(source.splitlines(), 1)
    return sum(1 for n, line in lines if line.strip() and not line.strip().startswith("#") and n not in said)


def imported(source: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_it_knows_nothing_of_the_product_and_stays_small() -> None:
    sources = [path.read_text() for path in DOOR.glob("*.py")]
    assert not PRODUCT & set().union(*map(imported, sources))
    assert sum(map(code, sources)) <= MOST


def test_what_is_counted_is_code() -> None:
    assert code('"""Says."""\n\n# why\nx = """a\nb"""\n') == 2
    assert imported("import leads.app\nfrom chassis import Actor\n") == {"leads", "chassis"}
