"""The company's scorecards, version by version. A version that has judged a lead is never changed; a new one is added."""

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

CURRENT = SCORECARD_2

# What else is looked at where a form was sent as programs send them. Browsers fill traps too: the trap alone sends the lead to
# a qualifier, and only with another signal it is set aside. Without a signal both versions say the same.
SCORECARD_3 = replace(
    SCORECARD_2,
    version=3,
    terms=(
        *SCORECARD_2.terms,
        Term("filled the trap", 0, attribute=flags.TRAP_FILLED, among=frozenset({True}), spam=40),
        Term("was sent too fast", 0, attribute=flags.SENT_TOO_FAST, among=frozenset({True}), spam=20),
        Term("does not say when it was shown", 0, attribute=flags.TOKEN_MISSING, among=frozenset({True}), spam=10),
    ),
)
WITH_SIGNALS = SCORECARD_3
