"""The verdict as people, programs and Prometheus see it."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from tributary.child_process import StackError
from tributary.cli import app
from tributary.verify.events import Captured, Unreadable, body_of
from tributary.verify.page import SHOWN, as_json, page, telemetry, write_telemetry
from tributary.verify.reading import read_journal
from tributary.verify.topics import events_of
from tributary.verify.verdict import KEPT, Verdict, judge

from . import snapshots


def shown(verdict: Verdict) -> str:
    out = io.StringIO()
    Console(file=out, width=200).print(page(verdict))
    return out.getvalue()


def broken() -> Verdict:
    snapshot = snapshots.clean()
    del snapshot.territory.decisions[snapshots.ANNA]
    return judge(snapshot)


def test_the_page_says_that_everything_holds() -> None:
    verdict = judge(snapshots.clean())
    assert verdict.holds
    assert "Everything holds." in shown(verdict)


def test_the_page_names_each_violation_and_the_unaccounted() -> None:
    text = shown(broken())
    assert f"lead {snapshots.ANNA} was heard as qualified by territory, and there is no decision" in text
    assert "unaccounted" in text
    assert "Everything holds" not in text


def test_the_page_shows_the_first_and_counts_the_rest() -> None:
    snapshot = snapshots.clean()
    for n in range(SHOWN + 5):
        snapshot.leads.leads[f"{n:036}"] = snapshots.known("qualified")
    assert "and 5 more" in shown(judge(snapshot))


def test_json_counts_all_and_keeps_a_thousand() -> None:
    snapshot = snapshots.clean()
    for n in range(KEPT + 5):
        snapshot.leads.leads[f"{n:036}"] = snapshots.known("qualified")
    made = json.loads(json.dumps(as_json(judge(snapshot))))
    accepted = next(i for i in made["invariants"] if i["id"] == "accepted")
    assert (accepted["found"], len(accepted["violations"]), accepted["holds"]) == (KEPT + 5, KEPT, False)
    assert made["invented"] == KEPT + 5
    assert not made["holds"]


def test_json_of_a_clean_world_has_the_figures_that_others_print() -> None:
    made = as_json(judge(snapshots.clean()))
    assert (made["holds"], made["accepted"], made["unaccounted"], made["lost"], made["doubled"]) == (True, 8, 0, 0, 0)


def test_what_still_moves_is_a_violation_only_where_rest_is_demanded() -> None:
    moving = ["leads has 1 events of leads.intake still to hear"]
    assert judge(snapshots.clean(), moving).holds
    demanded = judge(snapshots.clean(), moving, at_rest=True)
    assert not demanded.holds
    assert "did not come to rest" in shown(demanded)


def test_telemetry_has_a_line_per_invariant(tmp_path: Path) -> None:
    verdict = broken()
    lines = telemetry(verdict, now=5.0).splitlines()
    assert "tributary_unaccounted_leads 1" in lines
    assert 'tributary_verify_violations{invariant="decisions"} 1' in lines
    assert 'tributary_verify_violations{invariant="ledger"} 0' not in lines
    write_telemetry(verdict, tmp_path / "tributary.prom")
    assert [file.name for file in tmp_path.iterdir()] == ["tributary.prom"]


def test_without_a_stack_the_command_ends_with_2_and_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBUTARY_STATE", str(tmp_path))
    answer = CliRunner().invoke(app, ["verify"])
    assert answer.exit_code == 2
    assert "No stack runs here" in answer.output


def test_the_journal_has_an_id_a_line(tmp_path: Path) -> None:
    (tmp_path / "ids").write_text(f"{snapshots.ANNA.upper()}\n\n  {snapshots.BEN}\n")
    assert read_journal(tmp_path / "ids") == {snapshots.ANNA, snapshots.BEN}
    with pytest.raises(StackError, match="can't be read"):
        read_journal(tmp_path / "none")


class Record:
    """A record as the Kafka client hands it over."""

    def __init__(self, headers: list[tuple[str, bytes]] | None, key: bytes | None = b"k", value: bytes = b"{}") -> None:
        self._headers, self._key, self._value = headers, key, value

    def headers(self) -> list[tuple[str, bytes]] | None:
        return self._headers

    def key(self) -> bytes | None:
        return self._key

    def value(self) -> bytes:
        return self._value


NUMBERED = [
    ("source", b"leads/one"),
    ("shard", b"2"),
    ("seq", b"17"),
    ("ce_id", b"i"),
    ("ce_type", b"leads.lead.opened.v1"),
]


def test_a_record_is_read_with_its_number() -> None:
    event = events_of(Record(NUMBERED), "leads.lead", 2, 40, NUMBERED)
    assert event is not None
    assert event.number == "leads/one#2:17"


@pytest.mark.parametrize(
    "record",
    [Record(None), Record(NUMBERED[:-1]), Record([*NUMBERED, ("seq", b"x")]), Record(NUMBERED, key=b"\xff")],
    ids=["no headers", "no type", "a number that is none", "a key that is no text"],
)
def test_a_record_that_is_no_event_is_foreign(record: Record) -> None:
    assert events_of(record, "leads.lead", 2, 40, record.headers() or ()) is None


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"{}", b'{"captured_at": 5}', b"\xff"])
def test_a_body_that_can_not_be_read_is_said_to_be_so(payload: bytes) -> None:
    assert isinstance(body_of("leads.lead.captured.v1", payload), Unreadable)


def test_a_lead_without_a_channel_counts_under_its_source() -> None:
    body = body_of(
        "leads.lead.captured.v1",
        b'{"captured_at": "2026-05-04T12:00:00Z", "source": "web", "occurred_at": "2026-05-04T12:00:00Z"}',
    )
    assert body == Captured(snapshots.AT, "web", None, "web", (), snapshots.AT)
