"""A build of another day: the sources of a commit, run beside today's with today's libraries."""

import io
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
OURS = ("libs", "services")
MARKET = "deploy/local/src/tributary/market.yaml"


class NotInHistory(Exception):
    """The commit is not in this clone."""


def sources(commit: str, folder: Path) -> Path:
    """Writes the code of a commit into an empty folder."""
    with tarfile.open(fileobj=io.BytesIO(_of(commit, "archive", "--format=tar", commit, *OURS))) as archive:
        archive.extractall(folder)  # written by git a moment ago, of our own history
    return folder


def market(commit: str) -> str:
    """The market file of that day, which its build takes: today's may say more than that one knows."""
    return _of(commit, "show", f"{commit}:{MARKET}").decode()


def _of(commit: str, *asked: str) -> bytes:
    """What git says of a commit."""
    said = subprocess.run(["git", "-C", str(PROJECT), *asked], capture_output=True, check=False)
    if said.returncode:
        raise NotInHistory(
            f"The build before this one is of commit {commit}, which this clone does not have"
            f" ({said.stderr.decode().strip()}): `git fetch --unshallow` brings it."
        )
    return said.stdout


def environment(folder: Path) -> Mapping[str, str]:
    """What a Python process is told so that it runs this code and not the installed one."""
    found = [str(place) for part in OURS for place in sorted((folder / part).glob("*/src"))]
    return {"PYTHONPATH": ":".join(found)}


def origin(python: str, package: str, env: Mapping[str, str]) -> Path:
    """Where a Python that is told this finds a package of ours."""
    ask = f"from importlib.util import find_spec; print(find_spec({package!r}).origin)"  # without its libraries
    said = subprocess.run([python, "-c", ask], env=dict(env), capture_output=True, text=True, check=True)
    return Path(said.stdout.strip())
