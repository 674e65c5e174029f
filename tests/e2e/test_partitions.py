"""A topic is given partitions while leads come: none is lost or doubled, and what is said of each lead is heard in its order."""

import subprocess
import sys
import zlib
from collections import defaultdict

import pytest
from senders import Senders
from stage import Stage

from contracts.leads.lead import LEAD
from tributary import partitions
from tributary.state import project

pytestmark = pytest.mark.xdist_group("stack")
TOPIC, NUMBER = LEAD.topic, 6


def given(stage: Stage, number: int) -> str:
    """What the command says."""
    command = [sys.executable, "-m", "tributary", "partitions", TOPIC, str(number)]
    env = {**stage.services["leads"].environment(), "TRIBUTARY_STATE": str(stage.home)}
    done = subprocess.run(command, env=env, cwd=project(), capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def places(stage: Stage, lead_ids: list[str]) -> dict[str, list[int]]:
    """In which partitions each of these leads is spoken of, each partition once."""
    found: dict[str, list[int]] = defaultdict(list)
    for said in stage.topic(TOPIC):
        lead = said.key.decode()
        if lead in lead_ids and said.partition not in found[lead]:
            found[lead].append(said.partition)
    return found


def place(lead: str, number: int) -> int:
    """Where a lead is spoken of, of so many."""
    return zlib.crc32(lead.encode()) % number


@pytest.mark.timeout(280)
def test_a_topic_is_given_partitions_under_traffic(stage: Stage) -> None:
    # A service that came back within its session was told by the broker that another leads its group: it must look all the same.
    stage.services["metrics"].kill()
    stage.up()
    with Senders(stage) as senders:
        senders.goes_on(30)
        before = len(senders.accepted)
        assert f"{TOPIC} has {NUMBER} partitions" in given(stage, NUMBER)
        after = len(senders.accepted)
        assert after > before, "nothing came while the partitions were made"
        senders.goes_on(60)
    senders.arrives()  # all counted once at the end of the walk, every invariant holds, order among them
    assert stage.sql("leads", "select distinct partitions from outbox_shard where topic = $1", TOPIC)[0][0] == NUMBER
    newest = senders.accepted[after + 20 :]
    assert places(stage, newest) == {lead: [place(lead, NUMBER)] for lead in newest}
    assert {place(lead, NUMBER) for lead in newest} > set(range(LEAD.partitions)), "the new partitions are not used"

    # What was known before is spoken of where it now belongs, after all that was said of it elsewhere.
    oldest = senders.accepted[:20]
    lost = [{"lead_id": lead, "result": "lost"} for lead in oldest]
    assert stage.post("leads", "/v1/outcomes", json={"outcomes": lost}).json()["accepted"] == len(oldest)
    stage.counted("channel", senders.channel, lost=len(oldest))
    moved = [lead for lead in oldest if place(lead, NUMBER) != place(lead, LEAD.partitions)]
    used = places(stage, moved)
    assert moved
    assert all(set(used[lead]) == {place(lead, NUMBER), place(lead, LEAD.partitions)} for lead in moved)
    stage.holds(senders.accepted)

    # A hearer that begins anew meets old and new partitions in any order, and comes to the same.
    stage.services["metrics"].stop()
    heard_again = stage.run("metrics", "reread", TOPIC)
    assert heard_again.returncode == 0, heard_again.stderr + heard_again.stdout
    stage.up(["metrics"])
    stage.holds(senders.accepted)


def test_a_topic_whose_hearer_is_behind_keeps_what_it_has(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "DRAINED_WITHIN_S", 2.0)
    count = "select count(*) from outbox_shard where topic = $1"
    before = stage.sql("leads", count, TOPIC)[0][0]
    stage.services["metrics"].stop()
    with Senders(stage) as senders:
        senders.goes_on(10)
        with pytest.raises(partitions.NotGiven, match=r"metrics has \d+ records"):
            partitions.give(LEAD, before + 1, stage.stack.bus, stage.stack.running.services["leads"].database)
        senders.goes_on(5)
    assert stage.sql("leads", count, TOPIC)[0][0] == before
    stage.up()
    senders.arrives()


@pytest.mark.parametrize(
    ("topic", "why"),
    [("nowhere", "no topic"), ("territory.access", "newest event of each key"), ("leads.audit", "one order")],
)
def test_what_may_have_no_more_says_why(topic: str, why: str) -> None:
    with pytest.raises(partitions.NotGiven, match=why):
        partitions.chosen(topic)


def test_fewer_are_not_to_be_had(stage: Stage) -> None:
    with pytest.raises(partitions.NotGiven, match="takes none away"):
        partitions.give(LEAD, 2, stage.stack.bus, "postgresql://nowhere")
