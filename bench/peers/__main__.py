"""``python -m bench.peers``: these parts alone, to ``bench/peers.json``."""

import argparse
import json
from pathlib import Path

from bench import machine
from bench.peers import lines, run
from bench.running import OUT


def main() -> None:
    """Measures, writes, and prints the page."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--quick", action="store_true", help="one short round, to see that it works")
    asked.add_argument("--leads", type=int, help="leads of the KPI part, instead of the usual number")
    asked.add_argument("--only", choices=("kpis", "doors", "routing"), help="one part")
    told = asked.parse_args()
    results = {
        "machine": machine.header(OUT),
        **run(OUT / "state" / "peers-alone", told.rounds, told.quick, told.leads, told.only),
    }
    (Path(__file__).parents[1] / "peers.json").write_text(json.dumps(results, indent=1) + "\n")
    print("\n".join(lines(results)))


if __name__ == "__main__":
    main()
