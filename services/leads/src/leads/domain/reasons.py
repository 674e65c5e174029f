"""Why leads are won or lost, as codes that may travel in the clear. What people type for a reason is about people."""

from collections.abc import Iterable

from values.text import key

REASONS = (
    *("price", "no budget", "delivery time", "competitor", "product", "quality", "service", "relationship", "timing"),
    *(
        "no need",
        "no decision",
        "no answer",
        "not reachable",
        "not qualified",
        "wrong contact",
        "duplicate",
        "spam",
        "lost",
    ),
    *("recommendation", "other"),
)
OTHER = "other"


def code_of(written: str, codes: Iterable[str] = REASONS) -> str | None:
    """The code that is meant, whether it is written ``No budget``, ``no_budget`` or ``no-budget``; None for prose."""
    wanted = _plain(written)
    return next((code for code in codes if _plain(code) == wanted), None)


def _plain(text: str) -> str:
    return key(text.replace("_", " ").replace("-", " "))
