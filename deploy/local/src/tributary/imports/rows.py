"""What one row becomes: the body of a lead or an outcome, what of it was noted, or why it is refused.

A lead is not refused for an optional field that a guess could not read: the field is left out, its cell travels sealed, and that
is noted. What a mapping says is a promise about the file: a cell that breaks it refuses its row, and so does the time or the
amount of an outcome, because a number would silently be wrong without it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tributary.imports.cells import (
    holds_nothing,
    is_address,
    is_phone,
    is_total,
    opened,
    phone_of,
    several,
    was_rounded,
)  # fmt: skip
from tributary.imports.mapping import OWN, Misread, Plan
from tributary.imports.naming import TAKEN, Names
from tributary.imports.vocabulary import says
from values.money import amount

_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+")
_NAMES = ("contact.name", "contact.company", "whole", "parts")
ATTRIBUTE = 100  # characters; a known attribute that is longer is prose


@dataclass
class Entry:
    """A row on its way to the door. ``wrong`` and ``noted`` are pairs of a field and a sentence."""

    body: dict[str, Any] = field(default_factory=dict)
    wrong: list[tuple[str, str]] = field(default_factory=list)
    noted: list[tuple[str, str]] = field(default_factory=list)
    left_out: bool = False

    def put(self, name: str, value: Any) -> None:
        """Sets a field by its dotted name."""
        outer, _, inner = name.partition(".")
        if inner:
            self.body.setdefault(outer, {})[inner] = value
        else:
            self.body[outer] = value

    def seal(self, column: str | None, cell: str) -> None:
        """The cell travels among the lead's sealed answers, under its column's name."""
        if cell.strip():
            self.body.setdefault("answers", {}).setdefault(column, cell.strip())


def entry(plan: Plan, given: Mapping[str, str], names: Names, now: datetime) -> Entry:
    """The row as the door takes it."""
    made = Entry()
    filled = [cell for cell in given.values() if cell.strip()]
    if any(cell.strip().lower().startswith("<test lead") for cell in filled):
        return Entry(wrong=[("row", "is a test lead of the advertisement's form")])
    cells = {column: opened(cell) for column, cell in given.items()}
    if plan.guessed:
        cells = {column: "" if holds_nothing(cell.strip()) else cell for column, cell in cells.items()}
    _fields(plan, cells, made, now)
    _money(plan, cells, made)
    if plan.kind == "outcomes":
        _outcome(plan, cells, names, made)
        return made
    _contact(plan, cells, made)
    _status(plan, cells, made)
    for column in plan.sealed:
        made.seal(column, cells.get(column, ""))
    made.body.setdefault("source", "import")
    made.body["sender"] = names.list
    _judge(made, given, len(filled))
    if not made.wrong:
        reason = names.name(made.body)
        if reason == TAKEN:
            made.wrong.append(("external_id", TAKEN))
        elif reason:
            made.noted.append(("row", reason))
    return made


def _fields(plan: Plan, cells: Mapping[str, str], made: Entry, now: datetime) -> None:
    for name, source in plan.fields.items():
        if name.endswith("amount.minor") and source.decimals is not None:
            continue  # read with its currency
        try:
            value = source.of(cells, now)
        except Misread as error:
            if plan.guessed and plan.kind == "leads":
                made.noted.append((name, f"{error.reason}; it is left out"))
                made.seal(source.column, cells[str(source.column)])
            else:
                made.wrong.append((name, error.reason))
            continue
        if value is None:
            continue
        if name == "external_id" and was_rounded(str(value)):
            made.wrong.append((name, "was rounded by a spreadsheet: its last digits are lost"))
        elif plan.guessed and name.startswith(OWN) and len(str(value)) > ATTRIBUTE:
            made.seal(source.column, str(value))
        else:
            made.put(name, value)


def _money(plan: Plan, cells: Mapping[str, str], made: Entry) -> None:
    """Amounts as written become minor units of the row's own currency; a currency beside a blank amount is no amount."""
    outer = "amount" if plan.kind == "outcomes" else "expected_amount"
    mapped = plan.fields.get(f"{outer}.minor")
    column = plan.amount or (mapped.column if mapped and mapped.decimals is not None else None)
    written = cells.get(column, "").strip() if column else ""
    currency = made.body.get(outer, {}).get("currency")
    if not written:
        if "minor" not in made.body.get(outer, {}):
            made.body.pop(outer, None)
        return
    read = amount(written, str(currency).strip().upper() if currency else None)
    if read is not None and read.minor >= 0:
        made.body[outer] = {"minor": read.minor, "currency": read.currency}
        return
    made.body.pop(outer, None)
    reason = "cannot be read" if currency else "names no currency"
    if plan.guessed and plan.kind == "leads":
        made.noted.append((f"{outer}.minor", f"{reason}; it is left out"))
        made.seal(column, f"{written} {currency or ''}")
    else:
        made.wrong.append((f"{outer}.minor", reason))


