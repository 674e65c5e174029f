"""What a page does to sign somebody in at the local issuer: the code flow with PKCE, by a plain client."""

import base64
import hashlib
import re
import secrets
from typing import Any

import httpx

from tributary.child_process import StackError
from tributary.tokens import WEB

BACK = "http://127.0.0.1:8104/signed-in"


class Browser:
    """Somebody's browser at the issuer's address, with its cookies."""

    def __init__(self, issuer: str) -> None:
        self.http = httpx.Client(base_url=issuer, timeout=10, trust_env=False)
        self._verifier = secrets.token_urlsafe(32)

    def asked(self, **other: str) -> dict[str, str]:
        """What the page asks the issuer with."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self._verifier.encode()).digest()).rstrip(b"=").decode()
        return {
            "client_id": WEB,
            "response_type": "code",
            "scope": "openid",
            "redirect_uri": BACK,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "state": "here",
            **other,
        }

    def page(self) -> str:
        """The address of the sign-in page."""
        return self.http.get("/auth", params=self.asked()).headers["location"]

    def code(self, person: str, word: str) -> str:
        """Signs in and comes back with a code."""
        answer = self.http.post(self.page(), data={"person": person, "word": word})
        while answer.is_redirect and not answer.headers["location"].startswith(BACK):
            answer = self.http.get(answer.headers["location"])
        found = re.search(r"[?&]code=([^&]+)", answer.headers.get("location", ""))
        if not found:
            raise StackError(f"The issuer does not sign {person} in: {answer.status_code} {answer.text[:200]}")
        return found[1]

    def redeem(self, code: str) -> httpx.Response:
        """The code for tokens."""
        told = {"code": code, "redirect_uri": BACK, "code_verifier": self._verifier}
        return self.token(grant_type="authorization_code", client_id=WEB, **told)

    def token(self, **told: str) -> httpx.Response:
        """The token endpoint's answer."""
        return self.http.post("/token", data=told)

    def sign_in(self, person: str, word: str) -> dict[str, Any]:
        """Access, refresh and identity token."""
        answer = self.redeem(self.code(person, word))
        if not answer.is_success:
            raise StackError(f"The issuer gives {person} no token: {answer.status_code} {answer.text[:200]}")
        return dict(answer.json())
