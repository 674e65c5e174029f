"""``python -m tributary.release cut SERVICE [--version X.Y.Z]`` writes a release's record; ``build SERVICE`` makes what is published."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from contracts.compatibility import git
from tributary.release import artifacts, record
from tributary.release.record import NotReleased, Release
from tributary.state import project

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
Service = Annotated[str, typer.Argument(help=", ".join(record.SERVICES))]


@app.command()
def cut(
    service: Service, version: Annotated[str, typer.Option(help="Else it follows from what was added.")] = ""
) -> None:
    """Writes the version, the changelog and the record of the release, and says how it is committed."""
    try:
        made = cut_in(project(), service, version)
    except NotReleased as refusal:
        sys.stderr.write(f"{refusal}\n")
        raise typer.Exit(1) from None
    typer.echo(
        f"{service} {made.version} is on record, built of {made.commit[:12]}. To release it:\n"
        f"  git commit -am 'Release {service} {made.version}' && git tag {service}-{made.version}\n"
        f"  make artifacts SERVICE={service}"
    )


@app.command()
def build(
    service: Service,
    image: Annotated[bool | None, typer.Option(help="Must an image be built? Else: where there is an engine.")] = None,
) -> None:
    """Builds wheels, list of parts, image and provenance of the committed tree into .local/release."""
    root = project()
    try:
        its = record.version_at(root, "", f"services/{known(service)}")
        made = artifacts.build(root, service, root / ".local" / "release" / f"{service}-{its}", image)
    except NotReleased as refusal:
        sys.stderr.write(f"{refusal}\n")
        raise typer.Exit(1) from None
    typer.echo("\n".join(str(file.relative_to(root)) for file in made))


def cut_in(root: Path, service: str, version: str = "") -> Release:
    """Writes the record of a release of the commit that the tree is at. Raises NotReleased, and then nothing was written."""
    known(service)
    if git(root, "status", "--porcelain"):
        raise NotReleased("The tree has changes that are in no commit: a release is of a commit.")
    commit = (git(root, "rev-parse", "HEAD") or "").strip()
    former, was, now = record.last(root, service), record.kept(root, service), record.said_at(root, "", service)
    if found := list(record.broken(was, now)):
        sentences = "\n".join(f"  {sentence}" for sentence in found)
        raise NotReleased(f"Who lives with {service} {former.version} would break:\n{sentences}")
    lines = changes(root, service, former.commit)
    if not lines:
        raise NotReleased(f"Nothing that {service} is built of has changed since {former.version}.")
    schema = record.schema_at(root, "", service)
    version = version or following(former.version, more=record.added(was, now) or schema != former.schema)
    if tuple(map(int, version.split("."))) <= tuple(map(int, former.version.split("."))):
        raise NotReleased(f"{version} does not come after {former.version}.")
    place = root / "services" / service
    (place / "pyproject.toml").write_text(record.with_version((place / "pyproject.toml").read_text(), version))
    contracts = record.version_at(root, "", "libs/contracts")
    made = Release(service, version, commit, contracts, schema)
    _add_to_changelog(root, made, former, lines)
    record.keep(root, made, now)
    return made


def known(service: str) -> str:
    """The name, if there is such a service."""
    if service not in record.SERVICES:
        raise NotReleased(f"There is no service {service}: {', '.join(record.SERVICES)}.")
    return service


def following(version: str, more: bool) -> str:
    """The next version: of the second number where there is more to count on, or another schema; else of the third."""
    major, minor, patch = map(int, version.split("."))
    return f"{major}.{minor + 1}.0" if more else f"{major}.{minor}.{patch + 1}"


def changes(root: Path, service: str, since: str) -> list[str]:
    """What was committed to what the service is built of, the newest first."""
    asked = ["log", "--no-merges", "--format=%s (%h)", f"{since}..HEAD", "--", *record.paths_of(service)]
    if (said := git(root, *asked)) is None:
        raise NotReleased(f"This clone has no {since}: `git fetch --unshallow` brings it.")
    return said.splitlines()


def _add_to_changelog(root: Path, made: Release, former: Release, lines: list[str]) -> None:
    file = root / "services" / made.service / "CHANGELOG.md"
    day = subprocess.run(
        ["git", "-C", str(root), "log", "-1", "--format=%cs"], capture_output=True, text=True, check=True
    ).stdout.strip()
    head = f"# Releases of {made.service}\n"
    before = file.read_text().removeprefix(head) if file.exists() else ""
    moves = [
        f"Schema: {branch} {former.schema.get(branch) or 'none'} to {name}."
        for branch, name in made.schema.items()
        if name != former.schema.get(branch)
    ]
    section = [
        f"\n## {made.version} ({day})\n",
        *([" ".join(moves) + "\n"] if moves else []),
        *(f"* {one}" for one in lines),
    ]
    file.write_text(head + "\n".join(section) + "\n" + before)


if __name__ == "__main__":
    app()
