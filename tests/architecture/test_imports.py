"""The import rules hold, and each of them is broken by a planted import."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [
    "libs/contracts",
    "libs/chassis",
    "libs/testing",
    "libs/values",
    *(f"services/{s}" for s in ("leads", "territory", "campaigns", "metrics")),
]
PLANTS = {
    "Services never import each other": ("services/leads/src/leads/settings.py", "import metrics.settings"),
    "The chassis knows no service": ("libs/chassis/src/chassis/sealing.py", "import territory.settings"),
    "Contracts know nobody": ("libs/contracts/src/contracts/event.py", "import chassis.sealing"),
    "Values know nobody": ("libs/values/src/values/text.py", "import contracts.event"),
    "Doors above use cases above store above domain, and nothing beside them": (
        "services/campaigns/src/campaigns/stray.py",
        "x = 1",
    ),
    "Handlers and jobs go through use cases": (
        "services/territory/src/territory/handlers.py",
        "import territory.store.routing",
    ),
    "The domain imports no library but values": ("services/metrics/src/metrics/domain/kpi.py", "import pydantic"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for source in SOURCES:
        shutil.copytree(ROOT / source / "src", tmp_path / source / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def verdicts(tree: Path) -> dict[str, str]:
    path = os.pathsep.join(str(tree / source / "src") for source in SOURCES)
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    ran = subprocess.run(
        [*command, "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"^(.+?) (KEPT|BROKEN)", ran.stdout, re.M)
    assert found, ran.stdout + ran.stderr
    return dict(found)


def test_the_rules_hold_and_each_is_broken_by_what_breaks_it(copy: Path) -> None:
    assert set(verdicts(copy).values()) == {"KEPT"}
    for file, line in PLANTS.values():
        with (copy / file).open("a") as handle:
            handle.write(f"\n{line}\n")
    assert verdicts(copy) == dict.fromkeys(PLANTS, "BROKEN")
