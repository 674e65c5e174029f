"""Every service as its process builds it."""

import base64
import importlib
import typing
from pathlib import Path

from pydantic import SecretStr

from chassis import Service

ROOT = Path(__file__).resolve().parents[2]
SERVICES = sorted(folder.name for folder in (ROOT / "services").iterdir() if (folder / "pyproject.toml").exists())


def built(name: str) -> Service:
    """The service as its process builds it; building opens nothing."""
    build = importlib.import_module(f"{name}.app").build
    settings_type = typing.get_type_hints(build)["settings"]
    key = base64.b64encode(bytes(32)).decode()
    service = build(
        settings_type(database_url=SecretStr("postgresql://nobody@127.0.0.1/none"), master_key=SecretStr(key))
    )
    assert isinstance(service, Service)
    return service
