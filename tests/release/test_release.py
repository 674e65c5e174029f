"""A service is released alone: its record, its changelog, what it would break, what it is made of and built from."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from builds import PROJECT
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from contracts.compatibility import git
from tributary.release import artifacts, parts, record
from tributary.release.__main__ import changes, cut_in, following
from tributary.release.record import NotReleased

SERVICES = record.SERVICES


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """This tree in a repository of its own, with the history that it has and what is not committed yet."""
    place = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--shared", str(PROJECT), str(place)], check=True)
    for name in ("services", "libs", "deploy"):
        shutil.copytree(PROJECT / name, place / name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    commit(place, "As it stands")
    return place


def commit(place: Path, words: str) -> None:
    who = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    subprocess.run(["git", "-C", str(place), "add", "-A"], check=True)
    subprocess.run(["git", "-C", str(place), *who, "commit", "--quiet", "--allow-empty", "-m", words], check=True)


@pytest.mark.parametrize("service", SERVICES)
def test_who_lives_with_the_released_build_can_live_with_this_one(service: str) -> None:
    assert list(record.broken(record.kept(PROJECT, service), record.said_at(PROJECT, "", service))) == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_record_is_of_the_commit_that_it_names(service: str) -> None:
    release = record.last(PROJECT, service)
    assert record.kept(PROJECT, service) == record.said_at(PROJECT, release.commit, service)
    assert release.schema == record.schema_at(PROJECT, release.commit, service)
    assert release.version == record.version_at(PROJECT, "", f"services/{service}")
    assert f"\n## {release.version} (" in (PROJECT / "services" / service / "CHANGELOG.md").read_text()


def test_one_service_is_released_and_the_others_stay(clone: Path) -> None:
    (clone / "services/leads/src/leads/note.py").write_text('"""A change."""\n')
    commit(clone, "Leads notes something")
    (clone / "services/territory/src/territory/note.py").write_text('"""A change."""\n')
    commit(clone, "Territory notes something")
    others = {name: record.last(clone, name) for name in SERVICES[1:]}

    made = cut_in(clone, "leads")

    assert made == record.last(clone, "leads")
    assert made.commit == (git(clone, "rev-parse", "HEAD") or "").strip()
    assert made.version == "0.2.0"  # the schema has moved since 0.1.0
    assert record.version_at(clone, "", "services/leads") == made.version
    assert {name: record.last(clone, name) for name in SERVICES[1:]} == others
    written = (clone / "services/leads/CHANGELOG.md").read_text()
    assert written.index("## 0.2.0") < written.index("Leads notes something") < written.index("## 0.1.0")
    assert "Territory notes something" not in written
    changed = {line[3:] for line in (git(clone, "status", "--porcelain") or "").splitlines()}
    assert changed == {
        "deploy/release/leads/promises.json",
        "deploy/release/leads/release.json",
        "services/leads/CHANGELOG.md",
        "services/leads/pyproject.toml",
    }


def test_what_would_break_somebody_is_not_released(clone: Path) -> None:
    document = clone / "services/leads/openapi.json"
    doors = json.loads(document.read_text())
    gone = next(path for path, its in record.kept(clone, "leads").doors["paths"].items() if "post" in its)
    del doors["paths"][gone]["post"]
    document.write_text(json.dumps(doors))
    schema = clone / "libs/contracts/schemas/leads.lead.captured.v1.json"
    schema.unlink()
    commit(clone, "Less")
    with pytest.raises(NotReleased) as refused:
        cut_in(clone, "leads")
    assert f"POST {gone}: the door is gone" in str(refused.value)
    assert "leads.lead.captured.v1: the event has vanished" in str(refused.value)
    with pytest.raises(NotReleased, match="event has vanished"):  # territory hears it
        cut_in(clone, "territory")
    assert git(clone, "status", "--porcelain") == ""


def test_a_release_is_of_a_commit_and_comes_after_the_last(clone: Path) -> None:
    with pytest.raises(NotReleased, match="does not come after"):
        cut_in(clone, "leads", "0.0.9")
    with pytest.raises(NotReleased, match="no service"):
        cut_in(clone, "sales")
    (clone / "services/leads/README.md").write_text("changed\n")
    with pytest.raises(NotReleased, match="in no commit"):
        cut_in(clone, "leads")


def test_where_nothing_changed_there_is_nothing_to_release(clone: Path) -> None:
    commit(clone, "Nothing")
    cut_in(clone, "metrics")
    commit(clone, "Release metrics")
    since = record.last(clone, "metrics").commit
    # The release itself is a change of the version alone.
    assert changes(clone, "metrics", since) == [
        line for line in changes(clone, "metrics", since) if "Release metrics" in line
    ]


def test_the_next_version_follows_from_what_was_added() -> None:
    assert following("0.1.9", more=True) == "0.2.0"
    assert following("0.1.9", more=False) == "0.1.10"


@pytest.mark.parametrize("service", SERVICES)
def test_the_list_of_parts_is_cyclonedx_and_names_each_package_of_the_image(service: str) -> None:
    lock = (PROJECT / "deploy/images" / f"{service}.lock").read_text()
    text = parts.sbom_of(PROJECT, service, "1.2.3", {"tributary-chassis": "0.1.0"})
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    said: dict[str, Any] = json.loads(text)
    named = {(one["name"], one["version"]) for one in said["components"]}
    assert named == {(name, version) for name, version, *_ in parts.pins(lock)} | {("tributary-chassis", "0.1.0")}
    assert len(parts.pins(lock)) == sum("==" in line for line in lock.splitlines())
    assert all(hashes for *_, hashes in parts.pins(lock))
    assert text == parts.sbom_of(PROJECT, service, "1.2.3", {"tributary-chassis": "0.1.0"})


def test_what_is_built_says_from_what(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clone / ".local/uv/bin").mkdir(parents=True)
    shutil.copy(PROJECT / ".local/uv/bin/uv", clone / ".local/uv/bin/uv")
    (clone / ".git/info/exclude").write_text(".local\n")
    made = artifacts.build(clone, "leads", tmp_path / "out", image=False)
    wheels = {file.name: file for file in made if file.suffix == ".whl"}
    assert {name.partition("-")[0] for name in wheels} == {
        "tributary_leads",
        "tributary_chassis",
        "tributary_contracts",
        "tributary_values",
    }
    [leads] = [file for name, file in wheels.items() if name.startswith("tributary_leads")]
    assert any(name.endswith("0001_leads_before.py") for name in zipfile.ZipFile(leads).namelist())
    said = json.loads(next(file for file in made if file.name.endswith(".intoto.json")).read_text())
    assert said["predicateType"] == "https://slsa.dev/provenance/v1"
    digests = {one["name"]: one["digest"]["sha256"] for one in said["subject"]}
    for file in made:
        if not file.name.endswith(".intoto.json"):
            assert digests[file.name] == hashlib.sha256(file.read_bytes()).hexdigest()
    sources = said["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert sources[0]["digest"] == {"gitCommit": (git(clone, "rev-parse", "HEAD") or "").strip()}
    assert {one["uri"] for one in sources[1:]} == {
        "deploy/images/leads.lock",
        "deploy/images/build.lock",
        "deploy/Dockerfile",
    }
    client = tmp_path / "docker"  # and no engine that answers it
    client.write_text("#!/bin/sh\nexit 1\n")
    client.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(NotReleased, match="no engine answers here"):
        artifacts.build(clone, "leads", tmp_path / "again", image=True)
    again = artifacts.build(clone, "leads", tmp_path / "again")
    assert [file.read_bytes() for file in again] == [file.read_bytes() for file in made]


def test_nothing_is_built_of_what_is_in_no_commit(clone: Path, tmp_path: Path) -> None:
    (clone / "services/leads/README.md").write_text("changed\n")
    with pytest.raises(NotReleased, match="in no commit"):
        artifacts.build(clone, "leads", tmp_path / "out", image=False)
