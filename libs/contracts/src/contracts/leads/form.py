"""What a lead form says beside its fields: the visits that led to it, and what was consented to."""

from contracts.event import Value


class Touch(Value):
    """A visit, by what the link that led to it says of itself: names of campaigns and channels, and nothing about anybody."""

    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    term: str | None = None
    content: str | None = None
    referrer_host: str | None = None


class Attribution(Value):
    """The first visit, where the site kept it after a consent of its own, and the one in which the form was sent."""

    first: Touch | None = None
    last: Touch | None = None


class Consent(Value):
    """What somebody was asked, by the text's id, version and language, and whether they agreed."""

    purpose: str
    given: bool
    text_id: str
    text_version: int
    language: str
