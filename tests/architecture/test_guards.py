"""The house holds its rules, and every guard bites when a rule is broken."""

from collections.abc import Callable
from pathlib import Path

import guards
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = [ROOT / "services" / s / "src" / s for s in guards.SERVICES]
OURS = [
    *PACKAGES,
    ROOT / "libs/chassis/src/chassis",
    ROOT / "libs/contracts/src/contracts",
    ROOT / "libs/values/src/values",
    ROOT / "deploy/local/src/tributary",
]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_the_domain_is_plain_python(package: Path) -> None:
    assert guards.impure(package / "domain") == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_only_the_store_speaks_sql(package: Path) -> None:
    assert guards.sql_outside_store(package) == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_what_is_written_once_is_never_rewritten(package: Path) -> None:
    assert guards.rewritten(package / "store") == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_nobody_but_the_chassis_catches_everything(package: Path) -> None:
    # The door's key asks the database and sorts what it can't help; see leads/api/seal.py.
    assert [f for f in guards.swallowed(package) if not f.startswith("seal.py")] == []


@pytest.mark.parametrize("package", [*PACKAGES, ROOT / "libs/chassis/src/chassis"], ids=lambda p: p.name)
def test_no_log_line_takes_an_errors_text(package: Path) -> None:
    assert guards.errors_in_logs(package) == []


@pytest.mark.parametrize("package", OURS, ids=lambda p: p.name)
def test_modules_and_functions_end(package: Path) -> None:
    assert guards.too_long(package) == []


@pytest.mark.parametrize("package", OURS, ids=lambda p: p.name)
def test_every_name_says_something(package: Path) -> None:
    assert guards.names_that_say_nothing(package) == []


@pytest.mark.parametrize("package", OURS, ids=lambda p: p.name)
def test_what_is_public_is_explained(package: Path) -> None:
    assert guards.undocumented(package) == []


@pytest.mark.parametrize("service", guards.SERVICES)
def test_every_service_has_the_same_tree(service: str) -> None:
    assert guards.misshapen(ROOT / "services" / service) == []


ONCE = "T = Table('t', METADATA, comment='append only')\n"
PLANTED: list[tuple[Callable[[Path], list[str]], str, str]] = [
    (guards.impure, "x.py", "import pydantic\n"),
    (guards.impure, "x.py", "from random import choice\n"),
    (guards.impure, "x.py", "async def f() -> None: ...\n"),
    (guards.impure, "x.py", "import datetime\nnow = datetime.datetime.now()\n"),
    (guards.sql_outside_store, "api/x.py", "Q = 'select a from b'\n"),
    (guards.sql_outside_store, "use_cases/x.py", "def f(tx): return tx.conn\n"),
    (guards.rewritten, "x.py", f"{ONCE}A = 'update t set a = 1'\n"),
    (guards.rewritten, "x.py", f"{ONCE}A = 'with x as (delete from t) select'\n"),
    (guards.rewritten, "x.py", f"{ONCE}A = 'insert into t (a) values (1) on conflict (a) do update set a = 2'\n"),
    (guards.swallowed, "x.py", "try:\n    pass\nexcept Exception:\n    pass\n"),
    (guards.errors_in_logs, "x.py", "try:\n    f()\nexcept KeyError as e:\n    log.info('x', error=str(e)[:9])\n"),
    (guards.errors_in_logs, "x.py", "try:\n    f()\nexcept KeyError as e:\n    log.info(f'x {e}')\n"),
    (guards.errors_in_logs, "x.py", "log.error('x', error=repr(task.exception()))\n"),
    (guards.too_long, "x.py", "a = 1\n" * 401),
    (guards.too_long, "x.py", "def f():\n" + "    a = 1\n" * 60),
    (guards.names_that_say_nothing, "utils.py", ""),
    (guards.undocumented, "x.py", '"""A module."""\ndef f(): ...\n'),
    (guards.misshapen, "src/planted/stray.py", ""),
]


@pytest.mark.parametrize(("guard", "file", "text"), PLANTED)
def test_a_planted_violation_is_seen(guard: Callable[[Path], list[str]], file: str, text: str, tmp_path: Path) -> None:
    folder = tmp_path / "planted"
    (folder / file).parent.mkdir(parents=True)
    assert guard(folder) == [] or guard is guards.misshapen
    (folder / file).write_text(text)
    assert guard(folder)
