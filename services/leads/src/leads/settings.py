"""What the leads service is told from outside."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from chassis import Settings
from leads.domain.reasons import REASONS


class LeadsSettings(Settings):
    """The intake keys that seal submissions are replaced after a day and destroyed after the intake topic has forgotten and
    nothing that they sealed stands parked any more.

    ``form_thanks_url`` is the page that a browser is sent to after a plain form; empty is a small page of ours.
    ``outcome_reasons`` are the codes that an outcome's reason may be, with commas; any other reason is ``other``, and what was
    typed is kept sealed.
    """

    intake_key_days: int = 1
    intake_key_kept_days: int = 10
    waiting_outcome_days: int = Field(
        default=30, ge=1, description="how long an outcome waits for its lead before it is parked"
    )
    contact_openings_per_hour: int = Field(
        default=60, ge=1, description="how often one person may open within an hour who leads are about"
    )
    pages_in_five_minutes: int = Field(
        default=120, ge=1, description="how often one person may be shown names in lists, or read and write notes"
    )
    documents_url: str = Field(
        default="",
        pattern=r"^$|^(file:///|s3://|gs://|az://)",
        description="where documents rest, sealed: file:///folder or s3://bucket/prefix; empty: none are taken",
    )
    form_thanks_url: str = Field(default="", pattern=r"^($|https?://|/)")
    outcome_reasons: Annotated[tuple[str, ...], NoDecode] = REASONS

    @field_validator("outcome_reasons", mode="before")
    @classmethod
    def _reasons(cls, value: object) -> object:
        return tuple(one.strip() for one in value.split(",") if one.strip()) if isinstance(value, str) else value
