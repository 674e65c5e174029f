"""The results as a drawing: latency against the rate, and where a lead's processor time goes. For light and dark pages."""

import math
import statistics
from collections.abc import Sequence
from html import escape
from typing import Any

from bench.latency import merged
from bench.tables import edges_of, number, rows_of

Results = dict[str, Any]
Row = dict[str, Any]
ROLES = ("leads", "territory", "metrics", "campaigns", "postgres", "kafka")
LINES = (("post", "POST"), ("assigned", "assigned"), ("frame", "frame"))
STYLE = """
    :root { --page: #ffffff; --ink: #1f2328; --soft: #59636e; --grid: #d8dee4; --on: #ffffff;
            --leads: #0b63ce; --territory: #1a7f37; --campaigns: #b35900; --metrics: #8250df; --postgres: #57606a; --kafka: #a8b1bb; }
    @media (prefers-color-scheme: dark) {
      :root { --page: #0d1117; --ink: #e6edf3; --soft: #9da7b3; --grid: #30363d; --on: #0d1117;
              --leads: #58a6ff; --territory: #3fb950; --campaigns: #e3a008; --metrics: #bc8cff; --postgres: #8b949e; --kafka: #57606a; }
    }
    text { font: 13px system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; fill: var(--ink); }
    .head { font-size: 17px; font-weight: 650; } .soft { fill: var(--soft); } .end { text-anchor: end; } .mid { text-anchor: middle; }
    .page { fill: var(--page); } .grid { stroke: var(--grid); stroke-width: 1; }
    .p50 { fill: none; stroke-width: 2.2; } .p99 { fill: none; stroke-width: 2.2; stroke-dasharray: 7 5; }
    .post { stroke: var(--soft); } .assigned { stroke: var(--leads); } .frame { stroke: var(--metrics); }
    .dot-post { fill: var(--soft); } .dot-assigned { fill: var(--leads); } .dot-frame { fill: var(--metrics); }
    .leads { fill: var(--leads); } .territory { fill: var(--territory); } .campaigns { fill: var(--campaigns); }
    .metrics { fill: var(--metrics); } .postgres { fill: var(--postgres); } .kafka { fill: var(--kafka); }
"""


def drawn(results: Results) -> str:
    """The drawing as SVG, or nothing while there is no walk to draw."""
    if not results.get("walk"):
        return ""
    posts = [
        rows_of(results, 200),
        rows_of(results, 500),
        edges_of(results, "posts", "below"),
        edges_of(results, "posts"),
    ]
    sets = sorted((rows for rows in posts if rows), key=_rate)
    bars = [(f"{number(_rate(rows), 0)}/s", rows) for rows in sets]
    bars += [(f"{number(_rate(rows), 0)}/s by 500", rows) for rows in [edges_of(results, "batches")] if rows]
    return "\n".join(
        [
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1160 445" role="img" aria-labelledby="title desc">',
            '  <title id="title">Latency against the rate, and processor time per lead</title>',
            f'  <desc id="desc">{escape(_description(sets, bars))}</desc>',
            f"  <style>{STYLE}  </style>",
            '  <rect class="page" width="1160" height="445"/>',
            *_latency(sets),
            *_costs(bars),
            "</svg>\n",
        ]
    )


def _rate(rows: Sequence[Row]) -> float:
    return float(statistics.median(row["per_second"] for row in rows))


def _description(sets: Sequence[Sequence[Row]], bars: Sequence[tuple[str, Sequence[Row]]]) -> str:
    said = [
        f"At {number(_rate(rows), 0)} leads per second a lead is assigned after {number(merged(r['assigned'] for r in rows)['p50'])} ms"
        f" (p50) and {number(merged(r['assigned'] for r in rows)['p99'])} ms (p99)."
        for rows in sets
    ]
    return " ".join([*said, *(f"{name}: {number(_cost(rows, None))} microseconds a lead." for name, rows in bars)])


def _cost(rows: Sequence[Row], role: str | None) -> float:
    return float(statistics.median(row["cpu_us"][role] if role else row["cpu_us_all"] for row in rows))


