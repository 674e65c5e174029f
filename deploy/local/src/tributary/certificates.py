"""An authority and the certificates it signs, for an installation that has no other: the broker's and Postgres'."""

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tributary.state import private

AUTHORITY_DAYS, SERVER_DAYS = 3650, 397
CLOCKS_DIFFER = timedelta(minutes=5)
NAMES = {"kafka": ("kafka", "localhost", "127.0.0.1"), "postgres": ("postgres", "localhost", "127.0.0.1")}


@dataclass(frozen=True)
class Certificate:
    """Where a server's certificate lies: its chain, its key, both in one file, and the authority that signed it."""

    chain: Path
    key: Path
    whole: Path
    authority: Path


class Authority:
    """Signs servers' certificates. ``folder`` holds its own (``ca.crt``) and its key, made at the first use."""

    def __init__(self, folder: Path, name: str = "Tributary") -> None:
        self.folder, self.file = folder, folder / "ca.crt"
        key = folder / "ca.key"
        if not key.exists():
            made = ec.generate_private_key(ec.SECP256R1())
            private(key, _key_text(made))
            self.file.write_bytes(_self_signed(made, name).public_bytes(serialization.Encoding.PEM))
        loaded = serialization.load_pem_private_key(key.read_bytes(), None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        self._key = loaded
        self._own = x509.load_pem_x509_certificate(self.file.read_bytes())

    def sign(self, server: str, names: Sequence[str], days: float = SERVER_DAYS, begins_in: float = 0) -> Certificate:
        """A new certificate under these names and addresses; ``begins_in`` is days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        begins = datetime.now(UTC) - CLOCKS_DIFFER + timedelta(days=begins_in)
        made = (
            _begun(_name(server), self._own.subject, key, begins, begins + timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        chain = made.public_bytes(serialization.Encoding.PEM).decode() + self.file.read_text()
        text, place = _key_text(key), self.folder
        files = {f"{server}.crt": chain, f"{server}.key": text, f"{server}.pem": text + chain}
        chain_file, key_file, whole = (private(place / name, content) for name, content in files.items())
        return Certificate(chain_file, key_file, whole, self.file)


def certificates(
    folder: Annotated[Path, typer.Argument(help="Where they are put; deploy/certificates for compose.")],
    owner: Annotated[str, typer.Option(help="Whose the files of a server are, such as kafka=1000,postgres=999.")] = "",
) -> None:
    """Makes an authority, or takes the one in the folder, and has it sign the broker's and Postgres' certificates anew."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority(folder)
    owners = dict(one.split("=") for one in owner.split(",") if one)
    for server, names in NAMES.items():
        made = authority.sign(server, names)
        for file in (made.chain, made.key, made.whole):
            if uid := owners.get(server):
                os.chown(file, int(uid), int(uid))
    typer.echo(f"{', '.join(NAMES)}: good for {SERVER_DAYS} days; {authority.file} is for those who come to them.")


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def _self_signed(key: ec.EllipticCurvePrivateKey, name: str) -> x509.Certificate:
    begins, its = datetime.now(UTC) - CLOCKS_DIFFER, _name(f"{name} authority")
    usage = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return (
        _begun(its, its, key, begins, begins + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_text(key: ec.EllipticCurvePrivateKey) -> str:
    """As Kafka's PEM store wants it, too."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
