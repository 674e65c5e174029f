"""Each fault is planted into a real stack and named by the doctor, who says nothing of a stack that is well."""

import asyncio
import contextlib
import dataclasses
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourcePatternType,
    ResourceType,
    UserScramCredentialDeletion,
)
from confluent_kafka.admin import ScramMechanism as Scram
from typer.testing import CliRunner

from contracts import STREAMS
from contracts.leads.intake import INTAKE
from tributary import cli
from tributary.bus import ADMIN, FEED, Bus
from tributary.child_process import free_port
from tributary.doctor import doors, kafka
from tributary.doctor.command import examined, of
from tributary.doctor.finding import Finding, Installation, Limits, Report, host_clock
from tributary.principals import establish
from tributary.stack import Stack
from tributary.state import project
from tributary.tokens import Bearer
from tributary.verify.command import verified

pytestmark = pytest.mark.xdist_group("doctor")


def found(installation: Installation) -> list[Finding]:
    """What the doctor says, each with a page that is there."""
    report = examined(installation)
    for one in report.findings:
        assert (project() / "docs/runbooks" / f"{one.page}.md").is_file(), one.page
        assert one.do
    return report.findings


def codes(installation: Installation) -> set[tuple[str, str]]:
    """Code and place of each finding."""
    return {(one.code, one.where) for one in found(installation)}


def words(installation: Installation, code: str) -> str:
    """All that is said under this code."""
    return " ".join(f"{one.where}: {one.what}" for one in found(installation) if one.code == code)


def eventually(stack: Stack, code: str, gone: bool = False) -> str:
    """What is said under the code, once something is; or nothing, once nothing is."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if bool(said := words(of(stack.running), code)) is not gone:
            return said
        time.sleep(0.5)
    raise AssertionError(f"{code}: {examined(of(stack.running)).findings}")


def sql(stack: Stack, service: str, *statements: str) -> None:
    """As the superuser, in a service's database."""
    assert stack.postgres is not None
    server = stack.postgres.url.removesuffix("/postgres")

    async def run() -> None:
        connection = await asyncpg.connect(f"{server}/{service}")
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


def report_spend(stack: Stack, *headers: tuple[str, bytes], ahead_s: float = 0) -> None:
    """A record of an outsider, dated so far ahead of now; nobody can read it."""
    producer = Producer(stack.bus.librdkafka(FEED))
    at = int((time.time() + ahead_s) * 1000)
    producer.produce("campaigns.spend", b"{", b"k", 0, timestamp=at, headers=list(headers))
    assert producer.flush(10) == 0


def plan(stack: Stack, name: str) -> None:
    """One campaign under this name; each time it is another version of it."""
    lines = [{"line": "ads", "item": "Ads", "budget": 1000, "owner": "anna.schmidt"}]
    body = {"name": name, "channel": "search", "segment": "s", "currency": "EUR", "lines": lines}
    with httpx.Client(auth=Bearer(lambda: stack.token), trust_env=False) as client:
        answer = client.put(f"{stack.services['campaigns'].url}/v1/campaigns/doctor", json=body)
        assert answer.status_code == 200, answer.text


@contextlib.contextmanager
def down(stack: Stack, service: str) -> Iterator[None]:
    """The service is stopped, and afterwards at work again."""
    stack.services[service].stop()
    try:
        yield
    finally:
        stack.services[service].start()
        stack.services[service].wait_until_ready()


def admin(stack: Stack) -> Any:
    """Kafka's admin."""
    return AdminClient(stack.bus.librdkafka(ADMIN))


def test_of_a_stack_that_is_well_nothing_is_said(stack: Stack) -> None:
    plan(stack, "well")
    report = examined(of(stack.running))
    assert report.findings == []
    assert report.unseen == []
    assert {"database of leads", "leads", f"Kafka at {stack.bootstrap}"} <= set(report.looked_at)


