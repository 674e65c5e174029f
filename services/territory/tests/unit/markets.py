"""Made-up rules and leads, the same for the same seed, and the slow way of routing that the index must agree with."""

import random
from collections.abc import Mapping, Sequence

from territory.domain.criteria import Criterion, OneOf, Prefix, Range, Scalar, claims, text
from territory.domain.routing import Rule

COUNTRIES = ("DE", "FR", "AT", "CH", "IT", "ES", "PL", "CZ", "NL", "JP", "IN", "EG")
INDUSTRIES = tuple(f"industry-{n}" for n in range(20))
PRODUCTS = tuple(f"product-{n}" for n in range(40))
SOURCES = ("web", "phone", "campaign", "sales")


def rules(count: int, seed: int = 1) -> list[Rule]:
    """Rules as companies write them: a country nearly always, and some of the other attributes."""
    dice = random.Random(seed)
    made = []
    for place in range(count):
        when: dict[str, Criterion] = {"country": OneOf((text(dice.choice(COUNTRIES)),))}
        if dice.random() < 0.6:
            when["postcode_area"] = Prefix((f"{dice.randrange(1000):03}"[: dice.randint(2, 3)],))
        if dice.random() < 0.5:
            when["product"] = OneOf(tuple(dice.sample(PRODUCTS, dice.randint(1, 3))))
        if dice.random() < 0.5:
            when["industry"] = OneOf(tuple(dice.sample(INDUSTRIES, dice.randint(1, 3))))
        if dice.random() < 0.3:
            when["source"] = OneOf((dice.choice(SOURCES),))
        if dice.random() < 0.4 or len(when) == 1:
            low = dice.randrange(0, 900)
            when["attributes.size"] = Range(low, low + dice.randrange(10, 200))
        made.append(Rule(f"rule-{place:05}", f"segment-{place % 50}", f"team-{place % 20}", when, dice.randrange(5)))
    return made


def leads(count: int, rules: Sequence[Rule], unclaimed: float = 0.1, seed: int = 2) -> list[dict[str, Scalar]]:
    """Leads that a random one of these rules claims, and a share that none claims: they come from an unnamed country."""
    dice = random.Random(seed)
    return [_lead(dice, dice.choice(rules), dice.random() < unclaimed) for _ in range(count)]


def _lead(dice: random.Random, rule: Rule, unclaimed: bool) -> dict[str, Scalar]:
    lead: dict[str, Scalar] = {
        "source": dice.choice(SOURCES),
        "country": dice.choice(COUNTRIES),
        "postcode_area": f"{dice.randrange(1000):03}",
        "product": dice.choice(PRODUCTS),
        "industry": dice.choice(INDUSTRIES),
        "language": "de",
        "attributes.size": dice.randrange(0, 1000),
    }
    for name, criterion in rule.when.items():
        match criterion:
            case OneOf(values):
                lead[name] = dice.choice(values)
            case Prefix(prefixes):
                lead[name] = (dice.choice(prefixes) + "000")[:3]
            case Range(low, high):
                lead[name] = dice.randint(int(low or 0), int(high or 1000))
    if unclaimed:
        lead["country"] = "BR"
    return lead


def scan(rules: Sequence[Rule], lead: Mapping[str, Scalar]) -> list[str]:
    """The names of the rules that claim the lead, the winner first, found by looking at every rule."""
    return [rule.name for rule in sorted(rules, key=lambda rule: rule.order) if claims(rule.when, lead)]
