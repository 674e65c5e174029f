"""What the leads service is told from outside."""

from pydantic import Field

from chassis import Settings


class LeadsSettings(Settings):
    """The intake keys that seal submissions are replaced after a day and destroyed after the intake topic has forgotten and
    nothing that they sealed stands parked any more."""

    intake_key_days: int = 1
    intake_key_kept_days: int = 10
    waiting_outcome_days: int = Field(
        default=30, ge=1, description="how long an outcome waits for its lead before it is parked"
    )
