"""YAML as people mean it, and nothing that hides what a file says or what it costs to read."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.api.market_file import Unreadable, read_json, read_yaml, write_yaml
from territory.domain.market_file import read_market


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("[NO, no, on, yes, Y]", ["NO", "no", "on", "yes", "Y"]),
        ("[01067, 0x10, 1_000, 12:30, 2026-03-01, 1e5]", ["01067", "0x10", "1_000", "12:30", "2026-03-01", "1e5"]),
        ("[1.10, 0.50, +5, 1234567890123456789.5]", ["1.10", "0.50", "+5", "1234567890123456789.5"]),
        ("[1, -2, 0, 3.5, true, false, null, ~]", [1, -2, 0, 3.5, True, False, None, None]),
        ("['1', \"true\", '']", ["1", "true", ""]),
        ("{a: {b: [1, {c: d}]}, e: }", {"a": {"b": [1, {"c": "d"}]}, "e": None}),
        ("name: 東京 🏭", {"name": "東京 🏭"}),
        ("text: |\n  one\n  two\n", {"text": "one\ntwo\n"}),
        ("", None),
        ("# only a comment", None),
    ],
)
def test_yaml_says_what_people_mean(written: str, read: Any) -> None:
    assert read_yaml(written.encode()) == read


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (b"a: &x [1]\nb: 2", "Line 1: aliases and anchors are not taken."),
        (b"a: 1\nb: *x", "Line 2: aliases and anchors are not taken."),
        (b"a: &x 1", "Line 1: aliases and anchors are not taken."),
        (b"a: !!python/object/apply:os.system ['true']", "Line 1: tags are not taken."),
        (b"a: !!str 1", "Line 1: tags are not taken."),
        (b"a: 1\na: 2", "Line 2: a name is there twice."),
        (b"a: {b: 1, b: 2}", "Line 1: a name is there twice."),
        (b"{[1]: 2}", "Line 1: a name is a list or a mapping."),
        (b"a: 1\n---\nb: 2", "Line 2: a second document begins."),
        (b"a: [1, }", "Line 1: it is not YAML."),
        (b"a: 1\n\tb: 2", "Line 2: it is not YAML."),
        (b"a: \xff", "It is not UTF-8."),
        (b"a: \x00", "It holds characters that YAML does not allow."),
        (b"[" * 30 + b"]" * 30, "Line 1: it is nested too deeply."),
        (b"- " * 30 + b"x", "Line 1: it is nested too deeply."),
    ],
)  # fmt: skip
def test_yaml_that_cannot_be_taken_is_refused_with_its_line(written: bytes, why: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_yaml(written)
    assert str(refused.value) == why


@pytest.mark.parametrize(
    "written",
    [b"", b"{", b'{"a": 1, "a": 2}', b'{"a": NaN}', b"[" * 100_000, b"\xff\xfe", b"9" * 10_000],
)  # fmt: skip
def test_json_that_cannot_be_taken_is_refused(written: bytes) -> None:
    with pytest.raises(Unreadable):
        read_json(written)


words = st.sampled_from(("NO", "01067", "1e5", "0o7", "~", "null", "<<", "=", "- a", "a: b", "#", "1:30", ".5", "1_0", "!x", "&a"))  # fmt: skip
texts = words | st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), min_size=1, max_size=12)
values = texts | st.integers(-(10**15), 10**15) | st.booleans() | st.none() | st.sampled_from((0.5, -3.25, 100.0))
entries = st.dictionaries(texts, values | st.lists(values, max_size=4), max_size=4)
documents = st.dictionaries(texts, st.lists(entries, max_size=3), max_size=3)


@given(documents)
def test_a_file_that_was_written_is_read_as_the_same_file(document: dict[str, Any]) -> None:
    assert read_yaml(write_yaml(document).encode()) == document


def test_the_market_file_of_the_readme_is_a_good_one() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    written = readme.partition("```yaml\n")[2].partition("```")[0]
    assert [rule.name for rule in read_market(read_yaml(written.encode())).rules] == ["berlin-machines"]
