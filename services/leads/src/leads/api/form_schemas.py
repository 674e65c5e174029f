"""What strangers' pages send to a form's doors and get from them, as the document says it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.leads.form import Touch


class ChoiceShown(BaseModel):
    """One of the answers that may be chosen."""

    value: str
    label: str


class FieldShown(BaseModel):
    """One question in the language that was asked for."""

    name: str
    kind: str
    required: bool
    label: str
    hint: str
    choices: list[ChoiceShown]


class ConsentShown(BaseModel):
    """What may be agreed to: ``id`` is the value that is sent as ``_consent``."""

    id: str
    required: bool
    text: str


class WordsShown(BaseModel):
    """What a form says by itself."""

    sending: str
    wrong: str
    failed: str
    required: str
    email: str
    consent: str
    choose: str
    optional: str


class Described(BaseModel):
    """A form in one language. ``token`` says when it was shown; ``unseen`` is the name of a field that people must not see. With
    ``proof`` the body ends in a proof of work, as the script makes it."""

    form: str
    version: int
    language: str
    direction: str
    title: str
    intro: str
    button: str
    fields: list[FieldShown]
    consents: list[ConsentShown]
    unseen: str
    words: WordsShown
    proof: bool
    token: str


class Sent(BaseModel):
    """The fields of the definition, by their names, and beside them what the page says of itself. All of it may be left out."""

    model_config = ConfigDict(extra="allow")

    lang: Annotated[str, Field(alias="_lang", description="the language that was read")] = ""
    token: Annotated[str, Field(alias="_token", description="the definition's")] = ""
    key: Annotated[str, Field(alias="_key", description="the same for what is the same submission")] = ""
    consent: Annotated[list[str], Field(alias="_consent", description="ids of what was agreed to")] = []
    proof: Annotated[
        str, Field(alias="_proof", description="the proof of work over all before it, last in the body")
    ] = ""
    first: Annotated[Touch | None, Field(alias="_first", description="the first visit, where the site kept it")] = None
    last: Annotated[Touch | None, Field(alias="_last", description="the visit in which it is sent")] = None


class Received(BaseModel):
    """The lead is safe: the broker has it. ``message`` is for the visitor."""

    id: UUID
    received_at: datetime
    message: str
