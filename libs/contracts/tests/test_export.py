"""What is generated is committed as it would be generated now, and the check names what is not."""

import json
from pathlib import Path

import pytest

from contracts import STREAMS, export, topics
from contracts.hearers import READ_BY_ALL, hearers


def test_everything_generated_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert (export.main(["--check"]), capsys.readouterr().out) == (0, "")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty tree to generate into."""
    monkeypatch.setattr(export, "ROOT", tmp_path)
    monkeypatch.setattr(export, "HOME", tmp_path / "libs" / "contracts")
    assert export.main([]) == 0
    return tmp_path


@pytest.mark.parametrize(
    "file",
    [
        "libs/contracts/schemas/leads.lead.captured.v1.json",
        "libs/contracts/asyncapi.json",
        "libs/contracts/topics.json",
        "docs/catalogue.md",
    ],
)
@pytest.mark.parametrize("harm", ["changed", "missing"])
def test_the_check_names_a_file_that_differs(
    elsewhere: Path, file: str, harm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    if harm == "changed":
        (elsewhere / file).write_bytes((elsewhere / file).read_bytes() + b" ")
    else:
        (elsewhere / file).unlink()
    assert export.main(["--check"]) == 1
    assert capsys.readouterr().out == f"{file} is out of date: run `make contracts`.\n"
    assert export.main([]) == 0
    assert export.main(["--check"]) == 0


def test_the_schema_of_an_event_that_is_gone_is_named_and_then_removed(elsewhere: Path) -> None:
    left = elsewhere / "libs/contracts/schemas/leads.lead.vanished.v1.json"
    left.write_text("{}")
    assert export.main(["--check"]) == 1
    assert export.main([]) == 0
    assert not left.exists()


def test_every_stream_has_a_topic_and_history_is_kept_for_ever_unless_it_only_passes_through() -> None:
    defined = {one["topic"]: one for one in topics.definitions()["topics"]}
    assert set(defined) == {stream.topic for stream in STREAMS}
    for stream in STREAMS:
        config = defined[stream.topic]["config"]
        assert defined[stream.topic]["partitions"] == stream.partitions
        assert config["max.message.bytes"] == "2097152"
        assert (config["cleanup.policy"] == "compact") == stream.compacted
        assert ("retention.ms" in config) == (not stream.compacted)
        if not stream.compacted:
            passes_through = not stream.sequenced  # its service puts on record what it has heard there
            assert (config["retention.ms"] == "-1") != passes_through
            assert config["retention.bytes"] == "-1"
        assert ({"segment.ms", "max.compaction.lag.ms"} <= set(config)) == stream.compacted
        assert all(isinstance(value, str) for value in config.values())


def test_the_asyncapi_document_says_for_each_stream_who_sends_and_who_receives() -> None:
    operations = json.loads((export.HOME / "asyncapi.json").read_text(encoding="utf-8"))["operations"]
    for stream in STREAMS:
        mine = {name: one for name, one in operations.items() if one["channel"]["$ref"] == f"#/channels/{stream.topic}"}
        assert {one["tags"][0]["name"] for one in mine.values() if one["action"] == "send"} == {stream.publisher}
        receivers = [one for one in mine.values() if one["action"] == "receive"]
        assert tuple(one["tags"][0]["name"] for one in receivers) == hearers(stream)
        groups = [one["bindings"]["kafka"].get("groupId", {}).get("enum") for one in receivers]
        assert groups == [None if stream in READ_BY_ALL else [h] for h in hearers(stream)]


def test_the_catalogue_names_every_stream_and_event_with_owner_and_example() -> None:
    page = (export.ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    for stream in STREAMS:
        assert f"\n## {stream.topic}\n" in page
        for event in stream.events:
            section = page.split(f"\n### {event.event_type()}\n")[1].split("\n### ")[0]
            assert f"`{event.__name__}`" in section
            assert f'"type": "{event.event_type()}"' in section
            assert "**Compatibility.**" in section
