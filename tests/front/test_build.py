"""The built page: what is committed is what the sources make, byte for byte; it is small, and it needs nothing from elsewhere."""

import gzip
import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WEB, DIST = ROOT / "web", ROOT / "web" / "dist"
sys.path.insert(0, str(WEB))

import build  # noqa: E402

SCRIPT, NUMBER = 3 * 1000, 5500
FIRST_LOAD, ROUTE, STYLES, FONTS = 60 * 1024, 40 * 1024, 12 * 1024, 50 * 1024
LATER = re.compile(
    r"assets/((forms|means|NumberPanel)-.*\.js|Screen-.*\.css)"
)  # what is loaded when it is opened, and its styles
LANGUAGES = ("en", "fr", "fa", "hi", "zh")


@pytest.fixture(scope="session")
def packages() -> Path:
    """The packages that the lock names, fetched where they are not there yet."""
    return build.packages()


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_what_is_committed_is_what_the_sources_make(packages: Path, tmp_path: Path) -> None:
    build.build(tmp_path / "dist")
    made, kept = files(tmp_path / "dist"), files(DIST)
    differ = {name for name in made.keys() | kept.keys() if made.get(name) != kept.get(name)}
    assert not differ, "run `make web`"


def test_the_forms_script_is_what_its_sources_make_and_small(packages: Path, tmp_path: Path) -> None:
    """It stands on strangers' pages, beside their own."""
    made, kept = build.form(tmp_path / "form").read_bytes(), build.FORM.read_bytes()
    assert made == kept, "run `make web`"
    assert len(gzip.compress(kept, 9, mtime=0)) <= SCRIPT
    assert not re.findall(rb"https?://|cookie|innerHTML|\beval\b", kept)


def test_the_number_for_other_sites_is_one_small_file() -> None:
    script = files(DIST)["embed/kpi.js"]
    assert len(gzip.compress(script, 9, mtime=0)) <= NUMBER
    assert not re.findall(rb"https?://|cookie|innerHTML|\beval\b|localStorage|import\(", script)


def test_types_and_units(packages: Path) -> None:
    for ran in (build.tool("vue-tsc/bin/vue-tsc.js", "--noEmit"), build.tool("vitest/vitest.mjs", "run", "--no-color")):
        assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("service", build.TYPES)
def test_the_clients_types_are_those_of_the_doors(packages: Path, tmp_path: Path, service: str) -> None:
    made = tmp_path / "types.ts"
    build.types(service, made)
    assert made.read_text() == (WEB / "client" / "src" / f"{service}.ts").read_text(), "run `make web`"


def test_the_clients_types_of_events_are_those_of_the_contracts(packages: Path, tmp_path: Path) -> None:
    build.events(tmp_path / "events.ts")
    assert (tmp_path / "events.ts").read_text() == (WEB / "client" / "src" / "events.ts").read_text(), "run `make web`"


def zipped(name: str) -> int:
    return len(gzip.compress((DIST / name).read_bytes(), 9, mtime=0))


def first_load(language: str) -> dict[str, int]:
    """What a browser fetches before it shows Today in this language, by its compressed size."""
    wanted = [name for name in files(DIST) if name.endswith((".js", ".css")) and not name.startswith("embed/")]
    others = tuple(f"assets/{other}-" for other in LANGUAGES if other != language)
    kept = (name for name in wanted if not name.startswith(others) and not LATER.fullmatch(name))
    return {name: zipped(name) for name in ("index.html", *kept)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_shell_and_today_are_small(language: str) -> None:
    sizes = first_load(language)
    assert sum(sizes.values()) <= FIRST_LOAD, sizes
    assert sum(size for name, size in sizes.items() if name.endswith(".css")) <= STYLES
    assert max(sizes.values()) <= ROUTE, sizes
    assert max(path.stat().st_size for path in DIST.rglob("*.woff2")) <= FONTS


def test_a_screen_is_loaded_when_it_is_opened_and_is_small() -> None:
    parts = [name for name in files(DIST) if LATER.fullmatch(name)]
    assert {Path(name).suffix for name in parts} == {".js", ".css"}
    assert max(map(zipped, parts)) <= ROUTE


def test_the_page_names_no_other_site() -> None:
    named = {
        found
        for name, content in files(DIST).items()
        if not name.endswith(".woff2")
        for found in re.findall(rb"https?://[a-z0-9.-]+", content)
    }
    # Names of XML, of where Vue explains its errors, and of a site that stands in a form's empty field.
    assert named <= {b"http://www.w3.org", b"https://vuejs.org", b"https://www.example.com"}


def test_the_lock_names_no_registry_and_every_package_by_its_hash() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text())["packages"]
    fetched = {
        name: about for name, about in lock.items() if name.startswith("node_modules/") and not about.get("link")
    }
    assert not [name for name, about in fetched.items() if "resolved" in about]
    assert not [name for name, about in fetched.items() if not about.get("integrity", "").startswith("sha512-")]


def test_versions_are_exact() -> None:
    for package in (WEB / "package.json", WEB / "client" / "package.json"):
        told = json.loads(package.read_text())
        named = {**told.get("dependencies", {}), **told.get("devDependencies", {})}
        assert not [name for name, version in named.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)], package


# -- the house rules of the sources, each a function that says what breaks it


def sources(*endings: str) -> dict[str, str]:
    return {
        str(path.relative_to(WEB)): path.read_text()
        for folder in ("src", "form", "kpi")
        for path in (WEB / folder).rglob("*")
        if path.suffix in endings
    }


def physical(css: str) -> list[str]:
    """Properties that don't turn with the direction of a language."""
    return re.findall(
        r"(?<![\w-])(?:margin|padding|border|inset)?-?(?:left|right)(?=\s*:)|text-align:\s*(?:left|right)", css
    )


def unsafe(source: str) -> list[str]:
    return re.findall(r"v-html|innerHTML|outerHTML|\beval\(|new Function|(?<![:\w-])style=", source)


def spoken(template: str) -> list[str]:
    """Words that stand in a template instead of in the catalogues."""
    text = re.sub(r"<script.*?</script>|<!--.*?-->|\{\{.*?\}\}", " ", template, flags=re.DOTALL)
    text = re.sub(r"<[^<>]*?(?:\"[^\"]*\"[^<>]*?)*>", "\n", text, flags=re.DOTALL)
    return [word for word in re.findall(r"[^\W\d_]{2,}", text.replace("&nbsp;", " ")) if word != "Tributary"]


def test_sources_keep_the_rules() -> None:
    for name, source in sources(".css").items():
        assert not physical(source), name
    for name, source in sources(".vue", ".ts").items():
        assert not unsafe(source), name
        assert len(source.splitlines()) <= 250, name
    for name, source in sources(".vue").items():
        assert not spoken(source), name


def test_a_broken_rule_is_seen() -> None:
    assert physical("a { margin-left: 1px; left: 0; text-align: right }") == [
        "margin-left",
        "left",
        "text-align: right",
    ]
    assert not physical("a { inset-inline-start: 0; text-align: start }")
    assert unsafe('<p style="x" v-html="y">') == ["style=", "v-html"]
    assert spoken("<template><p :a=\"b > c\">Hello {{ t('x') }}</p></template>") == ["Hello"]
