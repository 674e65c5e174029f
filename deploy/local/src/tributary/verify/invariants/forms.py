"""What a lead says of the form that it came by: a version that visitors could meet, and consents whose texts it showed."""

import json
from collections.abc import Iterator

from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.snapshot import Snapshot


def forms(snapshot: Snapshot) -> Iterator[Violation]:
    """Each lead's beginning against the versions that are on record."""
    known = snapshot.leads.forms
    for lead_id, lead in snapshot.leads.leads.items():
        for entry in lead.timeline:
            if entry.what != "captured" or '"form_version"' not in entry.detail:
                continue
            said = json.loads(entry.detail)
            named = (said.get("form"), said["form_version"])
            found = known.get(named)
            if found is None:
                yield Violation(
                    "lost", f"lead {lead_id} came by version {named[1]} of form {named[0]}, which is nowhere"
                )
                continue
            state, texts = found
            if state == "draft":
                yield Violation("wrong", f"lead {lead_id} came by version {named[1]} of form {named[0]}, a draft")
            for one in said.get("consents") or ():
                if (text := (one["text_id"], one["text_version"])) not in texts:
                    yield Violation(
                        "wrong", f"lead {lead_id} was asked {text} by form {named[0]}, which shows no such text"
                    )


FORMS = Invariant(
    "forms",
    "Every lead that came by a form names a version of it that visitors could meet, and consents that this version asked for.",
    forms,
)
