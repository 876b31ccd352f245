"""Every setting of the program: from the environment (`PRACTICESTUDIO_…`), else from one file, else the default. Nothing else reads the environment.

The file is `practicestudio.toml` in the working folder, or the one that `PRACTICESTUDIO_CONFIG` names. What belongs to one practice
(credentials, schedules, rules) is not here but in the database, with its history.
"""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from practicestudio.errors import Misconfigured

CONFIG_VARIABLE = "PRACTICESTUDIO_CONFIG"


def _default_home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "practicestudio"


class Settings(BaseSettings):
    """What the whole installation shares."""

    model_config = SettingsConfigDict(env_prefix="PRACTICESTUDIO_", extra="forbid", frozen=True)

    home: Path = Field(default_factory=_default_home, description="Folder of the embedded database and the key file; nobody else can look into it.")
    database_url: SecretStr | None = Field(
        None,
        description="URL of a PostgreSQL instead of the embedded one, for a role that may create roles. TLS with verify-full unless on loopback.",
    )
    postgres_bin: Path | None = Field(None, description="Folder of PostgreSQL's programs, where the embedded ones do not fit this machine.")
    keys: SecretStr | None = Field(
        None, description="The key document (JSON) that wraps every practice's data key; without it a file `keys.json` in `home` is made and used."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged at least.")
    workers: int = Field(1, ge=1, le=64, description="Worker processes that `serve` and `demo` start.")
    worker_batch: int = Field(200, ge=1, le=2000, description="Lanes that a worker claims at a time.")
    worker_calls: int = Field(8, ge=1, le=100, description="Outbound messages that a worker has under way at a time.")
    lease_seconds: int = Field(60, ge=5, le=3600, description="How long a claimed lane stays with a worker that is not heard of.")
    retention_days: int = Field(
        90, ge=1, le=36500, description="Days that finished messages are kept; what is not finished is kept whatever its age."
    )
    web_host: str = Field(
        "127.0.0.1", description="Address at which the pages and the API listen; another than this machine's own needs a certificate."
    )
    web_port: int = Field(8765, ge=1, le=65535, description="Port at which the pages and the API listen.")
    web_processes: int = Field(1, ge=1, le=16, description="Processes that answer pages and the API, on one port.")
    web_certificate: Path | None = Field(None, description="Certificate chain (PEM) for https; without it a proxy on this machine brings TLS.")
    web_key: Path | None = Field(None, description="Private key (PEM) of the certificate.")
    public_url: str = Field(
        "http://localhost:8765", pattern=r"^https?://[^/?#\s]+$", description="Where people reach the pages: scheme, name and port, without a path."
    )
    metrics_token: SecretStr | None = Field(
        None, min_length=16, description="Token that whoever asks for `/metrics` presents; without it only this machine may ask."
    )
    session_idle_minutes: int = Field(30, ge=1, le=1440, description="Minutes without a sign of life after which a person is signed out.")
    session_hours: int = Field(12, ge=1, le=72, description="Hours after which a person signs in again in any case.")
    second_factor: Literal["optional", "required"] = Field("optional", description="Whether everybody must have a second factor to sign in.")
    emergency_minutes: int = Field(60, ge=5, le=480, description="Minutes that emergency access lasts.")
    api_calls_per_minute: int = Field(
        600, ge=1, le=60_000, description="Calls that each API key may make within any minute; they may all come at once."
    )
    ca_file: Path | None = Field(None, description="Certificates (PEM) to trust besides the machine's own, for a proxy that inspects TLS.")
    connect_timeout: float = Field(10, gt=0, le=300, description="Seconds to wait for a connection to athenahealth.")
    read_timeout: float = Field(60, gt=0, le=600, description="Seconds to wait for athenahealth's answer.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the file."""
        path = Path(os.environ.get(CONFIG_VARIABLE, "practicestudio.toml"))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=path)


def load(**given: Any) -> Settings:
    """The settings in force. Raises Misconfigured, naming the setting and never its value."""
    named = os.environ.get(CONFIG_VARIABLE)
    if named and not Path(named).is_file():
        raise Misconfigured(f"{CONFIG_VARIABLE} names {named}, which is not a file.", advice="Name an existing file or unset it.")
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise Misconfigured(f"The setting {name} is not right: {first['msg']}.", advice="docs/settings.md lists every setting.") from None
