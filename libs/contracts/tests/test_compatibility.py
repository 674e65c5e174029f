"""A break is named in a sentence, a harmless change is not called one."""

import json
import subprocess
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, create_model

from contracts import Event, Money, compatibility, differences, export, subset
from contracts.compatibility import Library, compare
from contracts.event import Currency, Instant, Value
from contracts.schemas import schema_of

NAME = "leads.lead.planted.v1"
Code = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Longer = Annotated[str, Field(pattern=r"^[A-Z]{2,3}$")]
Digits = Annotated[str, Field(pattern=r"^[0-9]{2}$")]


class Inner(Value):
    """A part."""

    a: str
    b: int | None = None


class InnerWithoutB(Value):
    """The part, poorer."""

    a: str


def schema(**fields: Any) -> dict[str, Any]:
    """The schema of an event with these fields; a bare type is a required field."""
    given = {name: value if isinstance(value, tuple) else (value, ...) for name, value in fields.items()}
    event = create_model("LeadPlanted", __base__=Event, type=(Literal[NAME], NAME), lead_id=(str, ...), **given)  # type: ignore[call-overload]
    return schema_of(event)


def found(old: dict[str, Any], new: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The breaks and the remarks on the way from one schema to the other."""
    all_of_it = compare(Library({NAME: old}), Library({NAME: new}))
    return [f.sentence for f in all_of_it if f.breaks], [f.sentence for f in all_of_it if not f.breaks]


BREAKS = [
    ({"x": str}, {}, "field `x` was removed"),
    ({"x": (str | None, None)}, {}, "field `x` was removed"),
    ({}, {"x": str}, "field `x` is now required, and what was said before may lack it"),
    ({"x": (str, "a")}, {"x": str}, "field `x` is now required, and what was said before may lack it"),
    ({"x": str}, {"x": (str, "a")}, "field `x` may now be missing, and its readers count on it"),
    ({"x": Literal["a", "b"]}, {"x": Literal["a"]}, "field `x` may no longer be 'b'"),
    ({"x": str}, {"x": Literal["a"]}, "field `x` may now only be 'a'"),
    ({"x": Code}, {"x": Digits}, "field `x` changed its pattern from ^[A-Z]{2}$ to ^[0-9]{2}$"),
    ({"x": Longer}, {"x": Code}, "field `x` changed its pattern from ^[A-Z]{2,3}$ to ^[A-Z]{2}$"),
    ({"x": str}, {"x": Code}, "field `x` changed its pattern from none to ^[A-Z]{2}$"),
    ({"x": (Code | None, None)}, {"x": (Digits | None, None)}, "field `x` changed its pattern from ^[A-Z]{2}$ to ^[0-9]{2}$"),
    ({"x": str}, {"x": int}, "field `x` changed its type from string to integer"),
    ({"x": float}, {"x": int}, "field `x` changed its type from number to integer"),
    ({"x": str}, {"x": Instant}, "field `x` changed its format from None to date-time"),
    ({"x": str | None}, {"x": str}, "field `x` may no longer be null"),
    ({"x": Annotated[str, Field(max_length=9)]}, {"x": Annotated[str, Field(max_length=5)]}, "field `x` has its longest length lowered from 9 to 5"),
    ({"x": int}, {"x": Annotated[int, Field(ge=0)]}, "field `x` has its least value raised from none to 0"),
    ({"x": (str, "a")}, {"x": (str, "b")}, "field `x` now means 'b' where it is missing; it was 'a'"),
    ({"x": Inner}, {"x": InnerWithoutB}, "field `x.b` was removed"),
    ({"x": tuple[Inner, ...]}, {"x": tuple[InnerWithoutB, ...]}, "field `x[].b` was removed"),
    ({"x": tuple[str, ...]}, {"x": tuple[int, ...]}, "field `x[]` changed its type from string to integer"),
    ({"x": dict[Currency, int]}, {"x": dict[Currency, str]}, "field `x.*` changed its type from integer to string"),
    ({"x": dict[Currency, int]}, {"x": dict[Code, int]}, "field `x` no longer takes keys like ^[A-Z]{3}$"),
    ({"x": dict[str, int]}, {"x": dict[str, str]}, "field `x.*` changed its type from integer to string"),
    ({"x": str | int}, {"x": int}, "field `x` changed its type from string or integer to integer"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sentence"), BREAKS)
def test_a_planted_break_is_named_and_it_alone(old: dict[str, Any], new: dict[str, Any], sentence: str) -> None:
    breaks, remarks = found(schema(**old), schema(**new))
    assert breaks == [f"{NAME}: {sentence}"]
    assert remarks == []


def test_a_vanished_event_is_named() -> None:
    assert [f.sentence for f in compare(Library({NAME: schema()}), Library())] == [f"{NAME}: the event has vanished"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"x": str}, {"x": str}),
        ({}, {"x": (str | None, None)}),
        ({}, {"x": (tuple[Money, ...], ())}),
        ({"x": InnerWithoutB}, {"x": Inner}),
        ({"x": Code}, {"x": Longer}),
        ({"x": Code}, {"x": str}),
        ({"x": int}, {"x": float}),
        ({"x": Literal["a"]}, {"x": str}),
        ({"x": str}, {"x": str | None}),
        ({"x": Annotated[str, Field(max_length=5)]}, {"x": Annotated[str, Field(max_length=9)]}),
    ],
)
def test_a_harmless_change_breaks_nothing(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert found(schema(**old), schema(**new)) == ([], [])


def test_a_new_event_breaks_nothing() -> None:
    assert compare(Library(), Library({NAME: schema()})) == []


def test_a_widened_choice_breaks_nothing_and_is_remarked_on() -> None:
    breaks, remarks = found(schema(x=Literal["a"]), schema(x=Literal["a", "b"]))
    assert (breaks, remarks) == ([], [f"{NAME}: field `x` may now be 'b': hearers that are older park it"])


def test_where_the_proof_can_not_decide_the_structure_does_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = Annotated[str, Field(json_schema_extra={"pattern": "(?<=x)["})]  # no regular expression at all
    breaks, remarks = found(schema(x=Code), schema(x=odd))
    assert breaks == [f"{NAME}: field `x` changed its pattern from ^[A-Z]{{2}}$ to (?<=x)["]
    assert remarks == [f"{NAME}: jsonsubschema can't decide on field `x`; judged by its structure"]


def test_what_no_field_explains_is_found_by_the_proof_over_the_whole_event() -> None:
    old = schema(x=tuple[int, ...])
    new = json.loads(json.dumps(old))
    new["properties"]["x"]["uniqueItems"] = True
    assert found(old, new)[0] == [f"{NAME}: the new schema refuses something that the old one allowed"]


def test_an_old_example_that_is_no_longer_readable_is_named() -> None:
    example = {"type": NAME, "lead_id": "a", "x": "ABC"}
    old, new = Library({NAME: schema(x=str)}, {NAME: example}), Library({NAME: schema(x=str)})
    assert compare(old, new) == []
    new = Library({NAME: schema(x=int)})
    assert f"{NAME}: the old example {NAME} is refused: field `x`: 'ABC' is not of type 'integer'" in [
        finding.sentence for finding in compare(old, new) if finding.breaks
    ]


def test_an_example_that_the_models_can_not_read_is_named() -> None:
    said = {
        "type": "leads.lead.discarded.v1",
        "lead_id": "not one",
        "reason": "r",
        "discarded_at": "2026-11-22T03:40:19",
    }
    assert [finding.sentence for finding in compatibility.unread({"old": said})] == [
        "leads.lead.discarded.v1: the old example old can no longer be read: lead_id, discarded_at"
    ]


# -- the command, over a real repository


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose branch main holds the contracts as they are now."""
    home = tmp_path / "libs" / "contracts"
    (home / "schemas").mkdir(parents=True)
    for file in (export.HOME / "schemas").iterdir():
        (home / "schemas" / file.name).write_bytes(file.read_bytes())
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "nothing yet")
    git(tmp_path, "tag", "empty")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "contracts")
    monkeypatch.setattr(compatibility, "ROOT", tmp_path)
    monkeypatch.setattr(compatibility, "HOME", home)
    return home


