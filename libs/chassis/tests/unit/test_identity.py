"""A token opens a door when the issuer signed it for us and for now, and in no other case."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, Key, KeySet, OctKey, OKPKey, RSAKey
from pydantic import SecretStr

from chassis import Settings, identity, issuer
from chassis.identity import Identity, KeysMissing
from chassis_testing import tokens

RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
STRANGER = ECKey.generate_key("P-256", {"kid": "of-the-tests"})
HEADER = {"alg": "ES256", "kid": "of-the-tests", "typ": "at+jwt"}


def settings(path: str, **more: Any) -> Settings:
    """Settings of a service that takes the tokens of the tests' issuer."""
    return Settings(database_url=SecretStr("postgresql:///x"), issuer=tokens.ISSUER, issuer_keys=path, **more)


def published(folder: Path, *keys: Key) -> str:
    """A file with these keys, their secrets left out."""
    path = folder / "keys.json"
    path.write_text(json.dumps(KeySet(list(keys)).as_dict()))
    return str(path)


@pytest.fixture
def known(tmp_path: Path) -> Identity:
    """Who knows the issuer's keys."""
    return Identity(settings(published(tmp_path, tokens.KEY, RSA)))


def now() -> int:
    """This second of the epoch."""
    return int(time.time())


def claims(**more: Any) -> dict[str, Any]:
    """What a good token says, with these changes."""
    said = {"iss": tokens.ISSUER, "sub": "anna", "aud": "tributary", "iat": now(), "exp": now() + 300} | more
    return {name: value for name, value in said.items() if value is not None}


def signed(header: dict[str, Any] | None = None, key: Key = tokens.KEY, **more: Any) -> str:
    """A token with these in its header and among its claims."""
    head = {name: value for name, value in (HEADER | (header or {})).items() if value is not None}
    registry = jws.JWSRegistry(algorithms=[str(head["alg"])], strict_check_header=False)
    return jwt.encode(head, claims(**more), key, algorithms=[str(head["alg"])], registry=registry)


def text(header: str, body: str | None = None, key: Key | None = tokens.KEY) -> str:
    """A token of these texts, whatever they are, rightly signed."""
    parts = [_encoded(header.encode()), _encoded((body or json.dumps(claims())).encode())]
    if key is None:
        return ".".join([*parts, ""])
    signature = jws.JWSRegistry.algorithms["ES256"].sign(".".join(parts).encode(), key)  # type: ignore[attr-defined]
    return ".".join([*parts, _encoded(signature)])


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _by_secret() -> str:
    """The oldest trick: the public key's text as the secret of an HMAC."""
    secret = OctKey.import_key(json.dumps(tokens.KEY.as_dict(private=False)))
    return signed({"alg": "HS256"}, secret)


def _other_half() -> str:
    first, second = signed(sub="anna").split("."), signed(sub="ben").split(".")
    return ".".join([first[0], second[1], first[2]])


