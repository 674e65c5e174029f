"""docs/example is true: its change fits today's tree, and there its own tests, the guards and the linter are content."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .page import PAGE, Astray, make, steps

ROOT = Path(__file__).parents[2]
TESTS = (
    "tests/architecture/test_growth.py",
    "tests/migrations/test_drift.py",
    "libs/contracts/tests/test_examples.py",
    "services/metrics/tests/unit/test_catalogue.py",
    "tests/access/test_matrix.py",
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What git knows of the tree, or would with the next commit, as a tree of its own."""
    known = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    copy = tmp_path / "tree"
    for name in filter(None, known.stdout.decode().split("\0")):
        if (ROOT / name).is_file():  # one that was deleted is known until the next commit
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return copy


def ran(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A module's command over the tree's own sources."""
    sources = os.pathsep.join(str(path) for path in sorted(tree.glob("*/*/src")))
    ours = {"PYTHONPATH": sources}  # what is compiled once serves all that is run in the tree
    without = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHONDONT"))}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=tree, env=without | ours, capture_output=True, text=True, check=False
    )


def suite_of(tree: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """These tests, run in the tree."""
    return ran(tree, "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests)


def test_the_example_fits_the_house_as_it_is_and_is_seen_to_break(tree: Path, postgres_server: str) -> None:
    made = make(tree, steps(PAGE.read_text()))
    assert len(made) <= 15
    sources = [file for file in made if file.endswith(".py")]
    for command in (
        (
            "ruff",
            "check",
            "--fix",
            "--no-cache",
            *sources,
        ),  # as `make fmt` does; whatever is not put right by that fails
        ("ruff", "format", "--no-cache", *sources),
        ("contracts.export",),
    ):
        done = ran(tree, *command)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (tree / "libs/contracts/schemas/leads.lead.praised.v1.json").exists()
    own = [file for file in made if "/component/" in file]
    done = suite_of(tree, *own, *TESTS)
    assert done.returncode == 0, done.stdout + done.stderr
    use_case = tree / "services/leads/src/leads/use_cases/praise.py"
    whole = use_case.read_text()
    use_case.write_text(whole.replace("    tx.emit(LeadPraised(", "    dict(event=LeadPraised("))
    assert use_case.read_text() != whole
    done = suite_of(tree, *own)
    assert done.returncode == 1
    assert set(re.findall(r"^FAILED services/([a-z]+)", done.stdout, re.MULTILINE)) == {"leads"}


def test_a_step_that_fits_no_more_is_named(tree: Path) -> None:
    app = tree / "services/leads/src/leads/app.py"
    app.write_text(app.read_text().replace("api=(", "doors=("))
    with pytest.raises(Astray, match=r"leads/app\.py: no 'api=\('"):
        make(tree, steps(PAGE.read_text()))


def test_no_step_of_the_page_is_read_past() -> None:
    page = PAGE.read_text()
    assert len(steps(page)) == len(re.findall(r"^```(?!sh)\w+$", page, re.MULTILINE)) == 21
