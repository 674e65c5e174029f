"""Every alert was seen to ring and not to ring, leads to a page, and asks for numbers that there are; so does every dashboard."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))

from promtool import promtool as program

from tributary.operations import catalogue, dashboards, rules, seen

ROOT = Path(__file__).parents[2]
FILES = ROOT / "deploy/observability/prometheus"
KNOWN = {"up", "ALERTS"}  # Prometheus' own
# Words of the query language that look like names of series.
WORDS = {
    "sum",
    "by",
    "rate",
    "increase",
    "max",
    "histogram_quantile",
    "time",
    "vector",
    "and",
    "le",
    "count",
    "or",
    "unless",
}


@pytest.fixture(scope="session")
def promtool() -> str:
    return program()


def run(promtool: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([promtool, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_the_rules_are_valid_and_every_alert_rings_when_it_must_and_only_then(promtool: str) -> None:
    assert run(promtool, FILES, "check", "rules", "rules.yaml").returncode == 0
    tested = run(promtool, FILES, "test", "rules", "rules.test.yaml")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_an_alert_that_never_rings_is_found(promtool: str, tmp_path: Path) -> None:
    text = (FILES / "rules.yaml").read_text()
    (tmp_path / "rules.yaml").write_text(
        text.replace("expr: outbox_oldest_seconds > 10", "expr: outbox_oldest_seconds > 10e9")
    )
    (tmp_path / "rules.test.yaml").write_text((FILES / "rules.test.yaml").read_text())
    tested = run(promtool, tmp_path, "test", "rules", "rules.test.yaml")
    assert tested.returncode == 1
    assert "OutboxOld" in tested.stdout + tested.stderr


def test_every_alert_leads_to_a_page_that_says_what_it_is_what_to_do_and_when_it_is_over() -> None:
    for alert in rules.all_alerts():
        page = (ROOT / "docs/runbooks" / f"{alert.runbook}.md").read_text()
        for part in ("**What it means.**", "**Is anyone hurt?**", "**Look here.**", "**Do this.**", "**It is over**"):
            assert part in page, (alert.name, part)
    names = [alert.name for alert in rules.all_alerts()]
    assert len(names) == len(set(names))


def test_every_alert_has_a_real_fault_and_a_test_that_sees_it_ring() -> None:
    assert set(seen.RANG) == {alert.name for alert in rules.all_alerts()}
    for alert, test in seen.RANG.items():
        file, _, name = test.partition("::")
        _, found, rest = (ROOT / file).read_text().partition(f"def {name}(")
        assert found, test
        assert f'"{alert}"' in rest.partition("\ndef ")[0], alert


def named(query: str) -> set[str]:
    """The series that a query names."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\boffset \w+|\b(?:by|without) \([^)]*\)', " ", query)
    return set(re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*", bare)) - WORDS - KNOWN


def recorded() -> set[str]:
    return {rule["record"] for rule in rules.recording()}


def queries() -> Iterator[tuple[str, str]]:
    for group in yaml.safe_load((FILES / "rules.yaml").read_text())["groups"]:
        for rule in group["rules"]:
            yield rule.get("alert") or rule["record"], rule["expr"]
    for page in (ROOT / "deploy/observability/grafana/dashboards").glob("*.json"):
        for panel in json.loads(page.read_text())["panels"]:
            for target in panel["targets"]:
                if "expr" in target:
                    yield f"{page.stem}: {panel['title']}", target["expr"]


@pytest.mark.parametrize(("where", "query"), list(queries()), ids=[where for where, _ in queries()])
def test_what_is_asked_for_is_in_the_catalogue(where: str, query: str) -> None:
    unknown = named(query) - catalogue.series().keys() - recorded()
    assert not unknown, f"{where} asks for {unknown}"
    for label in re.findall(r"(?:by|without) \(([^)]*)\)", query):
        known = {*catalogue.LABELS, "instance", "le", "exported_job"}
        assert {one.strip() for one in label.split(",")} <= known


def test_a_query_of_something_that_is_not_told_is_found() -> None:
    assert named('sum by (job) (rate(outbox_row_count{job="leads"}[5m]))') - catalogue.series().keys() == {
        "outbox_row_count"
    }


def test_every_query_of_a_dashboard_can_be_read(promtool: str, tmp_path: Path) -> None:
    asked = [query for where, query in queries() if ":" in where]
    document: Mapping[str, Any] = {
        "groups": [
            {"name": "asked", "rules": [{"record": f"asked:{n}", "expr": query} for n, query in enumerate(asked)]}
        ]
    }
    (tmp_path / "asked.yaml").write_text(yaml.safe_dump(document))
    checked = run(promtool, tmp_path, "check", "rules", "asked.yaml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    (tmp_path / "asked.yaml").write_text(
        yaml.safe_dump({"groups": [{"name": "a", "rules": [{"record": "a:a", "expr": "sum(("}]}]})
    )
    assert run(promtool, tmp_path, "check", "rules", "asked.yaml").returncode == 1


def test_the_pages_of_grafana_have_names_of_their_own_and_no_panel_over_another() -> None:
    pages = {name: json.loads(text) for name, text in dashboards.files().items()}
    assert {"leads", "territory", "campaigns", "metrics", "flow", "slo", "one-lead"} == set(pages)
    assert len({page["uid"] for page in pages.values()}) == len(pages)
    for page in pages.values():
        taken: set[tuple[int, int]] = set()
        for panel in page["panels"]:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            assert not cells & taken
            assert at["x"] + at["w"] <= 24
            taken |= cells
