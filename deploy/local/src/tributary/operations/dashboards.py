"""Grafana's pages: one for each service, the flow of all, the objectives, and one lead. Every query names numbers of the catalogue."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.hearers import HEARS
from tributary.operations.rules import OBJECTIVES

PROMETHEUS = {"type": "prometheus", "uid": "prometheus"}
JAEGER = {"type": "jaeger", "uid": "jaeger"}
WIDTH, HEIGHT = 24, 7


@dataclass(frozen=True)
class Panel:
    """One picture: queries by what their lines are called."""

    title: str
    about: str
    unit: str
    queries: Mapping[str, str]
    kind: str = "timeseries"
    width: int = 8


def _p99(name: str, by: str, where: str) -> str:
    return f"histogram_quantile(0.99, sum by ({by}, le) (rate({name}_bucket{{{where}}}[5m])))"


def _service(service: str) -> tuple[Panel, ...]:
    of = f'job="{service}"'
    return (
        Panel("Ready", "1 for each replica that is.", "none", {"{{instance}}": f"ready{{{of}}}"}, "stat", 4),
        Panel("Waits to be sent", "The oldest event that the broker has not acknowledged.", "s",
              {"oldest": f"max(outbox_oldest_seconds{{{of}}})"}, "stat", 5),
        Panel("Behind", "How long the oldest record has waited to be handled.", "s",
              {"oldest": f"max(lag_seconds{{{of}}})"}, "stat", 5),
        Panel("Set aside", "Events parked, not replayed and not discarded.", "none",
              {"parked": f"max(parked_waiting{{{of}}})"}, "stat", 5),
        Panel("Access is as of", "Since it last knew all that is said of who may see what.", "s",
              {"age": f"max(access_level_age_seconds{{{of}}})"}, "stat", 5),
        Panel("Requests", "Answers a second, by door.", "reqps",
              {"{{method}} {{route}}": f"sum by (method, route) (rate(http_request_duration_seconds_count{{{of}}}[1m]))"}),
        Panel("Errors", "Answers a second that were no success, by status.", "reqps",
              {"{{status}}": f'sum by (status) (rate(http_request_duration_seconds_count{{{of},status=~"4..|5.."}}[1m]))'}),
        Panel("Time of an answer", "Of 99 in 100, by door.", "s",
              {"{{route}}": _p99("http_request_duration_seconds", "route", of)}),
        Panel("Events heard", "A second, by what became of them.", "none",
              {"{{outcome}}": f"sum by (outcome) (rate(events_total{{{of}}}[1m]))"}),
        Panel("Age of events", "From when one was said to the commit of its effect, of 99 in 100.", "s",
              {"{{topic}}": _p99("event_age_seconds", "topic", of)}),
        Panel("A delivery", "Decoded, decided and committed, of 99 in 100; and how many records one has.", "s",
              {"seconds": _p99("delivery_seconds", "job", of)}),
        Panel("Events said", "Acknowledged a second, by topic.", "none",
              {"{{topic}}": f"sum by (topic) (rate(sent_events_total{{{of}}}[1m]))"}),
        Panel("Held, parked, gaps", "What should be nothing.", "none",
              {"held {{cause}}": f"sum by (cause) (increase(held_deliveries_total{{{of}}}[5m]))",
               "parked {{cause}}": f"sum by (cause) (increase(parked_events_total{{{of}}}[5m]))",
               "gaps {{topic}}": f"sum by (topic) (sequence_gaps_open{{{of}}})"}),
        Panel("Connections at work", "Of each pool, and who waits for one.", "none",
              {"{{pool}}": f"sum by (pool) (database_connections_used{{{of}}})",
               "waits for {{pool}}": f"sum by (pool) (database_waiting{{{of}}})"}),
        Panel("Event loop", "How late it wakes a task, of 99 in 100.", "s",
              {"{{instance}}": _p99("event_loop_lag_seconds", "instance", of)}),
    )  # fmt: skip


FLOW = (
    Panel("Leads taken in", "A second, at all doors of leads.", "none",
          {"accepted": 'sum(rate(http_request_duration_seconds_count{job="leads",method="POST",route=~"/v1/leads.*",status="202"}[1m]))'}),
    Panel("Form to assigned", "From the moment a lead was taken in to its person, of 50 and 99 in 100.", "s",
          {"99": "histogram_quantile(0.99, sum by (le) (rate(lead_assigned_seconds_bucket[5m])))",
           "50": "histogram_quantile(0.5, sum by (le) (rate(lead_assigned_seconds_bucket[5m])))"}),
    Panel("Event to screen", "Of 50 and 99 in 100.", "s",
          {"99": "histogram_quantile(0.99, sum by (le) (rate(frame_age_seconds_bucket[5m])))",
           "50": "histogram_quantile(0.5, sum by (le) (rate(frame_age_seconds_bucket[5m])))"}),
    Panel("Age of events, hop by hop", "From when one was said to the commit of its effect, of 99 in 100.", "s",
          {"{{topic}} in {{job}}": "histogram_quantile(0.99, sum by (job, topic, le) (rate(event_age_seconds_bucket[5m])))"}, width=12),
    Panel("Records behind", "Still to be handled.", "none", {"{{topic}} in {{job}}": "sum by (job, topic) (lag_records)"}, width=12),
    Panel("Unaccounted", "Accepted leads that are nowhere, as verify last found.", "none",
          {"leads": "max(tributary_unaccounted_leads)"}, "stat", 6),
    Panel("Invariants broken", "As verify last found.", "none", {"violations": "sum(tributary_verify_violations)"}, "stat", 6),
    Panel("Duplicates", "Events heard a second time, and passed over, a second.", "none",
          {"{{job}}": 'sum by (job) (rate(events_total{outcome="duplicate"}[1m]))'}, width=6),
    Panel("Screens", "Streams of numbers that are open, and those ended because they were read too slowly.", "none",
          {"open": "sum(stream_clients)", "ended": "sum(increase(stream_clients_stalled_total[5m]))"}, width=6),
)  # fmt: skip

SLO = tuple(
    Panel(
        f"{one.about}: {one.target:.1%}",
        "The share that missed it, beside what may: over it the month's budget is used up too fast.",
        "percentunit",
        {
            "last hour": f'slo:missed:ratio_rate1h{{slo="{one.slo}"}}',
            "last day": f'slo:missed:ratio_rate1d{{slo="{one.slo}"}}',
            "may be": f"vector({1 - one.target:.6g})",
        },
        width=24,
    )
    for one in OBJECTIVES
)


def files() -> dict[str, str]:
    """Every page by its name, as Grafana provisions it."""
    pages = {service: _page(service, f"Tributary: {service}", _laid(_service(service))) for service in HEARS}
    pages["flow"] = _page("flow", "Tributary: the flow", _laid(FLOW))
    pages["slo"] = _page("slo", "Tributary: objectives", _laid(SLO))
    pages["one-lead"] = _page("one-lead", "Tributary: one lead", [_one_lead()], [LEAD])
    return {name: json.dumps(page, indent=1, ensure_ascii=False) + "\n" for name, page in pages.items()}


LEAD = {"name": "lead", "label": "Lead", "type": "textbox", "query": "", "hide": 0}


def _one_lead() -> dict[str, Any]:
    """The traces that name a lead: whoever has its id finds its way from the door to the number."""
    asked = {
        "refId": "A",
        "datasource": JAEGER,
        "queryType": "search",
        "service": "leads",
        "tags": "tributary.key=$lead",
        "limit": 20,
    }
    return {
        "id": 1,
        "type": "table",
        "title": "Traces of this lead",
        "description": "Open one: its spans are the hops, and the time between them is what it waited for.",
        "datasource": JAEGER,
        "gridPos": {"x": 0, "y": 0, "w": WIDTH, "h": 3 * HEIGHT},
        "targets": [asked],
    }


def _laid(panels: Sequence[Panel]) -> list[dict[str, Any]]:
    """The panels from left to right and top to bottom."""
    laid, x, y = [], 0, 0
    for number, panel in enumerate(panels, 1):
        if x + panel.width > WIDTH:
            x, y = 0, y + HEIGHT
        targets = [
            {
                "refId": chr(ord("A") + n),
                "expr": query,
                "legendFormat": name,
                "datasource": PROMETHEUS,
                "exemplar": panel.unit == "s",
            }
            for n, (name, query) in enumerate(panel.queries.items())
        ]
        laid.append(
            {
                "id": number,
                "type": panel.kind,
                "title": panel.title,
                "description": panel.about,
                "datasource": PROMETHEUS,
                "gridPos": {"x": x, "y": y, "w": panel.width, "h": HEIGHT},
                "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
                "targets": targets,
            }
        )
        x += panel.width
    return laid


def _page(
    name: str, title: str, panels: Sequence[Mapping[str, Any]], variables: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    return {
        "uid": f"tributary-{name}",
        "title": title,
        "tags": ["tributary"],
        "schemaVersion": 39,
        "timezone": "browser",
        "refresh": "5s",
        "time": {"from": "now-30m", "to": "now"},
        "templating": {"list": list(variables)},
        "panels": list(panels),
    }
