"""What a form is and what of an answer looks like a program's."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.domain import form
from leads.domain.flags import SENT_TOO_FAST, TOKEN_MISSING, TRAP_FILLED
from leads.domain.form import Content, Field, NotPossible, Version

KEY, NOW = b"k" * 32, 1_800_000_000
AT = datetime(2026, 1, 2, tzinfo=UTC)
ASKS = Content(("en",), {"en": "Ask"}, fields=(Field("mail", "email", True, {"en": "E-mail"}), Field("n", "number")))


def life(*steps: str) -> list[Version]:
    """The versions of a form after these steps."""
    there: list[Version] = []
    does: dict[str, Any] = {
        "save": lambda: [form.saved("f", there, {}, "anna", AT)],
        "activate": lambda: form.activated(there, "anna", AT),
        "pause": lambda: form.paused(there, True, "anna", AT),
        "resume": lambda: form.paused(there, False, "anna", AT),
        "archive": lambda: form.archived(there, "anna", AT),
    }
    for step in steps:
        changed = {one.version: one for one in does[step]()}
        there = [changed.pop(one.version, one) for one in there] + list(changed.values())
    return there


STEPS = st.lists(st.sampled_from(["save", "activate", "pause", "resume", "archive"]), max_size=12)


@given(STEPS)
def test_whatever_is_done_one_version_at_most_is_active_and_changes_are_numbered(steps: list[str]) -> None:
    done: list[str] = []
    for step in steps:
        before = max((one.edit for one in life(*done)), default=0)
        try:
            after = life(*done, step)
        except NotPossible:
            continue
        done.append(step)
        assert sum(one.state == "active" for one in after) <= 1
        assert sum(one.state == "draft" for one in after) <= 1
        assert [one.version for one in after] == list(range(1, len(after) + 1))
        assert max(one.edit for one in after) in (before, before + 1)
        assert not [one for one in after if one.paused and one.state != "active"]


def test_a_paused_form_stays_paused_when_its_next_version_is_activated() -> None:
    there = life("save", "activate", "pause", "save", "activate")
    assert [(one.state, one.paused) for one in there] == [("archived", False), ("active", True)]


@pytest.mark.parametrize(
    ("origin", "good"),
    [
        ("https://www.example.com", True),
        ("https://www.example.com:8443", True),
        ("http://localhost:3000", True),
        ("http://127.0.0.1:3000", True),
        ("http://www.example.com", False),
        ("https://www.example.com/", False),
        ("https://www.example.com:443", False),
        ("https://WWW.example.com", False),
        ("https://user@www.example.com", False),
        ("https://*.example.com", False),
        ("https://example.com:99999", False),
        ("https://[::1", False),
        ("ftp://example.com", False),
        ("www.example.com", False),
        ("", False),
    ],
)
def test_a_site_is_scheme_host_and_port(origin: str, good: bool) -> None:
    assert (form.faults(Content(("en",), {}, origins=(origin,))) == []) is good


@pytest.mark.parametrize(
    "page", ["javascript:alert(1)", "//evil.example", "http://a.example", "https://a b", "https://u@a.example"]
)
def test_a_page_after_sending_is_a_whole_address(page: str) -> None:
    assert [one.field for one in form.faults(Content(("en",), {}, redirect=page))] == ["redirect"]


def test_answers_are_read_by_what_is_asked() -> None:
    assert form.read(ASKS, {"mail": ["a@b.example"], "n": ["۱۲"], "other": ["x"]}) == (
        {"mail": "a@b.example", "n": "۱۲"},
        {},
    )
    assert form.read(ASKS, {"mail": ["  "], "n": ["many"]})[1] == {"mail": "required", "n": "number"}
    assert form.read(ASKS, {"mail": ["x" * 501]})[1] == {"mail": "long"}


def test_a_token_is_good_for_its_form_from_a_moment_until_a_day() -> None:
    token = form.token(KEY, "f", 1, NOW, "n")

    def said(given: str, name: str = "f", later: int = 30, trapped: str = "") -> list[str]:
        return form.signals(KEY, name, ASKS, given, trapped, NOW + later)

    assert said(token) == []
    assert said(token, later=1) == [SENT_TOO_FAST]
    assert said(token, later=25 * 3600) == [TOKEN_MISSING]
    assert said(token, "g") == [TOKEN_MISSING]
    assert said(form.token(b"other", "f", 1, NOW, "n")) == [TOKEN_MISSING]
    assert said(token, trapped="x", later=0) == [TRAP_FILLED, SENT_TOO_FAST]


@given(st.text())
def test_no_text_is_taken_for_a_token_or_breaks_its_reading(text: str) -> None:
    assert form.signals(KEY, "f", ASKS, text, "", NOW) == [TOKEN_MISSING]


def test_the_trap_has_another_name_in_each_version() -> None:
    names = {form.trap(KEY, "f", version) for version in range(20)}
    assert len(names) == 20
    assert not [name for name in names if not form.NAME.fullmatch(name) or not name.startswith("ref_")]
