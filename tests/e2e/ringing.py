"""Whether an alert rings by what real services say of themselves while something is wrong with them.

What their pages at /metrics say, and the page that `tributary verify --telemetry` has written, is read again and again during a real
fault. promtool then plays it to the committed rules as if a quarter of a minute lay between two looks, and the last one went on for
three minutes, unless somebody says another time.
"""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families as families
from stage import SERVICES, Stage

sys.path.insert(0, str(Path(__file__).parents[1] / "deploy"))

from promtool import promtool

RULES = Path(__file__).parents[2] / "deploy/observability/prometheus/rules.yaml"
BEFORE, AFTER, APART = 8, 12, 15  # samples, samples, seconds
RANG = 'count by (alertname) (count_over_time(ALERTS{alertstate="firing"}[1h]))'
MOMENT = "tributary_verify_timestamp_seconds"  # of the epoch, which for promtool is when its series begin
Look = dict[str, float]


class Watch:
    """Looks at all services; the first one is of before the fault."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage, self.folder = stage, folder
        self.verified = folder / "verified.prom"  # for `tributary verify`, and read where it is there
        self.asked, self.began = RULES.read_text(), time.time()
        self.looks = [self.look()]

    def during(self, times: int, pause: float, what: Callable[[], object] = lambda: None) -> None:
        """Looks so often, with something done before each look."""
        for _ in range(times):
            what()
            self.looks.append(self.look())
            time.sleep(pause)

    def look(self) -> Look:
        """What all services say now, and whether they answer."""
        found: Look = {}
        for name in SERVICES:
            try:
                found |= self.said(self.stage.telemetry(name), name)
                found[f'up{{job="{name}"}}'] = 1
            except httpx.TransportError:
                found[f'up{{job="{name}"}}'] = 0
        if self.verified.exists():
            found |= self.said(self.verified.read_text(), "verify")
        return found

    def said(self, page: str, job: str) -> Look:
        """The series that rules ask for, labelled as Prometheus does it."""
        found: Look = {}
        for family in families(page):
            for sample in family.samples:
                if sample.name in self.asked:
                    own = {"exported_job" if name == "job" else name: value for name, value in sample.labels.items()}
                    labels = ",".join(f'{name}="{value}"' for name, value in {"job": job, **own}.items())
                    found[f"{sample.name}{{{labels}}}"] = sample.value - (self.began if sample.name == MOMENT else 0)
        return found

    def rang(self, *, before: bool = False, apart: int = APART, after: int = AFTER) -> set[str]:
        """The alerts that have rung by now, or had rung ``before`` the fault; the looks are played so many seconds ``apart``, and the
        last one so many times more ``after``."""
        looks = [self.looks[0]] * BEFORE
        if not before:
            looks += [*self.looks[1:], *[self.looks[-1]] * after]
        series = sorted({name for look in looks for name in look})
        played = [
            {"series": name, "values": " ".join(f"{look[name]:.9g}" if name in look else "_" for look in looks)}
            for name in series
        ]
        asked = {"expr": RANG, "eval_time": f"{apart * len(looks)}s", "exp_samples": []}
        tests = [{"interval": f"{apart}s", "input_series": played, "promql_expr_test": [asked]}]
        told = {"rule_files": [str(RULES)], "evaluation_interval": f"{apart}s", "tests": tests}
        file = self.folder / "played.yaml"
        file.write_text(yaml.safe_dump(told))
        done = subprocess.run(
            [promtool(), "test", "rules", str(file)], capture_output=True, text=True, timeout=120, check=False
        )
        names = set(re.findall(r'alertname=\\?"(\w+)', done.stdout + done.stderr))
        assert names or done.returncode == 0, done.stdout + done.stderr
        return names
