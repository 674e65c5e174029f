"""Made-up people who ask a maker of machine tools for something, in five languages and scripts, as the public doors take it.

The same seed makes the same traffic. Nobody in it exists: addresses end in ``.example``, numbers are drawn.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any
from uuid import UUID

import yaml

from tributary.fake_data import PEOPLE, Country

Lead = dict[str, Any]


def market() -> str:
    """The demo's market file, as it is PUT."""
    return (files("tributary") / "market.yaml").read_text()


def campaigns() -> list[dict[str, Any]]:
    """The demo's campaigns."""
    return list(yaml.safe_load((files("tributary") / "campaigns.yaml").read_text())["campaigns"])


class Traffic:
    """Submissions, calls, spend and outcomes, one after the other, without end."""

    def __init__(self, seed: int, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._seed = seed
        self._draw = random.Random(seed)
        self._clock = clock
        self._campaigns = campaigns()
        self._made = 0

    def lead(self) -> Lead:
        """Somebody asks: most by a web form, some at a campaign, through a salesperson or in an import."""
        draw = self._draw
        source = draw.choices(("web", "campaign", "sales", "import"), (60, 20, 10, 10))[0]
        country = self._country()
        lead = self._request(source, country)
        if draw.random() < 0.04:
            lead |= draw.choice(_SPAM)
        elif draw.random() < 0.03:
            lead["attributes"]["purpose"] = draw.choice(("job", "supplier"))
        return lead

    def call(self) -> Lead:
        """Somebody calls; the call-taker has a name, a number and a sentence."""
        country = self._country()
        lead = self._request("phone", country)
        lead["contact"] = {"name": lead["contact"]["name"], "phone": self.phone(country)}
        lead["channel"] = "phone"
        return lead

    def spend(self) -> dict[str, Any]:
        """Money goes out on a line of a campaign, as an ad platform or a card feed reports it."""
        draw = self._draw
        campaign = draw.choice(self._campaigns)
        line = draw.choice(campaign["lines"])
        usual = sum(one["budget"] for one in campaign["lines"]) // len(
            campaign["lines"]
        )  # a small line is soon used up
        return {
            "spend_id": self._name("spend"),
            "campaign": campaign["id"],
            "line": line["line"],
            "amount": {
                "minor": max(1, usual * draw.randrange(1, 80) // 10_000),
                "currency": campaign["currency"],
            },
            "kind": draw.choices(("incurred", "committed"), (85, 15))[0],
            "source": draw.choice(("ad platform", "card feed")),
            "occurred_at": self._clock().isoformat(),
        }

    def outcome(self, lead_id: str | UUID, lead: Lead | None = None) -> dict[str, Any]:
        """How an earlier lead ended: two of five are won, for money of the lead's own country if it is given."""
        draw = self._draw
        outcome: dict[str, Any] = {"lead_id": str(lead_id), "at": self._clock().isoformat()}
        if draw.random() < 0.4:
            own = [country for country in PEOPLE if lead and country.code == lead.get("country")]
            return {**outcome, "result": "won", "amount": self._amount(own[0] if own else self._country())}
        return {
            **outcome,
            "result": "lost",
            "reason": draw.choice(("price", "delivery time", "competitor", "no budget")),
        }

    def _request(self, source: str, country: Country) -> Lead:
        draw = self._draw
        region, postcode = draw.choice(country.places)
        given, family = draw.choice(country.given), draw.choice(country.family)
        product, message = draw.choice(list(country.messages.items()))
        lead: Lead = {
            "source": source,
            "contact": {
                "name": country.name.format(given=given, family=family),
                "phone": self.phone(country),
                "email": f"{draw.choice(country.mailboxes)}{draw.randrange(1_000)}@{draw.choice(country.domains)}",
                "company": draw.choice(country.companies),
            },
            "message": message,
            "country": country.code,
            "region": region,
            "postcode": self._filled(postcode),
            "product": product,
            "industry": draw.choice(("automotive", "aerospace", "machines", "medical", "furniture")),
            "language": country.language,
            "channel": draw.choice(("search", "social", "email", "direct", "referral")),
            "attributes": {"size": draw.choice((3, 8, 20, 45, 120, 600))},
        }
        self._leave_out(lead)
        if draw.random() < 0.4:
            lead["attributes"]["timeframe"] = draw.choice(_TIMEFRAMES)
        if draw.random() < 0.35:
            lead["expected_amount"] = self._amount(country)
        if source == "campaign" or draw.random() < 0.25:
            lead |= self._answering(country)
        if source in ("import", "sales"):
            lead["external_id"] = self._name(source)
        return lead

    def _leave_out(self, lead: Lead) -> None:
        """Few people fill in a whole form: here a phone number or an address, a company, a word is missing."""
        draw = self._draw
        if draw.random() < 0.6:
            del lead["contact"][draw.choice(("phone", "email"))]
        if draw.random() < 0.5:
            del lead["contact"]["company"]
        if draw.random() < 0.45:
            lead["message"] = lead["message"][:8] if draw.random() < 0.5 else ""
        for name in ("product", "industry", "region"):
            if draw.random() < 0.15:
                del lead[name]

    def phone(self, country: Country) -> str:
        """A number as people of this country write it, now and then in their own digits."""
        number = self._filled(self._draw.choice(country.numbers))
        if country.digits and self._draw.random() < 0.5:
            return number.translate(str.maketrans("0123456789+", country.digits + country.plus))
        return number

    def _answering(self, country: Country) -> Mapping[str, str]:
        """A campaign for these people if there is one; one in fifty mistypes its name, and the lead counts all the same."""
        fitting = [one for one in self._campaigns if one["currency"] == country.currency] or self._campaigns[-1:]
        campaign = self._draw.choice(fitting)
        known = self._draw.random() >= 0.02
        return {"campaign": campaign["id"] if known else campaign["id"] + "-", "channel": campaign["channel"]}

    def _amount(self, country: Country) -> dict[str, Any]:
        return {"minor": country.usual * self._draw.choice((1, 2, 5, 10, 40)), "currency": country.currency}

    def _country(self) -> Country:
        return self._draw.choices(PEOPLE, [country.share for country in PEOPLE])[0]

    def _filled(self, pattern: str) -> str:
        """The pattern with a digit drawn for each ``#``."""
        return "".join(str(self._draw.randrange(10)) if sign == "#" else sign for sign in pattern)

    def _name(self, what: str) -> str:
        self._made += 1
        return f"{what}-{self._seed}-{self._made}"


_TIMEFRAMES: Sequence[str] = ("now", "this_month", "this_quarter", "this_year", "next_year")
_SPAM: Sequence[Mapping[str, str]] = (
    {"message": "Best SEO http://seo.example http://links.example http://buy.example"},
    {"message": "buy now buy now buy now buy now buy now buy now"},
)
SPAM = frozenset(one["message"] for one in _SPAM)  # what such people write
