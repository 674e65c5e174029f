"""Which field a column means when nobody has said: by its name, as people in a few languages call it.

An amount is only taken where its name says that it is in minor units: a guess could be wrong a hundredfold.
"""

import re
import unicodedata
from collections.abc import Sequence

from tributary.mapping import OWN, Field, Kind, Plan

ATTRIBUTES = 32

_CALLED: dict[Kind, dict[str, str]] = {
    "leads": {
        "external_id": "id lead_id external_id externalid ref reference crm_id record_id",
        "source": "source lead_source",
        "contact.name": "name full_name fullname contact contact_name nom nome kontakt",
        "contact.phone": "phone phone_number telephone tel mobile telefon telefone",
        "contact.email": "email e_mail mail email_address courriel",
        "contact.company": "company company_name organisation organization account firma entreprise empresa",
        "contact.address": "address street adresse endereco",
        "message": "message comment comments note notes description enquiry inquiry nachricht mensagem",
        "country": "country country_code land pays pais",
        "region": "region state province bundesland",
        "postcode": "postcode postal_code zip zip_code plz code_postal cep",
        "product": "product product_interest produkt produit produto",
        "industry": "industry sector branche",
        "language": "language lang locale sprache langue idioma",
        "channel": "channel origin medium utm_medium kanal",
        "campaign": "campaign campaign_id utm_campaign kampagne",
        "expected_amount.minor": "expected_amount_minor amount_minor",
        "expected_amount.currency": "currency currency_code waehrung devise moeda",
        "occurred_at": "occurred_at created_at created date timestamp submitted_at datum",
    },
    "outcomes": {
        "external_id": "id external_id externalid ref reference crm_id record_id",
        "lead_id": "lead_id",
        "source": "source lead_source",
        "result": "result outcome status stage",
        "amount.minor": "amount_minor",
        "amount.currency": "currency currency_code",
        "reason": "reason lost_reason loss_reason",
        "at": "at closed_at won_at won_date close_date date",
    },
}
_TIMES = ("occurred_at", "at")
_AMOUNTS = ("expected_amount.minor", "amount.minor")


def guessed(kind: Kind, header: Sequence[str]) -> Plan:
    """The plan by the columns' names. Of a lead's other columns the first 32 become attributes; the rest is not taken."""
    meant = {called: field for field, names in _CALLED[kind].items() for called in names.split()}
    fields: dict[str, Field] = {}
    others = []
    for column in header:
        field = meant.get(_plain(column))
        if field and field not in fields:
            fields[field] = _as(field, column)
        else:
            others.append(column)
    for amount in _AMOUNTS:
        if (amount in fields) != (amount.replace("minor", "currency") in fields):  # half an amount says nothing
            for half in (amount, amount.replace("minor", "currency")):
                if half in fields:
                    others.append(str(fields.pop(half).column))
    if kind == "leads":
        named = [column for column in others if _plain(column)]
        fields |= {f"{OWN}{_plain(column)}": Field(column=column) for column in named[:ATTRIBUTES]}
    used = {field.column for field in fields.values()}
    return Plan(kind, fields, tuple(column for column in header if column not in used))


def _as(field: str, column: str) -> Field:
    if field in _TIMES:
        return Field(column=column, time="iso")
    return Field(column=column, number=field in _AMOUNTS)


def _plain(column: str) -> str:
    """``E-Mail `` as ``e_mail``, ``Montant (€)`` as ``montant``."""
    letters = "".join(sign for sign in unicodedata.normalize("NFKD", column) if not unicodedata.combining(sign))
    return re.sub(r"\W+", "_", letters.casefold()).strip("_")
