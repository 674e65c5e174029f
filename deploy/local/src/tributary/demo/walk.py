"""One lead, followed from the form to its person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from rich.text import Text

NAMED = {"qualified": "grade", "routed": "team", "assigned": "person", "discarded": "reason", "waits": "reason"}
VERBS = {"routed": "team", "assigned": "person", "discarded": "set aside as", "waits": "waits:"}


@dataclass(frozen=True)
class Walk:
    """Who asked, and each step with the milliseconds since the form was sent."""

    who: str
    where: str
    steps: Sequence[tuple[str, str, float]]

    @classmethod
    def of(
        cls, lead: Mapping[str, Any], found: Mapping[str, Any], began: datetime, accepted_ms: float, shown_ms: float
    ) -> Self:
        """The walk of a lead by the history on its record; when it was accepted and shown, its sender has measured."""
        where = f"{lead.get('country', '?')}, {lead.get('channel') or lead['source']}"
        steps = [("accepted", "", accepted_ms)]
        for entry in found["history"]:
            if entry["what"] in NAMED:
                after = 1000 * (datetime.fromisoformat(entry["at"]) - began).total_seconds()
                steps.append((entry["what"], str(entry[NAMED[entry["what"]]]), after))
        steps.append(("on record", "", shown_ms))
        return cls(str(lead["contact"].get("name") or "somebody"), where, steps)

    def text(self) -> Text:
        """Who on one line, the steps on the next.

        The first has no frame around it: terminals do not agree how wide a name is in every script.
        """
        text = Text.assemble(("One lead, followed: ", "dim"), (self.who, "bold"), f" ({self.where})\n  ")
        text.append_text(self.steps_text())
        return text

    def steps_text(self) -> Text:
        """The steps alone, in milliseconds since the form was sent."""
        text = Text()
        for index, (what, name, after) in enumerate(self.steps):
            colour = "yellow" if what in ("discarded", "waits") else "bold" if name else ""
            text.append(" -> " if index else "", style="dim")
            text.append(f"{VERBS.get(what, what)} ")
            text.append(f"{name} " if name else "", style=colour)
            text.append(f"{after:.0f}", style="green")
        return text.append(" ms", style="green")
