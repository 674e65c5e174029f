"""Under which name a channel, a campaign or a segment counts.

Names are compared in one form, and a row is called as its name was written first. Whoever may write to a public form may
write any name there, so not every name gets a row: those that the operator declared do (planned campaigns, the channels and
segments of plans, the segments of the market), and of the others the first ones, up to a limit per dimension. What comes
after those counts under ``(other)``; the fact keeps the name as it came.
"""

from values.text import key, visible

OTHER = "(other)"  # one of many names that nobody declared
LONGEST = 200  # characters of a name that has a row


def form(name: str) -> str | None:
    """The one form in which this name is compared; None for one that has no row, because it is too long or nothing is seen."""
    if len(name) > 4 * LONGEST:
        return None
    normal = key(name)
    return normal if normal and len(normal) <= LONGEST and len(visible(name)) <= LONGEST else None