def test_the_command_says_it_in_words_in_json_and_by_its_status(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUTARY_STATE", str(stack.home))
    run = CliRunner()
    well = run.invoke(cli.app, ["doctor"])
    assert (well.exit_code, well.output.startswith("Nothing is wrong")) == (0, True)
    nowhere = f"--database=leads=postgresql://nobody@127.0.0.1:{free_port()}/leads"
    ill = run.invoke(cli.app, ["doctor", nowhere])
    assert ill.exit_code == 1
    assert "critical database-away: database of leads: it can't be entered" in ill.output
    assert "see: docs/runbooks/not-ready.md" in ill.output
    told = json.loads(run.invoke(cli.app, ["doctor", "--json", nowhere]).output)
    assert (told["well"], [one["code"] for one in told["findings"]]) == (False, ["database-away"])
    assert run.invoke(cli.app, ["doctor", "--url=sales=http://x"]).exit_code == 2


def test_by_a_door_that_asks_nobody_it_says_what_it_could_not_see(stack: Stack) -> None:
    report = examined(Installation(Bus(stack.running.kafka)))
    assert [one.code for one in report.findings] == []
    assert any("rights" in one for one in report.unseen)


def test_rights_too_few_and_too_many(stack: Stack) -> None:
    def acl(who: str, operation: AclOperation) -> AclBinding:
        allow = AclPermissionType.ALLOW
        return AclBinding(
            ResourceType.TOPIC, "leads.lead", ResourcePatternType.LITERAL, f"User:{who}", "*", operation, allow
        )

    client = admin(stack)
    try:
        for one in client.create_acls([acl("ad-platforms", AclOperation.READ)]).values():
            one.result()
        for one in client.delete_acls([_filter(acl("watch", AclOperation.READ))]).values():
            one.result()
        said = eventually(stack, "rights")
        assert "rights are missing: watch may read topic leads.lead" in said
        assert "rights beyond the contracts: ad-platforms may read topic leads.lead" in said
    finally:
        establish(stack.bus, open_to_machine=True)
    assert words(of(stack.running), "rights") == ""


def _filter(acl: AclBinding) -> Any:
    from confluent_kafka.admin import AclBindingFilter

    return AclBindingFilter(
        acl.restype,
        acl.name,
        acl.resource_pattern_type,
        acl.principal,
        acl.host,
        acl.operation,
        acl.permission_type,
    )


def test_a_principal_that_kafka_does_not_know(stack: Stack) -> None:
    gone = UserScramCredentialDeletion("card-feeds", Scram.SCRAM_SHA_512)
    client = admin(stack)
    for one in client.alter_user_scram_credentials([gone]).values():
        one.result()
    try:
        assert "it knows no password of card-feeds" in eventually(stack, "users")
    finally:
        establish(stack.bus, open_to_machine=True)


def test_retention_that_is_not_the_contracts(stack: Stack) -> None:
    def keep(value: str) -> None:
        entry = ConfigEntry("retention.ms", value, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ConfigResource.Type.TOPIC, "leads.lead", incremental_configs=[entry])
        client = admin(stack)
        for one in client.incremental_alter_configs([resource]).values():
            one.result()

    keep("86400000")
    try:
        assert "leads.lead: retention.ms is 86400000, the contracts say -1" in eventually(stack, "retention")
    finally:
        keep("-1")


def test_topics_and_partitions_that_the_contracts_of_this_build_want(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, wider = dataclasses.replace(INTAKE, topic="leads.dream"), dataclasses.replace(INTAKE, partitions=9)
    rest = (stream for stream in STREAMS if stream is not INTAKE)
    monkeypatch.setattr(kafka, "STREAMS", (*rest, wider, new))
    assert codes(of(stack.running)) == {("topics", "leads.dream"), ("partitions", INTAKE.topic)}


def test_who_has_not_heard_for_too_long_and_does_not_answer(stack: Stack) -> None:
    with down(stack, "metrics"):
        plan(stack, "not heard")
        time.sleep(1)
        installation = of(stack.running, Limits(behind_s=0.5))
        assert codes(installation) >= {("lag", "metrics"), ("service-away", "metrics")}
        assert "campaigns.campaign" in words(installation, "lag")
    eventually(stack, "lag", gone=True)


def test_what_waits_in_an_outbox_for_too_long(stack: Stack) -> None:
    with down(stack, "campaigns"):
        sql(
            stack,
            "campaigns",
            "insert into outbox (topic, shard, seq, id, type, at, traceparent, key, payload) values ('campaigns.ledger', 0,"
            " 900000, gen_random_uuid(), 'x', now() - interval '2 hours', '', 'k', '{}')",
        )
        said = words(of(stack.running), "outbox")
        sql(stack, "campaigns", "delete from outbox where seq = 900000")
        assert (
            "database of campaigns: 1 events wait to be sent, the oldest, for campaigns.ledger, since 2 hours" in said
        )


def test_what_is_parked_a_record_of_the_future_and_a_type_of_nobody(stack: Stack) -> None:
    report_spend(stack)
    report_spend(stack, ("ce_type", b"campaigns.spend.dreamt.v9"), ahead_s=3600)
    try:
        assert "database of campaigns: 1 events are set aside" in eventually(stack, "parked")
        assert "campaigns.spend: its newest record is dated " in words(of(stack.running), "clock")
        assert "its owner says campaigns.spend.dreamt.v9" in words(of(stack.running), "contracts")
    finally:
        report_spend(stack)
        time.sleep(1)
        stack.services["campaigns"].run(
            "Discarding", "parked", "discard", "--cause", "unreadable header", "--reason", "of a test"
        )
    assert found(of(stack.running)) == []


def test_clocks_that_differ(stack: Stack) -> None:
    installation = of(stack.running)
    slow = dataclasses.replace(installation, clock=lambda: host_clock() - timedelta(hours=5))
    places = {where for code, where in codes(slow) if code == "clock"}
    assert {"database of leads", "territory.member"} <= places
    assert "its clock is 5 hours ahead of this machine's" in words(slow, "clock")


def test_rows_that_a_door_could_see(stack: Stack) -> None:
    sql(stack, "leads", "alter table lead no force row level security")
    try:
        assert ("row-policies", "database of leads") in codes(of(stack.running))
        assert "lead" in words(of(stack.running), "row-policies")
    finally:
        sql(stack, "leads", "alter table lead force row level security")


def test_a_schema_that_has_left_this_build_behind_and_one_that_was_never_made(stack: Stack) -> None:
    sql(stack, "metrics", "insert into oldest_build (revision) values ('9999')")
    try:
        assert "database of metrics: the schema has left builds behind" in words(of(stack.running), "schema")
    finally:
        sql(stack, "metrics", "delete from oldest_build where revision = '9999'")
    assert stack.postgres is not None
    bare = Installation(databases={"leads": stack.postgres.url})
    assert "the schema is at nothing" in words(bare, "schema")


def test_a_delivery_that_is_held(stack: Stack) -> None:
    sql(stack, "metrics", "revoke insert, update on campaign_fact from metrics_worker")
    try:
        plan(stack, "held")
        assert "metrics: " in eventually(stack, "held")
    finally:
        sql(stack, "metrics", "grant insert, update on campaign_fact to metrics_worker")
    eventually(stack, "held", gone=True)


def test_an_issuer_that_is_away_and_a_token_that_is_not_taken(stack: Stack) -> None:
    installation = of(stack.running)
    away = dataclasses.replace(installation, issuer=f"http://127.0.0.1:{free_port()}")
    assert "it does not tell its keys" in words(away, "issuer")
    forged = dataclasses.replace(installation, token=installation.token[:-8] + "AAAAAAAA")
    assert {where for code, where in codes(forged) if code == "tokens"} == set(stack.services)


def test_servers_that_are_away(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "WITHIN_S", 1.0)
    port = free_port()
    gone = Installation(Bus(f"127.0.0.1:{port}"), databases={"leads": f"postgresql://x@127.0.0.1:{port}/leads"})
    assert codes(gone) == {("kafka-away", f"Kafka at 127.0.0.1:{port}"), ("database-away", "database of leads")}


def test_a_file_system_and_a_server_without_room(stack: Stack, tmp_path: Path) -> None:
    limits = Limits(free=1.01, connections=0.0)
    full = dataclasses.replace(of(stack.running, limits), folders=(tmp_path,))
    assert ("disk", f"file system of {tmp_path}") in codes(full)
    assert ("connections", "database of leads") in codes(full)


def test_services_of_different_contracts() -> None:
    report = Report()
    doors._same({"leads": "1.4.0", "metrics": "1.2.9"}, report)
    assert report.findings == []
    doors._same({"leads": "1.4.0", "metrics": "2.0.0"}, report)
    [one] = report.findings
    assert (one.code, one.what) == ("versions", "they are of different contracts: leads 1.4.0, metrics 2.0.0")


def test_a_loss_is_named_until_it_is_accepted_and_then_verify_says_who_did_that(stack: Stack) -> None:
    stack.services["metrics"].stop()
    for version in range(4):
        plan(stack, f"lost {version}")
    time.sleep(1)
    client = admin(stack)
    partition, end = _end_of_campaigns(stack)
    for one in client.delete_records([TopicPartition("campaigns.campaign", partition, end - 1)]).values():
        one.result()
    stack.services["metrics"].start()
    assert "metrics: gap: " in eventually(stack, "gap")
    lost = {
        v.what
        for f in verified(stack.running, settle=2).findings
        for v in f.violations
        if f.invariant.id == "sequences"
    }
    assert any("metrics has heard campaigns.campaign" in what and "have gone from the topic" in what for what in lost)
    stack.services["metrics"].run(
        "Accepting",
        *("gap", "accept", "campaigns.campaign", str(partition), "--reason", "deleted by a test", "--by", "anna.ops"),
    )
    eventually(stack, "gap", gone=True)
    verdict = verified(stack.running, settle=10)
    assert [f.found for f in verdict.findings if f.invariant.id == "sequences"] == [0]
    assert any("accepted as lost by anna.ops" in note and "deleted by a test" in note for note in verdict.notes)


def _end_of_campaigns(stack: Stack) -> tuple[int, int]:
    """In which partition the campaign lies, and where that ends."""
    from confluent_kafka.admin import OffsetSpec

    from chassis.transaction import shard_of
    from contracts.campaigns.campaign import CAMPAIGN

    partition = shard_of(b"doctor", CAMPAIGN.partitions)
    place = TopicPartition("campaigns.campaign", partition)
    client = admin(stack)
    [answer] = client.list_offsets({place: OffsetSpec.latest()}).values()
    return partition, answer.result().offset