def _latency(sets: Sequence[Sequence[Row]]) -> list[str]:
    """Left: one line per thing that is seen, its median whole and its p99 dashed; the time scale is logarithmic."""
    left, right, top, bottom = 70, 560, 70, 400
    whole = {what: [merged(row[what] for row in rows) for rows in sets] for what, _ in LINES}
    values = [seen[p] for each in whole.values() for seen in each for p in ("p50", "p99") if seen[p]]
    marks = [step * 10.0**power for power in range(-1, 6) for step in (1, 2, 5)]
    marks = [
        m for m in marks if max(k for k in marks if k <= min(values)) <= m <= min(k for k in marks if k >= max(values))
    ]
    low, high = math.log10(marks[0]), math.log10(marks[-1])
    most = max(_rate(rows) for rows in sets) * 1.06

    def x(rate: float) -> float:
        return left + rate / most * (right - left)

    def y(ms: float) -> float:
        return bottom - (math.log10(ms) - low) / (high - low) * (bottom - top)

    lines = ['  <text class="head" x="20" y="30">Latency, ms (log), against leads per second by single POSTs</text>']
    for ms in marks:
        lines.append(f'  <line class="grid" x1="{left}" x2="{right}" y1="{y(ms):.1f}" y2="{y(ms):.1f}"/>')
        lines.append(f'  <text class="soft end" x="{left - 8}" y="{y(ms) + 4:.1f}">{ms:,g}</text>')
    lines += _rates([_rate(rows) for rows in sets], x, bottom + 22)
    for what, _ in LINES:
        for share in ("p50", "p99"):
            points = [
                (x(_rate(rows)), y(seen[share])) for rows, seen in zip(sets, whole[what], strict=True) if seen[share]
            ]
            lines.append(
                f'  <polyline class="{what} {share}" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}"/>'
            )
            lines += [f'  <circle class="dot-{what}" cx="{a:.1f}" cy="{b:.1f}" r="3.2"/>' for a, b in points]
    for n, (what, said) in enumerate(LINES):
        at = left + n * 110
        lines.append(
            f'  <line class="{what} p50" x1="{at}" x2="{at + 26}" y1="50" y2="50"/><text x="{at + 32}" y="54">{said}</text>'
        )
    lines.append(f'  <text class="soft" x="{left + 3 * 110 + 10}" y="54">whole line p50, dashed p99</text>')
    return lines


def _rates(rates: Sequence[float], x: Any, at: float) -> list[str]:
    """Names under the points; a name that would stand on the one before goes a line lower."""
    lines, last = [], -100.0
    for rate in rates:
        low = x(rate) - last < 44
        lines.append(
            f'  <text class="soft mid" x="{x(rate):.1f}" y="{at + (16 if low else 0):.1f}">{number(rate, 0)}</text>'
        )
        last = last if low else x(rate)
    return lines


def _costs(bars: Sequence[tuple[str, Sequence[Row]]]) -> list[str]:
    """Right: one lying bar per load, cut into roles."""
    left, right, top = 740.0, 1090.0, 84.0
    most = max(_cost(rows, None) for _, rows in bars)
    lines = ['  <text class="head" x="610" y="30">Processor time, microseconds a lead, by role</text>']
    for n, role in enumerate(ROLES):
        at = 610.0 + n * 92
        lines.append(
            f'  <rect class="{role}" x="{at}" y="43" width="12" height="12" rx="2"/><text x="{at + 17}" y="54">{role}</text>'
        )
    step = min(64, 320 // len(bars))
    for n, (name, rows) in enumerate(bars):
        at, y = float(left), top + n * step
        lines.append(f'  <text class="end" x="{left - 10}" y="{y + step * 0.42:.1f}">{name}</text>')
        for role in ROLES:
            width = _cost(rows, role) / most * (right - left)
            lines.append(
                f'  <rect class="{role}" x="{at:.1f}" y="{y}" width="{max(0.0, width - 1):.1f}" height="{step * 0.62:.1f}"/>'
            )
            at += width
        lines.append(f'  <text x="{at + 8:.1f}" y="{y + step * 0.42:.1f}">{number(_cost(rows, None))}</text>')
    return lines
