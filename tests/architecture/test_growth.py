"""What is new takes a side: sealed or listed, read by verify or excused, on its floors or excused, within the weight allowed."""

import importlib
import re
from pathlib import Path

import excused
import growth
import pytest
from guards import SERVICES
from pydantic import Field
from sqlalchemy import Column, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from contracts import STREAMS
from contracts.event import Country, Event, Money, Sealed, Stream, Value
from tributary.verify.events import READ

ROOT = Path(__file__).parents[2]
WEIGHT = re.compile(r"at most ([\d,]+) lines of code")
COLUMNS = {
    service: growth.open_columns(service, importlib.import_module(f"{service}.store.tables").METADATA)
    for service in SERVICES
}


def unlisted(found: set[str]) -> set[str]:
    return {one for one in found if not {one, one.rpartition(".")[2]} & excused.BUSINESS}


SEAL = "seal these texts, or list them as the company's own business in BUSINESS of excused.py"


def test_every_text_of_an_event_is_sealed_or_known_to_be_business() -> None:
    assert unlisted(growth.open_texts(event for stream in STREAMS for event in stream.events)) == set(), SEAL


@pytest.mark.parametrize("service", SERVICES)
def test_every_text_of_a_table_is_sealed_or_known_to_be_business(service: str) -> None:
    assert unlisted(COLUMNS[service]) == set(), SEAL


def test_what_is_listed_as_business_is_there() -> None:
    texts = growth.open_texts(event for stream in STREAMS for event in stream.events).union(*COLUMNS.values())
    assert excused.BUSINESS - texts - {text.rpartition(".")[2] for text in texts} == set()


class Remark(Value):
    """A part of an event."""

    words: str


class Remarked(Event):
    """An event that somebody adds."""

    type: str = Field(default="leads.lead.remarked.v1", pattern="^x$")
    lead_id: int
    by: Sealed
    country: Country | None = None
    amount: Money | None = None
    remarks: tuple[Remark, ...] = ()
    more: dict[str, int | str] | None = None


def test_a_text_of_a_new_event_or_table_is_seen() -> None:
    assert unlisted(growth.open_texts([Remarked])) == {"Remark.words", "Remarked.more"}
    made = MetaData()
    Table("remark", made, Column("n", Text), Column("words", JSONB), Column("state", Text))
    assert unlisted(growth.open_columns("leads", made)) == {"leads.remark.n", "leads.remark.words"}


def test_verify_reads_every_event_or_says_why_not() -> None:
    assert growth.unread(STREAMS, READ, excused.UNREAD) == set(), (
        "read these in tributary/verify/events.py, or say in UNREAD of excused.py why not"
    )
    assert excused.UNREAD.keys() & set(READ) == set()
    new = Stream("leads.lead", "lead_id", (Remarked,), "")
    assert growth.unread([new], READ, excused.UNREAD) == {"leads.lead.remarked.v1"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_use_case_has_one_name_through_all_floors(service: str) -> None:
    found = growth.lonely(ROOT / "services" / service / "src" / service)
    assert found == {name for name in excused.ALONE if name.startswith(f"{service}.")}, (
        "name its modules of domain, store or api alike, or say in ALONE of excused.py what they are called instead"
    )


def test_a_use_case_that_stands_alone_is_seen(tmp_path: Path) -> None:
    for path in ("use_cases/planning.py", "domain/planning.py", "use_cases/stray.py", "domain/stray.py", "api/x.py"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / "handlers.py").write_text("def on_planning(): ...\n")
    (tmp_path / "jobs.py").touch()
    assert growth.lonely(tmp_path) == {f"{tmp_path.name}.stray"}


def test_the_chassis_weighs_what_a_record_allows(tmp_path: Path) -> None:
    allowed = [
        int(n.replace(",", "")) for path in (ROOT / "docs/adr").glob("*.md") for n in WEIGHT.findall(path.read_text())
    ]
    assert growth.lines_of_code(ROOT / "libs/chassis/src/chassis") <= max(allowed)
    (tmp_path / "x.py").write_text(
        '"""Doc."""\n\n# a comment\nx = """two\nlines"""\n\n\ndef f():\n    """Doc\n    string."""\n    return 1\n'
    )
    assert growth.lines_of_code(tmp_path) == 4
