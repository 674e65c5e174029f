"""A service whose database comes back from an older backup begins a new history, and everything converges again."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from stage import Stage, a_lead, mark
from test_journeys import NUMBERS, a_spend, from_outside
from waiting import until

from tributary.postgres import binaries

pytestmark = pytest.mark.xdist_group("stack")


class Business:
    """Some leads, outcomes and spends on a channel and a campaign of their own."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.channel, self.campaign = mark("channel"), mark("campaign")
        self.accepted: list[str] = []
        self.won = self.spent = 0
        stage.plan(self.campaign, mark("channel"))

    def goes_on(self, leads: int) -> None:
        """So many leads more, of which the first is won, and a spend by each way in; returns when all of it is counted."""
        began = len(self.accepted)
        for _ in range(leads):
            lead = a_lead(source="campaign", campaign=self.campaign, channel=self.channel)
            self.accepted.append(self.stage.submit(lead))
        outcome = {"lead_id": self.accepted[began], "result": "won", "amount": {"minor": 500, "currency": "EUR"}}
        told = self.stage.post("leads", "/v1/outcomes", json={"outcomes": [outcome]}).json()
        assert told["accepted"] == 1
        told = self.stage.post("campaigns", "/v1/spend", json={"spend": [a_spend(self.campaign, 30)]}).json()
        assert told["accepted"] == 1
        from_outside(self.stage, a_spend(self.campaign, 4))
        self.won, self.spent = self.won + 1, self.spent + 34
        self.arrives()

    def arrives(self) -> dict[str, Any]:
        """The numbers, once they are what they must be."""
        n = len(self.accepted)
        won = {"won": self.won, "won_amount": {"EUR": 500 * self.won}}
        row = self.stage.counted("channel", self.channel, 30, leads=n, qualified=n, routed=n, assigned=n, **won)
        self.stage.counted("campaign", self.campaign, 30, leads=n, spend={"EUR": self.spent}, **won)
        return {name: row[name] for name in NUMBERS}


def back_up(stage: Stage, service: str) -> Path:
    """A dump of a service's database, taken while it is at work."""
    file = stage.home / f"{service}-{mark('backup')}.dump"
    tool("pg_dump", "-Fc", "-f", str(file), "-d", superusers(stage, service))
    return file


def restore(stage: Stage, service: str, file: Path) -> None:
    """What the runbook says, up to the start: stop, restore, `restored`."""
    stage.services[service].stop()
    drop = f"set client_min_messages = error; drop owned by {service}, {service}_keys cascade"
    tool("psql", "-q", "-d", superusers(stage, service), "-c", drop)
    assert stage.sql(service, "select 1 from pg_tables where schemaname = 'public'") == []
    tool("pg_restore", "-d", superusers(stage, service), str(file))


def superusers(stage: Stage, service: str) -> str:
    """The service's database for who sees every row: its owner sees none."""
    assert stage.stack.postgres is not None
    return urlsplit(stage.stack.postgres.url)._replace(path=f"/{service}").geturl()


def tool(name: str, *words: str) -> None:
    """One of Postgres' own programs."""
    done = subprocess.run([binaries() / name, *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("services", [("leads",), ("metrics",), ("territory", "campaigns")], ids=" and ".join)
def test_what_is_restored_from_an_older_backup_converges(stage: Stage, services: tuple[str, ...]) -> None:
    epoch, heard = "select name from epoch", "select coalesce(sum(last_seq), 0) from watermark"
    business = Business(stage)
    business.goes_on(6)
    backups = {service: back_up(stage, service) for service in services}
    business.goes_on(9)
    before = business.arrives()
    known = {service: stage.sql(service, heard)[0][0] for service in services}
    history = {service: stage.sql(service, epoch)[0][0] for service in services}

    for service in services:
        restore(stage, service, backups[service])
        assert stage.sql(service, heard)[0][0] < known[service], "the backup knows as much as what it replaces"
    with ThreadPoolExecutor() as pool:
        for said in pool.map(lambda service: stage.run(service, "restored"), services):
            assert said.returncode == 0, said.stderr
    assert not history.items() & {service: stage.sql(service, epoch)[0][0] for service in services}.items()
    stage.up()

    for service, number in known.items():
        until(
            f"{service} has heard again all that it forgot",
            lambda service=service, number=number: stage.sql(service, heard)[0][0] >= number,
        )
    assert business.arrives() == before
    business.goes_on(3)
    for lead_id in business.accepted:
        assert stage.lead(lead_id)["state"] in ("assigned", "won")
    stage.holds(business.accepted)
