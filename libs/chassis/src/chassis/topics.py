"""Creates the topics of the contracts: run once as a job, so that nothing is created by whoever comes first."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from contracts import STREAMS
from contracts.topics import definition

ALREADY_EXISTS = 36


async def create(bootstrap: list[str], copies: int) -> list[str]:
    """Creates what is missing, with this many copies, and returns the names of all. Raises with the broker's own words.

    The client raises nothing for a topic that was refused: its answer has to be read.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=20_000)
    await admin.start()
    try:
        wanted = [
            NewTopic(d["topic"], d["partitions"], copies, topic_configs=dict(d["config"]))
            for d in map(definition, STREAMS)
        ]
        answer = await admin.create_topics(wanted)
        for topic, code, *words in answer.topic_errors:
            if code not in (0, ALREADY_EXISTS):
                raise RuntimeError(f"{topic} was refused with code {code}: {words[0] if words else 'no reason given'}")
        return [topic.name for topic in wanted]
    finally:
        await admin.close()
