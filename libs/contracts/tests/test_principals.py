"""Rights on Kafka follow from who owns a stream, who hears it and who is named as an outsider, and from nothing else."""

import pytest

from contracts import STREAMS, principals
from contracts.event import Stream
from contracts.hearers import HEARS
from contracts.principals import Right, rights


def of(principal: str, operation: str, kind: str = "topic") -> set[str]:
    """The names to which somebody has this right."""
    return {r.name for r in rights() if (r.principal, r.operation, r.kind) == (principal, operation, kind)}


@pytest.mark.parametrize("service", HEARS)
def test_a_service_writes_what_it_owns_reads_what_it_hears_and_works_in_its_own_group(service: str) -> None:
    assert of(service, "write") == {stream.topic for stream in STREAMS if stream.topic.startswith(f"{service}.")}
    assert of(service, "read") == {stream.topic for stream in HEARS[service]} | {"territory.access"}
    assert of(service, "read", "group") == {service}
    assert not of(service, "describe") | of(service, "describe", "group") | of(service, "write", "group")


def test_only_territory_says_who_may_see_what() -> None:
    assert {r.principal for r in rights() if (r.name, r.operation) == ("territory.access", "write")} == {"territory"}


def test_who_looks_at_everything_says_nothing_and_joins_nothing() -> None:
    assert of("watch", "read") == {stream.topic for stream in STREAMS}
    assert not of("watch", "write") | of("watch", "read", "group") | of("watch", "describe")


def test_an_outsider_says_what_names_him_and_hears_nothing() -> None:
    assert principals.outsiders() == ("ad-platforms", "card-feeds")
    for outsider in principals.outsiders():
        assert {(r.operation, r.name) for r in rights() if r.principal == outsider} == {("write", "campaigns.spend")}


def test_every_right_is_to_one_name_that_there_is() -> None:
    topics, groups = {stream.topic for stream in STREAMS}, {*HEARS, principals.WATCH_GROUP}
    for right in rights():
        assert right.name in (topics if right.kind == "topic" else groups), right


def test_no_two_of_the_principals_are_called_alike() -> None:
    everybody = principals.principals()
    assert len(set(everybody)) == len(everybody)
    assert {right.principal for right in rights()} == set(everybody)
    assert not {"admin", "operator", "ANONYMOUS"} & set(everybody)


def test_data_and_calls_say_every_right_and_no_other() -> None:
    told = {
        Right(one["principal"], right["operation"], kind, right[kind])
        for one in principals.definitions()["principals"]
        for right in one["rights"]
        for kind in ("topic", "group")
        if kind in right
    }
    called = set()
    for line in principals.commands().splitlines():
        if line.startswith("$KAFKA_ACLS --add "):
            words = line.split()
            principal = words[words.index("--allow-principal") + 1].removeprefix("User:")
            operation = words[words.index("--operation") + 1].lower()
            called |= {
                Right(principal, operation, word[2:], words[n + 1])  # type: ignore[arg-type]
                for n, word in enumerate(words)
                if word in ("--topic", "--group")
            }
    assert told == called == set(rights())


def test_a_new_outsider_is_a_principal_with_that_one_right(monkeypatch: pytest.MonkeyPatch) -> None:
    named = Stream("leads.referral", key="id", events=(), about="", outsiders=("Partner portals (EU)",))
    monkeypatch.setattr(principals, "STREAMS", (*STREAMS, named))
    assert "partner-portals-eu" in principals.principals()
    assert of("partner-portals-eu", "write") == {"leads.referral"}
