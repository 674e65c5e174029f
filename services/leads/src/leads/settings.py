"""What the leads service is told from outside."""

from chassis import Settings


class LeadsSettings(Settings):
    """The intake keys that seal submissions are replaced after a day and destroyed after the intake topic has forgotten."""

    intake_key_days: int = 1
    intake_key_kept_days: int = 10
