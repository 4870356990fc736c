"""What the organisation decided about itself: one row, read as a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.db import Base


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes out. ``security`` is ``none``, ``starttls`` or ``tls``."""

    host: str
    port: int = 25
    username: str = ""
    password: str = ""
    security: str = "none"
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Organisation:
    """The organisation. ``zone`` is an IANA name; ``languages`` are BCP 47 tags, the first is the default; ``base_url`` is the
    address used in links; ``due_soon_days`` and ``import_fuse`` (share of staff, 0 to 1) are policy. ``building`` is what a demo that
    was interrupted while it was made has still to do (None: it is whole, or no demo)."""

    name: str
    zone: str = "UTC"
    languages: tuple[str, ...] = ("en", "es")
    base_url: str = "http://127.0.0.1:8000"
    contact: str = ""
    mail: MailServer | None = None
    due_soon_days: int = 30
    import_fuse: float = 0.1
    demo: bool = False
    building: Mapping[str, Any] | None = None


class OrganisationRow(Base):
    """The single row behind :class:`Organisation` (id is always 1)."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    settings: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]


def load(session: Session) -> Organisation | None:
    """The organisation, or None before ``lms setup``."""
    settings = session.info.get(NOTED)
    if settings is None:
        row = session.get(OrganisationRow, 1)
        if row is None:
            return None
        session.info[ROW] = row  # the session itself holds rows weakly, and would read it anew each time
        settings = row.settings
    data = dict(settings)
    mail = data.pop("mail", None)
    data["languages"] = tuple(data.get("languages", ("en", "es")))
    return Organisation(**data, mail=MailServer(**mail) if mail else None)


ROW = "organisation row"
NOTED = "organisation"
"""In a session's info: the settings that came with another statement."""


def note(session: Session, settings: Mapping[str, Any]) -> None:
    """Hold settings that came with another statement as long as the session lives, so that :func:`load` need not ask again."""
    session.info[NOTED] = settings


def save(session: Session, organisation: Organisation, now: datetime) -> None:
    """Write the organisation's row."""
    mail = organisation.mail
    settings: dict[str, Any] = {
        name: getattr(organisation, name)
        for name in ("name", "zone", "base_url", "contact", "due_soon_days", "import_fuse", "demo", "building")
    }
    settings["languages"] = list(organisation.languages)
    settings["mail"] = {name: getattr(mail, name) for name in MailServer.__dataclass_fields__} if mail else None
    session.info.pop(NOTED, None)
    row = session.get(OrganisationRow, 1)
    if row is None:
        session.add(OrganisationRow(id=1, settings=settings, changed_at=now))
    else:
        row.settings, row.changed_at = settings, now
