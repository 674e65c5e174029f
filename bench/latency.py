"""Latencies as HDR histograms: three significant digits from a microsecond to ten minutes, and none is left out."""

from collections.abc import Iterable
from typing import Any

from hdrh.histogram import HdrHistogram

LONGEST_US = 600_000_000
SHARES = (50, 99, 99.9)


def _histogram() -> HdrHistogram:
    return HdrHistogram(1, LONGEST_US, 3)


class Latency:
    """Many durations."""

    def __init__(self) -> None:
        self._histogram = _histogram()

    def add(self, seconds: float) -> None:
        """One more."""
        self._histogram.record_value(min(LONGEST_US, max(1, round(seconds * 1e6))))

    @property
    def count(self) -> int:
        """How many."""
        return int(self._histogram.get_total_count())

    def summary(self) -> dict[str, Any]:
        """Count, percentiles and the longest in milliseconds, and the histogram itself as its standard text."""
        return _summary(self._histogram)


def merged(summaries: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Several summaries as one, from their histograms: percentiles can't be averaged."""
    whole = _histogram()
    for summary in summaries:
        whole.decode_and_add(summary["hdr"])
    return _summary(whole)


def _summary(histogram: HdrHistogram) -> dict[str, Any]:
    count = int(histogram.get_total_count())

    def ms(microseconds: float) -> float | None:
        return round(microseconds / 1000, 2) if count else None

    return {
        "n": count,
        **{f"p{share:g}": ms(histogram.get_value_at_percentile(share)) for share in SHARES},
        "max": ms(histogram.get_max_value()),
        "hdr": histogram.encode().decode(),
    }


def percentile(latency: Latency, share: float) -> float:
    """One of them, for a line on a screen."""
    return round(float(latency._histogram.get_value_at_percentile(share * 100)) / 1000, 1)
