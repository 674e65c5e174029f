"""One service's database is backed up while it works and restored by a command; who was forgotten meanwhile stays forgotten."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from stage import Stage, mark
from test_restored import Business
from waiting import until

from tributary.backup import Restoring, back_up
from tributary.child_process import StackError
from tributary.services import LocalService

pytestmark = pytest.mark.xdist_group("stack")


def command(stage: Stage, *words: str, ends: int = 0) -> str:
    """`tributary ...` on the stage's stack."""
    env = {**os.environ, "TRIBUTARY_STATE": str(stage.home)}
    done = subprocess.run(
        [sys.executable, "-m", "tributary", *words], env=env, capture_output=True, text=True, timeout=170, check=False
    )
    assert done.returncode == ends, done.stdout + done.stderr
    return done.stdout + done.stderr


def forget(stage: Stage, lead_id: str) -> str:
    """As docs/runbooks/keys.md says; the person's id."""
    [(person,)] = stage.sql("leads", "select person_id::text from lead where lead_id::text = $1", lead_id)
    stage.sql("leads", "update person set wrapped_key = null where person_id::text = $1", person)
    return str(person)


def keys(stage: Stage, person: str) -> list[bool]:
    """Whether the person's key is there."""
    found = stage.sql("leads", "select wrapped_key is not null from person where person_id::text = $1", person)
    return [row[0] for row in found]


def databases(stage: Stage) -> set[str]:
    return {row[0] for row in stage.sql("leads", "select datname from pg_database")}


def test_leads_is_restored_from_a_backup_and_whoever_was_forgotten_stays_forgotten(stage: Stage) -> None:
    stage.services["leads"].kill()  # the process that is to be stopped is not the one that the stack began with
    stage.up()
    business = Business(stage)
    business.goes_on(5)
    early = forget(stage, business.accepted[1])
    file = Path(command(stage, "backup", "leads").strip().splitlines()[-1])
    assert file.stat().st_mode & 0o777 == 0o600
    late = forget(stage, business.accepted[2])
    business.goes_on(4)
    before, epoch = business.arrives(), stage.sql("leads", "select name from epoch")
    pid = stage.services["leads"].pid

    said = command(stage, "restore", "leads", str(file))
    assert "1 persons forgotten again" in said
    assert "leads works on" in said

    stage.up()
    assert stage.services["leads"].pid != pid
    assert stage.sql("leads", "select name from epoch") != epoch
    assert keys(stage, early) == [False]
    assert keys(stage, late) == [False]
    until("what the backup did not know is there again", lambda: business.arrives() == before)
    business.goes_on(2)
    stage.holds(business.accepted)
    [kept] = [name for name in databases(stage) if name.startswith("leads_before_")]
    assert kept in said


def test_what_is_no_backup_of_the_service_changes_nothing(stage: Stage, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.dump"
    wrong.write_text("no dump")
    of_metrics = command(stage, "backup", "metrics", "--to", str(tmp_path / mark("metrics"))).strip().splitlines()[-1]
    before = databases(stage), stage.sql("leads", "select name from epoch"), stage.services["leads"].pid
    assert "pg_restore failed" in command(stage, "restore", "leads", str(wrong), ends=1)
    assert "is no backup of leads" in command(stage, "restore", "leads", of_metrics, ends=1)
    assert "No service sales runs here" in command(stage, "backup", "sales", ends=1)
    assert (databases(stage), stage.sql("leads", "select name from epoch"), stage.services["leads"].pid) == before


def test_a_restore_that_fails_when_the_names_are_changed_changes_them_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = back_up(stage.stack.running, "campaigns")
    before = databases(stage), stage.sql("campaigns", "select name, begun_at from epoch")

    def fails(process: LocalService, doing: str, *words: str, **more: str) -> None:
        assert "restored" in words or "migrate" in words
        if "restored" in words:
            raise StackError("Kafka can't be reached")

    monkeypatch.setattr(LocalService, "run", fails)
    with pytest.raises(StackError, match="Kafka can't be reached"):
        Restoring(stage.stack.running, "campaigns", file).run()
    stage.up()
    assert (databases(stage), stage.sql("campaigns", "select name, begun_at from epoch")) == before


def test_a_backup_that_was_cut_off_leaves_what_was_there(stage: Stage) -> None:
    file = Path(command(stage, "backup", "metrics").strip().splitlines()[-1])
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) - len(whole) // 4])  # cut off
    before = databases(stage), stage.sql("metrics", "select name from epoch")
    command(stage, "restore", "metrics", str(file), ends=1)
    stage.up()
    assert (databases(stage), stage.sql("metrics", "select name from epoch")) == before