HEAD = json.dumps(HEADER)
FORGED: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "no token": lambda: "of-nobody",
    "two parts": lambda: signed().rpartition(".")[0],
    "an encrypted one": lambda: signed() + ".a.b",
    "no base64": lambda: "!" + signed(),
    "not ASCII": lambda: "é" + signed(),
    "padded": lambda: signed() + "==",
    "too large": lambda: signed(more="x" * 20_000),
    "a header that is too large": lambda: signed({"more": "x" * 5000}),
    "a header that is no object": lambda: text("[1]"),
    "a header that is deep": lambda: text("[" * 3000),
    "a claim that is deep": lambda: text(HEAD, '{"a":' * 3000 + "1" + "}" * 3000),
    "a name twice in the header": lambda: text(HEAD[:-1] + ', "alg": "none"}'),
    "a name twice in the claims": lambda: text(HEAD, json.dumps(claims())[:-1] + ', "sub": "ben"}'),
    "claims that are no object": lambda: text(HEAD, "[]"),
    "a number that is none": lambda: text(HEAD, json.dumps(claims(more=float("nan")))),
    "no algorithm": lambda: text(json.dumps(HEADER | {"alg": "none"}), key=None),
    "no signature": lambda: signed().rpartition(".")[0] + ".",
    "the public key as a secret": _by_secret,
    "another algorithm of the curve": lambda: text(json.dumps(HEADER | {"alg": "ES384"})),
    "an algorithm that we do not take": lambda: signed({"alg": "RS512", "kid": "rsa"}, RSA),
    "another's key under a known name": lambda: signed(key=STRANGER),
    "another's key brought along": lambda: signed({"jwk": STRANGER.as_dict(private=False)}, STRANGER),
    "another's key brought along and no name": lambda: signed(
        {"jwk": STRANGER.as_dict(private=False), "kid": None}, STRANGER
    ),
    "another's key at an address": lambda: signed({"jku": "https://evil.test/keys", "kid": "evil"}, STRANGER),
    "no key's name": lambda: signed({"kid": None}),
    "a key's name that is no text": lambda: text(json.dumps(HEADER | {"kid": 1})),
    "a key that is not known": lambda: signed({"kid": "other"}),
    "no kind": lambda: text(json.dumps({"alg": "ES256", "kid": "of-the-tests"})),
    "another kind": lambda: signed({"typ": "logout+jwt"}),
    "a demand that we do not know": lambda: text(json.dumps(HEADER | {"crit": ["b64"], "b64": False})),
    "another's claims": _other_half,
    "another issuer": lambda: signed(iss=tokens.ISSUER + "/"),
    "no issuer": lambda: signed(iss=None),
    "for others": lambda: signed(aud="web"),
    "for others in a list": lambda: signed(aud=["web", "tributary-web"]),
    "for nobody": lambda: signed(aud=None),
    "for an object": lambda: signed(aud={"tributary": 1}),
    "whose it is not said": lambda: signed(sub=None),
    "of an empty name": lambda: signed(sub=""),
    "of a number": lambda: signed(sub=7),
    "of a name that is too long": lambda: signed(sub="x" * 256),
    "no end": lambda: signed(exp=None),
    "an end as a text": lambda: signed(exp=str(now() + 300)),
    "an end that is true": lambda: signed(exp=True),
    "an end beyond all time": lambda: signed(exp=1 << 60),
    "no beginning": lambda: signed(iat=None),
    "over": lambda: signed(iat=now() - 300, exp=now() - 6),
    "not yet": lambda: signed(nbf=now() + 60),
    "made tomorrow": lambda: signed(iat=now() + 60, exp=now() + 300),
    "too long": lambda: signed(exp=now() + 3700),
    "over before it was made": lambda: signed(iat=now() + 3, exp=now() + 2),
}


@pytest.mark.parametrize("forgery", FORGED)
async def test_a_token_that_the_issuer_did_not_sign_for_us_and_for_now_is_refused(
    known: Identity, forgery: str
) -> None:
    assert await known.verified(signed()), "a good one is taken"
    assert await known.verified(FORGED[forgery]()) is None


@pytest.mark.parametrize(
    "more",
    [
        lambda: {"aud": ["web", "tributary"]},
        lambda: {"iat": now() - 100, "exp": now() - 1},
        lambda: {"nbf": now() + 3},
        lambda: {"exp": now() + 3000},
        lambda: {"exp": now() + 300.5},
        lambda: {"sub": "x" * 255},
    ],
)
async def test_a_clock_may_be_a_little_off_and_a_token_may_be_for_several(
    known: Identity, more: Callable[[], dict[str, Any]]
) -> None:
    assert await known.verified(signed(**more()))


async def test_a_token_made_of_texts_is_taken_when_they_are_right(known: Identity) -> None:
    assert await known.verified(text(HEAD)), "so that those above are refused for what is wrong with them"


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
async def test_a_key_without_an_algorithm_of_its_own_may_have_signed_by_any_that_is_taken(
    known: Identity, algorithm: str
) -> None:
    assert await known.verified(signed({"alg": algorithm, "kid": "rsa", "typ": "JWT"}, RSA))


