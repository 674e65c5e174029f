"""Sales stand as it was told, and have the documents that were told."""

from collections.abc import Iterator

from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.opportunities import Attached, Sold
from tributary.verify.snapshot import Snapshot

TOPIC = "leads.opportunity"
UNKNOWN = (None, None)


def opportunities(snapshot: Snapshot) -> Iterator[Violation]:
    """The last that was told of each sale against its row, and each document against its event."""
    tables = snapshot.leads.opportunities
    stages: dict[str, str] = {}
    known: dict[str, tuple[object, object]] = {}
    documents: dict[str, Attached] = {}
    for event in snapshot.emitted(TOPIC):
        told = event.body
        if not isinstance(told, Sold):
            continue
        if told.stage is not None:
            stages[event.key] = told.stage
        if told.known is not None:
            known[event.key] = told.known
        if told.document is not None:
            documents[told.document[0]] = told.document[1]
            if told.document[0] not in tables.documents and snapshot.is_current(TOPIC, event):
                yield Violation("invented", f"document {told.document[0]} was told and is not on record")
    for document_id, attached in tables.documents.items():
        if attached[0] not in snapshot.leads.leads:
            yield Violation("invented", f"document {document_id} is of lead {attached[0]}, which is not on record")
        if document_id in documents and documents[document_id] != attached:
            yield Violation("wrong", f"document {document_id} is {attached}, and told as {documents[document_id]}")
    if not snapshot.logs[TOPIC].complete:
        return
    for document_id in tables.documents.keys() - documents.keys():
        yield Violation("lost", f"document {document_id} was never told")
    for lead_id in sorted(tables.stages.keys() | stages.keys()):
        there, said = tables.stages.get(lead_id), stages.get(lead_id)
        if there != said:
            yield Violation("wrong", f"the sale of lead {lead_id} is in stage {there}, and was told to be in {said}")
    for lead_id in sorted(tables.known.keys() | known.keys()):
        if tables.known.get(lead_id, UNKNOWN) != known.get(lead_id, UNKNOWN):
            yield Violation("wrong", f"what is known of the sale of lead {lead_id} is not what was told")


OPPORTUNITIES = Invariant(
    "opportunities",
    "Every sale is in the stage that was told last, with what was told to be known of it; every document was told, and no other.",
    opportunities,
)
