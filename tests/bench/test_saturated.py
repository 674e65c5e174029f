"""What a walk does while something always waits."""

from bench.load import Sent
from bench.saturated import Look, saturated


async def test_only_what_was_done_and_spent_after_the_backlog_was_made_counts() -> None:
    looks = [
        Look(100, {"door": 1.0, "kafka": 5.0}, 0.0),
        Look(700, {"door": 9.0, "kafka": 9.0}, 6.0),  # the backlog: 600 of 1,000 done in 6 s
        Look(1700, {"door": 10.0, "kafka": 9.5}, 16.0),
    ]
    asked: list[tuple[float, float]] = []

    async def look() -> Look:
        return looks.pop(0)

    async def send(rate: float, seconds: float) -> Sent:
        asked.append((rate, seconds))
        return Sent(leads=1000)

    row = await saturated(look, send, 500, 10)
    assert asked == [(500, 6.0), (100, 10)]  # then it is offered what it did
    assert (row["leads"], row["per_second"], row["cpu_us"]) == (1000, 100, {"door": 1000, "kafka": 500})
    assert (row["cpu_us_all"], row["leads_per_core"], row["cores_busy"]) == (1500, 666.7, 0.15)
    assert (row["accepted"], row["waiting_at_the_end"], row["saturated"]) == (2000, 400, True)


async def test_a_walk_that_had_nothing_left_to_do_was_not_at_saturation() -> None:
    looks = [Look(done, {"door": float(done)}, float(done)) for done in (0, 1, 2)]

    async def look() -> Look:
        return looks.pop(0)

    async def send(rate: float, seconds: float) -> Sent:
        return Sent(leads=1)

    assert not (await saturated(look, send, 500, 10))["saturated"]
