"""Which field a column means when nobody has said: by its name, as people and programs call it (``headers.yaml``).

A column whose name is not known is not known to be harmless: its cells travel sealed, under its name, among the lead's answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tributary.imports.asked import Kind
from tributary.imports.mapping import OWN, Field, Plan
from tributary.imports.vocabulary import meaning, plain
from values.contact import email

ONE_COLUMN = (
    *(
        "external_id",
        "company",
        "country",
        "region",
        "postcode",
        "product",
        "industry",
        "language",
        "channel",
        "campaign",
    ),
    *("occurred_at", "message", "lead_id", "result", "reason", "at"),
)
_CONTACT = {"company": "contact.company"}
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
ADDRESSES = 0.8  # of the cells under an unknown name, for it to be a column of e-mail addresses


@dataclass
class _Found:
    """The columns that mean each field, the plainest name first."""

    columns: dict[str, list[tuple[int, int, str]]] = field(default_factory=dict)

    def all(self, name: str) -> list[str]:
        return [column for _, _, column in sorted(self.columns.get(name, []))]

    def first(self, name: str) -> str | None:
        return next(iter(self.all(name)), None)


def guessed(kind: Kind, header: Sequence[str], sample: Sequence[Mapping[str, str]] = (), zone: str = "UTC") -> Plan:
    """The plan by the columns' names. ``sample`` are some rows: a column of nothing but e-mail addresses is one."""
    found = _Found()
    for at, column in enumerate(header):
        known = meaning(kind, column) or (("email", 999) if _holds_addresses(column, sample) else None)
        if known:
            found.columns.setdefault(known[0], []).append((known[1], at, column))
    fields = {_CONTACT.get(name, name): _as(name, found, zone) for name in ONE_COLUMN if found.first(name)}
    money = "amount" if kind == "outcomes" else "expected_amount"
    if found.first("minor") and found.first("currency"):
        fields[f"{money}.minor"] = Field(column=found.first("minor"), number=True)
    if found.first("currency"):
        fields[f"{money}.currency"] = Field(column=found.first("currency"))
    spare = {f"contact.{name}": tuple(found.all(name)) for name in ("email", "phone") if found.first(name)}
    joined = _joined(found) if kind == "leads" else {}
    amount = None if f"{money}.minor" in fields else found.first("amount")
    status = found.first("status") if kind == "leads" else None
    used = {each.column for each in fields.values()} | {amount, status}
    used |= {column for columns in (*spare.values(), *joined.values()) for column in columns}
    own = [column for column in header if column not in used and kind == "leads" and _is_own(column)]
    fields |= {f"{OWN}{plain(column)}": Field(column=column) for column in own}
    rest = tuple(column for column in header if column not in used and column not in own)
    return Plan(
        kind,
        fields,
        unused=rest if kind == "outcomes" else (),
        guessed=True,
        spare=spare,
        joined=joined,
        amount=amount,
        status=status,
        sealed=rest if kind == "leads" else (),
    )


def _as(name: str, found: _Found, zone: str) -> Field:
    column = found.first(name)
    return Field(column=column, time="any", zone=zone) if name in ("occurred_at", "at") else Field(column=column)


def _joined(found: _Found) -> dict[str, tuple[str, ...]]:
    """A name from its parts, and an address from its lines.

    Where one part of a name stands beside what is usually a whole name (Nom and Prénom, 名 and 姓名), the latter is the whole
    name only if both parts have columns of their own: else it is the part that is missing.
    """
    whole, first, last = found.first("name"), found.first("first"), found.first("last")
    joined: dict[str, tuple[str, ...]] = {}
    if whole and first and last:
        joined["whole"], joined["parts"] = (whole,), (first, last)
    elif whole and (first or last):
        joined["parts"] = (first, whole) if first else (whole, str(last))
    elif whole:
        joined["whole"] = (whole,)
    elif first or last:
        joined["parts"] = tuple(column for column in (first, last) if column)
    lines = [*found.all("address")[:1], *found.all("house")[:1], *found.all("address")[1:2], *found.all("city")[:1]]
    if lines:
        joined["address"] = tuple(lines)
    return joined


def _is_own(column: str) -> bool:
    """Whether an attribute of this name is known to be harmless."""
    known = meaning("leads", column)
    return plain(column) in _UTM or bool(known and known[0].startswith(OWN))


def _holds_addresses(column: str, sample: Sequence[Mapping[str, str]]) -> bool:
    cells = [cell for row in sample if (cell := row.get(column, "").strip())]
    return bool(cells) and sum("@" in cell and email(cell) is not None for cell in cells) >= ADDRESSES * len(cells)
