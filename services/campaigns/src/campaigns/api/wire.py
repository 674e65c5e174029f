"""What fields look like at these doors."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

from campaigns.domain.spend import MOST

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _no_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold a NUL character")
    return text


def _written_out(value: Any) -> Any:
    # pydantic would take 1700000000 for a time as well; a number has no zone
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d[Tt ]", value):
        raise ValueError("must be a time of ISO 8601 with its zone")
    return value


def _of_our_age(value: datetime) -> datetime:
    if not EARLIEST <= value <= LATEST:
        raise ValueError("must lie between 1900 and 2200")
    return value


Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_no_nul)]
Words = Annotated[str, Field(max_length=500), AfterValidator(_no_nul)]
Source = Annotated[str, Field(max_length=100), AfterValidator(_no_nul)]
Code = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code")]
Time = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_of_our_age)]
Budget = Annotated[StrictInt, Field(ge=0, le=MOST, description="integer minor units")]
Amount = Annotated[StrictInt, Field(gt=0, le=MOST, description="integer minor units, above zero")]
CampaignId = Annotated[str, Path(min_length=1, max_length=200), AfterValidator(_no_nul)]


class Body(BaseModel):
    """A part of a request. Unknown fields are refused: a typing error must not pass for an empty field."""

    model_config = ConfigDict(extra="forbid")
