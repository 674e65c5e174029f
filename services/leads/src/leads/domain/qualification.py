"""Is a submission genuine, how good is it, what is it worth, and what is to be done with it. Same facts, same card, same answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from leads.domain.flags import SIGNALS
from leads.domain.money import Money
from leads.domain.signature import links_in
from values.numbers import number
from values.text import key

Scalar = str | int | float | bool
Grade = Literal["A", "B", "C", "D"]
Disposition = Literal["near_term", "nurture", "not_a_target", "needs_qualifier"]
MessageLength = Literal["none", "short", "medium", "long"]

READ_AT_MOST = 1_000  # characters of a message that are looked at: spam shows itself early, and the cost stays flat
# Whoever of ours writes a note may put as many links into it as they need: it is no stranger's text.
OUR_NOTES = frozenset(("phone", "sales", "import"))


class Submission(NamedTuple):
    """What is known of a submission, without the person: the ground for the verdict."""

    source: str
    has_phone: bool = False
    has_email: bool = False
    has_company: bool = False
    has_external_id: bool = False
    free_mail: bool = False
    message: MessageLength = "none"
    links: int = 0
    repeated: bool = False
    country_known: bool = False
    product_known: bool = False
    amount: Money | None = None
    attributes: Mapping[str, Scalar] = MappingProxyType({})
    signals: frozenset[str] = frozenset()


def facts(
    source: str,
    *,
    phone: str | None = None,
    email: str | None = None,
    company: str | None = None,
    external_id: str | None = None,
    free_mail: bool = False,
    message: str | None = None,
    country: str | None = None,
    product: str | None = None,
    amount: Money | None = None,
    attributes: Mapping[str, Scalar] = MappingProxyType({}),
    flags: Iterable[str] = (),
) -> Submission:
    """What a submission says about itself, once its text has been looked at."""
    written = message or ""
    text = written[:READ_AT_MOST].lower()
    return Submission(
        source=source,
        has_phone=bool(phone),
        has_email=bool(email),
        has_company=bool(company),
        has_external_id=bool(external_id),
        free_mail=free_mail,
        message=length_of(message),
        links=0 if source in OUR_NOTES else links_in(text, whole=len(written) <= READ_AT_MOST),
        repeated=is_repeated(text),
        country_known=bool(country),
        product_known=bool(product),
        amount=amount,
        attributes=attributes,
        signals=SIGNALS.intersection(flags) if flags else frozenset(),
    )


def length_of(message: str | None) -> MessageLength:
    """How much somebody took the time to write. Chinese says in 10 characters what others say in 30, so the limits are low."""
    size = len(message.strip()) if message else 0
    if size == 0:
        return "none"
    return "short" if size < 12 else "medium" if size < 120 else "long"


def is_repeated(text: str) -> bool:
    """The same few words or signs over and over: no person asks for something like that."""
    words = text.split()
    if len(words) >= 8 and len(set(words)) * 4 <= len(words):
        return True
    return len(text) >= 40 and len(set(text)) <= 5


@dataclass(frozen=True, slots=True)
class Term:
    """One line of the scorecard: if this fact or answer is one of these values, or at least this much, the lead gets the points; or
    if it shows this ``signal`` of a program."""

    name: str
    points: int
    fact: str = ""
    attribute: str = ""
    signal: str = ""
    among: frozenset[Scalar] = frozenset()
    at_least: int | None = None
    spam: int = 0
    ends_it: bool = False  # whoever meets this term is not a target, however good the rest
    as_written: bool = False  # a form's text counts as the number or word that it says: "70 %", "This_Month"

    def holds(self, value: Scalar | None) -> bool:
        """Whether the term counts for this value. A value of another kind than asked for never counts."""
        if self.as_written and isinstance(value, str):
            return self._says(value)
        if self.at_least is not None:
            return isinstance(value, int | float) and not isinstance(value, bool) and value >= self.at_least
        return value in self.among

    def _says(self, text: str) -> bool:
        if self.at_least is None:
            return _word(text) in {_word(value) for value in self.among if isinstance(value, str)}
        read = number(text)
        return read is not None and read >= self.at_least


def _word(text: str) -> str:
    return key(text.replace("_", " ").replace("-", " "))


class Reason(NamedTuple):
    """A term that counted, and its points."""

    term: str
    points: int


class Verdict(NamedTuple):
    """What the scorecard says, and why."""

    genuine: bool
    grade: Grade
    score: int
    value: Money | None
    disposition: Disposition
    scorecard: int
    reasons: tuple[Reason, ...]

    @property
    def discard_reason(self) -> str | None:
        """Why the lead is set aside; None where it is not."""
        if self.disposition != "not_a_target":
            return None
        return "not a target" if self.genuine else "not genuine"


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A version of the company's rules for judging leads. All of it is data."""

    version: int
    terms: tuple[Term, ...]
    grades: tuple[tuple[Grade, int], ...]  # best first, each with the score it begins at
    dispositions: Mapping[Grade, Disposition]
    likelihood: Mapping[Grade, int]  # per cent of the expected amount that a lead of this grade is worth
    large: Mapping[str, int]  # from how many minor units of a currency on an amount is large
    doubtful_at: int
    not_genuine_at: int

    def judge(self, lead: Submission) -> Verdict:
        """Adds up the terms that hold; spam decides whether the lead is genuine, the score its grade, both what is done with it."""
        known = self._known(lead)
        signals = lead.signals
        score = spam = 0
        ended = False
        reasons = []
        for term in self.terms:
            if term.signal:
                if term.signal not in signals:
                    continue
            else:
                value = lead.attributes.get(term.attribute) if term.attribute else known[term.fact]
                if value is None or not term.holds(value):
                    continue
            score += term.points
            spam += term.spam
            ended = ended or term.ends_it
            reasons.append(Reason(term.name, term.points))
        score = max(0, min(100, score))
        grade: Grade = next((grade for grade, begins_at in self.grades if score >= begins_at), "D")
        genuine = spam < self.not_genuine_at
        return Verdict(
            genuine=genuine,
            grade=grade,
            score=score,
            value=self._worth(lead.amount, grade) if genuine else None,
            disposition=self._disposition(grade, genuine and not ended, spam, bool(known["reachable"])),
            scorecard=self.version,
            reasons=tuple(reasons),
        )

    def _known(self, lead: Submission) -> dict[str, Scalar]:
        trusted = lead.source in (
            "import",
            "sales",
        )  # whoever sent it knows the person, even if we were not told the number
        return {
            "source": lead.source,
            "phone": lead.has_phone,
            "email": lead.has_email,
            "company_mail": lead.has_email and not lead.free_mail,
            "company": lead.has_company,
            "external_id": lead.has_external_id,
            "message": lead.message,
            "links": lead.links,
            "repeated": lead.repeated,
            "country": lead.country_known,
            "product": lead.product_known,
            "amount": self._size(lead.amount),
            "reachable": lead.has_phone or lead.has_email or (trusted and lead.has_external_id),
        }

    def _size(self, amount: Money | None) -> str:
        if amount is None or amount.minor <= 0:
            return "none"
        large = self.large.get(amount.currency)
        return "large" if large is not None and amount.minor >= large else "some"

    def _worth(self, amount: Money | None, grade: Grade) -> Money | None:
        return Money(amount.minor * self.likelihood[grade] // 100, amount.currency) if amount else None

    def _disposition(self, grade: Grade, target: bool, spam: int, reachable: bool) -> Disposition:
        if not target:
            return "not_a_target"
        if spam >= self.doubtful_at or not reachable:
            return "needs_qualifier"
        return self.dispositions[grade]
