"""Each planted bug still has the code that it is planted in; that the suite finds it, make mutants shows."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "mutants"))

from planted import MUTANTS, Mutant, misplaced  # noqa: E402


def test_every_bug_has_its_place_and_its_tests() -> None:
    assert len(MUTANTS) > 20
    assert misplaced(ROOT) == []
    assert [test for mutant in MUTANTS for test in mutant.tests if not (ROOT / test).exists()] == []


def test_a_bug_whose_code_has_changed_is_named() -> None:
    gone = Mutant("gone", (("Makefile", "no such line", ""),), ())
    assert misplaced(ROOT, [gone]) == ["gone: Makefile has 0 times what is to be replaced: no such line"]
