"""Who is the same person."""

from uuid import UUID

from values.contact import email_key


def reach(email: str | None, phone: str | None, lead_id: UUID) -> str:
    """By what a person is known again: the e-mail address, else the phone number; a lead without either is a person of its own.

    However an address is written, it is one person's. An extension tells a desk from another one, not a person: it may change,
    and half of the calls from there come without it.
    """
    if email:
        return f"email:{email_key(email)}"
    number = (phone or "").partition(";")[0]
    return f"phone:{number}" if number else f"lead:{lead_id}"
