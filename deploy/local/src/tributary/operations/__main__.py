"""Writes what is generated for operators, or says what is out of date: ``python -m tributary.operations [--check]``."""

import sys
from pathlib import Path

from tributary.operations import catalogue, dashboards, rules
from tributary.operations.catalogue import ROOT


def artefacts() -> dict[Path, str]:
    """Every generated file and what belongs in it."""
    observed = ROOT / "deploy/observability"
    return {
        ROOT / "docs/telemetry.md": catalogue.page(),
        ROOT / "docs/runbooks/alerts.md": rules.page(),
        observed / "prometheus/rules.yaml": rules.rule_file(),
        observed / "prometheus/rules.test.yaml": rules.test_file(),
        **{observed / "grafana/dashboards" / f"{name}.json": text for name, text in dashboards.files().items()},
    }


def outdated(wanted: dict[Path, str]) -> list[Path]:
    """The files that are missing or differ."""
    return sorted(file for file, text in wanted.items() if not file.exists() or file.read_text() != text)


def main(arguments: list[str]) -> int:
    """0 when all is written or up to date, 1 when ``--check`` found a difference."""
    wanted = artefacts()
    old = outdated(wanted)
    if "--check" in arguments:
        for file in old:
            sys.stdout.write(f"{file.relative_to(ROOT)} is out of date: run `make contracts`.\n")
        return 1 if old else 0
    for file in old:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(wanted[file])
    sys.stdout.write(f"{len(wanted)} files for operators, {len(old)} of them changed.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
