"""One stack for all that the doctor is asked, well at the beginning and after each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tributary.stack import Stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything up on free ports, with a door for any program of this machine."""
    home: Path = tmp_path_factory.mktemp("doctor")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"):
            patch.delenv(name, raising=False)
        patch.setattr("tributary.services.PORTS", {})
        told = {"TRIBUTARY_SESSION_TIMEOUT_MS": "6000"}
        with Stack(home, throw_away=True, usual_ports=False, open_to_machine=True, extra=told) as made:
            yield made
