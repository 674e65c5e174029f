"""The catalogue of numbers is the code's, every number says what it is, and no label can grow with what callers send."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from chassis import telemetry
from contracts.hearers import HEARS
from tributary.operations import catalogue
from tributary.operations.__main__ import artefacts, main, outdated

ROOT = Path(__file__).parents[2]

# Every place that gives a label its value, and why that value is one of few. A new place needs a line here.
BOUNDED = {
    "telemetry.AGE.labels(subscription.stream.topic)": "a stream of the contracts",
    "telemetry.BUILD.labels(service.name, *schema.versions(service.name))": "what this build is",
    "telemetry.EVENTS.labels(kind, outcome)": "chassis.consumer._label, and the words of Delivery.outcomes",
    "telemetry.GAPS.labels(topic)": "a topic that the service hears",
    "telemetry.GAPS_OPEN.labels(topic)": "a topic that the service hears",
    "telemetry.HELD.labels(error.cause)": "the words that chassis.consumer raises Held with",
    "telemetry.JOB_FAILURES.labels(job.name)": "a job of the service",
    "telemetry.JOB_ROWS_FAILED.labels(name)": "a job of the service",
    "telemetry.LAG.labels(topic)": "a topic that the service hears",
    "telemetry.LAG_RECORDS.labels(topic)": "a topic that the service hears",
    "telemetry.PARKED.labels(cause)": "words written out in chassis.consumer",
    "telemetry.POOL.labels(name)": "workers, doors",
    "telemetry.POOL_USED.labels(name)": "workers, doors",
    "telemetry.POOL_WAITING.labels(name)": "workers, doors",
    "telemetry.DOOR.labels(method, route, str(status))": "chassis.http: METHODS, the paths of the document, and other",
    "telemetry.SENT.labels(shard[0])": "a stream of the contracts",
}


def given_labels() -> set[str]:
    """The source of every call that gives labels their values."""
    found = set()
    for folder in catalogue.PLACES.values():
        for path in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "labels":
                    found.add(ast.unparse(node))
    return found


def test_what_is_generated_for_operators_is_up_to_date() -> None:
    assert outdated(artefacts()) == []
    assert main(["--check"]) == 0


def test_a_page_that_differs_is_named(tmp_path: Path) -> None:
    page = tmp_path / "telemetry.md"
    page.write_text(catalogue.page() + "more")
    assert outdated({page: catalogue.page()}) == [page]


def test_the_catalogue_holds_what_the_running_code_tells_and_nothing_else() -> None:
    importlib.import_module("chassis.gauges")
    for service in HEARS:
        importlib.import_module(f"{service}.app")
    told = {
        (family.name, family.type, family.documentation)
        for collector in telemetry.REGISTRY._collector_to_names
        for family in collector.describe()  # type: ignore[attr-defined]
    }
    listed = {(m.name, m.kind, m.meaning) for m in catalogue.metrics() if m.by != catalogue.VERIFY}
    assert told == listed


@pytest.mark.parametrize("metric", catalogue.metrics(), ids=lambda m: m.name)
def test_every_number_has_a_meaning_a_unit_and_known_labels(metric: catalogue.Metric) -> None:
    assert re.fullmatch(r"[a-z][a-z_]*[a-z]", metric.name)
    assert metric.meaning.endswith(".")
    assert metric.unit
    assert set(metric.labels) <= set(catalogue.LABELS)
    assert metric.kind == "counter" or not metric.name.endswith("_total")
    assert metric.kind != "histogram" or metric.unit in ("seconds", "records")


def test_what_verify_tells_is_in_the_catalogue() -> None:
    from tributary.verify import page

    source = Path(page.__file__).read_text()
    assert set(re.findall(r"tributary_[a-z_]+", source)) == {m.name for m in catalogue.VERIFIED}


def test_every_unit_and_label_is_used() -> None:
    used = {m.name for m in catalogue.metrics()}
    assert set(catalogue.UNITS) <= used
    assert set(catalogue.LABELS) == {label for m in catalogue.metrics() for label in m.labels}


def test_no_label_takes_its_value_from_elsewhere_than_where_it_is_bounded() -> None:
    assert given_labels() == set(BOUNDED)
