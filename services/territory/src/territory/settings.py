"""What this service is told from outside."""

from chassis import Settings


class TerritorySettings(Settings):
    """The settings of every service, at this service's own port."""

    port: int = 8102
