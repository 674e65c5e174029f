"""The client as others use it: packed, installed into a folder of its own, compiled, and run against a real stack."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from stage import Stage, a_lead
from waiting import until

sys.path.insert(0, str(Path(__file__).parents[2] / "web"))

import build

pytestmark = pytest.mark.xdist_group("stack")

USES = """
import { KpiStream, decimals, type Change, type Kpi, type State } from "@tributary/client";
import type { Events } from "@tributary/client/types/events";
import type { components } from "@tributary/client/types/leads";

const [at, token] = process.argv.slice(2) as [string, string];
const say = (line: object) => console.log(JSON.stringify(line));
const stream = new KpiStream({
  by: ["segment", "channel"],
  at,
  key: () => ({ token }),
  change: ({ by, rows, whole, asOf, offset }: Change) => say({ by, whole, offset, topics: Object.keys(asOf), rows: rows.map((row: Kpi) => [row.key, row.leads]) }),
  state: (state: State) => say(state),
});
stream.open();
const captured: Pick<Events["leads.lead.captured.v1"], "lead_id"> = { lead_id: "0" };
const form: Partial<components["schemas"]["LeadForm"]> = { country: "DE" };
say({ is: "made", decimals: decimals("JPY"), captured, form });
"""
WRONG = """
import { KpiStream } from "@tributary/client";
new KpiStream({ by: "weather", change: () => undefined, state: () => undefined });
"""
SETTINGS = {
    "compilerOptions": {
        "module": "NodeNext", "target": "ES2022", "lib": ["ES2023", "DOM", "DOM.Iterable"], "strict": True,
        "outDir": "out", "typeRoots": [str(build.WEB / "node_modules" / "@types")], "types": ["node"],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of somebody's own, with the archive installed."""
    build.packages()
    made = tmp_path_factory.mktemp("others")
    archive = build.client(made)
    told = {
        "name": "others",
        "private": True,
        "type": "module",
        "dependencies": {"@tributary/client": f"file:{archive}"},
    }
    (made / "package.json").write_text(json.dumps(told))
    install = ("install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error")
    build.done(build.node(build.NPM, *install, "--prefix", made))
    (made / "tsconfig.json").write_text(json.dumps({**SETTINGS, "files": ["uses.ts"]}))
    (made / "uses.ts").write_text(USES)
    return made


def compiled(folder: Path) -> subprocess.CompletedProcess[str]:
    return build.tool("typescript/bin/tsc", "--project", folder)


class Cut:
    """Passes what comes on to metrics, until its connections are cut."""

    def __init__(self, url: str) -> None:
        self._to = int(url.rpartition(":")[2])
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self._open: list[socket.socket] = []
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                here, _ = self._server.accept()
            except OSError:
                return
            there = socket.create_connection(("127.0.0.1", self._to))
            self.connections += 1
            self._open += [here, there]
            for one, other in ((here, there), (there, here)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    @staticmethod
    def _pass(one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            pass  # it was cut

    def cut(self) -> None:
        """Whoever was connected is not any more."""
        for each in self._open:
            with_end(each)
        self._open.clear()

    def close(self) -> None:
        """No one connects any more."""
        with_end(self._server)
        self.cut()


def with_end(of: socket.socket) -> None:
    try:
        of.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # its other end has gone first
    of.close()


@pytest.fixture
def run(folder: Path) -> Iterator[Callable[[str, str], list[dict[str, Any]]]]:
    """Runs the project; the lines that it says, as they come."""
    running: list[subprocess.Popen[str]] = []

    def one(at: str, token: str) -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = []
        process = subprocess.Popen(
            [build.NODE, folder / "out" / "uses.js", at, token], cwd=folder, text=True, stdout=subprocess.PIPE,
            env={**os.environ, "NO_PROXY": "127.0.0.1"},
        )  # fmt: skip
        running.append(process)

        def read() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                said.append(json.loads(line))

        threading.Thread(target=read, daemon=True).start()
        return said

    yield one
    for process in running:
        process.terminate()
        process.wait(10)


def test_its_types_are_right_and_say_what_is_wrong(folder: Path) -> None:
    ran = compiled(folder)
    assert ran.returncode == 0, ran.stdout
    (folder / "uses.ts").write_text(WRONG)
    ran = compiled(folder)
    (folder / "uses.ts").write_text(USES)
    assert ran.returncode != 0
    assert '"weather"' in ran.stdout


def test_it_follows_a_real_stream_and_resumes_with_neither_a_hole_nor_a_doubled_row(
    folder: Path, run: Callable[[str, str], list[dict[str, Any]]], stage: Stage
) -> None:
    assert compiled(folder).returncode == 0
    stage.lead(stage.submit(a_lead()))
    way = Cut(stage.url("metrics", "").rstrip("/"))
    try:
        said = run(way.url, stage.stack.token)
        until("both dimensions are told", lambda: [s["by"] for s in said if s.get("whole")] == ["segment", "channel"])
        assert said[0] == {"is": "connecting"}
        assert next(s for s in said if s["is" if "is" in s else "by"] == "made")["decimals"] == 0
        state: dict[str, dict[str, int]] = {}

        def leads() -> int:
            for change in [s for s in said if "by" in s]:
                held = {} if change["whole"] else state.get(change["by"], {})
                state[change["by"]] = held | dict(change["rows"])
            return sum(state["channel"].values())

        before = leads()
        stage.submit(a_lead())
        until("a change is told", lambda: leads() == before + 1)
        assert {"segment", "channel"} == {s["by"] for s in said if s.get("whole") is False}
        way.cut()
        until("it is seen to be broken", lambda: any(s.get("is") == "broken" for s in said))
        stage.submit(a_lead())
        until("what was missed is told", lambda: leads() == before + 2)
        assert way.connections == 2
        assert sum(bool(s.get("whole")) for s in said) == 2, "it has resumed"
        told = [(s["by"], s["offset"]) for s in said if "by" in s]
        for by in ("segment", "channel"):
            assert [o for b, o in told if b == by] == sorted({o for b, o in told if b == by})
    finally:
        way.close()
