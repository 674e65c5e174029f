"""python tests/mutants [WORD ...]: plants each bug in a copy of the tree and sees the suite fail.

A mutant is caught when its tests run and fail; the same tests pass on a copy without a bug, or nothing here means anything.
Status 0 says that all were caught. With words, only mutants whose name has one of them.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from planted import MUTANTS, Mutant, misplaced
from rich.console import Console
from rich.table import Table

from tributary.shared import TestRun, shared_kafka, shared_postgres

ROOT = Path(__file__).parents[2]
AT_ONCE, PATIENCE_S = 2, 600
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".local", "node_modules", "__pycache__", ".*_cache", ".hypothesis", "out"
)
COPIED = (
    "libs",
    "services",
    "deploy",
    "tests",
    "web",
    "conftest.py",
    "pyproject.toml",
    "Makefile",
    "catalog-info.yaml",
)


@dataclass(frozen=True)
class Outcome:
    """Which test failed first, or what else came of it."""

    name: str
    caught_by: str
    seconds: float
    said: str = ""


def copied(to: Path) -> Path:
    """The tree without what was made from it."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=LEFT_OUT)
        else:
            shutil.copy2(ROOT / name, to / name)
    return to


def plant(tree: Path, mutant: Mutant) -> None:
    """Puts the bug into the tree."""
    for file, old, new in mutant.changes:
        text = (tree / file).read_text()
        (tree / file).write_text(text.replace(old, new))


def tested(tree: Path, tests: Sequence[str]) -> tuple[int, str]:
    """The status and the words of pytest over the tree's own sources."""
    sources = [str(path) for path in sorted(tree.glob("*/*/src"))]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sources), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-n", "0", *tests]
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        return 1, "FAILED the tests did not end"
    return done.returncode, done.stdout + done.stderr


def tried(mutant: Mutant) -> Outcome:
    """One mutant in a copy of its own."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tributary-mutant-") as place:
        tree = copied(Path(place) / "tree")
        plant(tree, mutant)
        status, said = tested(tree, mutant.tests)
    failed = re.search(r"^(?:FAILED|ERROR) (?:\S*/)?(\S+?)(?:\[.*)?(?: - .*)?$", said, re.MULTILINE)
    caught = failed[1] if status == 1 and failed else ""
    return Outcome(mutant.name, caught, time.monotonic() - began, said)


def healthy(mutants: Sequence[Mutant]) -> Outcome:
    """All of these tests on a tree in which nothing was planted."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tributary-mutant-") as place:
        tree = copied(Path(place) / "tree")
        status, said = tested(tree, sorted({test for mutant in mutants for test in mutant.tests}))
    return Outcome("nothing planted", "" if status == 0 else "broken", time.monotonic() - began, said)


def main(words: Sequence[str]) -> int:
    """Everything, two at a time on one Postgres and one Kafka."""
    console = Console(highlight=False, soft_wrap=True)
    mutants = [one for one in MUTANTS if not words or any(word in one.name for word in words)]
    if astray := misplaced(ROOT, mutants):
        raise SystemExit("\n".join(astray))
    run = TestRun()
    try:
        os.environ["TRIBUTARY_TEST_DATABASE_URL"], os.environ["TRIBUTARY_TEST_KAFKA"] = (
            shared_postgres(),
            shared_kafka(),
        )
        with ThreadPoolExecutor(AT_ONCE) as pool:
            control = pool.submit(healthy, mutants)
            outcomes = []
            for outcome in pool.map(tried, mutants):
                outcomes.append(outcome)
                console.print(
                    f"{'caught  ' if outcome.caught_by else 'SURVIVED'} {outcome.name} ({outcome.seconds:.0f} s)"
                )
        return told(console, outcomes, control.result())
    finally:
        run.end()


def told(console: Console, outcomes: Sequence[Outcome], control: Outcome) -> int:
    """The table, and what went wrong."""
    table = Table(box=None, pad_edge=False)
    for name in ("mutant", "caught by", "s"):
        table.add_column(name, justify="right" if name == "s" else "left", overflow="fold")
    for one in outcomes:
        table.add_row(one.name, one.caught_by or "[red]nobody[/red]", f"{one.seconds:.0f}")
    console.print(table)
    survived = [one for one in outcomes if not one.caught_by]
    for one in survived:
        console.print(f"[red]{one.name} survived:[/red]\n{one.said[-1500:]}", markup=True)
    if control.caught_by:
        console.print(f"[red]Without a bug the tests fail too:[/red]\n{control.said[-3000:]}")
    good = not survived and not control.caught_by
    console.print(
        f"{len(outcomes) - len(survived)} of {len(outcomes)} mutants are caught; without a bug the tests "
        f"{'fail' if control.caught_by else 'pass'} ({control.seconds:.0f} s)."
    )
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
