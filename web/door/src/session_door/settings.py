"""What the door is told from outside, as environment variables with the prefix TRIBUTARY_DOOR_."""

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """``origin`` is the address that browsers see, without a path. The ``key`` wraps tokens that are kept: 32 bytes in URL-safe
    base64, from outside the database; the first of several writes, and all of them read."""

    model_config = SettingsConfigDict(env_prefix="TRIBUTARY_DOOR_", extra="ignore")

    database_url: SecretStr
    origin: str
    issuer: str
    client_id: str = "tributary-web"
    client_secret: SecretStr = SecretStr("")
    scope: str = "openid"
    key: SecretStr
    algorithms: list[str] = Field(default=["ES256", "RS256", "PS256"], description="of the issuer's signatures")
    host: str = "127.0.0.1"
    port: int = 8106
    stack: str = Field(default="", description="said at /livez, so that a launcher knows its own door")
    idle_s: int = Field(default=12 * 3600, ge=60, description="a session that nobody uses for so long is over")
    longest_s: int = Field(default=7 * 86400, ge=60, description="no session lasts longer")
    login_s: int = Field(default=600, ge=30, description="how long signing in may take")
    renew_before_s: int = Field(default=60, ge=5, description="a token that is nearer to its end is renewed")
    answers_kept_s: float = Field(default=5, ge=0, description="how long an answer about a session is good")

    @field_validator("origin")
    @classmethod
    def _no_path(cls, origin: str) -> str:
        return origin.rstrip("/")

    @property
    def secure(self) -> bool:
        """Whether browsers come by TLS. Else only this machine may use the door."""
        return self.origin.startswith("https://")

    @property
    def cookie(self) -> str:
        """The name of the session's cookie."""
        return "__Host-tributary" if self.secure else "tributary-session"

    @property
    def login_cookie(self) -> str:
        """The name of the cookie of somebody who is signing in."""
        return "__Host-login" if self.secure else "tributary-login"
