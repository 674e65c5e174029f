"""Numbers that a call or a form brings in another way than one by one."""

import json
from datetime import UTC, datetime
from typing import Any

from chassis.problems import FieldError
from leads.api.submission import Submission, parse_lead

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def parsed(source: str, public: bool = False, **rest: Any) -> Submission | list[FieldError]:
    return parse_lead(json.dumps({"source": source, "country": "DE", **rest}).encode(), NOW, public=public)


def test_a_call_whose_number_was_not_shown_is_a_lead_and_says_so() -> None:
    for shown in ("anonymous", "Unbekannt", "ناشناس", "sip:anonymous@anonymous.invalid", "N/A", "-"):
        call = parsed("phone", contact={"phone": shown, "name": "Marx"}, message="Wants two lathes, calls again.")
        assert isinstance(call, Submission)
        assert (call.form.contact.phone, call.aside.flags, call.aside.answers) == (None, ["phone_withheld"], {})


def test_a_form_without_another_way_to_reach_somebody_is_none() -> None:
    form = parsed("web", public=True, contact={"phone": "anonymous"})
    assert isinstance(form, list)
    assert [error.field for error in form] == ["contact"]
    mailed = parsed("web", public=True, contact={"phone": "unknown", "email": "a@firm.example"})
    assert isinstance(mailed, Submission)
    assert mailed.aside.flags == ["phone_withheld"]


def test_of_two_numbers_the_first_counts_and_the_other_is_kept() -> None:
    form = parsed("web", contact={"phone": "030 1234567 / 0171 2345678 x5"})
    assert isinstance(form, Submission)
    assert form.form.contact.phone == "+49301234567"
    assert (form.aside.flags, form.aside.answers) == (["phone_others"], {"phone": "+491712345678;ext=5"})


def test_an_extension_is_kept() -> None:
    form = parsed("web", contact={"phone": "030 1234567 Durchwahl 136"})
    assert isinstance(form, Submission)
    assert (form.form.contact.phone, form.aside.flags) == ("+49301234567;ext=136", [])
