"""Leads as forms send them, and requests made of them."""

import json
import random
from typing import Any

from bench import load

CHANNELS = ("search", "social", "e-mail", "fair", "partner")
COUNTRIES = ("DE", "FR", "IN", "BR", "ES", "US")


def lead(rng: random.Random, channel: str | None = None) -> dict[str, Any]:
    """A lead of about 600 bytes."""
    n = rng.randrange(10_000_000)
    country = rng.choice(COUNTRIES)
    return {
        "source": "web",
        "contact": {
            "name": f"Anna Schmidt {n}",
            "phone": f"+4930{n:08d}",
            "email": f"anna.{n}@firma-{n % 977}.example",
            "company": f"Firma {n % 977}",
            "address": "Hauptstrasse 1, 10115 Berlin",
        },
        "message": "Please send an offer for two lathes with delivery in June and the conditions of service. Thank you.",
        "country": country,
        "postcode": f"{rng.randrange(100_000):05d}",
        "product": rng.choice(("lathe", "pump", "press")),
        "industry": rng.choice(("metal", "food", "textile")),
        "language": "en",
        "channel": channel or rng.choice(CHANNELS),
        "expected_amount": {"minor": rng.randrange(10_000, 10_000_000), "currency": "EUR"},
        "attributes": {"size": rng.randrange(500), "utm_source": "newsletter"},
    }


def singles(seed: int, count: int = 4000) -> list[tuple[bytes, int]]:
    """Requests of one lead each."""
    rng = random.Random(seed)
    return [(load.post("/v1/leads", json.dumps(lead(rng)).encode()), 1) for _ in range(count)]


def batches(seed: int, token: str, size: int = 500, count: int = 20) -> list[tuple[bytes, int]]:
    """Requests of many leads each."""
    rng = random.Random(seed)
    bodies = [json.dumps({"leads": [lead(rng) for _ in range(size)]}).encode() for _ in range(count)]
    return [(load.post("/v1/leads/batch", body, token), size) for body in bodies]
