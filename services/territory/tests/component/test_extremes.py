"""Whatever a sender says of a lead, in hundreds: the leads beside it are decided, and so is it."""

import json
from collections import Counter
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from chassis_testing import ServiceUnderTest
from contracts.territory.lead import LeadAssigned, LeadRouted

from .events import MARKET, put_market, qualified

# Every attribute is asked for, so that every value is compared and put on record.
ASKS: dict[str, Any] = {
    "source": {"prefix": "w"},
    "region": {"prefix": "b"},
    "product": ["pump"],
    "industry": ["food"],
    "language": ["de"],
    "channel": ["fair"],
    "campaign": {"prefix": "spring"},
    "expected_amount.minor": {"min": 1},
    "expected_amount.currency": ["EUR"],
    "attributes.size": [10, 12],
    "attributes.größe": {"min": 10, "max": 50},
    "attributes.code": {"prefix": "a"},
}
RULES = [
    *MARKET["rules"],
    *({"name": f"asks-{name}", "segment": "de", "team": "germany", "when": {name: ask}} for name, ask in ASKS.items()),
]
TEXTS = [
    "",
    " ",
    "\u200b",
    "\ufffd",
    "\u202egnp",
    "İ",
    "ß" * 5_000,
    "x" * 60_000,
    "ﷺ" * 300,
    "1" * 4_000,
    "-",
    "1e999",
    "NaN",
    "٢٥",
]
BODIES = [
    *(json.dumps(text) for text in TEXTS),
    *(
        '"a\\u0000b"',
        "1e308",
        "-1e308",
        "1e999",
        "-1e999",
        "5e-324",
        "NaN",
        "Infinity",
        "true",
        "9" * 25,
        "-" + "9" * 25,
    ),
    *("1" + "0" * 400, "9" * 4_299, "0.1", "-0.0", "1.7976931348623157e308"),
]


def extremes() -> list[dict[str, Any]]:
    """A lead for each value in each place, as raw JSON texts by place."""
    places = ("source", "region", "postcode_area", "product", "industry", "language", "channel", "campaign")
    made = [{place: body} for place in places for body in BODIES if body.startswith('"')]
    made += [{"attributes": f'{{"{name}": {body}}}'} for name in ("size", "größe", "code") for body in BODIES]
    made += [{"attributes": f"{{{json.dumps(name)}: 1}}"} for name in TEXTS]
    made += [
        {"expected_amount": f'{{"minor": {minor}, "currency": "EUR"}}'} for minor in ("0", str(10**15), str(-(10**15)))
    ]
    return made


def body_of(number: int, about: dict[str, str]) -> bytes:
    """A qualified lead of which these parts are as they are given."""
    lead = json.loads(qualified(number).model_dump_json(exclude_none=True))
    said = {name: json.dumps(value) for name, value in lead["about"].items()} | about
    lead["about"] = "ABOUT"
    about_text = ", ".join(f'"{name}": {value}' for name, value in said.items())
    return json.dumps(lead).replace('"ABOUT"', f"{{{about_text}}}").encode()


@pytest.mark.parametrize("batch", [7, 1_000])
async def test_no_value_of_a_lead_holds_the_leads_beside_it(service: ServiceUnderTest, batch: int) -> None:
    await put_market(service, rules=RULES)
    records, good = [], set()
    for place, about in enumerate(extremes()):
        record = service.record(qualified(1_000 + place))
        records.append(SimpleNamespace(**vars(record) | {"value": body_of(1_000 + place, about)}))
        records.append(service.record(qualified(5_000 + place)))
        good.add(UUID(int=5_000 + place))
    outcomes: Counter[str] = Counter()
    for at in range(0, len(records), batch):
        delivery = await service.receives_raw(*records[at : at + batch])
        for (_, outcome), count in delivery.outcomes.items():
            outcomes[outcome] += count
    said = await service.emitted()
    assert {event.lead_id for event in said if isinstance(event, LeadAssigned)} >= good
    assert sum(isinstance(event, LeadRouted) for event in said) == outcomes["handled"]
    # What is no JSON, or a number that no reader takes, was set aside unread; nothing failed in being decided.
    assert {row["cause"] for row in await service.parked()} <= {"unreadable body"}
    assert outcomes["handled"] + outcomes["parked"] == len(records)
    assert outcomes["parked"] < len(records) / 20
