"""Who can sign in at the local issuer's page: the small market's people, and those who keep its organisation."""

import yaml

from tributary.tokens import ADMINISTRATORS
from tributary.traffic import market

MANAGER, SUPERVISOR, MARKETER, SYSTEM = "ingrid.sommer", "dieter.lang", "nina.vogel", "tom.keller"
CAST = {
    "anna.schmidt": "sells in Team Berlin",
    "franz.huber": "sells in Team München",
    SUPERVISOR: "leads Team Berlin",
    MANAGER: "general manager",
    MARKETER: "marketer",
    ADMINISTRATORS[0]: "administrator of people",
    SYSTEM: "system administrator",
}


def people() -> dict[str, str]:
    """Principals, and what each is, in a few words; those whom the demo shows first."""
    teams = yaml.safe_load(market())["teams"]
    members = {member["person"]: str(team["name"]) for team in teams for member in team["members"]}
    others = {**dict.fromkeys(ADMINISTRATORS, "administrator of people"), **dict(sorted(members.items()))}
    return {**CAST, **{person: what for person, what in others.items() if person not in CAST}}
