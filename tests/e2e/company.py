"""The company on the stage: who is not in the market file comes into it by two, and everybody shows a token of his own."""

import time
from typing import Any

import httpx
from stage import SERVICES, Stage
from waiting import until

from tributary.tokens import ADMINISTRATORS

FIRST, SECOND = ADMINISTRATORS
ACTS_WITHIN_S = 5.0  # what a change of access may take in any service


class Company:
    """People of the organisation, as they come to the doors."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def asks(
        self, who: str, method: str, service: str, path: str, body: Any = None, etag: str | None = None
    ) -> httpx.Response:
        """What a door answers somebody, who may say what they have read."""
        token = self.stage.stack.tokens.person(who, ("pwd", "otp") if path.endswith("/grant") else ("pwd",))
        headers = {"authorization": f"Bearer {token}"} | ({"if-match": etag} if etag else {})
        return self.stage.public.request(method, self.stage.url(service, f"/v1/{path}"), json=body, headers=headers)

    def does(self, who: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """What somebody does to the organisation, where it has to go well. Who has come a moment ago is known a moment later."""
        deadline = time.monotonic() + ACTS_WITHIN_S
        while True:
            answer = self.asks(who, method, "territory", path, body)
            if answer.is_success:
                return dict(answer.json()) if answer.content else {}
            assert answer.status_code in (403, 404), f"{who} {method} {path}: {answer.status_code} {answer.text}"
            assert time.monotonic() < deadline, f"{who} {method} {path}: {answer.text}"
            time.sleep(0.05)

    def comes(self, person: str, *roles: str, unit: str = "", rank: str = "expert", second: str = SECOND) -> None:
        """Somebody is put on record, belongs to a unit, and holds roles; returns when every service knows it."""
        if self.asks(FIRST, "GET", "territory", f"people/{person}").status_code == 404:
            self.does(FIRST, "PUT", f"people/{person}", {})
            subject = {"issuer": self.stage.stack.tokens.issuer, "subject": person}
            self.confirmed(self.does(FIRST, "POST", f"people/{person}/subjects", subject), SECOND)
            if unit:
                body = {"unit": unit, "rank": rank, "takes_leads": False}
                self.confirmed(self.does(FIRST, "POST", f"people/{person}/memberships", body), second)
            for role in roles:
                made = self.does(FIRST, "POST", f"people/{person}/roles", {"role": role})
                if "proposed_by" in made:  # it opens others' doors
                    self.confirmed(made, SECOND)
        self.acts(person, lambda me: bool(me["teams"] or not unit) and set(roles) <= set(me["roles"]))

    def confirmed(self, proposal: dict[str, Any], by: str) -> None:
        """Another says that it holds."""
        self.does(by, "POST", f"proposals/{proposal['id']}/confirm")

    def acts(self, person: str, known: Any) -> None:
        """Waits until every service knows of somebody what has been said of him: a second, and five at most."""

        def everywhere() -> bool:
            answers = [self.asks(person, "GET", service, "access/me") for service in SERVICES]
            return all(answer.status_code == 200 and known(answer.json()) for answer in answers)

        until(f"every service knows it of {person}", everywhere, ACTS_WITHIN_S)

    def sees(self, person: str, lead: str) -> dict[str, int]:
        """What the doors to one lead answer him, by service."""
        doors = {"leads": f"leads/{lead}", "territory": f"leads/{lead}/decision"}
        return {service: self.asks(person, "GET", service, path).status_code for service, path in doors.items()}
