"""Everything that a working day brings, through every door at once: each of the four tables counts it, and it is all there at the end."""

from collections import Counter
from typing import Any

import pytest
from stage import Stage, a_lead, mark
from test_journeys import a_spend, from_outside

pytestmark = pytest.mark.xdist_group("stack")
COUNTS = ("leads", "qualified", "valid", "routed", "assigned", "won", "lost")


def total(stage: Stage, by: str) -> Counter[str]:
    """A table's sums, over all of its rows."""
    found: Counter[str] = Counter()
    for row in stage.get("metrics", "/v1/kpis", by=by)["rows"]:
        found.update({name: row[name] for name in COUNTS})
        found.update({f"won {currency}": minor for currency, minor in row["won_amount"].items()})
        if by in ("channel", "campaign"):
            found.update({f"spend {currency}": minor for currency, minor in row["spend"].items()})
    return found


def day(stage: Stage, campaign: str, channel: str) -> list[str]:
    """Two forms, one of them sent twice, a call, a campaign's answer, an import with a bad row, a sale; two spends, told twice each."""
    key, deal = mark("key"), mark("deal")
    about: dict[str, Any] = {"channel": channel, "campaign": campaign}
    form = a_lead(**about)
    forms = [stage.submit(form, **{"idempotency-key": key}) for _ in range(2)]
    forms.append(stage.submit(a_lead(**about)))
    call = stage.post("leads", "/v1/calls", json=a_lead(source="phone", **about)).json()["id"]
    answer = stage.submit(a_lead(source="campaign", **about))
    rows = [
        a_lead(source="import", external_id=mark("row"), **about),
        a_lead(contact={"phone": "12"}, **about),
        a_lead(source="sales", external_id=deal, **about),
    ]
    outcomes: list[dict[str, Any]] = [
        {"source": "sales", "external_id": deal, "result": "won", "amount": {"minor": 9_900, "currency": "EUR"}},
        {"lead_id": call, "result": "lost", "reason": "price"},
    ]
    assert stage.post("leads", "/v1/outcomes", json={"outcomes": outcomes}).json()["accepted"] == 2
    batch = stage.post("leads", "/v1/leads/batch", json={"leads": rows}).json()
    assert [one["index"] for one in batch["refused"]] == [1]
    ours, theirs = a_spend(campaign, 1_200), a_spend(campaign, 2_400)
    for _ in range(2):
        assert stage.post("campaigns", "/v1/spend", json={"spend": [ours]}).json()["accepted"] == 1
        from_outside(stage, theirs)
    return sorted({*forms, call, answer, *batch["ids"]})


def test_a_day_through_every_door_is_counted_alike_by_segment_team_channel_and_campaign(stage: Stage) -> None:
    campaign, channel = mark("campaign"), mark("channel")
    stage.plan(campaign, channel)
    before = {by: total(stage, by) for by in ("segment", "team", "channel", "campaign")}
    accepted = day(stage, campaign, channel)
    n = len(accepted)
    assert n == 6
    told = {"leads": n, "qualified": n, "valid": n, "routed": n, "won": 1, "lost": 1}
    row = stage.counted("channel", channel, **told, spend={"EUR": 3_600}, cost_per_lead={"EUR": 3_600 // n})
    stage.counted("campaign", campaign, **{name: row[name] for name in (*told, "assigned", "spend", "cost_per_lead")})

    stage.holds(accepted)  # at rest: from here on nothing changes any more
    grown = Counter({name: row[name] for name in COUNTS}) + Counter({"won EUR": 9_900})
    spent = Counter({"spend EUR": 3_600})
    for by in ("segment", "team"):
        assert total(stage, by) - before[by] == grown, by
    for by in ("channel", "campaign"):
        assert total(stage, by) - before[by] == grown + spent, by
