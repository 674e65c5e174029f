"""How a program of this machine comes to a Kafka: where it is, and as whom one comes."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.principals import WATCH, principal_of
from tributary.state import secret

ADMIN = "admin"  # the broker's own principal: makes topics, users and rights, and may do everything
FEED = principal_of("card feeds")  # an outsider, who reports what was spent
SECURITY = "TRIBUTARY_KAFKA_SECURITY"

__all__ = ["ADMIN", "FEED", "WATCH", "Bus"]


@dataclass(frozen=True)
class Bus:
    """A Kafka at ``address``. Where it asks who comes, ``keys`` is the folder with the passwords of all its principals.

    One without that folder is somebody else's: if it asks, the environment says as whom everything here comes to it, by the
    same variables as for a service.
    """

    address: str = ""
    keys: Path | None = None
    ca: Path | None = None

    def password(self, principal: str) -> str:
        """A principal's password, made once and readable by this user only."""
        assert self.keys is not None
        return secret(self.keys / f"kafka.{principal}")

    @property
    def encrypted(self) -> bool:
        """Whether one comes to it by TLS."""
        return self._asked(ADMIN).get(SECURITY) == "sasl_ssl"

    @property
    def authority(self) -> str:
        """The file of the authority that has signed its brokers; nothing where the system's are trusted, or it is not encrypted."""
        return self._asked(ADMIN).get("TRIBUTARY_KAFKA_CA", "") if self.encrypted else ""

    def environment(self, principal: str) -> dict[str, str]:
        """What a service is told beside its own environment."""
        report = {"KAFKA_BOOTSTRAP_SERVERS": self.address} if self.address else {}
        if self.keys is not None:
            report |= {
                SECURITY: "sasl_ssl" if self.ca else "sasl_plaintext",
                "TRIBUTARY_KAFKA_MECHANISM": "PLAIN" if principal == ADMIN else "SCRAM-SHA-512",
                "TRIBUTARY_KAFKA_USER": principal,
                "TRIBUTARY_KAFKA_PASSWORD": self.password(principal),
            }
            if self.ca:
                report["TRIBUTARY_KAFKA_CA"] = str(self.ca)
        return report

    def librdkafka(self, principal: str, **more: Any) -> dict[str, Any]:
        """The settings of one of librdkafka's clients; an underscore in a name of ``more`` is a dot."""
        report: dict[str, Any] = {"bootstrap.servers": self.address, "log_level": 0}
        if asked := self._asked(principal):
            report |= {
                "security.protocol": asked[SECURITY],
                "sasl.mechanisms": asked.get("TRIBUTARY_KAFKA_MECHANISM", "SCRAM-SHA-512"),
                "sasl.username": asked["TRIBUTARY_KAFKA_USER"],
                "sasl.password": asked["TRIBUTARY_KAFKA_PASSWORD"],
            }
            if ca := asked.get("TRIBUTARY_KAFKA_CA"):
                report["ssl.ca.location"] = ca
        return {**report, **{name.replace("_", "."): value for name, value in more.items()}}

    def aiokafka(self, principal: str) -> dict[str, Any]:
        """The arguments of one of aiokafka's clients."""
        report: dict[str, Any] = {"bootstrap_servers": self.address}
        if asked := self._asked(principal):
            from aiokafka.helpers import create_ssl_context

            encrypted = asked[SECURITY] == "sasl_ssl"
            report |= {
                "security_protocol": asked[SECURITY].upper(),
                "sasl_mechanism": asked.get("TRIBUTARY_KAFKA_MECHANISM", "SCRAM-SHA-512"),
                "sasl_plain_username": asked["TRIBUTARY_KAFKA_USER"],
                "sasl_plain_password": asked["TRIBUTARY_KAFKA_PASSWORD"],
                "ssl_context": create_ssl_context(cafile=asked.get("TRIBUTARY_KAFKA_CA") or None)
                if encrypted
                else None,
            }
        return report

    def _asked(self, principal: str) -> dict[str, str]:
        """The variables that say who comes; none where Kafka asks nobody."""
        asked = self.environment(principal) if self.keys is not None else dict(os.environ)
        return asked if asked.get(SECURITY, "plaintext") != "plaintext" else {}
