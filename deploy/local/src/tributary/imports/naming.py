"""Which lead a row is: an id belongs to its list, and where a list gives none the row's own content names it.

So a corrected file names the same leads again, whatever else of it was changed, and two lists that both number their rows from
1 name different ones. The content is the e-mail address, or without one the phone number, each in the form in which it is
compared. Where a list has one address twice, with another name, product, campaign or time beside it, these tell the later row
apart. What is made of an address is keyed with a secret of this installation: nobody can look an address up by it.
"""

import hmac
import re
from collections.abc import Mapping
from typing import Any

from values.contact import email, email_key
from values.text import digits, key, visible

TAILED = re.compile(r"(\d+)\.0")
_PHONE = re.compile(r"\+?[\d\s()./-]{7,25}")
TELLS_APART = ("product", "campaign", "occurred_at", "channel")
SAME = "names the same lead as an earlier row"
TAKEN = "names an earlier row of this list, which is about somebody else"


class Names:
    """The names that the rows of one list have been given; 16 bytes or so are kept for each."""

    def __init__(self, list_name: str, secret: str) -> None:
        self.list = list_name
        self._secret = secret.encode()
        self._about: dict[bytes, bytes] = {}

    def own_id(self, text: str) -> str:
        """The id as the list gives it; an address or a phone number that is used for one is not sent in the clear."""
        plain = visible(text)
        if "@" in plain and email(plain):
            return self._digest("email", email_key(plain))
        if _PHONE.fullmatch(digits(plain)) and (plain[0] in "+(" or " " in plain.strip()):
            return self._digest("phone", phone_key(plain))
        tailed = TAILED.fullmatch(plain)  # a spreadsheet made a number of it
        return tailed[1] if tailed else plain

    def of_contact(self, contact: Mapping[str, Any]) -> str | None:
        """The name that an e-mail address or a phone number gives; None without both."""
        if contact.get("email"):
            return self._digest("email", email_key(contact["email"]))
        if contact.get("phone"):
            return self._digest("phone", phone_key(contact["phone"]))
        return None

    def name(self, body: dict[str, Any]) -> str | None:
        """Names the lead in its body, in the order of the file; returns ``SAME`` or ``TAKEN`` where that says something."""
        contact = body.get("contact", {})
        reached = self.of_contact(contact)
        if body.get("external_id"):
            body["external_id"] = self.own_id(str(body["external_id"]))
            before = self._first(body["external_id"], reached or "")
            if before is None:
                return None
            return SAME if before == self._short(reached or "") else TAKEN
        assert reached is not None  # a row without an id and a way to reach anybody was refused before
        about = "\0".join(
            [key(str(contact.get("name", ""))), *(key(str(body.get(field, ""))) for field in TELLS_APART)]
        )
        body["external_id"] = reached
        before = self._first(reached, about)
        if before is None:
            return None
        if before == self._short(about):
            return SAME
        body["external_id"] = self._digest("apart", f"{reached}\0{about}")
        return None if self._first(body["external_id"], about) is None else SAME

    def _first(self, name: str, about: str) -> bytes | None:
        """What the first row of this name was about; None when this is it."""
        short, told = self._short(name), self._short(about)
        if short not in self._about:
            self._about[short] = told
            return None
        return self._about[short]

    def _short(self, text: str) -> bytes:
        return hmac.digest(self._secret, text.encode(), "sha256")[:8]

    def _digest(self, what: str, text: str) -> str:
        return f"{what}-{hmac.digest(self._secret, f'{what}:{text}'.encode(), 'sha256').hex()[:32]}"


def phone_key(text: str) -> str:
    """The last nine digits, so that +49 30 1234567 and 030 1234567 are one number."""
    return "".join(sign for sign in digits(text) if sign.isdigit())[-9:]
