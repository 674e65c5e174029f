"""Looks for personal data in the clear, in every text that passes by: records, rows and logs.

Three things are looked for. *Canaries*: words that the fault run and the tests put into every personal field they send, and
that can stand nowhere by chance. *Each lead's own contact*, where the stack can open it: its name, address, message, e-mail
address and phone number in anything that is said under the lead's id. *Known addresses*: the e-mail addresses and
international phone numbers of all contacts in any other text. What is found is named by its place, never shown.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from leads.domain.personal import Personal

CANARY = b"qxcanary"  # what every canary begins with
EMAIL = re.compile(rb"[^\s\"'<>@,;:(){}\[\]\\=]+@[^\s\"'<>@,;:(){}\[\]\\=]+")
PHONE = re.compile(rb"\+[1-9][0-9]{7,14}(?![0-9])")
LEAST = {"name": 5, "email": 5, "phone": 8, "address": 8, "message": 12}  # what is shorter stands anywhere by chance


@dataclass
class Private:
    """What was found, and what is looked for. ``found`` holds places and kinds."""

    found: list[tuple[str, str]] = field(default_factory=list)
    texts: int = 0
    _own: dict[bytes, tuple[tuple[str, bytes], ...]] = field(default_factory=dict)
    _emails: set[bytes] = field(default_factory=set)
    _phones: set[bytes] = field(default_factory=set)

    def know(self, lead_id: str, who: Personal) -> None:
        """From here on this contact is looked for."""
        own = [(kind, worth(kind, getattr(who, kind))) for kind in LEAST]
        answers = (who.answers or {}).values()
        own += [("answer", worth("message", answer)) for answer in answers if isinstance(answer, str)]
        self._own[lead_id.encode()] = tuple((kind, text) for kind, text in own if text)
        if who.email:
            self._emails.add(who.email.strip().lower().encode())
        if who.phone and who.phone.startswith("+"):
            self._phones.add(who.phone.encode())

    def record(
        self, where: str, key: bytes | None, body: bytes | None, headers: Iterable[tuple[str, bytes | None]]
    ) -> None:
        """One record of a topic: its body by what is known of its lead, and everything for canaries and known contacts."""
        self.texts += 1
        text = body or b""
        for kind, own in self._own.get(key or b"", ()):
            if own in text:
                self.found.append((where, f"the lead's own {kind}"))
        self._look(where, text)
        self._look(f"{where}, headers", b"\n".join([key or b"", *(value for _, value in headers if value)]))

    def text(self, where: str, text: bytes, lead_id: str = "") -> None:
        """A row, a line of a log, or anything else; with the lead it is about, if it is about one."""
        self.texts += 1
        for kind, own in self._own.get(lead_id.encode(), ()):
            if own in text:
                self.found.append((where, f"the lead's own {kind}"))
        self._look(where, text)

    def _look(self, where: str, text: bytes) -> None:
        if CANARY in text:
            self.found.append((where, "a canary"))
        if b"@" in text and any(one.lower().strip(b".") in self._emails for one in EMAIL.findall(text)):
            self.found.append((where, "the e-mail address of a contact"))
        if b"+" in text and any(one in self._phones for one in PHONE.findall(text)):
            self.found.append((where, "the phone number of a contact"))


def worth(kind: str, event: str | None) -> bytes:
    """What of this part of a contact can be looked for without finding what others say by chance; nothing if it is too
    little: a word of one's own, like a person called Berlin, may stand anywhere, two words together do not."""
    text = (event or "").strip()
    if kind == "phone":
        text = text.lstrip("+")
    if kind in ("name", "address") and " " not in text:
        return b'"%s"' % _escaped(text) if len(text) > 1 and not text.isascii() else b""
    return _escaped(text) if len(text) >= LEAST[kind] else b""


def _escaped(text: str) -> bytes:
    """As it stands inside JSON."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").encode()
