"""The images of others get their digests in one go, from whoever can ask their registries, and lose nothing else."""

import hashlib
import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[2] / "deploy/images"))

import pin

ROOT = Path(__file__).parents[2]


def answer(image: str, day: int = 1) -> str:
    return f"sha256:{hashlib.sha256(f'{image}{day}'.encode()).hexdigest()}"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for file in pin.FILES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def test_every_image_of_others_gets_its_digest_and_ours_stay(tree: Path) -> None:
    composed = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    built_on = re.findall(r"(?m)^FROM (\S+)", (ROOT / "deploy/Dockerfile").read_text())
    stages = set(re.findall(r"(?m)^FROM \S+ AS (\S+)", (ROOT / "deploy/Dockerfile").read_text()))
    named = {one["image"] for one in composed.values() if "image" in one} | set(built_on) - stages
    others = {name.split("@")[0] for name in named if not name.startswith("tributary/")}
    assert pin.pin(tree, answer) == {name: answer(name) for name in others}
    assert pin.unpinned(tree) == []
    again = yaml.safe_load((tree / "docker-compose.yml").read_text())["services"]
    for service, said in composed.items():
        if "image" in said and not said["image"].startswith("tributary/"):
            assert again[service]["image"] == f"{said['image'].split('@')[0]}@{answer(said['image'].split('@')[0])}"
            again[service]["image"] = said["image"]
    assert again == composed
    stripped = re.sub("@sha256:[0-9a-f]{64}", "", (tree / "deploy/Dockerfile").read_text())
    assert stripped == (ROOT / "deploy/Dockerfile").read_text()


def test_run_again_it_takes_what_a_version_is_by_then(tree: Path) -> None:
    pin.pin(tree, answer)
    once = {file: (tree / file).read_text() for file in pin.FILES}
    pin.pin(tree, answer)
    assert {file: (tree / file).read_text() for file in pin.FILES} == once
    later = pin.pin(tree, lambda image: answer(image, 2))
    text = (tree / "docker-compose.yml").read_text()
    assert all(text.count(digest) == text.count(f"{name}@{digest}") for name, digest in later.items())
    assert answer("postgres:18.4") not in text


@pytest.mark.parametrize("wrong", ["", "latest", "sha256:abc"])
def test_an_answer_that_is_no_digest_changes_nothing(tree: Path, wrong: str) -> None:
    before = {file: (tree / file).read_text() for file in pin.FILES}
    with pytest.raises(pin.NoDigest, match=r"postgres:18\.4"):
        pin.pin(tree, lambda image: wrong if image.startswith("postgres") else answer(image))
    assert {file: (tree / file).read_text() for file in pin.FILES} == before


def test_whoever_can_ask_nobody_is_told_so(tree: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(pin.NoDigest, match="docker"):
        pin.pin(tree, pin.inspect)


def test_what_has_no_digest_is_named(tree: Path) -> None:
    assert "postgres:18.4" in pin.unpinned(tree)
    pin.pin(tree, answer)
    file = tree / "docker-compose.yml"
    file.write_text(file.read_text().replace(f"@{answer('postgres:18.4')}", ""))
    assert pin.unpinned(tree) == ["postgres:18.4"]
