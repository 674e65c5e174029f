"""The doctor looks at what is shown by whoever speaks TLS, and at what clients are told to believe."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tributary.bus import Bus
from tributary.certificates import Authority, Certificate
from tributary.doctor import machines
from tributary.doctor.finding import Installation, Report

HERE = ("127.0.0.1",)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def looked_at(shown: Certificate, days_later: float = 0, postgres: bool = False) -> Report:
    """What is said of a server that shows this certificate, so many days from now."""
    report = Report()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if postgres:
            assert await reader.readexactly(8) == machines.SSL_REQUEST
            writer.write(b"S")
        await writer.start_tls(context)
        await reader.read()
        writer.close()

    async def look() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        its = {"databases": {"leads": f"postgresql://{address}/leads?sslmode=verify-full"}}
        where = its if postgres else {"urls": {"leads": f"https://{address}"}}
        clock = datetime.now(UTC) + timedelta(days=days_later)
        await machines.certificates(Installation(clock=lambda: clock, **where), report)
        server.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(shown.chain, shown.key)
    asyncio.run(look())
    assert report.unseen == []
    return report


@pytest.mark.parametrize("postgres", [False, True], ids=["a door", "Postgres"])
def test_a_certificate_is_named_three_weeks_before_it_ends_and_when_it_has(
    authority: Authority, postgres: bool
) -> None:
    for days, later, found in (
        (30, 0, []),
        (20, 0, [("warning", "it ends in 20 days")]),
        (20, 30, [("critical", "it has ended 10 days ago")]),
    ):
        report = looked_at(authority.sign("one", HERE, days), later, postgres)
        assert [(one.severity, one.what) for one in report.findings] == found, (days, later)
        assert [what.partition(" of ")[0] for what in report.looked_at] == ["certificate"]


def test_a_certificate_that_is_of_tomorrow_points_to_the_clocks(authority: Authority) -> None:
    [found] = looked_at(authority.sign("one", HERE, begins_in=3)).findings
    assert (found.severity, found.what) == ("critical", "it begins only in 3 days")
    assert "clocks" in found.do


def test_who_shows_none_was_not_looked_at() -> None:
    report = Report()
    asyncio.run(machines.certificates(Installation(urls={"leads": "https://127.0.0.1:1"}), report))
    assert report.findings == report.looked_at == []
    assert report.unseen[0].startswith("the certificate of https://127.0.0.1:1: ")


def test_an_authority_that_nobody_can_read_and_one_that_ends(tmp_path: Path, authority: Authority) -> None:
    none = tmp_path / "none.crt"
    for file, later, words in (
        (authority.file, 0, []),
        (authority.file, 3640, ["it ends in 10 days"]),
        (none, 0, [f"it can't be read: [Errno 2] No such file or directory: '{none}'"]),
    ):
        report, clock = Report(), datetime.now(UTC) + timedelta(days=later)
        databases = {"leads": f"postgresql://127.0.0.1/leads?sslrootcert={file}"}
        asyncio.run(machines.certificates(Installation(Bus(), databases=databases, clock=lambda c=clock: c), report))
        assert [one.what for one in report.findings] == words
