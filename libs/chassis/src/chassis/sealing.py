"""Sealing personal data: AES-256-GCM under a key per person, wrapped by a master key from outside the database."""

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from chassis.errors import Unusable
from contracts.event import Sealed

_NONCE = 12


class CannotOpen(Unusable):
    """The key is not the one that sealed this, or it was destroyed."""


def new_key() -> bytes:
    """A fresh 256-bit key."""
    return os.urandom(32)


def derive(master: bytes, purpose: str) -> bytes:
    """A 256-bit key for one purpose, so that no two purposes share one (HKDF-Expand with SHA-256, RFC 5869)."""
    return HKDFExpand(hashes.SHA256(), 32, purpose.encode()).derive(master)


def seal_bytes(key: bytes, data: bytes, bound_to: bytes = b"") -> bytes:
    """Nonce and ciphertext. ``bound_to`` must be given again to open: a box can't be moved to another place."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, bound_to)


def open_bytes(key: bytes, box: bytes, bound_to: bytes = b"") -> bytes:
    """What was sealed, or CannotOpen."""
    try:
        return AESGCM(key).decrypt(box[:_NONCE], box[_NONCE:], bound_to)
    except (InvalidTag, ValueError) as error:
        raise CannotOpen("this key does not open it") from error


def seal(key_name: str, key: bytes, data: bytes, bound_to: bytes = b"") -> Sealed:
    """Personal data as it travels."""
    return Sealed(key=key_name, box=base64.urlsafe_b64encode(seal_bytes(key, data, bound_to)).decode())


def unseal(sealed: Sealed, key: bytes, bound_to: bytes = b"") -> bytes:
    """The way back, or CannotOpen."""
    try:
        box = base64.urlsafe_b64decode(sealed.box)
    except ValueError as error:
        raise CannotOpen("this is not a sealed box") from error
    return open_bytes(key, box, bound_to)


def blind_index(pepper: bytes, value: str) -> bytes:
    """A keyed hash by which equal values are found without being readable: HMAC-SHA-256, first 16 bytes."""
    return hmac.new(pepper, value.encode(), hashlib.sha256).digest()[:16]
