"""Under which name something counts."""

import pytest

from metrics.domain.names import LONGEST, form


@pytest.mark.parametrize("written", ["Facebook", "FACEBOOK ", "\uff46acebook", "face\u200bbook"])
def test_one_name_has_one_form(written: str) -> None:
    assert form(written) == "facebook"


@pytest.mark.parametrize(
    "written", ["", " ", "\u200b", "x" * (LONGEST + 1), "a" + " " * 5000 + "b", "\ufdfa" * LONGEST]
)
def test_what_nobody_sees_or_no_row_could_hold_has_none(written: str) -> None:
    assert form(written) is None
