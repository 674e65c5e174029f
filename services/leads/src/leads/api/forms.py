"""What may be sent at a door for leads: the forms, as ``pydantic`` reads them, and the place for what cannot be used as sent."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from leads.domain.personal import Scalar
from values.times import Unreadable, moment

TEXT, MESSAGE, ATTRIBUTES, WISHES, LARGEST_WHOLE = 500, 10_000, 32, 10, 2**53


def _read_time(value: object) -> object:
    """An instant in UTC, from text only: a bare number of seconds looks like any other number."""
    if not isinstance(value, str):
        return value
    try:
        return moment(value)
    except Unreadable as error:
        raise PydanticCustomError("moment", "{reason}", {"reason": error.reason}) from error


Text = Annotated[str, Field(max_length=TEXT)]
Number = Annotated[int, Field(ge=-LARGEST_WHOLE, le=LARGEST_WHOLE)]
Name = Annotated[str, Field(min_length=1, max_length=TEXT)]
Moment = Annotated[AwareDatetime, BeforeValidator(_read_time)]


class Form(BaseModel):
    """Something sent at a door: nothing unknown, nothing converted, no NaN."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, str_strip_whitespace=True)


class ContactForm(Form):
    """Who asks. Personal data: sealed before it goes anywhere."""

    name: Text | None = None
    phone: Annotated[
        Text | None, Field(description="in any script; national numbers are read as numbers of `country`")
    ] = None
    email: Text | None = None
    company: Text | None = None
    address: Text | None = None


class MoneyForm(Form):
    """Money in integer minor units of an ISO 4217 currency, or as people write it: ``1.234,56``, ``EUR 110.70``."""

    minor: Annotated[int | None, Field(ge=0, le=10**15)] = None
    amount: Annotated[Text | None, Field(description="as written, if `minor` is not given")] = None
    currency: Text | None = None


class WishForm(Form):
    """Something the customer asks for besides an answer."""

    kind: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$", description="sample, quotation, call_back and so on: a code")]


class LeadForm(Form):
    """A lead as it comes in. One of phone, email and external_id is needed."""

    source: Annotated[
        Text | None,
        Field(description="web, phone, campaign, sales or import; the public door takes leads of the web only"),
    ] = None
    sender: Annotated[Text | None, Field(description="the system or list that the external id belongs to")] = None
    form: Annotated[Text | None, Field(description="the form's own name; the channel, if it has none")] = None
    contact: ContactForm = Field(default_factory=ContactForm)
    message: Annotated[str, Field(max_length=MESSAGE)] | None = None
    country: Annotated[Text | None, Field(description="ISO 3166-1 alpha-2, or the country's name")] = None
    region: Text | None = None
    postcode: Text | None = None
    product: Text | None = None
    industry: Text | None = None
    language: Annotated[Text | None, Field(description="BCP 47")] = None
    channel: Text | None = None
    campaign: Text | None = None
    expected_amount: MoneyForm | None = None
    external_id: Text | None = None
    occurred_at: Moment | None = None
    attributes: Annotated[dict[Name, Text | bool | Number | float], Field(max_length=ATTRIBUTES)] = Field(
        default_factory=dict
    )
    requests: Annotated[list[WishForm] | None, Field(max_length=WISHES, description="each is due by its own clock")] = (
        None
    )
    answers: Annotated[
        dict[Name, str | bool | Number] | None, Field(description="what else was asked or is known; kept sealed")
    ] = None


class PlainLead(LeadForm):
    """The same as most are: without numbers that a reader of JSON would change, such as 1.10 and whole ones over 2^53."""

    attributes: Annotated[dict[Name, Text | bool | Number], Field(max_length=ATTRIBUTES)] = Field(default_factory=dict)  # type: ignore[assignment]


@dataclass(slots=True)
class Aside:
    """What could not be used as it was sent: flags, and the answers that are kept sealed. And keys as they were written."""

    flags: list[str] = field(default_factory=list)
    answers: dict[str, Scalar] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)

    def flag(self, flag: str) -> None:
        """Says it once."""
        if flag not in self.flags:
            self.flags.append(flag)

    def put(self, name: str, value: Scalar, flag: str) -> None:
        """The value goes to the sealed part, under the name it was sent by."""
        self.flag(flag)
        self.answers.setdefault(name, value)
