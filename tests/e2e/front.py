"""The page of the stage: gateway, session door and people, and browsers in front of it."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import Tab, browser
from playwright.sync_api import Browser, Page
from stage import Stage, a_lead

from tributary.child_process import free_port
from tributary.demo.people import People
from tributary.gateway import FrontEnd
from tributary.people import people
from tributary.state import read_secret

sys.path.insert(0, str(Path(__file__).parents[2] / "web"))

import build

PICTURES = Path(__file__).parents[2] / ".local" / "pictures"
Open = Callable[..., Tab]


class Front(FrontEnd):
    """Gateway and door of the stage."""

    url = database = ""


@pytest.fixture(scope="module")
def front(session_stage: Stage) -> Iterator[Front]:
    """The page of the stage, its people, and some leads of two teams."""
    stack = session_stage.stack
    stack.issuer.knows(people())
    made = Front(stack.home, stack.name, free_port(), free_port())
    assert stack.postgres is not None
    with stack.issuer:
        services = {name: service.url for name, service in stack.services.items()}
        made.database = stack.postgres.ensure_role_and_database("web")
        made.url = made.start(made.database, stack.issuer.url, services)
        try:
            People(stack.running, page=False).join()
            for number in range(6):
                session_stage.lead(session_stage.submit(a_lead(**BERLIN if number % 2 else MUNICH)))
            yield made
        finally:
            for server in made.servers:
                server.stop()


def picture(page: Page, name: str, **how: Any) -> None:
    """Takes one for people to look at, where somebody has asked for them: nothing compares them."""
    if os.environ.get("TRIBUTARY_PICTURES"):
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", **how)


BERLIN = {"country": "DE", "postcode": "10115"}
MUNICH = {"country": "DE", "postcode": "80331"}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a module's tests."""
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def axe() -> Path:
    """What finds barriers in a page."""
    return build.packages() / "axe-core" / "axe.min.js"


@pytest.fixture
def tab(front: Front, chromium: Browser, session_stage: Stage) -> Iterator[Open]:
    """A browser of somebody's own. Whatever it complains about fails the test."""
    opened: list[Tab] = []

    def one(
        language: str = "en", theme: Any = "light", width: int = 1440, height: int = 1000, motion: Any = "reduce"
    ) -> Tab:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, locale=language, color_scheme=theme, reduced_motion=motion
        )
        opened.append(Tab(context, front.url, read_secret(str(session_stage.home), "sign-in")))
        return opened[-1]

    yield one
    complaints = [complaint for each in opened for complaint in each.complaints]
    for each in opened:
        each.context.close()
    assert complaints == []
