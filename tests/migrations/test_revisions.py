"""What a revision may be: frozen SQL under a name that says its place, and harmless to the build that is at work meanwhile."""

import ast
import io
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from chassis import migrations, schema

SERVICES = ("leads", "territory", "campaigns", "metrics")
SQUAWK = Path(sys.executable).with_name("squawk")
# The job that runs the revisions sets both timeouts; versions and shards are small numbers; a currency has three letters.
PASSED = ("require-lock-timeout", "require-statement-timeout", "prefer-bigint-over-int", "ban-char-field")
CONTRACTING = ("ban-drop-column", "ban-drop-table", "ban-drop-constraint")  # run when the former build has gone
FILES = sorted({file for name in SERVICES for folder in schema.folders(name) for file in folder.glob("*.py")})
LATER = [file for file in FILES if "0001_" not in file.name]


def thawed(source: str) -> list[str]:
    """Where a revision is more than SQL: it imports what will change under it, or leaves the making of SQL to a library."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom) and ast.unparse(node) != "from alembic import op":
            found.append(ast.unparse(node))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "op" and node.attr != "execute":
            found.append(ast.unparse(node))
    return found


def unsaid(file: Path, source: str) -> bool:
    """Whether a revision says of itself that it leaves builds behind, exactly where it is run after the deploy."""
    return ("insert into oldest_build" in source) != file.stem.endswith("_after")


def complaints(source: str, contracting: bool = False) -> str:
    """What squawk says of a revision's SQL, as Alembic writes it."""
    module: dict[str, object] = {}
    exec(compile(source, "revision", "exec"), module)
    written = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": written, "literal_binds": True}
    )
    with Operations.context(context):
        module["upgrade"]()  # type: ignore[operator]
    passed = (*PASSED, *CONTRACTING) if contracting else PASSED
    command = [
        SQUAWK,
        "--pg-version=18.0",
        "--assume-in-transaction",
        "--reporter=gcc",
        f"--exclude={','.join(passed)}",
    ]
    checked = subprocess.run(command, input=written.getvalue(), capture_output=True, text=True, check=False)
    return checked.stdout + checked.stderr if checked.returncode else ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_revision_is_frozen_sql_and_says_whom_it_leaves_behind(file: Path) -> None:
    assert thawed(file.read_text()) == []
    assert not unsaid(file, file.read_text())


@pytest.mark.parametrize("name", SERVICES)
def test_the_names_of_the_files_are_the_order_that_alembic_sees(name: str) -> None:
    read, known = migrations.scripts(name), schema.revisions(name)
    assert len(known) == sum(len(list(folder.glob("*.py"))) for folder in schema.folders(name)), "a name says no phase"
    newest: dict[str, str] = {}
    for revision in known:
        assert read.get_revision(revision.name).down_revision == newest.get(revision.branch)
        newest[revision.branch] = revision.name
    assert set(read.get_heads()) == set(newest.values())
    assert read.get_revision("chassis@head").revision == newest["chassis"]


def test_later_revisions_harm_nobody_at_work() -> None:
    said = {file.name: complaints(file.read_text(), contracting=file.stem.endswith("_after")) for file in LATER}
    assert {name: words for name, words in said.items() if words} == {}


REVISION = "from alembic import op\n\n\ndef upgrade():\n    op.execute({!r})\n"


@pytest.mark.parametrize(
    ("planted", "rule"),
    [
        ("alter table lead drop column grade", "ban-drop-column"),
        ("drop table lead", "ban-drop-table"),
        ("alter table lead rename column grade to mark", "renaming-column"),
        ("alter table lead rename to leads", "renaming-table"),
        ("alter table lead alter column differing type bigint", "changing-column-type"),
        ("alter table lead alter column grade set not null", "adding-not-nullable-field"),
        ("alter table lead add column mark text not null", "adding-required-field"),
        ("alter table lead add constraint graded check (grade <> '')", "constraint-missing-not-valid"),
        ("create index lead_state on lead (state)", "require-concurrent-index-creation"),
    ],
)
def test_what_harms_the_build_at_work_is_seen(planted: str, rule: str) -> None:
    assert rule in complaints(REVISION.format(planted))


@pytest.mark.parametrize(
    "expands",
    [
        "alter table lead add column mark text",
        "alter table lead add column marks int not null default 0",
        "alter table lead add constraint graded check (grade <> '') not valid",
        "create table note (note_id uuid primary key, currency char(3) not null)",
        "-- squawk-ignore require-concurrent-index-creation\ncreate index campaign_planned on campaign (planned)",
    ],
)
def test_what_expands_passes(expands: str) -> None:
    assert complaints(REVISION.format(expands)) == ""


def test_what_contracts_may_drop_and_not_rename() -> None:
    assert complaints(REVISION.format("alter table lead drop column grade"), contracting=True) == ""
    assert complaints(REVISION.format("alter table lead rename column grade to mark"), contracting=True)


def test_a_revision_that_is_not_frozen_is_seen() -> None:
    assert thawed("from alembic import op\nfrom values.text import key\n") == ["from values.text import key"]
    assert thawed("from alembic import op\nop.execute('select 1')\nop.drop_table('lead')\n") == ["op.drop_table"]
    assert unsaid(Path("0002_less_after.py"), "drop table lead")
    assert unsaid(Path("0002_more_before.py"), "insert into oldest_build (revision) values ('0001')")
