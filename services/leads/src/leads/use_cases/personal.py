"""Personal data as the bytes that are sealed: the door packs them, the record is made from them."""

import hashlib
import hmac

from pydantic_core import from_json, to_json

from contracts.leads.lead import LeadAttributes
from leads.domain.personal import Personal


def pack(personal: Personal) -> bytes:
    """A JSON object of what was given."""
    return to_json({name: value for name, value in zip(Personal._fields, personal, strict=True) if value is not None})


def unpack(data: bytes) -> Personal:
    """The way back."""
    return Personal(**from_json(data))


def digest(key: bytes, packed: bytes, about: LeadAttributes) -> str:
    """By which what was submitted is told from what is submitted again, without being kept: keyed with the person's key."""
    return hmac.new(key, packed + about.model_dump_json().encode(), hashlib.sha256).hexdigest()[:32]
