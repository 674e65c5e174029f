"""Who may see and do what, as territory said it last: every replica reads all of it by itself, and knows how old that is."""

from collections.abc import Callable

from chassis.access import STRANGER, Actor, Roles
from chassis.database import Database
from chassis.identity import Verified
from chassis.problems import Problem
from chassis.settings import Settings

Changed = Callable[[frozenset[str]], None]


class AccessReader:
    """``changed`` are called with the persons whose access is another now: for those who hold open streams."""

    def __init__(self, settings: Settings, database: Database, roles: Roles) -> None:
        self.settings, self.database, self.roles = settings, database, roles
        self.changed: list[Changed] = []

    def check(self) -> None:
        """503 while it is not known who may see what."""
        if self.stale:
            raise Problem(503, "Who may see what can't be checked just now", headers={"Retry-After": "2"})

    @property
    def stale(self) -> bool:
        """Whether what is known is too old to open a door of people with."""
        return False

    def actor(self, verified: Verified) -> Actor:
        """Who this is, with the roles that he holds at this moment."""
        return STRANGER
