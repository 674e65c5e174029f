"""Proof of work: a form may ask that sending it costs a browser a moment, so that sending a million costs a program days.

Whoever sends looks for a number by which the body, run a thousand times through a hash, begins with a zero byte: 256 tries on the
average, a third of a second in the background of a page, half a millisecond to check. The number stands last in the body and the hash
is made of all before it, token and key and answers, so each is good for what was sent with it. Whoever has no script, or a page
without https, can't do it: what is lacking is a sign, as others are, and no refusal.
"""

import hashlib
from collections.abc import Sequence

from leads.domain import flags

ROUNDS = 1000
MARK = b',"_proof":"'
LONGEST = 6  # digits


def unproved(found: Sequence[str]) -> list[str]:
    """What it looks like when the proof is lacking: a token without it counts as none."""
    return [*(one for one in found if one != flags.TOKEN_MISSING), flags.TOKEN_MISSING, flags.PROOF_MISSING]


def proves(raw: bytes) -> bool:
    """Whether the body ends in such a number."""
    said, mark, rest = raw.rpartition(MARK)
    number, end = rest[:-2], rest[-2:]
    if not mark or end != b'"}' or not number.isdigit() or len(number) > LONGEST:
        return False
    return hashlib.pbkdf2_hmac("sha256", number, said + b"}", ROUNDS, 1) == b"\0"
