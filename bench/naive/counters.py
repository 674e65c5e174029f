"""The counters that a message moves."""

from typing import Any

from metrics.domain.contributions import COUNTS, KpiDelta


def counters(moved: KpiDelta) -> list[dict[str, Any]]:
    """A row for each counter that moves, over all teams."""
    none, rows = dict.fromkeys(COUNTS, 0), moved.over_teams().rows
    return [
        {"by": by, "key": key, **none, **{name: n for name, n in row.items() if name in none}}
        for (_, by, key), row in sorted(rows.items())
    ]