async def test_what_is_used_of_a_token_and_what_is_not(known: Identity) -> None:
    then = now() - 9
    found = await known.verified(
        signed(client_id="web", scope="a b", amr=["pwd", "otp", 1], auth_time=then, roles=["x"], groups=["y"])
    )
    assert found is not None
    assert (found.issuer, found.subject, found.client) == (tokens.ISSUER, "anna", "web")
    assert (found.scopes, found.methods, found.signed_in_at) == ({"a", "b"}, ("pwd", "otp"), then)


async def test_only_public_keys_for_signatures_of_algorithms_that_are_taken_count(tmp_path: Path) -> None:
    secret = OctKey.generate_key(256, {"kid": "secret"})
    sealing = ECKey.generate_key("P-256", {"kid": "sealing", "use": "enc"})
    edwards = OKPKey.generate_key("Ed25519", {"kid": "edwards"})
    path = tmp_path / "keys.json"
    keys = [secret.as_dict(private=True), sealing.as_dict(), edwards.as_dict(), tokens.KEY.as_dict()]
    path.write_text(json.dumps({"keys": [{"kty": "AKP", "kid": "new"}, *keys]}))
    known = Identity(settings(str(path)))
    assert await known.verified(signed())
    of_sealing = ECKey.import_key({k: v for k, v in sealing.as_dict(private=True).items() if k != "use"})
    for algorithm, key in (("HS256", secret), ("ES256", of_sealing), ("Ed25519", edwards)):
        assert await known.verified(signed({"alg": algorithm, "kid": key.kid}, key)) is None
    assert await Identity(settings(str(path), token_algorithms=["Ed25519"])).verified(
        signed({"alg": "Ed25519", "kid": "edwards"}, edwards)
    )


# -- what is remembered


class Clock:
    """The clocks of the module, in a test's hand."""

    def __init__(self) -> None:
        self.now, self.ran = float(int(time.time())), 1000.0

    def time(self) -> float:
        """The wall's."""
        return self.now

    def monotonic(self) -> float:
        """The one that never goes back."""
        return self.ran

    def passes(self, seconds: float) -> None:
        """Both go on."""
        self.now, self.ran = self.now + seconds, self.ran + seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time passes when the test says so."""
    made = Clock()
    monkeypatch.setattr(identity, "time", made)
    return made


async def test_a_token_is_verified_once_and_remembered_until_it_ends(
    known: Identity, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = signed(iat=int(clock.now), exp=int(clock.now) + 60)
    first = await known.verified(token)
    verified = known._verify
    asked: list[str] = []
    monkeypatch.setattr(known, "_verify", lambda shown: asked.append(shown) or verified(shown))
    assert await known.verified(token) is first
    assert asked == []
    clock.passes(61)
    assert await known.verified(token), "within the leeway, but looked at again"
    assert asked == [token]
    clock.passes(5)
    assert await known.verified(token) is None


async def test_no_more_than_so_many_are_remembered_and_the_oldest_are_forgotten(
    known: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "REMEMBERED", 3)
    made = [signed(sub=f"p{n}") for n in range(5)]
    for token in made:
        await known.verified(token)
    assert list(known._remembered) == made[2:]


async def test_when_the_keys_change_what_was_signed_by_the_old_ones_opens_nothing(tmp_path: Path, clock: Clock) -> None:
    known = Identity(settings(published(tmp_path, tokens.KEY)))
    token = signed()
    assert await known.verified(token)
    published(tmp_path, RSA)
    clock.passes(31)
    assert await known.verified(signed({"alg": "RS256", "kid": "rsa"}, RSA)), "a new key is found when it is met"
    assert await known.verified(token) is None


async def test_an_unknown_key_makes_all_requests_together_ask_once_in_a_while(
    known: Identity, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[None] = []
    fetch = known._fetch

    async def counted() -> None:
        asked.append(None)
        await asyncio.sleep(0.01)
        await fetch()

    monkeypatch.setattr(known, "_fetch", counted)
    unknown = signed({"kid": "other"})
    for _ in range(2):
        assert await asyncio.gather(*(known.verified(unknown) for _ in range(50))) == [None] * 50
    assert len(asked) == 1
    clock.passes(29)
    await known.verified(unknown)
    assert len(asked) == 1
    clock.passes(2)
    await known.verified(unknown)
    assert len(asked) == 2


async def test_keys_are_kept_for_a_day_when_the_issuer_is_away_and_no_longer(tmp_path: Path, clock: Clock) -> None:
    known = Identity(settings(published(tmp_path, tokens.KEY)))
    assert await known.verified(signed())
    (tmp_path / "keys.json").unlink()
    clock.passes(24 * 3600 - 1)
    assert await known.verified(signed(iat=int(clock.now), exp=int(clock.now) + 60))
    clock.passes(2)
    with pytest.raises(KeysMissing):
        await known.verified(signed(iat=int(clock.now), exp=int(clock.now) + 60))


async def test_without_an_issuer_no_token_is_anybodys(tmp_path: Path) -> None:
    alone = settings(published(tmp_path, tokens.KEY)).model_copy(update={"issuer": ""})
    assert await Identity(alone).verified(signed()) is None


# -- the issuer's answers


@asynccontextmanager
async def an_issuer(answers: dict[str, tuple[int, bytes, float]]) -> AsyncIterator[str]:
    """One that answers these paths with a status and a body, a byte every so many seconds where they are more than none."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readline()).split()[1].decode()
        status, body, pause = answers[path]
        moved = b"location: /elsewhere\r\n" if status == 302 else b""
        writer.write(b"HTTP/1.1 %d x\r\nconnection: close\r\n%scontent-length: %d\r\n\r\n" % (status, moved, len(body)))
        try:
            for piece in [body] if not pause else [bytes([b]) for b in body]:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause)
        except ConnectionError:
            return
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def about(url: str, **more: Any) -> bytes:
    """A discovery document."""
    return json.dumps({"issuer": url, "jwks_uri": f"{url}/keys"} | more).encode()


