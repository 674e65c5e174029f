"""The build of a release: our wheels, the list of parts, the image where there is an engine, and who made them from what."""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from contracts.compatibility import git
from tributary.release.parts import sbom_of
from tributary.release.record import LIBRARIES, NotReleased, version_at

BUILD_TYPE = "urn:tributary:build:deploy/Dockerfile"
UV = ".local/uv/bin/uv"


def build(root: Path, service: str, out: Path, image: bool | None = None) -> list[Path]:
    """Builds what the committed tree says, into an empty folder. ``image``: whether an engine must build it; where nobody says,
    one builds it if there is one. Raises NotReleased."""
    if git(root, "status", "--porcelain"):
        raise NotReleased("The tree has changes that are in no commit: what was built could not be built again.")
    engine = _engine() if image is not False else None
    if image and not engine:
        raise NotReleased("Images are built by Docker, and no engine answers here.")
    commit = (git(root, "rev-parse", "HEAD") or "").strip()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    version = version_at(root, "", f"services/{service}")
    made = _wheels(root, service, out, (git(root, "log", "-1", "--format=%ct") or "").strip())
    ours = {f"tributary-{Path(member).name}": version_at(root, "", member) for member in LIBRARIES}
    parts = out / f"{service}-{version}.cdx.json"
    parts.write_text(sbom_of(root, service, version, ours))
    subjects = [_subject(file.name, _digest(file)) for file in (*made, parts)]
    if engine:
        subjects.append(_image(root, engine, service, version, commit))
    told = out / f"{service}-{version}.intoto.json"
    told.write_text(json.dumps(statement(root, service, version, commit, subjects), indent=2) + "\n")
    return [*made, parts, told]


def _engine() -> str | None:
    """The program that builds images, where an engine answers it: a client alone builds none."""
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "version"], capture_output=True, check=False).returncode == 0:
        return docker
    return None


def statement(root: Path, service: str, version: str, commit: str, subjects: list[dict[str, Any]]) -> dict[str, Any]:
    """Provenance as SLSA v1 has it: what was built, from which sources and locks, by which program. Nobody has signed it yet."""
    locks = [root / "deploy" / "images" / name for name in (f"{service}.lock", "build.lock")]
    dockerfile = root / "deploy" / "Dockerfile"
    sources = {"uri": "git+tributary", "digest": {"gitCommit": commit}}
    inputs = [
        {"uri": str(file.relative_to(root)), "digest": {"sha256": _digest(file)}} for file in (*locks, dockerfile)
    ]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"service": service, "version": version},
                "internalParameters": {"python": platform.python_version(), "machine": platform.machine()},
                "resolvedDependencies": [sources, *inputs],
            },
            "runDetails": {
                "builder": {"id": os.environ.get("TRIBUTARY_BUILDER", "urn:tributary:builder:by-hand")},
                "metadata": {"invocationId": os.environ.get("TRIBUTARY_BUILD", "")},
            },
        },
    }


def _wheels(root: Path, service: str, out: Path, moment: str) -> list[Path]:
    """The same commit gives the same bytes: the moment in them is the commit's."""
    told = {**os.environ, "SOURCE_DATE_EPOCH": moment}
    for member in (*LIBRARIES, f"services/{service}"):
        command: list[str | Path] = [
            root / UV,
            "build",
            "--quiet",
            "--wheel",
            "--python",
            sys.executable,
            "--out-dir",
            out,
        ]
        command += ["--build-constraints", root / "deploy/images/build.lock", root / member]
        done = subprocess.run(command, cwd=root, env=told, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotReleased(f"{member} could not be built:\n{done.stderr.strip()}")
    return sorted(out.glob("*.whl"))


def _image(root: Path, engine: str, service: str, version: str, commit: str) -> dict[str, Any]:
    name = f"tributary/{service}:{version}"
    labels = [
        f"org.opencontainers.image.version={version}",
        f"org.opencontainers.image.revision={commit}",
        f"org.opencontainers.image.title=tributary-{service}",
    ]
    command = [engine, "build", "--build-arg", f"SERVICE={service}", "-t", name, "-f", "deploy/Dockerfile"]
    command += [word for label in labels for word in ("--label", label)]
    done = subprocess.run([*command, "."], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotReleased(f"The image could not be built:\n{done.stderr.strip()[-2000:]}")
    asked = [engine, "image", "inspect", "--format", "{{.Id}}", name]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    return _subject(name, said.removeprefix("sha256:"))


def _subject(name: str, digest: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": digest}}


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
