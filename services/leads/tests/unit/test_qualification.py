"""What the scorecard decides."""

from hypothesis import given
from hypothesis import strategies as st

from leads.domain.money import Money
from leads.domain.qualification import Submission, Term, facts
from leads.domain.scorecard import SCORECARD_1

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
        st.sampled_from(["likelihood", "timeframe", "purpose"]), st.sampled_from([90, True, "now", "job", 0.5])
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


def test_many_links_are_not_genuine_and_nothing_is_worth_nothing() -> None:
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


def test_a_company_is_told_from_a_free_mail_address_whatever_its_capitals() -> None:
    assert facts("web", email="Anna@GMail.com").free_mail
    assert not facts("web", email="anna@mail.maschinenbau.example").free_mail


def test_the_same_few_words_or_signs_again_and_again_are_seen() -> None:
    assert facts("web", message="buy now " * 10).repeated
    assert facts("web", message="买" * 40).repeated
    assert not facts("web", message="نیاز به دو دستگاه تراش برای کارگاه جدید داریم و قیمت می‌خواهیم").repeated


@given(SUBMISSIONS)
def test_every_submission_has_a_grade_by_its_score_and_a_spam_never_becomes_an_opportunity(lead: Submission) -> None:
    verdict = SCORECARD_1.judge(lead)
    assert 0 <= verdict.score <= 100
    assert verdict == SCORECARD_1.judge(lead)
    if not verdict.genuine:
        assert verdict.disposition == "not_a_target"
    if not lead.has_phone and not lead.has_email:
        assert verdict.disposition != "near_term" or lead.source in ("import", "sales")


@given(SUBMISSIONS)
def test_a_phone_number_more_never_makes_a_lead_worse(lead: Submission) -> None:
    without, having = (SCORECARD_1.judge(lead._replace(has_phone=has)) for has in (False, True))
    assert having.score >= without.score
    assert having.grade <= without.grade
