"""Who is the same person."""

from uuid import UUID

from leads.domain.search import words
from values.contact import email_key


def reach(email: str | None, phone: str | None, name: str | None, lead_id: UUID) -> str:
    """By what a person is known again: the e-mail address, else the phone number with the name; a lead without either is a person of
    its own.

    However an address is written, it is one person's. A number is often a household's or a firm's: under another name it is another
    person's, whatever the order and case of the name's words. An extension tells a desk from another one, not a person: it may
    change, and half of the calls from there come without it.
    """
    if email:
        return f"email:{email_key(email)}"
    number = (phone or "").partition(";")[0]
    return " ".join([f"phone:{number}", *sorted(words(name))]) if number else f"lead:{lead_id}"
