"""Tokens of an issuer that only a test knows: its key is made in the process, and its key set is a file or a text."""

import atexit
import json
import shutil
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from contracts.territory.access import Subject

ISSUER = "https://issuer.test"
KEY = ECKey.generate_key("P-256", {"kid": "of-the-tests", "use": "sig", "alg": "ES256"})


@cache
def key_file() -> str:
    """The path of the issuer's key set, for the setting ``issuer_keys``."""
    path = Path(tempfile.mkdtemp(prefix="issuer-")) / "keys.json"
    path.write_text(json.dumps(KeySet([KEY]).as_dict()))
    atexit.register(shutil.rmtree, path.parent)
    return str(path)


def token(subject: str, **claims: Any) -> str:
    """What the issuer says of one who has just signed in; a claim that is None is left out."""
    now = int(time.time())
    said = {
        "iss": ISSUER,
        "sub": subject,
        "aud": "tributary",
        "iat": now,
        "exp": now + 300,
        "client_id": "web",
    } | claims
    header = {"alg": "ES256", "kid": "of-the-tests", "typ": "at+jwt"}
    return jwt.encode(header, {name: value for name, value in said.items() if value is not None}, KEY)


def of_machine(client: str, *scopes: str, **claims: Any) -> str:
    """The token of a machine."""
    return token(client, client_id=client, scope=" ".join(scopes), **claims)


def bearer(token: str) -> dict[str, str]:
    """The header that shows it."""
    return {"authorization": f"Bearer {token}"}


def subject(name: str) -> Subject:
    """Somebody whom the issuer calls so."""
    return Subject(issuer=ISSUER, subject=name)
