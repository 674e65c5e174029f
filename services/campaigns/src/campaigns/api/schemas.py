"""What fields look like at these doors."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

from campaigns.domain.spend import LONGEST
from values.money import MOST, currency
from values.text import hides, key, visible
from values.times import EARLIEST, moment

LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def _seen(text: str) -> str:
    """What nobody sees and means nothing is taken out; what hides something is refused."""
    if hides(text):
        raise ValueError("must not hold characters that can't be seen and hide something")
    return visible(text)


def _named(text: str) -> str:
    name = _seen(text)
    if not name:
        raise ValueError("must not be empty")
    if len(key(name)) > LONGEST:
        raise ValueError(f"must not be longer than {LONGEST} characters")
    return name


def _code(value: Any) -> Any:
    # reports write eur and € as well as EUR; a list of codes decides, not their case
    return currency(value) or key(value).upper() if isinstance(value, str) and len(value) <= LONGEST else value


def _moment(value: Any) -> datetime:
    if not isinstance(value, str):  # a number has no zone, and may count seconds, milliseconds or days
        raise ValueError("must be a date, or a time with its zone, like 2026-05-04T12:00:00Z")
    return moment(value)


def _of_our_age(value: datetime) -> datetime:
    if not EARLIEST <= value <= LATEST:
        raise ValueError("must lie between 1900 and 2200")
    return value


TIME = "a time with its zone, or a date alone, which is the start of that day in UTC"

# What a document can say of texts: nothing in them hides something, and a name is not blank.
_HIDING = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufff9-\ufffb\ufffd-\uffff"
SHOWN = {"pattern": f"^[^{_HIDING}]*$"}
NAMED = {"pattern": rf"^[^{_HIDING}]*[^\s{_HIDING}][^{_HIDING}]*$"}

Name = Annotated[str, Field(min_length=1, max_length=LONGEST, json_schema_extra=NAMED), AfterValidator(_named)]
Words = Annotated[str, Field(max_length=500, json_schema_extra=SHOWN), AfterValidator(_seen)]
Source = Annotated[str, Field(max_length=100, json_schema_extra=SHOWN), AfterValidator(_seen)]
Code = Annotated[
    str,
    BeforeValidator(_code),
    Field(
        pattern=r"^[A-Z]{3}$",
        description="ISO 4217 code, in any case",
        json_schema_extra={"pattern": "^[A-Za-z]{3}$"},
    ),
]
Time = Annotated[datetime, BeforeValidator(_moment), AfterValidator(_of_our_age), Field(description=TIME)]
Budget = Annotated[StrictInt, Field(ge=0, le=MOST, description="integer minor units")]
Amount = Annotated[StrictInt, Field(ge=0, le=MOST, description="integer minor units; zero where nothing was spent")]
CampaignId = Annotated[str, Path(min_length=1, max_length=LONGEST, json_schema_extra=NAMED), AfterValidator(_named)]


class Body(BaseModel):
    """A part of a request. Unknown fields are refused: a typing error must not pass for an empty field."""

    model_config = ConfigDict(extra="forbid")
