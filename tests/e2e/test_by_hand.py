"""What a hand changes in a database so that every count still agrees is named, and put back it is well again."""

import contextlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from stage import Stage, a_lead, mark
from waiting import until

from tributary.verify.verdict import Verdict

pytestmark = pytest.mark.xdist_group("stack")


class Hand(NamedTuple):
    """One change: which row, which column becomes what (SQL over the row), and who names it by which words."""

    service: str
    table: str
    key: str
    column: str
    becomes: str
    invariant: str
    words: str


@contextlib.contextmanager
def changed(stage: Stage, hand: Hand, key: str) -> Iterator[None]:
    """The change, and afterwards what was there."""
    where = f"where {hand.key}::text = $1"
    [(was, kind)] = stage.sql(
        hand.service,
        f"select {hand.column}::text, pg_typeof({hand.column})::text from {hand.table} {where}",
        key,
    )
    back = f"update {hand.table} set {hand.column} = $2::text::{kind} {where}"
    stage.sql(hand.service, f"update {hand.table} set {hand.column} = {hand.becomes} {where}", key)
    try:
        yield
    finally:
        stage.sql(hand.service, back, key, was)


@contextlib.contextmanager
def gone(stage: Stage, service: str, table: str, where: str, *given: Any) -> Iterator[None]:
    """Rows are deleted, and afterwards there again."""
    rows = stage.sql(service, f"delete from {table} t where {where} returning to_jsonb(t)::text", *given)
    assert rows
    try:
        yield
    finally:
        for (row,) in rows:
            stage.sql(
                service, f"insert into {table} select * from jsonb_populate_record(null::{table}, $1::jsonb)", row
            )


# Each strikes a lead of its own, in the order of the leads.
OF_A_LEAD = (
    Hand("leads", "lead", "lead_id", "personal", "''", "sealed", "does not open"),
    Hand("leads", "lead", "lead_id", "personal", r"'\x00ff'", "sealed", "does not open"),
    Hand(
        "leads",
        "lead",
        "lead_id",
        "personal",
        "(select personal from lead o where o.lead_id <> lead.lead_id and o.person_id = lead.person_id limit 1)",
        "sealed",
        "does not open under its person's key at this lead",
    ),
    Hand("leads", "lead_place", "lead_id", "grade", "'D'", "written", "grade is D"),
    Hand("leads", "lead_place", "lead_id", "disposition", "'nurture'", "written", "disposition is nurture"),
    Hand("leads", "timeline", "n = 1 and lead_id", "what", "'gone'", "written", "its timeline does not say"),
    Hand("leads", "timeline", "n = 4 and lead_id", "detail", "detail - 'assignee'", "written", "its timeline does not"),
    Hand("leads", "lead_place", "lead_id", "entries", "entries + 1", "written", "its place counts 5"),
    Hand("leads", "lead_place", "lead_id", "captured_at", "null", "written", "and by its place since None"),
    Hand(
        "leads", "lead", "lead_id", "about", 'about || \'{"country": "AT"}\'', "written", "about is not as it was told"
    ),
    Hand("territory", "decision", "lead_id", "rule", "'de-everywhere'", "reasons", "its decision says de-everywhere"),
    Hand(
        "territory",
        "decision",
        "lead_id",
        "attributes",
        'attributes || \'{"country": "AT"}\'',
        "reasons",
        "other attributes",
    ),
    Hand(
        "territory",
        "decision",
        "lead_id",
        "refused",
        "refused || '{\"rules\": 99}'",
        "reasons",
        "99 rules were refused",
    ),
    Hand("territory", "decision", "lead_id", "refused", "refused - 'people'", "reasons", "0 people passed over"),
)


def found(verdict: Verdict, invariant: str) -> list[str]:
    """Everything that this invariant says."""
    return [v.what for f in verdict.findings if f.invariant.id == invariant for v in f.violations]


