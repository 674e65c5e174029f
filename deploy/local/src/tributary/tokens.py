"""Who acts on the local stack, and the tokens that show it.

They are signed with the issuer's own key, which only this user can read: whoever can read ``.local/keys`` can be anybody here.
"""

import functools
import json
import secrets
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, KeyParameters

from tributary.state import private, secret, token

AUDIENCE, ALGORITHM = "tributary", "ES256"
PERSON_S, MACHINE_S = 300, 3600
WEB = "tributary-web"  # the public client of people's pages
LOCAL = "local"  # the stack's own machine: it reads every team's rows and opens no contact
ADMINISTRATORS = ("helga.brandt", "marco.rossi")  # what one of them does to the organisation, the other confirms
MACHINES: Mapping[str, str] = {
    "web-form": "leads:capture",
    "crm": "outcomes:report",
    "ads": "spend:report",
    LOCAL: "leads:capture outcomes:report spend:report campaigns:plan market:write market:read kpis:read",
}


def make_keys(home: Path) -> None:
    """The issuer's key, its public half, the machines' secrets and the word of the sign-in page, each made once."""
    keys = home / "keys"
    secret(keys / "issuer.jwks", _key_set)
    public = json.dumps({"keys": [_key(keys).as_dict(private=False)]})
    if not public_keys(home).exists() or public_keys(home).read_text() != public:
        private(public_keys(home), public)
    kept = json.loads(secret(keys / "machines.json", lambda: "{}"))
    machines = {
        name: {"secret": kept.get(name, {}).get("secret") or token(), "scope": s} for name, s in MACHINES.items()
    }
    if machines != kept:
        private(keys / "machines.json", json.dumps(machines, indent=2) + "\n")
    secret(keys / "sign-in")


def public_keys(home: Path) -> Path:
    """The issuer's public keys as a file, for services that don't ask the issuer."""
    return home / "keys" / "issuer.public.jwks"


def _key_set() -> str:
    more: KeyParameters = {"use": "sig", "alg": ALGORITHM, "kid": secrets.token_hex(8)}
    return json.dumps({"keys": [ECKey.generate_key("P-256", more).as_dict(private=True)]})


def _key(keys: Path) -> ECKey:
    return ECKey.import_key(json.loads((keys / "issuer.jwks").read_text())["keys"][0])


class Tokens:
    """Tokens of one stack's issuer. A machine's is made anew when half its life is over; a person's for each call."""

    def __init__(self, home: Path, issuer: str) -> None:
        self.home, self.issuer = home, issuer
        self._machines: dict[str, tuple[float, str]] = {}
        self._making = threading.Lock()

    @functools.cached_property
    def _key(self) -> ECKey:
        return _key(self.home / "keys")

    def person(self, principal: str, amr: Sequence[str] = ("pwd",)) -> str:
        """A token as this person would get it by signing in now, by these means (``mfa`` where a second factor was asked)."""
        now = int(time.time())
        return self._signed(principal, WEB, now, PERSON_S, amr=list(amr), auth_time=now)

    def machine(self, client: str) -> str:
        """A token of one of this stack's machines, good for half an hour at least."""
        with self._making:
            made, kept = self._machines.get(client, (0.0, ""))
            if kept and time.monotonic() - made < MACHINE_S / 2:
                return kept
            new = self._signed(client, client, int(time.time()), MACHINE_S, scope=MACHINES[client])
            self._machines[client] = (time.monotonic(), new)
            return new

    def _signed(self, subject: str, client: str, now: int, life: int, **more: object) -> str:
        header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": self._key.kid}
        about = {
            "iss": self.issuer,
            "sub": subject,
            "aud": AUDIENCE,
            "client_id": client,
            "iat": now,
            "exp": now + life,
        }
        return jwt.encode(
            header, {**about, "jti": secrets.token_urlsafe(12), **more}, self._key, algorithms=[ALGORITHM]
        )


class Bearer(httpx.Auth):
    """Shows at each request the token that is good then."""

    def __init__(self, current: Callable[[], str]) -> None:
        self._current = current

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Adds the header."""
        request.headers["authorization"] = f"Bearer {self._current()}"
        yield request
