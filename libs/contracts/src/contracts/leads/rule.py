"""leads.rule: which version of a deciding rule is in force. What it says is read at the service's door, for it holds no events."""

from typing import Annotated, Literal

from pydantic import Field

from contracts.event import Event, Instant, Stream
from contracts.leads.audit import Word
from contracts.territory.access import Principal

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256 in hexadecimal digits")]


class RuleActivated(Event):
    """A version of a rule decides from now on, in place of the one before.

    ``id`` is the kind: scorecard, response, waiting, reasons; a reader must stand others. ``sha256`` is of the version's content as
    JSON in UTF-8 with sorted names and without blanks. ``author`` changed it last, and ``activated_by`` is another. A first version,
    which was there with the service, is told by nobody.
    """

    type: Literal["leads.rule.activated.v1"] = "leads.rule.activated.v1"
    id: Word
    version: Annotated[int, Field(ge=1)]
    sha256: Digest
    author: Principal
    activated_by: Principal
    activated_at: Instant


RULE = Stream(
    "leads.rule",
    key="id",
    events=(RuleActivated,),
    about="Which version of each rule that leads are judged and answered by is in force; the newest of each kind.",
    compacted=True,
    partitions=1,
)
