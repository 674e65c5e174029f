"""A build of another day: the sources of a commit, run beside today's with today's libraries."""

import io
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
OURS = ("libs", "services")


class NotInHistory(Exception):
    """The commit is not in this clone."""


def sources(commit: str, folder: Path) -> Path:
    """Writes the code of a commit into an empty folder."""
    asked = ["git", "-C", str(PROJECT), "archive", "--format=tar", commit, *OURS]
    packed = subprocess.run(asked, capture_output=True, check=False)
    if packed.returncode:
        raise NotInHistory(
            f"The build before this one is of commit {commit}, which this clone does not have"
            f" ({packed.stderr.decode().strip()}): `git fetch --unshallow` brings it."
        )
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder)  # written by git a moment ago, of our own history
    return folder


def environment(folder: Path) -> Mapping[str, str]:
    """What a Python process is told so that it runs this code and not the installed one."""
    found = [str(place) for part in OURS for place in sorted((folder / part).glob("*/src"))]
    return {"PYTHONPATH": ":".join(found)}


def origin(python: str, package: str, env: Mapping[str, str]) -> Path:
    """Where a Python that is told this finds a package of ours."""
    ask = f"import {package}; print({package}.__file__)"
    said = subprocess.run([python, "-c", ask], env=dict(env), capture_output=True, text=True, check=True)
    return Path(said.stdout.strip())
