"""docs/example is true: its patch fits today's tree, and there its own tests, the guards and the linter are content."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATCH = ROOT / "docs/example/noted.patch"
PAGE = ROOT / "docs/example/README.md"
TESTS = (
    "tests/architecture/test_growth.py",
    "tests/architecture/test_guards.py",
    "tests/migrations",
    "libs/contracts/tests/test_examples.py",
    "services/metrics/tests/unit/test_catalogue.py",
)
ASTRAY = "docs/example/noted.patch does not fit any more; its page says how it is written anew"


def touched(patch: str) -> list[str]:
    """The files that the patch makes or changes."""
    return re.findall(r"^\+\+\+ b/(.+)$", patch, re.MULTILINE)


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
    subprocess.run(["git", "init", "-q"], cwd=copy, check=True)  # else git would ask a repository around the copy
    return copy


def applied(tree: Path, patch: str) -> str:
    """What git has to say against the patch; without that, it is in the tree."""
    done = subprocess.run(["git", "apply", "-"], cwd=tree, input=patch, capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else ""


def ran(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A module's command over the tree's own sources."""
    sources = os.pathsep.join(str(path) for path in sorted(tree.glob("*/*/src")))
    ours = {"PYTHONPATH": sources, "PYTHONDONTWRITEBYTECODE": "1"}
    without = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=tree, env=without | ours, capture_output=True, text=True, check=False
    )


def suite_of(tree: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """These tests, run in the tree."""
    return ran(tree, "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests)


def test_the_example_fits_the_house_as_it_is_and_its_tests_and_the_guards_pass(
    tree: Path, postgres_server: str
) -> None:
    patch = PATCH.read_text()
    assert applied(tree, patch) == "", ASTRAY
    written = ran(tree, "contracts.export")
    assert written.returncode == 0, written.stdout + written.stderr
    assert (tree / "libs/contracts/schemas/leads.lead.noted.v1.json").exists()
    own = [file for file in touched(patch) if "/tests/" in file]
    done = suite_of(tree, *own, *TESTS)
    assert done.returncode == 0, done.stdout + done.stderr
    sources = [file for file in touched(patch) if file.endswith(".py")]
    for words in (["check"], ["format", "--check"]):
        linted = ran(tree, "ruff", *words, "--no-cache", *sources)
        assert linted.returncode == 0, linted.stdout + linted.stderr


def test_a_patch_that_fits_no_more_and_one_whose_tests_fail_are_seen(tree: Path, postgres_server: str) -> None:
    patch = PATCH.read_text()
    moved = patch.replace("-        api=(page.router, leads.router),", "-        api=(leads.router,),")
    broken = patch.replace("    tx.emit(LeadNoted(", "    dict(event=LeadNoted(").replace(
        'Count("notes", "notes taken of its leads", step="leads.lead.noted.v1")',
        'Count("notes", "notes taken of its leads", "0")',
    )
    assert moved != patch
    assert broken.count("dict(event=") == broken.count('"0")') == 1
    assert "services/leads/src/leads/app.py" in applied(tree, moved)
    assert applied(tree, broken) == ""
    done = suite_of(tree, *(file for file in touched(patch) if "/tests/" in file))
    assert done.returncode == 1
    assert re.findall("^FAILED services/([a-z]+)", done.stdout, re.MULTILINE) == ["leads", "metrics"]


def test_the_page_names_every_file_of_the_patch() -> None:
    page = PAGE.read_text()
    named = ("README.md", "component/test_notes.py")  # of two services each
    assert [f for f in touched(PATCH.read_text()) if not f.endswith(named) and f"`{f}`" not in page] == []
