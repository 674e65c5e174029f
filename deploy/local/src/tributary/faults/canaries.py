"""Personal values that can be told from any other: ``verify`` looks for them in every topic, table and log.

Phone numbers are digits and hold no word: they are looked for as they are, like every number and address of a lead.
"""

import random
from typing import Any

from tributary.traffic import SPAM, Lead
from tributary.verify import private

CANARY = private.CANARY.decode()


class Canaries:
    """Puts one into every personal text that traffic has; ``sent`` counts those that were given one."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self.sent = 0

    def mark(self) -> str:
        """A new one."""
        self.sent += 1
        return f"{CANARY}{self._draw.getrandbits(32):08x}"

    def lead(self, lead: Lead) -> Lead:
        """The same request by somebody with a canary in name, mailbox, address and message, and, of some, in an answer that no
        form asked for. What is short or spam is judged by its words, and keeps them."""
        mark, contact, message = self.mark(), dict(lead["contact"]), lead.get("message", "")
        contact["name"] = f"{contact['name']} {mark}"
        if "email" in contact:
            contact["email"] = contact["email"].replace("@", f"-{mark}@")
        if self._draw.random() < 0.3:
            contact["address"] = f"{mark} Lane 1"
        made = {**lead, "contact": contact}
        if len(message) > 8 and message not in SPAM:
            made["message"] = f"{message} {mark}"
        if self._draw.random() < 0.1:
            made["attributes"] = {**lead["attributes"], "Vorname": mark}
        return made

    def outcome(self, outcome: dict[str, Any]) -> dict[str, Any]:
        """The same outcome; some lost ones are told in prose instead of a code."""
        if outcome["result"] != "lost" or self._draw.random() > 0.3:
            return outcome
        return {**outcome, "reason": f"{self.mark()} told me that it was too dear"}

    def spend(self, spend: dict[str, Any]) -> dict[str, Any]:
        """The same spend with a note of who was paid, as a door seals it."""
        return {**spend, "note": f"{self.mark()} has paid"}
