"""Where the local stack keeps things: data and keys in ``.local/`` of the project, downloads in the user's cache."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def token() -> str:
    """A new random word of 32 characters."""
    return secrets.token_urlsafe(24)


def project() -> Path:
    """The project's folder when the package is installed from it, else where we are."""
    for folder in Path(__file__).resolve().parents:
        if (folder / "Makefile").is_file() and (folder / "services").is_dir():
            return folder
    return Path.cwd()


def state() -> Path:
    """The folder of everything that ``make clean`` forgets; TRIBUTARY_STATE moves it."""
    given = os.environ.get("TRIBUTARY_STATE")
    return Path(given).resolve() if given else project() / ".local"


def cache() -> Path:
    """The folder of what was downloaded and may be shared; TRIBUTARY_CACHE moves it."""
    if given := os.environ.get("TRIBUTARY_CACHE"):
        return Path(given).resolve()
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tributary"
    try:
        home.mkdir(parents=True, exist_ok=True)
        if os.access(home, os.W_OK):
            return home
    except OSError:
        pass
    return state() / "cache"


def private(path: Path, text: str) -> Path:
    """Writes a file only its owner can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    os.replace(part, path)
    return path


def read_secret(home: str, name: str) -> str:
    """What is kept under this name among a stack's keys."""
    return (Path(home) / "keys" / name).read_text().strip()


def secret(path: Path, make: Callable[[], str] = token) -> str:
    """A secret made once and kept."""
    if not path.exists():
        private(path, make())
    return path.read_text().strip()