def _outcome(plan: Plan, cells: Mapping[str, str], names: Names, made: Entry) -> None:
    result = str(made.body.get("result", ""))
    ended = next((end for end in ("won", "lost") if says(end, result)), None)
    if ended:
        made.body["result"] = ended
    elif says("open", result) or not result:
        made.left_out = True
        made.noted.append(("result", "has not ended: it is no outcome" if result else "is blank: it is no outcome"))
        return
    if "lead_id" in made.body:
        return
    made.body.setdefault("source", "import")
    made.body["sender"] = names.list
    if made.body.get("external_id"):
        made.body["external_id"] = names.own_id(str(made.body["external_id"]))
    elif plan.spare:
        contact = Entry()
        _reach(plan, cells, contact)
        named = names.of_contact(contact.body.get("contact", {}))
        if named:
            made.body["external_id"] = named
    if not made.body.get("external_id"):
        made.wrong.append(("external_id", "is needed, or lead_id, or the e-mail address or phone number of the lead"))


def _contact(plan: Plan, cells: Mapping[str, str], made: Entry) -> None:
    _reach(plan, cells, made)
    whole = cells.get(plan.joined["whole"][0], "").strip() if "whole" in plan.joined else ""
    if "parts" in plan.joined:
        parts = [cells.get(column, "").strip() for column in plan.joined["parts"]]
        whole = whole or joined_name(parts)
    if whole and is_address(whole) and not made.body.get("contact", {}).get("email"):
        made.put("contact.email", whole)
        made.noted.append(("contact.name", "holds an e-mail address; it is taken as such"))
    elif whole:
        made.put("contact.name", whole)
    lines = [cells.get(column, "").strip() for column in plan.joined.get("address", ())]
    if any(lines):
        made.put("contact.address", ", ".join(dict.fromkeys(line for line in lines if line)))


def joined_name(parts: list[str]) -> str:
    """First and last name as they are said: in Chinese the family's comes first, without a blank."""
    given = [part for part in parts if part]
    if len(given) == 2:
        if all(map(_HAN.fullmatch, given)):
            return given[1] + given[0]
        if given[1].casefold().startswith(f"{given[0].casefold()} "):
            return given[1]  # it is the whole name after all
    return " ".join(given)


def _reach(plan: Plan, cells: Mapping[str, str], made: Entry) -> None:
    """The first address and the first number are the contact's, in whichever column they stand; all others travel sealed."""
    odd: dict[str, tuple[str, str]] = {}
    for slot, columns in plan.spare.items():
        for column in columns:
            for text in several(cells.get(column, "").strip()):
                if not text:
                    continue
                _place(slot, column, text, odd, made)
    contact = made.body.get("contact", {})
    for slot, (column, text) in odd.items():
        if slot.partition(".")[2] in contact:
            made.seal(column, text)
            made.noted.append((slot, "is none; it is kept sealed"))
        else:
            made.put(slot, text)  # the door says what is wrong with it


def _place(slot: str, column: str, text: str, odd: dict[str, tuple[str, str]], made: Entry) -> None:
    contact = made.body.get("contact", {})
    number, lost = ("", "") if is_address(text) else phone_of(text)
    if lost:
        made.noted.append(("contact.phone", lost))
        made.seal(column, text)
    elif is_address(text) or is_phone(number):
        fits = "contact.email" if is_address(text) else "contact.phone"
        if fits.partition(".")[2] in contact:
            made.seal(column, text)
            return
        made.put(fits, text if fits == "contact.email" else number)
        if fits != slot:
            made.noted.append(
                (slot, f"holds {'an e-mail address' if is_address(text) else 'a phone number'}; it is taken as such")
            )
    elif slot in odd:
        made.seal(column, text)
    else:
        odd[slot] = (column, text)


def _status(plan: Plan, cells: Mapping[str, str], made: Entry) -> None:
    """A status is an attribute if its word is known; a lead that has ended already is taken, and that is noted."""
    cell = cells.get(plan.status, "").strip() if plan.status else ""
    if not cell:
        return
    end = next((end for end in ("won", "lost") if says(end, cell)), None)
    if end or says("open", cell):
        made.put(f"{OWN}lead_status", cell)
    else:
        made.seal(plan.status, cell)
    if end:
        made.noted.append(("status", f"says that the lead is {end}: play the file as OUTCOMES too, and it ends"))


def _judge(made: Entry, given: Mapping[str, str], filled: int) -> None:
    """Refuses what is a row but no lead."""
    contact = made.body.get("contact", {})
    if made.wrong or is_address(contact.get("email", "")) or is_phone(contact.get("phone", "")):
        return
    if is_total(given.values()):
        made.wrong.append(("row", "is a total, not a lead"))
    elif contact.get("phone") or contact.get("email"):
        return  # the door says what is wrong with it
    elif not made.body.get("external_id"):
        report = next((reason for name, reason in made.noted if name == "contact.phone"), "")
        made.wrong.append(
            ("contact.phone", report) if report else ("row", "has no phone, e-mail or id: nobody can be reached")
        )
    elif filled == 1 and len(given) > 2:
        made.wrong.append(("row", "holds an id and nothing else"))
