"""python deploy/images/pin.py [--check]: the images that others make are named with their digests, as their registries give them today.

Each `image:` of compose and each `FROM` of a Dockerfile keeps its version and gets `@sha256:...` behind it; run again it takes the
digest that the version has by then. Asked is `docker buildx imagetools inspect`, of an engine that can reach the registries. With
``--check`` nobody is asked and nothing is written: status 1 names what has no digest. Either all files are written or none.
Standard library only.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = ("docker-compose.yml", "deploy/Dockerfile")
OURS = "tributary/"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# Name and version as they stand after `image:` or `FROM`, and the digest if there is one. A stage's or a variable's name has no version.
NAMED = re.compile(r"(?m)^(\s*image:\s*|FROM\s+)([\w./-]+:[\w.-]+)(@sha256:[0-9a-f]{64})?(?=\s|$)")


class NoDigest(Exception):
    """A registry was not reached, or said something else."""


def inspect(image: str) -> str:
    """The digest of an image of all platforms, by its registry."""
    asked = ["docker", "buildx", "imagetools", "inspect", image, "--format", "{{.Manifest.Digest}}"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=120, check=False)
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise NoDigest(f"{image}: {failure}") from failure
    if done.returncode:
        raise NoDigest(f"{image}: {done.stderr.strip()[-300:]}")
    return done.stdout.strip()


def images(text: str) -> dict[str, str]:
    """The images of others that a file names, each with its digest or nothing."""
    return {name: (digest or "")[1:] for _, name, digest in NAMED.findall(text) if not name.startswith(OURS)}


def pinned(text: str, digests: Mapping[str, str]) -> str:
    """The file with these digests, and otherwise as it was."""

    def put(found: re.Match[str]) -> str:
        before, name, _ = found.groups()
        return f"{before}{name}@{digests[name]}" if name in digests else found[0]

    return NAMED.sub(put, text)


def pin(root: Path, ask: Callable[[str], str]) -> dict[str, str]:
    """Writes the digests into all files; returns them by image."""
    texts = {root / file: (root / file).read_text() for file in FILES}
    digests = {}
    for name in sorted({name for text in texts.values() for name in images(text)}):
        digests[name] = ask(name)
        if not DIGEST.fullmatch(digests[name]):
            raise NoDigest(f"{name}: {digests[name]!r} is no digest")
    for file, text in texts.items():
        file.write_text(pinned(text, digests))
    return digests


def unpinned(root: Path) -> list[str]:
    """The images that are named by version alone."""
    found = [images((root / file).read_text()) for file in FILES]
    return sorted({name for one in found for name, digest in one.items() if not digest})


def main(words: Sequence[str]) -> int:
    """The status that the command ends with."""
    if words == ["--check"]:
        left = unpinned(ROOT)
        sys.stdout.write("".join(f"{name} has no digest\n" for name in left) or "all images have digests\n")
        return bool(left)
    try:
        for name, digest in pin(ROOT, inspect).items():
            sys.stdout.write(f"{name}@{digest}\n")
    except NoDigest as failure:
        sys.stderr.write(f"nothing was written: {failure}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
