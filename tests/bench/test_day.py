"""What a salesperson's day and the clock are measured by runs, in short; each ends itself where an answer is not what it should be."""

from pathlib import Path

from bench import clock, day, day_page, goals


def test_a_day_and_ten_thousand_leads_to_others_are_measured(tmp_path: Path, postgres_server: str) -> None:
    found = day.day(tmp_path, 10_000, 1, lambda line: None, postgres_server)
    by_name = {row["name"]: row["rows"] for row in found["rows"]}
    assert by_name["board, one team"] == by_name["board, one team, without names"] > 0
    assert found["transfers"]["leads"] == 500
    made = {"day": found, "made": {"day": {"calibration_ms": 1}}}
    assert sum(goal.measured(made) is not None for goal in goals.GOALS) == 7
    assert f"| {by_name['timeline']} |" in "\n".join(day_page.day(made))


def test_the_clock_is_measured(tmp_path: Path, postgres_server: str) -> None:
    found = clock.clock(tmp_path, 1_000, 0.2, 200, lambda line: None, postgres_server)
    assert found["late_p50_s"] <= found["late_p99_s"]
    made = {"clock": found, "made": {"clock": {"calibration_ms": 1}}}
    assert sum(goal.measured(made) is not None for goal in goals.GOALS) == 4
    assert "200 due at once" in "\n".join(day_page.clock(made))
