"""The area a postcode lies in: enough to route by, too coarse to find a door with."""

import unicodedata


def postcode_area(postcode: str | None) -> str | None:
    """The postcode without its last part, in Latin capitals and digits.

    Spaces and hyphens go, whatever the script of the digits. Of more than six characters the last three are dropped, of
    four to six the last two; shorter ones are areas already.
    """
    if not postcode:
        return None
    plain = "".join(map(_latin, unicodedata.normalize("NFKC", postcode))).upper()
    if len(plain) > 6:
        return plain[:-3]
    return plain[:-2] if len(plain) >= 4 else plain or None


def _latin(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    return character if character.isalnum() else ""
