"""The program that checks rules and plays figures to them."""

import os
import shutil
import subprocess

import pytest

from tributary.child_process import locked
from tributary.state import cache


def promtool() -> str:
    """The program that checks rules: of this system, or unpacked from Debian's package. Without it nothing is skipped."""
    if found := shutil.which("promtool"):
        return found
    home = cache() / "promtool"
    program = home / "usr/bin/promtool"
    with locked(cache() / "promtool.lock", wait=280):
        if not program.exists():
            if not shutil.which("apt-get"):
                pytest.fail("Install promtool (Prometheus) to check the rules.")
            home.mkdir(parents=True, exist_ok=True)
            if not os.geteuid():
                subprocess.run(["apt-get", "-qq", "update"], check=True, stdout=subprocess.DEVNULL)
            subprocess.run(
                ["apt-get", "-qq", "download", "prometheus"], check=True, cwd=home, stdout=subprocess.DEVNULL
            )
            [package] = home.glob("prometheus_*.deb")
            subprocess.run(["dpkg", "-x", package, home], check=True)
            package.unlink()
    return str(program)
