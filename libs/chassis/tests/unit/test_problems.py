"""Problem documents."""

from chassis.problems import FieldError, field_errors


def test_a_reason_is_told_in_our_words_only() -> None:
    error = {"type": "value_error", "loc": ("body", "at"), "msg": "Value error, is no date"}
    assert field_errors([error]) == [FieldError("at", "is no date")]
