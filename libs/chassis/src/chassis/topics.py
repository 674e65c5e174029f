"""Creates the topics of the contracts: run once as a job, so that nothing is created by whoever comes first."""

from collections.abc import Iterable, Mapping, Sequence

from aiokafka.admin import NewTopic
from aiokafka.errors import KafkaConnectionError

from chassis import broker
from chassis.errors import Refused
from chassis.settings import Settings
from contracts import STREAMS, Stream
from contracts.topics import definition

ALREADY_EXISTS = 36


class TopicsRefused(Exception):
    """The broker did not make what was asked for, in a sentence."""


async def create(settings: Settings, copies: int, streams: Sequence[Stream] = STREAMS) -> list[str]:
    """Creates what is missing, with this many copies, and returns the names of all; what is there stays as it is.

    The client raises nothing for a topic that was refused: its answer has to be read.
    """
    wanted = [
        NewTopic(topic["topic"], topic["partitions"], copies, topic_configs=topic["config"])
        for topic in map(definition, streams)
    ]
    try:
        async with broker.admin(settings, timeout_ms=20_000) as admin:
            answer = await admin.create_topics(wanted, timeout_ms=20_000)
            there = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
    except KafkaConnectionError:
        raise TopicsRefused(f"No Kafka answers at {', '.join(settings.kafka_bootstrap_servers)}.") from None
    except Refused as refusal:
        raise TopicsRefused(f"{refusal}.") from None
    for topic, code, why in answer.topic_errors:
        if code not in (0, ALREADY_EXISTS):
            raise TopicsRefused(f"Topic {topic} was refused: {why or 'no reason given'} (code {code}).")
    stood = {topic for topic, code, _ in answer.topic_errors if code == ALREADY_EXISTS}
    if reasons := unfit(there, [stream for stream in streams if stream.topic in stood]):
        raise TopicsRefused(f"{reasons[0].upper()}{reasons[1:]}.")
    return [topic.name for topic in wanted]


def unfit(there: Mapping[str, int], streams: Iterable[Stream], user: str = "") -> str:
    """What keeps events from these topics, in words: a key's partition is fixed, and one that is not there takes nothing.

    ``there`` says how many partitions each topic of the cluster has, of those that ``user`` has a right to. More partitions
    than the contracts say do no harm.
    """
    wanted = {stream.topic: stream.partitions for stream in streams}
    missing = sorted(wanted.keys() - there.keys())
    unseen = f", or {user} has no right to them" if user else ""
    reasons = [f"topics are missing: {', '.join(missing)}{unseen}"] if missing else []
    reasons += [
        f"topic {topic} has {there[topic]} partitions, the contracts say {count}"
        for topic, count in sorted(wanted.items())
        if there.get(topic, count) < count
    ]
    return "; ".join(reasons)