def git(where: Path, *arguments: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=where, check=True, capture_output=True)


def test_the_command_says_that_nothing_broke(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compatibility.main([]) == 0
    assert capsys.readouterr().out.startswith("Nothing broke: ")


def test_the_command_names_each_break_against_the_commit(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    captured = repository / "schemas" / "leads.lead.captured.v1.json"
    changed = json.loads(captured.read_text(encoding="utf-8"))
    del changed["properties"]["country"]
    captured.write_text(json.dumps(changed), encoding="utf-8")
    (repository / "schemas" / "metrics.kpi.changed.v1.json").unlink()
    assert compatibility.main(["--against", "main"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "leads.lead.captured.v1: field `country` was removed",
        "metrics.kpi.changed.v1: the event has vanished",
    ]


def test_a_commit_without_schemas_is_fine(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compatibility.main(["--against", "empty"]) == 0
    assert capsys.readouterr().out == "empty has no schemas yet, so nothing can break.\n"


def test_a_folder_can_be_compared_with(repository: Path) -> None:
    assert compatibility.main(["--against", str(export.HOME)]) == 0


def test_an_unknown_commit_is_not_taken_for_a_pass(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compatibility.main(["--against", "nowhere"]) == 2
    assert capsys.readouterr().err == "Cannot compare with nowhere: there is no commit called nowhere.\n"


def test_a_branch_known_only_by_its_origin_is_found(repository: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    clone = tmp_path_factory.mktemp("clone")
    git(clone, "clone", "-q", str(repository.parents[1]), "c")
    git(clone / "c", "checkout", "-q", "--detach")
    git(clone / "c", "branch", "-q", "-D", "main")
    monkeypatch.setattr(compatibility, "ROOT", clone / "c")
    assert compatibility.main(["--against", "main"]) == 0


def test_the_proof_sees_a_writer_as_closed_and_a_reader_as_open() -> None:
    poorer, richer = schema(), schema(x=(str | None, None))
    assert subset.fits(poorer, richer) is True
    assert subset.fits(richer, poorer) is True
    assert subset.fits(poorer, schema(x=str)) is False


def test_every_schema_of_ours_is_one_that_the_proof_can_read() -> None:
    schemas = {file.stem: json.loads(file.read_text()) for file in sorted((export.HOME / "schemas").glob("*.json"))}
    assert [name for name, one in schemas.items() if subset.fits(one, one) is not True] == []
    assert [list(differences.differences(one, one)) for one in schemas.values()] == [[]] * len(schemas)
