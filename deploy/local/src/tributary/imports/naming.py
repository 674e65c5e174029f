"""Which lead a row is: an id belongs to its list, and where a list gives none the row's own content names it.

So a corrected file names the same leads again, whatever else of it was changed, and two lists that both number their rows from
1 name different ones. The content is the e-mail address, or without a readable one the phone number, each in the form in which
it is compared. Where a list has one address twice, with another name, product, campaign or time beside it, these tell the later
row apart. A corrected address is known by the phone number and the name that stood beside it when the list was played before.
What is made of an address is keyed with a secret of this installation: nobody can look an address up by it.
"""

import hmac
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from values.contact import email, email_key
from values.text import digits, key, visible

TAILED = re.compile(r"(\d+)\.0")
_PHONE = re.compile(r"\+?[\d\s()./-]{7,25}")
TELLS_APART = ("product", "campaign", "occurred_at", "channel")
SAME = "names the same lead as an earlier row"
CHANGED = "is a lead of this list already, told then with another name, product, campaign, channel or time: it stays as it was"
TAKEN = "names an earlier row of this list, which is about somebody else"


class Names:
    """The names that the rows of one list have been given. ``home`` is where those made of content are kept from run to run."""

    def __init__(self, list_name: str, secret: str, home: Path | None = None) -> None:
        self.list = list_name
        self._secret = secret.encode()
        self._about: dict[bytes, bytes] = {}
        self._known: dict[str, tuple[str, str]] = {}
        self._new: list[str] = []
        self._kept = home / f"{self._digest('list', key(list_name))}.names" if home else None
        if self._kept and self._kept.exists():
            lines = [line.split(" ") for line in self._kept.read_text().splitlines()]
            self._known = {
                line[0]: (line[1], line[2]) for line in lines if len(line) == 3
            }  # a kill may leave half a line

    def keep(self) -> None:
        """Writes down what was named since, so that a later run knows it."""
        if self._kept and self._new:
            with os.fdopen(os.open(self._kept, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
                file.writelines(f"\n{line}\n" for line in self._new)
            self._new.clear()

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
        written, phone = contact.get("email"), contact.get("phone")
        if known := self._known_by(contact):
            return known[0]
        if written and (email(written) or not phone):
            return self._digest("email", email_key(written))
        return self._digest("phone", phone_key(phone)) if phone else None

    def _signs(self, contact: Mapping[str, Any]) -> list[str]:
        """What somebody is known by, the surest first: number and name together, then the address."""
        signs = []
        if contact.get("phone"):
            signs.append(f"{phone_key(contact['phone'])}\0{key(str(contact.get('name', '')))}")
        if contact.get("email") and email(contact["email"]):
            signs.append(email_key(contact["email"]))
        return [self._short(sign).hex() for sign in signs]

    def _known_by(self, contact: Mapping[str, Any]) -> tuple[str, str] | None:
        """The name that was given to whoever is known by one of these, and a digest of what the row was about."""
        return next((self._known[sign] for sign in self._signs(contact) if sign in self._known), None)

    def _remember(self, contact: Mapping[str, Any], name: str, about: str) -> None:
        for sign in self._signs(contact):
            if sign not in self._known:
                self._known[sign] = (name, about)
                self._new.append(f"{sign} {name} {about}")

    def name(self, body: dict[str, Any]) -> str | None:
        """Names the lead in its body, in the order of the file; returns ``SAME``, ``CHANGED`` or ``TAKEN`` where one is so."""
        contact = body.get("contact", {})
        reached = self.of_contact(contact)
        if body.get("external_id"):
            body["external_id"] = self.own_id(str(body["external_id"]))
            before = self._first(body["external_id"], reached or "")
            if before is None:
                return None
            return SAME if not reached or before in (self._short(reached), self._short("")) else TAKEN
        assert reached is not None  # a row without an id and a way to reach anybody was refused before
        about = "\0".join(
            [key(str(contact.get("name", ""))), *(key(str(body.get(field, ""))) for field in TELLS_APART)]
        )
        known, short = self._known_by(contact), self._short(about).hex()
        body["external_id"], before = reached, self._first(reached, about)
        if before is not None and before != self._short(about):
            body["external_id"] = self._digest("apart", f"{reached}\0{about}")
            before = self._first(body["external_id"], about)
        self._remember(contact, body["external_id"], short)
        if before is None:
            return CHANGED if known and known[0] == body["external_id"] and known[1] != short else None
        return SAME

    def _first(self, name: str, about: str) -> bytes | None:
        """What the first row of this name was about; None when this is it."""
        short, report = self._short(name), self._short(about)
        if short not in self._about:
            self._about[short] = report
            return None
        return self._about[short]

    def _short(self, text: str) -> bytes:
        return hmac.digest(self._secret, text.encode(), "sha256")[:8]

    def _digest(self, what: str, text: str) -> str:
        return f"{what}-{hmac.digest(self._secret, f'{what}:{text}'.encode(), 'sha256').hex()[:32]}"


def phone_key(text: str) -> str:
    """The last nine digits, so that +49 30 1234567 and 030 1234567 are one number."""
    return "".join(sign for sign in digits(text) if sign.isdigit())[-9:]
