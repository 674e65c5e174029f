"""How far behind a consumer says it is."""

from datetime import UTC, datetime, timedelta

from aiokafka import TopicPartition

from chassis.consumer import Delivery
from chassis.lag import Lag

FIRST, SECOND = TopicPartition("a.topic", 0), TopicPartition("a.topic", 1)
NOW = datetime.now(UTC)


def lag(**ends: int) -> Lag:
    """A consumer that was told these ends of the partitions p0, p1."""
    made = Lag()
    made.highwater = lambda tp: ends.get(f"p{tp.partition}")
    return made


def heard(partition: TopicPartition, offset: int, said: datetime) -> Delivery:
    """A delivery up to before this offset, whose latest event was said then."""
    delivery = Delivery()
    delivery.next_offsets[tuple(partition)] = offset
    delivery.moves[(partition.topic, "owner/1", partition.partition)] = (offset, said, "")
    return delivery


def test_what_lies_between_the_end_and_what_was_handled_is_the_lag() -> None:
    ours = lag(p0=10, p1=30)
    ours.heard(heard(FIRST, 10, NOW))
    ours.heard(heard(SECOND, 25, NOW - timedelta(seconds=90)))
    assert ours.records("a.topic") == 5
    assert 90 <= ours.seconds("a.topic") <= 90 + (datetime.now(UTC) - NOW).total_seconds()
    assert (ours.records("another.topic"), ours.seconds("another.topic")) == (0, 0)


def test_a_topic_that_was_silent_for_a_day_is_not_a_day_behind() -> None:
    ours = lag(p0=11)
    ours.heard(heard(FIRST, 10, NOW - timedelta(days=1)))
    assert ours.seconds("a.topic") > 80_000
    ours.caught_up(())
    assert ours.records("a.topic") == 1
    assert ours.seconds("a.topic") < 5


def test_before_a_gap_an_empty_poll_means_nothing() -> None:
    ours = lag(p0=11)
    ours.heard(heard(FIRST, 10, NOW - timedelta(hours=1)))
    ours.caught_up({("a.topic", 0): (10, "")})
    assert ours.seconds("a.topic") > 3500


def test_what_was_rolled_back_counts_as_behind_and_what_another_has_taken_over_does_not() -> None:
    ours = lag(p0=10, p1=10)
    ours.heard(heard(FIRST, 10, NOW))
    ours.reached |= {FIRST: 4, SECOND: 2}
    assert ours.records("a.topic") == 14
    ours.keep_to([SECOND])
    assert ours.records("a.topic") == 8


def test_an_end_that_is_not_known_yet_is_no_lag() -> None:
    ours = lag()
    ours.heard(heard(FIRST, 10, NOW))
    assert (ours.records("a.topic"), ours.seconds("a.topic")) == (0, 0)
