"""What this service is told from outside."""

from pydantic import Field

from chassis import Settings


class TerritorySettings(Settings):
    """The settings of every service, at this service's own port, and how a market is changed."""

    port: int = 8102
    market_by_draft: bool = Field(
        default=False,
        description="whether a market that is in force is changed by drafts only, and no more by a file that one puts",
    )
