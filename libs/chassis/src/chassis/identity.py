"""Who shows a token: what an OIDC issuer signed, and nothing that it did not sign."""

from dataclasses import dataclass

from chassis.settings import Settings


class KeysMissing(Exception):
    """No key of the issuer is known yet: no token can be checked."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a valid token says. ``expires_at`` and ``signed_in_at`` in seconds of the epoch, None where it does not say when.
    ``client`` is who it was made out to; ``scopes`` count for machines only, which are subjects of their own client's."""

    issuer: str
    subject: str
    expires_at: int
    client: str = ""
    scopes: frozenset[str] = frozenset()
    methods: tuple[str, ...] = ()
    signed_in_at: int | None = None


class Identity:
    """The keys of the issuer, and the tokens that were verified with them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def verified(self, token: str) -> Verified | None:
        """What the token says, or None when it is not valid, for whatever cause. KeysMissing when that can't be known."""
        return None
