"""The company's scorecards: the first versions, as each installation begins with them, and what a version has to be like. One that
has judged a lead is never changed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from leads.domain import flags
from leads.domain.qualification import Scalar, Scorecard, Term


def _if(name: str, points: int, fact: str, *values: Scalar, spam: int = 0) -> Term:
    return Term(name, points, fact=fact, among=frozenset(values or (True,)), spam=spam)


SCORECARD_1 = Scorecard(
    version=1,
    terms=(
        _if("brought by a salesperson", 25, "source", "sales"),
        _if("called us", 20, "source", "phone"),
        _if("imported from a known system", 20, "source", "import"),
        _if("answered a campaign", 10, "source", "campaign"),
        _if("wrote on the web site", 5, "source", "web"),
        _if("has a phone number", 15, "phone"),
        _if("has an e-mail address", 10, "email"),
        _if("writes from a company's address", 10, "company_mail"),
        _if("names a company", 10, "company"),
        _if("is known by another system", 10, "external_id"),
        _if("wrote a few words", 5, "message", "short"),
        _if("wrote what they need", 15, "message", "medium", "long"),
        _if("names a product", 10, "product"),
        _if("country is known", 5, "country"),
        _if("expects to spend", 10, "amount", "some"),
        _if("expects to spend a lot", 20, "amount", "large"),
        Term("likely to buy", 15, attribute="likelihood", at_least=70),
        Term("wants it soon", 15, attribute="timeframe", among=frozenset({"now", "this_month", "this_quarter"})),
        Term("wants it much later", -20, attribute="timeframe", among=frozenset({"next_year", "later"})),
        Term("seeks a job", -20, attribute="purpose", among=frozenset({"job"}), ends_it=True),
        Term("wants to sell to us", -20, attribute="purpose", among=frozenset({"supplier"}), ends_it=True),
        Term("has a link in the message", -5, fact="links", at_least=1, spam=20),
        Term("has many links in the message", -20, fact="links", at_least=3, spam=40),
        _if("repeats itself", -20, "repeated", True, spam=50),
    ),
    grades=(("A", 70), ("B", 50), ("C", 25), ("D", 0)),
    dispositions=MappingProxyType({"A": "near_term", "B": "near_term", "C": "nurture", "D": "needs_qualifier"}),
    likelihood=MappingProxyType({"A": 60, "B": 35, "C": 15, "D": 5}),
    large=MappingProxyType(
        {
            "EUR": 1_000_000,
            "USD": 1_000_000,
            "GBP": 900_000,
            "CHF": 1_000_000,
            "BRL": 5_500_000,
            "CNY": 7_500_000,
            "INR": 90_000_000,
            "IRR": 500_000_000_000,
            "JPY": 1_500_000,
        }
    ),
    doubtful_at=30,
    not_genuine_at=60,
)

# What was learned from the first: three links are doubtful and a person looks, only five and more are set
# aside at once; and what a form sends as text is read as the number or word that it says.
SCORECARD_2 = replace(
    SCORECARD_1,
    version=2,
    terms=(
        *(term for term in SCORECARD_1.terms if not term.attribute and term.fact not in ("links", "repeated")),
        *(replace(term, as_written=True) for term in SCORECARD_1.terms if term.attribute),
        Term("has a link in the message", -5, fact="links", at_least=1, spam=20),
        Term("has many links in the message", -20, fact="links", at_least=3, spam=20),
        Term("has five links or more", -20, fact="links", at_least=5, spam=30),
        _if("repeats itself", -20, "repeated", True, spam=50),
    ),
)

# What else is looked at where a form was sent as programs send them. Browsers fill traps too: the trap alone sends the lead to
# a qualifier, and only with another signal it is set aside. Without a signal it says what the one before says.
SCORECARD_3 = replace(
    SCORECARD_2,
    version=3,
    terms=(
        *SCORECARD_2.terms,
        Term("filled the trap", 0, signal=flags.TRAP_FILLED, spam=40),
        Term("was sent too fast", 0, signal=flags.SENT_TOO_FAST, spam=20),
        Term("does not say when it was shown", 0, signal=flags.TOKEN_MISSING, spam=10),
    ),
)
FIRST = (SCORECARD_1, SCORECARD_2, SCORECARD_3)

TERMS_AT_MOST, AMONG_AT_MOST, LONGEST = 200, 100, 100
POINTS, SPAM = 100, 100
_ANY: frozenset[Scalar] = frozenset()
_YES: frozenset[Scalar] = frozenset({True, False})
# What each fact may be; nothing is any word, None is a number.
FACTS: Mapping[str, frozenset[Scalar] | None] = MappingProxyType(
    {
        "source": _ANY,
        "message": frozenset({"none", "short", "medium", "long"}),
        "amount": frozenset({"none", "some", "large"}),
        "links": None,
        **dict.fromkeys(
            ("phone", "email", "company_mail", "company", "external_id", "repeated", "country", "product"), _YES
        ),
    }
)
_CURRENCY = re.compile(r"[A-Z]{3}")
_DISPOSITIONS = ("near_term", "nurture", "needs_qualifier")


def faults(card: Scorecard) -> dict[str, str]:
    """What is wrong with a scorecard, by field."""
    found: dict[str, str] = {}
    if not 1 <= len(card.terms) <= TERMS_AT_MOST:
        found["terms"] = f"are from 1 to {TERMS_AT_MOST}"
    names: set[str] = set()
    for n, term in enumerate(card.terms):
        if term.name in names:
            found[f"terms[{n}].name"] = "is the name of one before it"
        names.add(term.name)
        found |= {f"terms[{n}].{field}": why for field, why in _term_faults(term)}
    starts = [start for _, start in card.grades]
    if (
        [grade for grade, _ in card.grades] != list("ABCD")
        or starts != sorted(set(starts), reverse=True)
        or starts[-1] != 0
    ):
        found["grades"] = "are A, B, C and D, each with a lower score than the one before, and D begins at 0"
    elif starts[0] > POINTS:
        found["grades"] = f"begin at {POINTS} at most: no score is higher"
    if set(card.dispositions) != set("ABCD") or not set(card.dispositions.values()) <= set(_DISPOSITIONS):
        found["dispositions"] = f"say for A, B, C and D one of {', '.join(_DISPOSITIONS)}"
    if set(card.likelihood) != set("ABCD") or not all(0 <= one <= 100 for one in card.likelihood.values()):
        found["likelihood"] = "says for A, B, C and D a number from 0 to 100"
    for currency, minor in card.large.items():
        if not _CURRENCY.fullmatch(currency) or not 1 <= minor <= 10**15:
            found[f"large.{currency}"] = "is a currency of three letters and a number of its minor units"
    if not 1 <= card.doubtful_at <= card.not_genuine_at:
        found["doubtful_at"] = "is 1 at least, and not more than not_genuine_at"
    return found


def _term_faults(term: Term) -> Iterator[tuple[str, str]]:
    if not 1 <= len(term.name) <= LONGEST:
        yield "name", f"has from 1 to {LONGEST} characters"
    if not -POINTS <= term.points <= POINTS:
        yield "points", f"is a number from -{POINTS} to {POINTS}"
    if not 0 <= term.spam <= SPAM:
        yield "spam", f"is a number from 0 to {SPAM}"
    if [bool(term.fact), bool(term.attribute), bool(term.signal)].count(True) != 1:
        yield "fact", "or attribute or signal is needed, and one of them only"
        return
    if term.signal:
        if term.signal not in flags.SIGNALS:
            yield "signal", f"is none of {', '.join(sorted(flags.SIGNALS))}"
        if term.among or term.at_least is not None:
            yield "among", "is of a fact or an answer: a signal is there or is not"
        return
    if bool(term.among) == (term.at_least is not None):
        yield "among", "or at_least is needed, and one of them only"
    elif len(term.among) > AMONG_AT_MOST:
        yield "among", f"are at most {AMONG_AT_MOST}"
    elif term.fact:
        yield from _fact_faults(term)


def _fact_faults(term: Term) -> Iterator[tuple[str, str]]:
    if term.fact not in FACTS:
        yield "fact", f"is none of {', '.join(FACTS)}"
        return
    known = FACTS[term.fact]
    if (known is None) != (term.at_least is not None):
        yield "among" if known is None else "at_least", f"does not fit {term.fact}"
    elif known is _ANY and not all(isinstance(value, str) for value in term.among):
        yield "among", f"are words, as {term.fact} is"
    elif known and not all(
        any(value is one or (value == one and type(value) is type(one)) for one in known) for value in term.among
    ):
        yield "among", f"are of {', '.join(sorted(map(str, known)))}"
