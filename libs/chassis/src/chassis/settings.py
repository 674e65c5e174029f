"""What a service is told from outside: environment variables, typed, with secrets masked when printed."""

import base64
import socket
from typing import Annotated

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """Settings that every service has. A service adds its own by a subclass.

    ``instance`` names this replica and must be stable over restarts and unique per service: it is the static member id in
    the consumer group. ``master_key`` is 32 bytes in base64, from outside the database; it wraps every other key.
    """

    model_config = SettingsConfigDict(env_prefix="TRIBUTARY_", populate_by_name=True, extra="ignore")

    database_url: SecretStr = Field(validation_alias=AliasChoices("DATABASE_URL", "database_url"))
    kafka_bootstrap_servers: Annotated[list[str], NoDecode] = Field(
        default=["127.0.0.1:9092"],
        validation_alias=AliasChoices("KAFKA_BOOTSTRAP_SERVERS", "kafka_bootstrap_servers"),
    )
    host: str = "127.0.0.1"
    port: int = 8000
    instance: str = Field(default_factory=socket.gethostname)
    operator_token: SecretStr = SecretStr("")
    master_key: SecretStr = SecretStr("")
    trace_ratio: float = Field(default=0.01, ge=0, le=1)
    otlp_endpoint: str = Field(
        default="", validation_alias=AliasChoices("OTEL_EXPORTER_OTLP_ENDPOINT", "otlp_endpoint")
    )
    log_level: str = "INFO"
    database_pool: int = 5
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
    stop_grace_s: float = 1.5
    fail_points: bool = Field(default=False, description="crash points of the fault tests; never in production")
    parked_kept_days: int = Field(
        default=35,
        ge=1,
        description="how long a parked event stays on record after it was replayed or discarded: longer than any topic keeps"
        " it, so that a topic read again does not park it again; what was neither stays",
    )

    @field_validator("kafka_bootstrap_servers", mode="before")
    @classmethod
    def _servers(cls, value: object) -> object:
        """A list: FastStream takes one string of three servers for one host."""
        return [s.strip() for s in value.split(",") if s.strip()] if isinstance(value, str) else value

    def master_key_bytes(self) -> bytes:
        """The master key, or a ValueError that says what is wrong with it."""
        try:
            key = base64.b64decode(self.master_key.get_secret_value(), validate=True)
        except ValueError:
            key = b""
        if len(key) != 32:
            raise ValueError("TRIBUTARY_MASTER_KEY must be 32 bytes in base64")
        return key
