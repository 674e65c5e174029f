"""Phone numbers as people write them, in every script, to the one form that can be dialled from everywhere."""

import phonenumbers
from phonenumbers import PhoneNumberFormat, ValidationResult


def normalise_phone(text: str, country: str | None) -> str | None:
    """The number in E.164, or None when no such number can exist.

    Digits may be of any script, with or without a trunk prefix. A number without a country code is read as one of
    ``country``; a number that can only be dialled within a town is not enough. No shortcut for numbers that look like
    E.164: the library takes 11 us, and only it knows that +49 030 is +49 30.
    """
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
