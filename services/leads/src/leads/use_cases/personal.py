"""Personal data as the bytes that are sealed: the door packs them, the record is made from them."""

from pydantic_core import from_json, to_json

from leads.domain.personal import Personal


def pack(personal: Personal) -> bytes:
    """A JSON object of what was given."""
    return to_json({name: value for name, value in personal._asdict().items() if value is not None})


def unpack(data: bytes) -> Personal:
    """The way back."""
    return Personal(**from_json(data))
