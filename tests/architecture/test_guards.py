"""The house holds its rules, and every guard bites when a rule is broken."""

import importlib
from collections.abc import Callable
from pathlib import Path

import guards
import pytest
from fastapi import APIRouter, Depends
from pydantic import SecretStr

from chassis import Router, Service, Settings, may
from chassis.http import Routes

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
    # The door's key asks the database and sorts what it can't help; see leads/api/seal.py. A lead that fails stops no job.
    assert [f for f in guards.swallowed(package) if not f.startswith(("seal.py", "bulk_worker.py"))] == []


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
# Whoever can reach the port may use these; what each gives away.
PUBLIC = {
    "GET /livez": "a launcher asks; it says that the process lives and of which stack it is",
    "GET /readyz": "a launcher asks; it says why not, in words without data",
    "* /metrics": "what is measured is scraped; labels hold no ids",
    "GET /openapi.json": "the doors are no secret",
    "HEAD /openapi.json": "the same",
    "GET /docs": "the same, to read",
    "* /docs/static": "its styles",
}
CAPTURE = {
    "POST /v1/leads": "a stranger asks us for something: that is what the house is for",
    "POST /v1/leads/": "the same, as a form's author may write it",
    "GET /v1/forms/{form}/definition": "what a form asks, for the script on a stranger's page",
    "GET /v1/forms/{form}/embed.js": "that script",
    "OPTIONS /v1/forms/{form}/submissions": "a browser asks whether its page may send the form",
    "POST /v1/forms/{form}/submissions": "a stranger asks us for something by a form",
    "GET /f/{form}": "the form as a page of ours",
    "GET /f/{form}/thanks": "where it ends",
    "GET /f/-/form.css": "how it looks",
    "GET /v1/leads/thanks": "where a stranger's plain form ends; it holds nothing of what was sent",
}


def built(name: str) -> Service:
    settings = getattr(importlib.import_module(f"{name}.settings"), f"{name.capitalize()}Settings")
    service: Service = importlib.import_module(f"{name}.app").build(settings(database_url=SecretStr("postgresql:///x")))
    return service


@pytest.mark.parametrize("service", guards.SERVICES)
def test_every_door_takes_a_permission_or_is_public_for_a_reason(service: str) -> None:
    assert guards.unguarded(built(service), PUBLIC | (CAPTURE if service == "leads" else {})) == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_every_permission_says_what_it_permits(package: Path) -> None:
    assert guards.unexplained(package / "api/permissions.py") == []


def test_a_door_without_a_permission_is_seen_wherever_it_stands() -> None:
    permission = importlib.import_module("leads.api.permissions").Permission.SEE_LEADS

    def door() -> None: ...

    guarded, inner = APIRouter(dependencies=[Depends(may(permission))]), APIRouter()
    inner.get("/inner")(door)
    guarded.get("/guarded")(door)
    guarded.include_router(inner, prefix="/deep")
    open_router = APIRouter(prefix="/v1")
    open_router.get("/asks", dependencies=[Depends(may(permission))])(door)
    open_router.post("/hidden", include_in_schema=False)(door)
    service = Service(
        "planted",
        Settings(database_url=SecretStr("postgresql:///x")),
        router=Router("planted"),
        roles={},
        mounts={"/mounted": door},
    )
    service.api.include_router(guarded)
    service.api.include_router(open_router)
    with pytest.raises(TypeError, match="/v1/hidden does not say who may use it"):
        Routes([open_router])
    assert guards.unguarded(service, PUBLIC) == [
        "planted: POST /mounted takes no permission",
        "planted: POST /v1/hidden takes no permission",
    ]
    assert guards.unguarded(service, {"GET /v1/asks": "no reason"})[-1].startswith("GET /v1/asks is listed")


PLANTED: list[tuple[Callable[[Path], list[str]], str, str]] = [
    (guards.impure, "x.py", "import pydantic\n"),
    (guards.impure, "x.py", "from random import choice\n"),
    (guards.impure, "x.py", "async def f() -> None: ...\n"),
    (guards.impure, "x.py", "import datetime\nnow = datetime.datetime.now()\n"),
    (guards.sql_outside_store, "api/x.py", "Q = 'select a from b'\n"),
    (guards.sql_outside_store, "use_cases/x.py", "def f(tx): return tx.conn\n"),
    (guards.rewritten, "x.py", f"{ONCE}A = 'update t set a = 1'\n"),
    (guards.rewritten, "x.py", f"{ONCE}A = 'update t set box = null, a = 1 where b = 1'\n"),
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
    (guards.unexplained, "leads/api/permissions.py", 'class Permission:\n    A = "leads.a"\n'),
    (guards.misshapen, "src/planted/stray.py", ""),
]


@pytest.mark.parametrize(("guard", "file", "text"), PLANTED)
def test_a_planted_violation_is_seen(guard: Callable[[Path], list[str]], file: str, text: str, tmp_path: Path) -> None:
    folder = tmp_path / "planted"
    (folder / file).parent.mkdir(parents=True)
    if guard is guards.unexplained:
        folder /= file
    else:
        assert guard(folder) == [] or guard is guards.misshapen
    (tmp_path / "planted" / file).write_text(text)
    assert guard(folder)
