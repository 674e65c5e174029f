"""Whose session a cookie is of, with a token that is good for a while."""

import time
from typing import Any

from session_door.issuer import Away, Issuer, Refused
from session_door.settings import Settings
from session_door.store import Session, Store


class Sessions:
    """Answers about a session are kept for a few seconds: a page asks often."""

    def __init__(self, settings: Settings, store: Store, issuer: Issuer) -> None:
        self._settings, self._store, self._issuer = settings, store, issuer
        self._kept: dict[str, tuple[float, Session]] = {}

    async def running(self, cookie: str) -> Session | None:
        """The session of this cookie; None for no cookie, a forged one and one whose session is over."""
        if not cookie or len(cookie) > 100:
            return None
        now = time.monotonic()
        until, kept = self._kept.get(cookie, (0.0, None))
        if kept is not None and now < until:
            return kept
        self._kept = {key: held for key, held in self._kept.items() if held[0] > now}
        found = await self._store.find(cookie)
        if found is not None and found.left_s < self._settings.renew_before_s:
            found = await self._store.renewed(cookie, self._settings.renew_before_s, self._tokens)
        if found is not None:
            self._kept[cookie] = (now + min(self._settings.answers_kept_s, found.left_s), found)
        return found

    async def _tokens(self, held: Session) -> dict[str, Any] | None:
        """New ones, or none where the issuer says that it is over. Where it is away, the old ones serve to their end."""
        try:
            return await self._issuer.renew(str(held.tokens.get("refresh_token", "")))
        except Refused:
            return None
        except Away:
            return {}

    def forget(self, cookie: str = "") -> None:
        """What is known by heart of one session, or of all."""
        self._kept = {key: held for key, held in self._kept.items() if cookie and key != cookie}
