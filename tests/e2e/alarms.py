"""Every alert is made to ring by a real fault in a running stack: `make alarms`, some five minutes.

What the services and `tributary verify` say meanwhile is played to the committed rules; see ringing.py for how. Each test puts right
what it makes wrong, as far as an alert can see it.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from ringing import Watch
from sales import Sales, later_on
from stage import SERVICES, Stage, a_lead, mark
from stream import Watcher
from waiting import until

from tributary.bus import ADMIN
from tributary.tokens import ADMINISTRATORS
from tributary.verify.command import verified
from tributary.verify.page import write_telemetry

FIRST, SECOND = ADMINISTRATORS
SCREENS, ROWS = 14, 500  # more screens than the ten that an alert asks for


@pytest.fixture
def watch(stage: Stage, tmp_path: Path) -> Watch:
    """Who looks; the first look is of the stack as it should be."""
    return Watch(stage, tmp_path)


def rings(watch: Watch, *alerts: str, **how: int) -> None:
    """These have rung since, and none of them before."""
    assert set(alerts) - watch.rang(**how) == set()
    assert set(alerts) & watch.rang(before=True) == set()


def told(stage: Stage, service: str, name: str, **labels: str) -> float:
    """What a service says of a series at this moment; 0 where it says nothing."""
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    for line in stage.telemetry(service).splitlines():
        if line.partition("{")[0].partition(" ")[0] == name and all(one in line for one in wanted):
            return float(line.rpartition(" ")[2])
    return 0.0


def behind(stage: Stage, service: str) -> list[str]:
    """Of which topics a service still has something to handle."""
    lines = [line for line in stage.telemetry(service).splitlines() if line.startswith("lag_records{")]
    return [line for line in lines if float(line.rpartition(" ")[2]) > 0]


def asked(stage: Stage, status: int) -> None:
    """Somebody sends a lead."""
    answer = stage.public.post(stage.url("leads", "/v1/leads"), json=a_lead())
    assert answer.status_code == status, answer.text


def discarded(stage: Stage, service: str, parked: object) -> None:
    """What a test has made is parked no longer."""
    done = stage.run(service, "parked", "discard", str(parked), "--reason", "a test made it")
    assert done.returncode == 0, done.stderr


@contextlib.contextmanager
def standing_still(stage: Stage, *services: str) -> Iterator[None]:
    """The processes of these services get no turn until the end of the block."""
    pids = [stage.services[name].pid for name in services]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def repeated(what: Callable[[], object], threads: int = 1) -> Iterator[None]:
    """Done again and again, by so many at a time, until the end of the block; what fails fails the block."""
    over, failed = threading.Event(), []

    def work() -> None:
        while not over.is_set():
            try:
                what()
            except Exception as error:  # raised again below
                failed.append(error)
                return

    workers = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        over.set()
        for worker in workers:
            worker.join(30)
    if failed:
        raise failed[0]


@contextlib.contextmanager
def locked(stage: Stage, service: str, tables: str) -> Iterator[None]:
    """Somebody at the database holds tables for himself until the end of the block."""
    assert stage.stack.postgres is not None
    place = urlsplit(stage.stack.postgres.url)._replace(path=f"/{service}").geturl()
    held, over = threading.Event(), threading.Event()

    async def hold() -> None:
        connection = await asyncpg.connect(place, timeout=5)
        try:
            async with connection.transaction():
                await connection.execute(f"lock table {tables} in access exclusive mode")
                held.set()
                await asyncio.to_thread(over.wait)
        finally:
            await connection.close()

    holder = threading.Thread(target=lambda: asyncio.run(hold()), daemon=True)
    holder.start()
    assert held.wait(20)
    try:
        yield
    finally:
        over.set()
        holder.join(10)


def loses(stage: Stage, topic: str) -> None:
    """Kafka forgets everything that stands on a topic, as after a retention that was too short."""
    admin: Any = AdminClient(stage.stack.bus.librdkafka(ADMIN))
    partitions = admin.list_topics(topic, timeout=10).topics[topic].partitions
    for done in admin.delete_records([TopicPartition(topic, number, -1) for number in partitions]).values():
        done.result(20)


# -- what was verified, on a stack of which all holds


def test_alerts_of_an_installation_that_nobody_verified_for_a_day(stage: Stage, watch: Watch) -> None:
    write_telemetry(verified(stage.stack.running, settle=20), watch.verified)
    watch.during(1, 0)
    assert "NotVerified" not in watch.rang(apart=60, after=23 * 60)
    rings(watch, "NotVerified", apart=60, after=25 * 60)


def test_alerts_of_an_accepted_lead_that_is_lost(stage: Stage, watch: Watch) -> None:
    accepted = watch.folder / "accepted"
    stage.lead(kept := stage.submit(a_lead()))
    accepted.write_text(f"{kept}\n")
    write_telemetry(verified(stage.stack.running, settle=20, accepted=accepted), watch.verified)
    watch.looks[0] = watch.look()
    postgres = stage.stack.postgres
    assert postgres is not None
    postgres.kill()
    lost = stage.submit(a_lead())  # the door takes it, and nobody can put it on record
    stage.services["leads"].kill()
    loses(stage, "leads.intake")
    stage.up()
    accepted.write_text(f"{kept}\n{lost}\n")
    write_telemetry(verified(stage.stack.running, settle=20, accepted=accepted), watch.verified)
    watch.during(5, 0)
    rings(watch, "LeadsUnaccounted", "InvariantBroken")


# -- servers and processes


def test_alerts_of_a_broker_that_is_away(stage: Stage, watch: Watch) -> None:
    kafka = stage.stack.kafka
    assert kafka is not None
    kafka.kill()
    # What this says waits in the outbox.
    lines = [{"line": "ads", "item": "Anzeigen", "budget": 1000, "owner": "anna.schmidt"}]
    plan = {"name": "Away", "channel": mark("c"), "segment": "dach-machines", "currency": "EUR", "lines": lines}
    assert stage.http.put(stage.url("campaigns", f"/v1/campaigns/{mark('away')}"), json=plan).status_code == 200
    watch.during(14, 1.5, lambda: asked(stage, 503))
    rings(watch, "ServiceNotReady", "AccessStale", "OutboxOld", "DoorFull", "DoorBurnsFast", "DoorBurnsSlow")


def test_alerts_of_a_database_that_is_away(stage: Stage, watch: Watch) -> None:
    postgres = stage.stack.postgres
    assert postgres is not None
    postgres.kill()
    watch.during(26, 1.5, lambda: asked(stage, 202))
    rings(watch, "ServiceNotReady", "DeliveriesHeld", "RelayRestarts", "Lag", "JobFails")


def test_alerts_of_a_process_that_gets_no_turns(stage: Stage, watch: Watch) -> None:
    pid = stage.services["campaigns"].pid

    def mostly_still() -> None:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.7)
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.15)

    with repeated(mostly_still):
        watch.during(12, 1)
    rings(watch, "EventLoopBusy")


def test_alerts_of_a_table_that_somebody_holds(stage: Stage, watch: Watch) -> None:
    url, headers = stage.url("metrics", "/v1/kpis?by=segment"), {"authorization": f"Bearer {stage.stack.token}"}
    with locked(stage, "metrics", "kpi, kpi_part"), repeated(lambda: httpx.get(url, headers=headers, timeout=20), 12):
        time.sleep(0.5)
        watch.during(8, 0.3)
    rings(watch, "PoolExhausted")


# -- late


def test_alerts_of_decisions_that_come_late(stage: Stage, watch: Watch) -> None:
    with standing_still(stage, "territory"):
        leads = [stage.submit(a_lead()) for _ in range(5)]
        time.sleep(2)
    for lead in leads:
        stage.lead(lead)
    until("all are counted", lambda: told(stage, "leads", "lead_assigned_seconds_count") >= len(leads))
    watch.during(2, 0.1)
    rings(watch, "AssignedBurnsFast", "AssignedBurnsSlow")


def test_alerts_of_screens_that_come_late(stage: Stage, watch: Watch) -> None:

    def frames(**label: str) -> float:
        return told(stage, "metrics", "frame_age_seconds_" + ("bucket" if label else "count"), **label)

    before = frames(), frames(le="1.0")
    with Watcher(stage.url("metrics"), stage.stack.token, "segment") as screen:
        with standing_still(stage, "metrics"):
            leads = [stage.submit(a_lead()) for _ in range(3)]
            for lead in leads:
                stage.lead(lead)
            time.sleep(2)  # nothing newer is said
        until("the screen changes", lambda: len(screen.frames) > 1)
        watch.during(2, 0.1)
    late, in_time = frames() - before[0] - (frames(le="1.0") - before[1]), frames(le="1.0") - before[1]
    assert late > in_time, "what is said once it goes on may come in time"
    rings(watch, "ScreenBurnsFast", "ScreenBurnsSlow")


def test_alerts_of_a_change_of_access_that_acts_late(stage: Stage, sales: Sales, tmp_path: Path) -> None:
    company, person = sales.company, mark("late")
    company.comes(person)
    watch = Watch(stage, tmp_path)
    with standing_still(stage, "metrics"):
        company.does(FIRST, "POST", f"people/{person}/roles", {"role": "qualifier"})
        time.sleep(4.5)
    company.acts(person, lambda me: "qualifier" in me["roles"])
    watch.during(4, 0.1)
    rings(watch, "AccessLate")


def test_alerts_of_screens_that_are_not_read(stage: Stage, watch: Watch) -> None:
    place, token = urlsplit(stage.url("metrics")), stage.stack.token
    head = (
        f"GET /v1/kpis/stream?by=channel&by=campaign HTTP/1.1\r\nhost: metrics\r\nauthorization: Bearer {token}\r\n\r\n"
    )
    names = [mark("n") for _ in range(ROWS)]

    def changes() -> None:
        """Megabytes, in the end: more than the buffers between the service and a screen hold."""
        leads = [a_lead(source="import", external_id=mark("row"), channel=one, campaign=one) for one in names]
        answer = stage.http.post(stage.url("leads", "/v1/leads/batch"), json={"leads": leads})
        if answer.status_code == 503:  # so many leads at once may fill the door: it says when to come back
            time.sleep(int(answer.headers["retry-after"]))
        else:
            assert answer.json()["refused"] == []

    with contextlib.ExitStack() as screens:
        for _ in range(SCREENS):
            one = screens.enter_context(socket.socket())
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            one.connect((place.hostname, place.port))
            one.sendall(head.encode())
        with repeated(changes):
            until("they are cut off", lambda: told(stage, "metrics", "stream_clients_stalled_total") >= SCREENS, 150)
    watch.during(2, 0.1)
    rings(watch, "StreamsStalled")
    # Thousands of leads came, and what is sent next comes after them.
    until("all is handled", lambda: not any(behind(stage, name) for name in SERVICES), 120)


# -- records that can't be used


def test_alerts_of_a_record_that_nobody_can_read(stage: Stage, watch: Watch) -> None:
    key = mark("poison").encode()
    stage.put("campaigns.spend", b"no JSON", {"ce_type": b"campaigns.spend.reported.v1", "ce_id": key}, key)
    [(row,)] = until("it is parked", lambda: stage.sql("campaigns", "select id from parked where key = $1", key))
    watch.during(2, 0.1)
    assert "EventsParked" in watch.rang() - watch.rang(before=True)
    stage.sql("campaigns", "update parked set parked_at = parked_at - interval '25 hours' where id = $1", row)
    until("it is told", lambda: told(stage, "campaigns", "parked_oldest_seconds") > 86400, 40)
    watch.during(2, 0.1)
    rings(watch, "EventsParked", "ParkedForADay")
    discarded(stage, "campaigns", row)


def test_alerts_of_a_record_whose_sender_is_nobody_known(stage: Stage, watch: Watch) -> None:
    key = mark("stranger")
    forged = {"ce_type": b"leads.lead.qualified.v1", "ce_id": b"1", "ce_time": b"2026-01-01T00:00:00+00:00"}
    numbered = {"source": b"leads.of.nobody", "shard": b"0", "seq": b"1"}
    stage.put("leads.lead", b"{}", {**forged, **numbered}, key.encode(), 0)
    found = "select cause from parked where key = $1 and ended_at is null"
    [(cause,)] = until("it is parked", lambda: stage.sql("metrics", found, key.encode()))
    assert cause == "unknown history"
    until("it is told", lambda: told(stage, "metrics", "parked_suspect") > 0, 40)
    watch.during(2, 0.1)
    for service in ("territory", "metrics"):
        for (one,) in stage.sql(service, "select id from parked where key = $1", key.encode()):
            discarded(stage, service, one)
    rings(watch, "StrangerOnATopic")


def test_alerts_of_what_nobody_can_read_of_who_may_see_what(stage: Stage, watch: Watch) -> None:
    said = next(one for one in reversed(stage.topic("territory.access")) if one.key == FIRST.encode())
    stage.put("territory.access", b"no JSON", said.headers, said.key, said.partition)
    until("it is told", lambda: told(stage, "leads", "access_unreadable") == 1)
    watch.during(2, 0.1)
    stage.put("territory.access", said.value, said.headers, said.key, said.partition)  # said anew
    until("it is healed", lambda: told(stage, "leads", "access_unreadable") == 0)
    rings(watch, "AccessUnreadable")


# -- rows and rights


def test_alerts_of_a_door_whose_role_lost_a_right(stage: Stage, watch: Watch) -> None:
    stage.sql("campaigns", "revoke select on campaign from campaigns_door")
    try:
        assert stage.http.get(stage.url("campaigns", "/v1/campaigns")).status_code == 500
        watch.during(2, 0.1)
    finally:
        assert stage.stack.services["campaigns"].migrate() is None  # gives each role its rights again
    assert stage.http.get(stage.url("campaigns", "/v1/campaigns")).status_code == 200
    rings(watch, "AccessViolation")


def test_alerts_of_a_row_that_fails_again_and_again(stage: Stage, watch: Watch) -> None:
    lead = stage.submit(a_lead())
    stage.lead(lead)
    [(about,)] = stage.sql("leads", "select about::text from lead where lead_id::text = $1", lead)
    stage.sql("leads", """update lead set about = '{"expected_amount": 7}' where lead_id::text = $1""", lead)
    stage.sql("leads", "update lead_place set place = null where lead_id::text = $1", lead)
    until("it fails", lambda: told(stage, "leads", "job_rows_failed_total", job="fill_places") >= 1)
    watch.during(1, 0)
    until("it fails again", lambda: told(stage, "leads", "job_rows_failed_total", job="fill_places") >= 3, 40)
    watch.during(1, 0)
    stage.sql("leads", "update lead set about = $2::text::jsonb where lead_id::text = $1", lead, about)
    filled = "select 1 from lead_place where lead_id::text = $1 and place is not null"
    until("it is filled", lambda: stage.sql("leads", filled, lead))
    rings(watch, "JobRowsFail")


def test_alerts_of_a_lead_that_is_in_no_place(stage: Stage, watch: Watch) -> None:
    lead = stage.submit(a_lead())
    stage.lead(lead)
    [(row,)] = stage.sql("leads", "select to_jsonb(p)::text from lead_place p where lead_id::text = $1", lead)
    stage.sql(
        "leads", "update lead set captured_at = captured_at - interval '61 seconds' where lead_id::text = $1", lead
    )
    stage.sql("leads", "delete from lead_place where lead_id::text = $1", lead)
    until("it is told", lambda: told(stage, "leads", "leads_unaccounted") > 0, 40)
    watch.during(5, 0.1)
    back = "insert into lead_place select (jsonb_populate_record(null::lead_place, $1::text::jsonb)).*"
    stage.sql("leads", back, row)
    until("it is found again", lambda: told(stage, "leads", "leads_unaccounted") == 0, 40)
    rings(watch, "LeadsNowhere")


def test_alerts_of_a_lead_that_nobody_is_due_to_take(stage: Stage, watch: Watch) -> None:
    lead = stage.submit(later_on())
    stage.lead(lead)
    waits = "select due_at from lead_place where lead_id::text = $1 and place = 'qualification' and due_at is not null"
    [(due,)] = until("it waits for a qualifier", lambda: stage.sql("leads", waits, lead))
    stage.sql("leads", "update lead_place set due_at = null where lead_id::text = $1", lead)
    until("it is told", lambda: told(stage, "leads", "leads_without_due_time") > 0)
    watch.during(5, 0.1)
    stage.sql("leads", "update lead_place set due_at = $2 where lead_id::text = $1", lead, due)
    rings(watch, "LeadsForgotten")


def test_alerts_of_a_team_that_nothing_will_look_at_again(stage: Stage, sales: Sales, tmp_path: Path) -> None:
    team = sales.team("anna", away=("anna",))
    sales.comes(team)
    watch = Watch(stage, tmp_path)
    asleep = "update rotation set wakes_at = null, looked = (select version from organisation) where team = $1"
    stage.sql("territory", asleep, team.id)
    until("it is told", lambda: told(stage, "territory", "waiting_without_wake") > 0)
    watch.during(5, 0.1)
    stage.sql("territory", "update rotation set wakes_at = now() where team = $1", team.id)
    until("it is woken", lambda: told(stage, "territory", "waiting_without_wake") == 0)
    rings(watch, "LeadsAsleep")


# -- what is lost for good


def test_alerts_of_events_that_are_lost(stage: Stage, watch: Watch) -> None:
    stage.services["metrics"].stop()
    for lead in [stage.submit(a_lead()) for _ in range(12)]:
        stage.lead(lead)
    loses(stage, "leads.lead")
    stage.services["metrics"].start()
    stage.services["metrics"].wait_until_ready()
    for _ in range(12):  # on every partition something comes after what is gone
        stage.submit(a_lead())
    until("metrics stands before the gap", lambda: told(stage, "metrics", "sequence_gaps_open", topic="leads.lead") > 0)
    watch.during(5, 0.1)
    rings(watch, "SequenceGap")
    for gap in json.loads(stage.run("metrics", "gap", "list").stdout)["gaps"]:
        why = ("--reason", "a test has lost it", "--by", "a.test")
        done = stage.run("metrics", "gap", "accept", gap["topic"], str(gap["partition"]), *why)
        assert done.returncode == 0, done.stderr
    stage.services["metrics"].wait_until_ready()
