"""Why people give leads back, set them aside, leave them undecided, reopen and restore them: codes, which may travel in the clear.
Which there are is data with versions; these are the first ones."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

RETURN = (
    *(
        "wrong_area",
        "wrong_product",
        "wrong_language",
        "wrong_person",
        "duplicate",
        "not_genuine",
        "overload",
        "conflict",
    ),
    "other",
)
DISCARD = (
    "spam",
    "not_genuine",
    "duplicate",
    "no_need",
    "competitor",
    "private_person",
    "not_served",
    "applicant",
    "other",
)
UNDECIDED = ("asked_customer", "not_reached", "unclear", "other")
REOPEN = ("back_again", "recorded_wrongly", "cancelled_order", "other")
BACK = ("customer_undecided", "offer_declined", "wrong_stage", "postponed", "terms_changed", "other")
RESTORE = ("discarded_wrongly", "back_again", "other")
LOST = (
    *("price", "no_budget", "delivery_time", "competitor", "product", "quality", "timing", "no_need", "no_decision"),
    *("no_answer", "other"),
)
CODES: Mapping[str, tuple[str, ...]] = {
    "return": RETURN,
    "discard": DISCARD,
    "undecided": UNDECIDED,
    "reopen": REOPEN,
    "restore": RESTORE,
    "lost": LOST,
    "back": BACK,
}

NOT_ANSWERED = "not_answered"  # the clock gives it back: nobody may say so at a door
ASKED_CUSTOMER = "asked_customer"
CODES_AT_MOST, DAYS_AT_MOST = 50, 3650
_CODE = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True)
class Reasons:
    """A version of the codes that people choose from, by what they do; what it does not name has the codes above. And how many days
    the contact data of a lead that was set aside are kept, by the code for that."""

    version: int
    codes: Mapping[str, Sequence[str]]
    kept_days: Mapping[str, int] = field(default_factory=dict)
    kept_days_otherwise: int = 180

    def of(self, step: str) -> Sequence[str]:
        """The codes for this."""
        return self.codes.get(step) or CODES[step]

    def kept_for(self, code: str) -> timedelta:
        """How long the contact data of a lead that was set aside with this code are kept."""
        return timedelta(days=self.kept_days.get(code, self.kept_days_otherwise))

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong with it, by field."""
        found = {f"codes.{step}": "is nothing that people do for a reason" for step in self.codes if step not in CODES}
        for step, codes in self.codes.items():
            if not codes:
                found[f"codes.{step}"] = "needs a code"
            elif len(codes) > CODES_AT_MOST or len(set(codes)) < len(codes) or not all(map(_CODE.fullmatch, codes)):
                found[f"codes.{step}"] = f"are at most {CODES_AT_MOST} different ones, of small letters and _"
        for code, days in self.kept_days.items():
            if code not in self.of("discard"):
                found[f"kept_days.{code}"] = "is no code for setting aside"
            elif not 1 <= days <= DAYS_AT_MOST:
                found[f"kept_days.{code}"] = _DAYS
        if not 1 <= self.kept_days_otherwise <= DAYS_AT_MOST:
            found["kept_days_otherwise"] = _DAYS
        return found


_DAYS = f"is a number of days from 1 to {DAYS_AT_MOST}"
_FIRST = {
    "return": RETURN,
    "discard": DISCARD,
    "undecided": UNDECIDED,
    "reopen": REOPEN,
    "restore": RESTORE,
    "lost": LOST,
}
REASONS_1 = Reasons(1, _FIRST, {"spam": 30}, 180)