def test_what_a_hand_changes_is_named_and_put_back_it_is_well_again(stage: Stage) -> None:
    campaign, channel = mark("campaign"), mark("channel")
    stage.plan(campaign, channel)
    forms = [a_lead(channel=channel) for _ in (*OF_A_LEAD, "lost")]
    forms[-1]["contact"] = forms[2]["contact"]  # what is swapped is somebody's own, of another lead
    leads = [stage.submit(form) for form in forms]
    stage.counted("channel", channel, leads=len(leads), assigned=len(leads))
    for lead_id in leads:
        until("leads has heard its person", lambda one=lead_id: stage.lead(one)["state"] == "assigned")
    lost = {
        "lead_id": leads[-1],
        "result": "lost",
        "at": "2026-05-04T12:00:00Z",
        "reason": "Frau Beispiel war es zu teuer.",
    }
    assert stage.post("leads", "/v1/outcomes", json={"outcomes": [lost]}).status_code == 200
    stage.counted("channel", channel, lost=1)
    stage.holds(leads)
    of_a_campaign = (
        Hand("campaigns", "campaign", "campaign", "segment", "'fr-industry'", "plans", "segment is fr-industry"),
        Hand("campaigns", "campaign", "campaign", "channel", "'email'", "plans", "channel is email"),
        Hand("campaigns", "budget_line", "campaign", "owner", "'eve'", "plans", "is Anzeigen of eve"),
        Hand("campaigns", "budget_line", "campaign", "item", "'Reisen'", "plans", "is Reisen of anna.schmidt"),
    )
    by_version = Hand(
        "territory", "market", "version", "document", "document - 'rules'", "markets", "fingerprint differs"
    )
    owed = ("(credits->>'anna.schmidt')::bigint + 5", "(credits->>'jonas.weber')::bigint - 5")
    moved = f"credits || jsonb_build_object('anna.schmidt', {owed[0]}, 'jonas.weber', {owed[1]})"
    of_turns = Hand(
        "territory", "rotation", "team", "credits", moved, "turns", "team berlin: the credit of anna.schmidt is"
    )
    of_time = Hand("metrics", "as_of", "topic", "at", "at + interval '1 day'", "as_of", "by leads.lead")
    note = "jsonb_set(outcomes, '{0,note,box}', '\"AAAA\"')"
    noted = Hand(
        "leads", "lead_place", "lead_id", "outcomes", note, "sealed", "the sealed note of an outcome does not open"
    )
    strikes = [
        *zip((*OF_A_LEAD, noted), leads, strict=True),
        (of_time, "leads.lead"),
        (of_turns, "berlin"),
        (of_a_campaign[0], campaign),
    ]
    strikes += [(of_a_campaign[1], campaign), (of_a_campaign[2], campaign)]
    with contextlib.ExitStack() as hands:
        for hand, key in strikes:
            hands.enter_context(changed(stage, hand, key))
        verdict = stage.verdict(leads)
    for hand, key in strikes:
        named = [what for what in found(verdict, hand.invariant) if hand.words in what]
        assert named, (hand, found(verdict, hand.invariant))
        assert not hand.key.endswith("lead_id") or any(key in what for what in named), (hand, named)
    version = str(stage.sql("territory", "select max(version) from market")[0][0])
    person = stage.sql("leads", "select person_id from lead where lead_id::text = $1", leads[0])[0][0]
    with contextlib.ExitStack() as hands:
        hands.enter_context(changed(stage, by_version, version))
        hands.enter_context(changed(stage, of_a_campaign[3], campaign))
        hands.enter_context(gone(stage, "leads", "person", "person_id = $1", person))
        hands.enter_context(gone(stage, "leads", "timeline", "lead_id::text = $1 and n = 2", leads[0]))
        verdict = stage.verdict(leads)
    assert any("fingerprint differs" in what for what in found(verdict, "markets"))
    assert any("is Reisen of" in what for what in found(verdict, "plans"))
    assert {what for what in found(verdict, "sealed") if "its person has no key" in what} >= {
        f"lead {leads[0]}: its person has no key, and was not forgotten"
    }
    assert found(verdict, "reasons")
    assert f"lead {leads[0]}: its timeline has the numbers [1, 3, 4], its place counts 4" in found(verdict, "written")
    stage.holds(leads)
