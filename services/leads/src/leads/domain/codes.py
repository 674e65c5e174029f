"""Why people give leads back, set them aside, leave them undecided, reopen and restore them: codes, which may travel in the clear."""

from collections.abc import Mapping
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
}

NOT_ANSWERED = "not_answered"  # the clock gives it back: nobody may say so at a door
ASKED_CUSTOMER = "asked_customer"
KEPT = timedelta(days=180)
KEPT_BY_CODE: Mapping[str, timedelta] = {"spam": timedelta(days=30)}


def kept_for(code: str) -> timedelta:
    """How long the contact data of a lead that was set aside with this code are kept."""
    return KEPT_BY_CODE.get(code, KEPT)
