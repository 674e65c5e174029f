"""What a service is told from outside: environment variables, typed, with secrets masked when printed."""

import base64
import ipaddress
import socket
import ssl
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Commas = Annotated[list[str], NoDecode]  # in the environment: a list with commas


class Settings(BaseSettings):
    """Settings that every service has. A service adds its own by a subclass.

    ``instance`` names this replica and must be stable over restarts and unique per service: it is the static member id in
    the consumer group. ``master_key`` is 32 bytes in base64, from outside the database; it wraps every other key.
    """

    model_config = SettingsConfigDict(env_prefix="TRIBUTARY_", populate_by_name=True, extra="ignore")

    database_url: SecretStr = Field(
        validation_alias=AliasChoices("DATABASE_URL", "database_url"),
        description="the database for the workers' role: handlers, jobs and the command line",
    )
    door_database_url: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("DOOR_DATABASE_URL", "door_database_url"),
        description="the same database for the doors' role, which owns nothing; `serve` needs it",
    )
    owner_database_url: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("OWNER_DATABASE_URL", "owner_database_url"),
        description="the same database for the role that owns it: for `migrate`, and for nothing else",
    )
    database_security: Literal["plaintext", "tls"] = Field(
        default="plaintext", description="tls: Postgres must show a certificate for the name in the address"
    )
    database_ca: str = Field(
        default="", description="file of the authority that signed Postgres; else the system's are trusted"
    )
    kafka_bootstrap_servers: Commas = Field(
        default=["127.0.0.1:9092"],
        validation_alias=AliasChoices("KAFKA_BOOTSTRAP_SERVERS", "kafka_bootstrap_servers"),
    )
    kafka_security: Literal["plaintext", "sasl_plaintext", "sasl_ssl"] = Field(
        default="plaintext",
        description="plaintext: Kafka asks nobody who he is; else kafka_user and kafka_password say it",
    )
    kafka_mechanism: Literal["SCRAM-SHA-512", "PLAIN"] = "SCRAM-SHA-512"
    kafka_user: str = Field(default="", description="this service's principal on Kafka")
    kafka_password: SecretStr = SecretStr("")
    kafka_ca: str = Field(
        default="", description="file of the authority that signed the brokers; else the system's are trusted"
    )
    host: str = "127.0.0.1"
    port: int = 8000
    instance: str = Field(default_factory=socket.gethostname)
    stack: str = Field(default="", description="said at /livez and /readyz, so that a launcher knows its own services")
    operator_token: SecretStr = SecretStr("")
    master_key: SecretStr = SecretStr("")
    issuer: str = Field(default="", description="the OIDC issuer whose tokens are taken; none: only the operator's is")
    audience: str = Field(default="tributary", min_length=1, description="for whom a token must be made out")
    token_algorithms: Commas = Field(
        default=["ES256", "RS256", "PS256"], description="algorithms of signatures that are taken, of those of the keys"
    )
    issuer_keys: str = Field(
        default="", description="a file with the issuer's keys (JWKS), where the issuer can't be asked for them"
    )
    access_stale_s: float = Field(
        default=15,
        gt=0,
        description="how long it may be unknown whether who may see what has changed, before the doors of people close",
    )
    trace_ratio: float = Field(default=0.01, ge=0, le=1)
    trust_traces: bool = Field(
        default=False, description="who calls may say that his trace is recorded; else only with a token"
    )
    otlp_endpoint: str = Field(
        default="", validation_alias=AliasChoices("OTEL_EXPORTER_OTLP_ENDPOINT", "otlp_endpoint")
    )
    log_level: str = "INFO"
    database_pool: int = Field(
        default=4, ge=1, description="connections of handlers, jobs and the command line, at most"
    )
    door_database_pool: int = Field(default=4, ge=1, description="connections of the doors, at most")
    transaction_idle_ms: int = Field(
        default=5000,
        ge=100,
        description="a transaction that asks nothing for so long is ended by the database: it is frozen",
    )
    lock_wait_ms: int = Field(
        default=10_000, ge=100, description="how long a transaction waits for another's lock before it is tried again"
    )
    max_records: int = Field(default=2000, description="records of one delivery, at most")
    session_timeout_ms: int = 10_000
    fetch_wait_ms: int = Field(
        default=15, description="how long the broker may gather a batch while records are flowing"
    )
    park_limit: int = Field(
        default=50,
        description="events of one delivery that may fail by an error that looks like a bug; more means held, not parked",
    )
    door_limit: int = Field(
        default=1000,
        description="requests that may wait at the capture door for their answer; more are refused with 503",
    )
    intake_limit: int = Field(default=10_000, description="records of these requests; more are refused with 503")
    connection_limit: int = Field(
        default=10_000, ge=1, description="open connections; above that who has said nothing for the longest is cut off"
    )
    body_room: int = Field(
        default=32 * 1024 * 1024, description="bytes of all bodies over 16 KiB at a time; more are refused with 503"
    )
    rate_per_address: float = Field(
        default=50, ge=0, description="calls a second of one address at a public door; more get 429; 0: no limit"
    )
    burst_per_address: int = Field(default=200, ge=1, description="calls of one address at once")
    rate_per_form: float = Field(
        default=500,
        ge=0,
        description="calls a second of one form (?form=...) at a public door; more get 429; 0: no limit",
    )
    burst_per_form: int = Field(default=2000, ge=1, description="calls of one form at once")
    rate_exempt: Commas = Field(default=[], description="networks whose calls are not counted, such as 10.0.0.0/8")
    trusted_proxies: Commas = Field(
        default=[], description="networks of our proxies: their X-Forwarded-For says who calls"
    )
    capture_origins: Commas = Field(
        default=["*"], description="sites whose pages may call a public door from a browser; *: any"
    )
    cors_origins: Commas = Field(
        default=[], description="sites whose pages may call the other doors, such as dashboards"
    )
    stop_grace_s: float = 1.5
    fail_points: bool = Field(default=False, description="crash points of the fault tests; never in production")
    parked_kept_days: int = Field(
        default=35,
        ge=1,
        description="how long a parked event stays on record after it was replayed or discarded: longer than any topic keeps"
        " it, so that a topic read again does not park it again; what was neither stays",
    )

    @field_validator(
        "kafka_bootstrap_servers",
        "rate_exempt",
        "trusted_proxies",
        "capture_origins",
        "cors_origins",
        "token_algorithms",
        mode="before",
    )
    @classmethod
    def _listed(cls, value: object) -> object:
        """A list: FastStream takes one string of three servers for one host."""
        return [s.strip() for s in value.split(",") if s.strip()] if isinstance(value, str) else value

    @field_validator("rate_exempt", "trusted_proxies")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for network in value:
            ipaddress.ip_network(network)
        return value

    def owners_url(self) -> str:
        """Where the migrations run; a ValueError where that was not told."""
        if not (url := self.owner_database_url.get_secret_value()):
            raise ValueError("OWNER_DATABASE_URL is needed: the database for the role that owns it")
        return url

    def database_ssl(self) -> ssl.SSLContext | None:
        """Whom to believe that he is Postgres; None where it is not asked. A ValueError where what is said contradicts itself."""
        return authority("DATABASE", self.database_ca, encrypted=self.database_security == "tls")

    def check(self) -> None:
        """A ValueError that says what is missing or wrong for serving."""
        self.master_key_bytes()
        self.check_kafka()
        self.database_ssl()
        if not self.door_database_url.get_secret_value():
            raise ValueError("DOOR_DATABASE_URL is needed: the database for the doors' role")

    def check_kafka(self) -> None:
        """A ValueError where what is said of Kafka contradicts itself: half a name would be none, and nobody would see it."""
        named = {bool(self.kafka_user), bool(self.kafka_password.get_secret_value())}
        if named != {self.kafka_security != "plaintext"}:
            raise ValueError(
                "TRIBUTARY_KAFKA_USER, TRIBUTARY_KAFKA_PASSWORD and a TRIBUTARY_KAFKA_SECURITY beside plaintext"
                " are needed all three, or none"
            )
        self.kafka_ssl()

    def kafka_ssl(self) -> ssl.SSLContext | None:
        """Whom to believe that he is a broker; None where it is not asked. A ValueError as above."""
        return authority("KAFKA", self.kafka_ca, encrypted=self.kafka_security == "sasl_ssl")

    def master_key_bytes(self) -> bytes:
        """The master key, or a ValueError that says what is wrong with it."""
        try:
            key = base64.b64decode(self.master_key.get_secret_value(), validate=True)
        except ValueError:
            key = b""
        if len(key) != 32:
            raise ValueError("TRIBUTARY_MASTER_KEY must be 32 bytes in base64")
        return key


def authority(of: str, file: str, *, encrypted: bool) -> ssl.SSLContext | None:
    """Trust in the authority in this file, or else in the system's: for the name in the address, and for nothing less."""
    if not encrypted:
        if file:
            raise ValueError(f"TRIBUTARY_{of}_CA is of no use where TRIBUTARY_{of}_SECURITY asks for no certificate")
        return None
    try:
        return ssl.create_default_context(cafile=file or None)
    except OSError as error:
        raise ValueError(
            f"TRIBUTARY_{of}_CA can't be read as certificates: {error.strerror or error.args[-1]}"
        ) from None
