"""What this service is told from outside."""

from pydantic import Field

from chassis import Settings


class MetricsSettings(Settings):
    """The settings of every service, at this service's own port, and those of the streams of changes."""

    port: int = 8104
    kpi_names: int = Field(
        default=1000,
        description="channels, and campaigns, that nobody declared and that get a row; the rest is (other)",
    )
    league_zone: str = Field(default="UTC", description="the zone of the company, in which its days begin")
    league_week_begins: int = Field(
        default=0, ge=0, le=6, description="the first day of its week: 0 is Monday, 6 Sunday"
    )
    league_grace_minutes: int = Field(default=60, ge=0, description="a day is closed this long after its end")
    league_leads: int = Field(default=5, ge=1, description="leads of a team's period, at least, or it is withheld")
    league_persons: int = Field(default=3, ge=1, description="people who had them, at least, or it is withheld")
    league_won: int = Field(default=5, ge=1, description="deals behind a sum of money, at least, or it is withheld")
    league_largest: float = Field(default=0.5, gt=0, le=1, description="the part of that sum one deal may be, at most")
    stream_tick_ms: int = Field(default=100, ge=10, description="changes of this long are told in one event")
    stream_readers: int = Field(default=5000, description="open streams; more are refused with 503")
    stream_ring_bytes: int = Field(
        default=4 * 1024 * 1024, description="per dimension and set of teams, kept for readers that resume"
    )
    stream_backlog: int = Field(default=50, description="ticks that a reader may be behind before it is cut off")
    stream_backlog_bytes: int = Field(
        default=512 * 1024, description="bytes that may wait for a reader, with the same end"
    )
    stream_taken_within_s: float = Field(
        default=10, description="a reader that has not taken a write by then is cut off"
    )
    stream_keep_alive_s: float = Field(default=15, description="silence that is broken by a comment")