async def test_the_keys_are_where_the_discovery_document_says() -> None:
    answers: dict[str, tuple[int, bytes, float]] = {}
    async with an_issuer(answers) as url:
        answers[issuer.DISCOVERY] = 200, about(url), 0
        answers["/keys"] = 200, json.dumps(KeySet([tokens.KEY]).as_dict()).encode(), 0
        known = Identity(Settings(database_url=SecretStr("postgresql:///x"), issuer=url))
        stopping = asyncio.Event()
        running = asyncio.create_task(known.run(stopping))
        async with asyncio.timeout(5):
            while not known._keys:
                await asyncio.sleep(0.01)
        assert await known.verified(signed(iss=url))
        stopping.set()
        await running


@pytest.mark.parametrize(
    ("what", "answer"),
    [
        ("of another", lambda url: (200, about(url, issuer="https://other.test"), 0)),
        ("keys over an open line", lambda url: (200, about(url, jwks_uri="http://keys.example.org/"), 0)),
        ("keys from a file", lambda url: (200, about(url, jwks_uri="file:///etc/passwd"), 0)),
        ("moved", lambda url: (302, b"", 0)),
        ("away", lambda url: (503, b"", 0)),
        ("no object", lambda url: (200, b"[]", 0)),
        ("no JSON", lambda url: (200, b"<html>", 0)),
        ("too large", lambda url: (200, about(url, more="x" * issuer.LIMIT), 0)),
        ("too slow", lambda url: (200, about(url), 0.1)),
    ],
)
async def test_an_issuer_that_says_nonsense_changes_nothing(
    what: str, answer: Callable[[str], tuple[int, bytes, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuer, "WITHIN_S", 0.5)
    answers: dict[str, tuple[int, bytes, float]] = {"/elsewhere": (200, b"{}", 0)}
    async with an_issuer(answers) as url:
        answers[issuer.DISCOVERY] = answer(url)
        with pytest.raises((ValueError, OSError)):
            await issuer.keys_of(url)


@pytest.mark.parametrize("url", ["http://issuer.example.org", "ftp://127.0.0.1", "http://127.0.0.1.example.org", ""])
def test_an_issuer_is_asked_over_a_line_that_nobody_else_reads(url: str) -> None:
    with pytest.raises(issuer.NotTrusted):
        issuer.checked(url)
