"""What the servers stand on: certificates that end, and file systems that fill."""

import asyncio
import ssl
import struct
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from shutil import disk_usage
from urllib.parse import parse_qs, urlsplit

from cryptography import x509

from tributary.doctor.finding import Installation, Report, span

SSL_REQUEST = struct.pack("!ii", 8, 80877103)  # how one asks a Postgres for TLS
RENEW = "have its authority make it anew and start again what shows it; clients refuse it from that moment on"
Door = tuple[str, str, int, bool]  # what it is, host, port, whether it is a Postgres


async def certificates(installation: Installation, report: Report) -> None:
    """Looks at the certificate of every door that speaks TLS, and at the authorities that are told to clients."""
    await asyncio.gather(*(_door(*door, installation, report) for door in sorted(set(_doors(installation)))))
    for name in {installation.bus.authority, *(_query(d, "sslrootcert") for d in installation.databases.values())}:
        if name:
            _authority(Path(name), installation, report)


def _doors(installation: Installation) -> Iterator[Door]:
    if installation.bus.encrypted:
        for address in installation.bus.address.split(","):
            host, _, port = address.rpartition(":")
            yield f"Kafka at {address}", host, int(port), False
    for url in (*installation.urls.values(), installation.issuer):
        parts = urlsplit(url)
        if parts.scheme == "https":
            yield url, parts.hostname or "", parts.port or 443, False
    for database in installation.databases.values():
        parts = urlsplit(database)
        if _query(database, "sslmode") in ("require", "verify-ca", "verify-full"):
            yield f"Postgres at {parts.hostname}", parts.hostname or "", parts.port or 5432, True


def _query(url: str, name: str) -> str:
    return parse_qs(urlsplit(url).query).get(name, [""])[0]


async def _door(where: str, host: str, port: int, postgres: bool, installation: Installation, report: Report) -> None:
    try:
        async with asyncio.timeout(10):
            shown = await _shown(host, port, postgres)
    except (OSError, TimeoutError, ValueError) as failure:
        report.unseen.append(f"the certificate of {where}: {str(failure) or type(failure).__name__}")
        return
    _judge(f"certificate of {where}", shown.not_valid_before_utc, shown.not_valid_after_utc, installation, report)
    report.looked_at.append(f"certificate of {where}")


async def _shown(host: str, port: int, postgres: bool) -> x509.Certificate:
    """Whatever certificate is shown there, trusted or not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(host, port)
    try:
        if postgres:
            writer.write(SSL_REQUEST)
            if await reader.readexactly(1) != b"S":
                raise ValueError("it speaks no TLS")
        await writer.start_tls(context, server_hostname=host)
        der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.close()
    return x509.load_der_x509_certificate(der)


def _authority(file: Path, installation: Installation, report: Report) -> None:
    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as failure:
        report.critical(
            "certificate",
            f"authority {file}",
            f"it can't be read: {failure}",
            "put the authority's certificate there: without it nobody is believed, and no service starts",
            "certificates",
        )
        return
    for one in found:
        _judge(f"authority {file}", one.not_valid_before_utc, one.not_valid_after_utc, installation, report)


def _judge(where: str, begins: datetime, ends: datetime, installation: Installation, report: Report) -> None:
    left = (ends - installation.clock()).total_seconds()
    early = (begins - installation.clock()).total_seconds()
    if left <= 0:
        report.critical("certificate", where, f"it has ended {span(-left)} ago", RENEW, "certificates")
    elif early > 0:
        what = f"it begins only in {span(early)}"
        report.critical("certificate", where, what, "look at the clocks first, then make it anew", "certificates")
    elif left < installation.limits.certificate_days * 86_400:
        report.warning("certificate", where, f"it ends in {span(left)}", RENEW, "certificates")


def disks(installation: Installation, report: Report) -> None:
    """Looks at the file systems of these folders."""
    for folder in installation.folders:
        try:
            usage = disk_usage(folder)
        except OSError as failure:
            report.unseen.append(f"the file system of {folder}: {failure}")
            continue
        if usage.free < installation.limits.free * usage.total:
            report.critical(
                "disk",
                f"file system of {folder}",
                f"{usage.free / 2**30:.1f} GiB of {usage.total / 2**30:.1f} are free",
                "make room now: a broker or a database that can't write takes nothing more",
                "disk",
            )
        report.looked_at.append(f"file system of {folder}")
