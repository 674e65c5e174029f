"""What the scorecard decides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.domain.money import Money
from leads.domain.qualification import Scorecard, Submission, Term, facts
from leads.domain.scorecard import FIRST, SCORECARD_1, SCORECARD_2, SCORECARD_3

GOOD = facts(
    "web",
    phone="+4930901820",
    email="anna@maschinenbau.example",
    company="Maschinenbau",
    message="We need two lathes for our new hall in Berlin.",
    country="DE",
    product="lathe",
    amount=Money(5_000_000, "EUR"),
)

SUBMISSIONS = st.builds(
    Submission,
    source=st.sampled_from(["web", "phone", "campaign", "sales", "import"]),
    has_phone=st.booleans(),
    has_email=st.booleans(),
    has_company=st.booleans(),
    has_external_id=st.booleans(),
    free_mail=st.booleans(),
    message=st.sampled_from(["none", "short", "medium", "long"]),
    links=st.integers(0, 9),
    repeated=st.booleans(),
    country_known=st.booleans(),
    product_known=st.booleans(),
    amount=st.none() | st.builds(Money, st.integers(0, 10**15), st.sampled_from(["EUR", "IRR", "XAF"])),
    attributes=st.dictionaries(
        st.sampled_from(["likelihood", "timeframe", "purpose"]),
        st.sampled_from([90, True, "now", "job", 0.5, "80 %", "Now"]),
    ),
)


def test_a_full_request_with_a_large_amount_is_a_near_term_opportunity_of_grade_a() -> None:
    verdict = SCORECARD_1.judge(GOOD)
    assert (verdict.genuine, verdict.grade, verdict.disposition, verdict.scorecard) == (True, "A", "near_term", 1)
    assert verdict.value == Money(3_000_000, "EUR")


def test_the_verdict_names_the_terms_that_counted_and_their_points_add_up_to_the_score() -> None:
    verdict = SCORECARD_1.judge(facts("phone", phone="+4930901820", country="DE"))
    assert [reason.term for reason in verdict.reasons] == ["called us", "has a phone number", "country is known"]
    assert verdict.score == sum(reason.points for reason in verdict.reasons) == 40


def test_the_first_scorecard_set_three_links_aside_and_nothing_is_worth_nothing() -> None:
    verdict = SCORECARD_1.judge(
        facts("web", email="a@b.example", message="http://a http://b https://c buy", amount=Money(9, "EUR"))
    )
    assert (verdict.genuine, verdict.disposition, verdict.value) == (False, "not_a_target", None)


def test_a_text_that_repeats_itself_is_looked_at_by_a_person() -> None:
    verdict = SCORECARD_1.judge(GOOD._replace(repeated=True))
    assert (verdict.genuine, verdict.disposition) == (True, "needs_qualifier")


def test_somebody_who_seeks_a_job_is_genuine_and_no_target() -> None:
    verdict = SCORECARD_1.judge(GOOD._replace(attributes={"purpose": "job"}))
    assert (verdict.genuine, verdict.disposition) == (True, "not_a_target")


def test_a_row_of_an_import_without_contact_is_nurtured() -> None:
    assert SCORECARD_1.judge(facts("import", external_id="7", country="BR")).disposition == "nurture"


def test_a_good_lead_that_nobody_can_reach_needs_a_qualifier() -> None:
    unreachable = GOOD._replace(has_phone=False, has_email=False, has_external_id=True)
    assert SCORECARD_1.judge(unreachable).grade == "A"
    assert SCORECARD_1.judge(unreachable).disposition == "needs_qualifier"
    assert SCORECARD_1.judge(unreachable._replace(source="sales")).disposition == "near_term"


def test_an_attribute_counts_only_when_it_is_of_the_kind_the_card_asks_for() -> None:
    likely = [SCORECARD_1.judge(facts("web", attributes={"likelihood": value})).score for value in (70, 69, "70")]
    assert likely == [20, 5, 5]
    assert not Term("asked", 5, attribute="asked", at_least=1).holds(True)


def test_the_same_few_words_or_signs_again_and_again_are_seen() -> None:
    assert facts("web", message="buy now " * 10).repeated
    assert facts("web", message="买" * 40).repeated
    assert not facts("web", message="نیاز به دو دستگاه تراش برای کارگاه جدید داریم و قیمت می‌خواهیم").repeated


def test_the_second_scorecard_sends_what_is_doubtful_to_a_person() -> None:
    assert [card.version for card in FIRST] == [1, 2, 3]
    judged = [SCORECARD_2.judge(GOOD._replace(links=links)) for links in (0, 2, 3, 4, 5)]
    assert [v.disposition for v in judged] == [
        "near_term",
        "near_term",
        "needs_qualifier",
        "needs_qualifier",
        "not_a_target",
    ]
    assert [v.genuine for v in judged] == [True, True, True, True, False]
    assert not SCORECARD_2.judge(GOOD._replace(links=3, repeated=True)).genuine


@pytest.mark.parametrize("source", ["phone", "sales", "import"])
def test_a_note_of_our_own_is_no_spam_by_its_links(source: str) -> None:
    note = (
        "Drawings: https://x.example/1 https://x.example/2 https://x.example/3 https://x.example/4 https://x.example/5"
    )
    assert facts(source, message=note).links == 0
    assert facts("web", message=note).links == 5


def test_text_of_a_form_counts_as_the_number_or_word_that_it_says() -> None:
    def points(**attributes: str | int) -> int:
        return SCORECARD_2.judge(facts("web", attributes=attributes)).score - 5

    assert [points(likelihood=v) for v in (70, "70", "70 %", "۷۰", "0,7", "high", 69)] == [15, 15, 15, 15, 0, 0, 0]
    assert [points(timeframe=v) for v in ("now", "Now", "This month", "this-month", "soon", 1)] == [
        15,
        15,
        15,
        15,
        0,
        0,
    ]


@given(SUBMISSIONS)
def test_without_links_and_texts_both_scorecards_judge_alike(lead: Submission) -> None:
    lead = lead._replace(links=0, attributes={k: v for k, v in lead.attributes.items() if not isinstance(v, str)})
    assert SCORECARD_2.judge(lead)._replace(scorecard=1, reasons=()) == SCORECARD_1.judge(lead)._replace(reasons=())


@given(SUBMISSIONS)
def test_without_a_signal_the_third_scorecard_judges_as_the_second(lead: Submission) -> None:
    lead = lead._replace(attributes={**lead.attributes, "trap_filled": True})  # an answer of this name is no signal
    assert SCORECARD_3.judge(lead)._replace(scorecard=2) == SCORECARD_2.judge(lead)


def test_a_trap_alone_sends_to_a_person_and_with_another_signal_it_is_set_aside() -> None:
    judged = [
        SCORECARD_3.judge(facts("web", phone="+4930901820", email="a@b.example", flags=flags))
        for flags in ((), ("phone_others",), ("trap_filled",), ("trap_filled", "sent_too_fast"))
    ]
    assert [v.disposition for v in judged] == ["nurture", "nurture", "needs_qualifier", "not_a_target"]
    assert [v.genuine for v in judged] == [True, True, True, False]


@pytest.mark.parametrize("card", FIRST, ids=["first", "second", "third"])
@given(lead=SUBMISSIONS)
def test_every_submission_has_a_grade_by_its_score_and_a_spam_never_becomes_an_opportunity(
    card: Scorecard, lead: Submission
) -> None:
    verdict = card.judge(lead)
    assert 0 <= verdict.score <= 100
    assert verdict == card.judge(lead)
    if not verdict.genuine:
        assert verdict.disposition == "not_a_target"
    if not lead.has_phone and not lead.has_email:
        assert verdict.disposition != "near_term" or lead.source in ("import", "sales")


@given(SUBMISSIONS)
def test_a_phone_number_more_never_makes_a_lead_worse(lead: Submission) -> None:
    without, having = (SCORECARD_1.judge(lead._replace(has_phone=has)) for has in (False, True))
    assert having.score >= without.score
    assert having.grade <= without.grade
