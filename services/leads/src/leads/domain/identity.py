"""Which lead a submission is about.

An id belongs to its *sender*: two systems, two import lists or two forms that both number their entries from 1 name different
leads. Whoever sends with a token may name a ``sender``; what comes through the public door is named by its ``form``, and the
two never meet, so that no stranger can take the id of another sender's lead.
"""

from functools import lru_cache
from uuid import UUID, uuid5

from values.text import key as normal

_BY_EXTERNAL_ID = UUID("7d0c5c9e-5f2b-5d8e-9c41-1f0f5b6f7a01")
_BY_KEY = UUID("7d0c5c9e-5f2b-5d8e-9c41-1f0f5b6f7a02")


def lead_id_for(
    idempotency_key: str | None,
    source: str | None,
    external_id: str | None,
    sender: str | None = None,
    form: str | None = None,
) -> UUID | None:
    """The id that the sender's own naming makes, so that the same submission sent again is the same lead, without a look-up.

    The external id comes before the key, because an outcome reported later knows only the external id. Nothing given
    makes no id: the door then draws one. Senders and forms are compared in their normal form, external ids to the letter.
    """
    place = _place(sender, form)
    if source and external_id:
        return uuid5(_BY_EXTERNAL_ID, f"ext:{source}{place}:{external_id}")
    if idempotency_key:
        return uuid5(_BY_KEY, f"key{place}:{idempotency_key}")
    return None


@lru_cache(maxsize=2048)
def _place(sender: str | None, form: str | None) -> str:
    """Each part with its length, so that no name can be read as a name and the beginning of an id."""
    if sender:
        name = normal(sender)
        return f"/sender/{len(name)}/{name}"
    if form:
        name = normal(form)
        return f"/form/{len(name)}/{name}"
    return ""
