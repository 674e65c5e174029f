"""What a build is made of, as CycloneDX says it: the packages of the image's lock by their hashes, and our own."""

import json
import re
import uuid
from pathlib import Path
from typing import Any

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\\n]+?))?\s*\\?$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
NAMESPACE = uuid.UUID("5b0b4c6e-6f1f-5a52-9a26-0c6f0f6f2b14")


def pins(lock: str) -> list[tuple[str, str, str, list[str]]]:
    """Name, version, for which machines, and the hashes of every file that may be taken, of each package of a lock."""
    found: list[tuple[str, str, str, list[str]]] = []
    for line in lock.splitlines():
        if pin := _PIN.match(line):
            found.append((pin[1], pin[2], pin[3] or "", []))
        for digest in _HASH.findall(line):
            found[-1][3].append(digest)
    return found


def sbom(service: str, version: str, lock: str, ours: dict[str, str]) -> str:
    """The list of parts as text, the same for the same build. ``ours`` are our own libraries in it and their versions."""
    from cyclonedx.model import HashAlgorithm, HashType, Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    def part(name: str, its_version: str, kind: ComponentType = ComponentType.LIBRARY) -> Component:
        url = PackageURL("pypi", None, name.lower(), its_version)
        return Component(name=name, version=its_version, type=kind, purl=url, bom_ref=str(url))

    whole = part(f"tributary-{service}", version, ComponentType.APPLICATION)
    bom = Bom(serial_number=uuid.uuid5(NAMESPACE, f"{service} {version} {lock}"))
    bom.metadata.component = whole
    parts = [part(name, its) for name, its in ours.items()]
    for name, its, machines, hashes in pins(lock):
        one = part(name, its)
        # A lock names each file that may be taken; which one a machine took is in the image.
        for digest in hashes:
            one.properties.add(Property(name="tributary:file:sha256", value=digest))
        if len(hashes) == 1:
            one.hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=hashes[0]))
        if machines:
            one.properties.add(Property(name="tributary:only", value=machines))
        parts.append(one)
    for one in parts:
        bom.components.add(one)
    bom.register_dependency(whole, parts)
    return _settled(json.loads(JsonV1Dot6(bom).output_as_string()))


def _settled(said: dict[str, Any]) -> str:
    """In one order, and without the moment of writing: it says nothing of the build, and would make each of them another."""
    said["metadata"].pop("timestamp", None)
    for one in said["components"]:
        for part in ("properties", "hashes"):
            if part in one:
                one[part].sort(key=json.dumps)
    said["components"].sort(key=lambda one: str(one["bom-ref"]))
    said["dependencies"].sort(key=lambda one: str(one["ref"]))
    for one in said["dependencies"]:
        if "dependsOn" in one:
            one["dependsOn"].sort()
    return json.dumps(said, indent=1, sort_keys=True) + "\n"


def sbom_of(root: Path, service: str, version: str, ours: dict[str, str]) -> str:
    """The same from the tree."""
    return sbom(service, version, (root / "deploy" / "images" / f"{service}.lock").read_text(), ours)
