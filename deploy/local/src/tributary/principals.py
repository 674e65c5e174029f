"""The users of a Kafka of ours and what each may do there, made anew at every start: a password that changed counts at once."""

import asyncio
import logging

from chassis import principals
from chassis.errors import Refused
from chassis.settings import Settings
from contracts import STREAMS
from contracts.principals import Right
from contracts.principals import principals as everybody
from tributary.bus import ADMIN, Bus
from tributary.child_process import StackError

VISITOR = "ANONYMOUS"  # as Kafka calls who comes by a door that asks nobody


def visitors_rights() -> tuple[Right, ...]:
    """Any program of this machine, where the stack has a door for them: it looks at all topics, in which personal data is sealed,
    and says what outsiders may say. It works in no consumer group, and on no topic of ours does it say a word."""
    reads = [Right(VISITOR, "read", "topic", stream.topic) for stream in STREAMS]
    says = [Right(VISITOR, "write", "topic", stream.topic) for stream in STREAMS if stream.outsiders]
    return (
        *reads,
        *says,
        Right(VISITOR, "describe", "group", "*"),
    )  # librdkafka asks for its group's coordinator, whatever it does


def establish(bus: Bus, *, open_to_machine: bool = False) -> principals.Established:
    """Makes all principals of the contracts, with the passwords of the keys' folder, and their rights."""
    asked = bus.environment(ADMIN)
    settings = Settings(
        database_url="postgresql:///",
        kafka_bootstrap_servers=bus.address,
        kafka_security=asked["TRIBUTARY_KAFKA_SECURITY"],
        kafka_mechanism=asked["TRIBUTARY_KAFKA_MECHANISM"],
        kafka_user=ADMIN,
        kafka_password=bus.password(ADMIN),
        kafka_ca=asked.get("TRIBUTARY_KAFKA_CA", ""),
    )
    logging.getLogger("aiokafka.conn").setLevel(
        logging.ERROR
    )  # that the admin's password travels in the clear: it is our loopback
    passwords = {principal: bus.password(principal) for principal in everybody()}
    try:
        return asyncio.run(principals.establish(settings, passwords, visitors_rights() if open_to_machine else ()))
    except (principals.RightsRefused, Refused) as refusal:
        raise StackError(f"{refusal}.") from refusal
