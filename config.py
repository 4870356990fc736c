"""Configuration: read from the environment once, frozen afterwards. Nothing else in Attune reads the environment.

What an organisation decides (its name, time zone, languages, mail server) lives in the database
(:mod:`lms.organisation`); here is only what the program needs before it can open that database.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent


class ConfigError(Exception):
    """A setting that cannot be used; the message names the variable and the remedy."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the program is told from outside.

    ``database_url`` is a SQLAlchemy address; ``data_dir`` is the one folder for files (content-addressed), the embedded
    database and the secret key; ``port`` is TCP; minutes are whole minutes; ``upload_limit`` is bytes;
    ``bounces`` is the mailbox into which mail comes back (:mod:`lms.notices.mailbox`), empty: none.
    """

    database_url: str
    data_dir: Path
    secret_key: str
    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str | None = None
    secure_cookies: bool = False
    idle_minutes: int = 30
    session_hours: int = 12
    upload_limit: int = 64 * 1024 * 1024
    bounces: str = ""
    courses_dir: Path = ROOT / "courses"
    demo: bool = False
    testing: bool = False

    @staticmethod
    def from_environ(environ: Mapping[str, str]) -> Config:
        """Read ``LMS_*`` and ``PORT``.

        Raises:
            ConfigError: a value that is not usable, naming the variable.
        """
        data_dir = Path(environ.get("LMS_DATA_DIR") or ROOT / "var").expanduser().resolve()
        url = environ.get("LMS_DATABASE_URL") or f"sqlite:///{data_dir / 'attune.sqlite'}"
        if url.startswith(("postgres://", "postgresql://")):
            url = "postgresql+psycopg://" + url.split("://", 1)[1]
        if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ConfigError(
                "LMS_DATABASE_URL must name a PostgreSQL database (postgresql://user:password@host/name) or an SQLite file "
                f"(sqlite:////folder/file), but begins with {url.split('://', 1)[0][:20]!r}."
            )
        base_url = environ.get("LMS_BASE_URL") or None
        return Config(
            database_url=url,
            data_dir=data_dir,
            secret_key=environ.get("LMS_SECRET_KEY") or _kept_secret(data_dir),
            host=environ.get("LMS_HOST") or "127.0.0.1",
            port=_whole(environ, "PORT", 8000, most=65535),
            base_url=base_url.rstrip("/") if base_url else None,
            secure_cookies=(base_url or "").startswith("https://"),
            idle_minutes=_whole(environ, "LMS_IDLE_MINUTES", 30),
            session_hours=_whole(environ, "LMS_SESSION_HOURS", 12),
            upload_limit=_whole(environ, "LMS_UPLOAD_LIMIT_MB", 64) * 1024 * 1024,
            bounces=environ.get("LMS_BOUNCES", "").strip(),
        )

    def with_(self, **changes: object) -> Config:
        """A copy with some fields replaced."""
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is used."""
        return self.database_url.startswith("sqlite")


def _whole(environ: Mapping[str, str], name: str, default: int, most: int = 10**6) -> int:
    raw = environ.get(name)
    if not raw:
        return default
    if not raw.isascii() or not raw.isdigit() or len(raw) > 9 or not 0 < int(raw) <= most:
        raise ConfigError(f"{name} must be a whole number from 1 to {most}, but is {raw!r}.")
    return int(raw)


def _kept_secret(data_dir: Path) -> str:
    """The key that signs cookies: made once, kept in the data folder, readable by its owner only."""
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(f".{secrets.token_hex(4)}")
        new.touch(mode=0o600)
        new.write_text(secrets.token_urlsafe(48))
        try:
            new.rename(path) if not path.exists() else new.unlink()
        except OSError as error:
            raise ConfigError(f"The secret key cannot be written to {path}: {error}.") from error
    return path.read_text().strip()


def environment() -> Mapping[str, str]:
    """The process's environment: asked for here so that nothing else has to."""
    return os.environ
