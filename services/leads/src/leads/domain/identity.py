"""Which lead a submission is about."""

from uuid import UUID, uuid5

_BY_EXTERNAL_ID = UUID("7d0c5c9e-5f2b-5d8e-9c41-1f0f5b6f7a01")
_BY_KEY = UUID("7d0c5c9e-5f2b-5d8e-9c41-1f0f5b6f7a02")


def lead_id_for(idempotency_key: str | None, source: str | None, external_id: str | None) -> UUID | None:
    """The id that the sender's own naming makes, so that the same submission sent again is the same lead, without a look-up.

    The external id comes before the key, because an outcome reported later knows only the external id. Nothing given
    makes no id: the door then draws one.
    """
    if source and external_id:
        return uuid5(_BY_EXTERNAL_ID, f"ext:{source}:{external_id}")
    if idempotency_key:
        return uuid5(_BY_KEY, f"key:{idempotency_key}")
    return None
