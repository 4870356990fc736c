"""Tables of saved views, the days on which they are mailed, and what was sent."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base


class SavedView(Base):
    """A page (``page`` is a word of ``lms.web.reports.view_pages``) with what it was asked (``args``, as in its address), under a name.

    Without ``as_of`` in ``args`` it shows the day on which it is opened. ``shared_role``: everybody with this role may open it, each
    within their own departments. A view that was taken away has ``removed_at``; what was sent of it still names it.
    """

    __tablename__ = "saved_view"
    __table_args__ = (
        Index(
            "uq_saved_view_name",
            "owner_id",
            "name",
            unique=True,
            sqlite_where=text("removed_at is null"),
            postgresql_where=text("removed_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str]
    page: Mapped[str]
    args: Mapped[dict[str, Any]]
    shared_role: Mapped[str | None]
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class ExportSchedule(Base):
    """A view is mailed to its owner as a file (``kind``: xlsx or csv), ``every`` day, week or month from ``first_on`` on.

    ``next_on`` is the next day. ``stopped_why`` is ``owner``, or why the program stopped: ``access`` (the page is no longer allowed),
    ``view`` (the view was taken away).
    """

    __tablename__ = "export_schedule"
    __table_args__ = (
        Index(
            "uq_export_schedule_view",
            "view_id",
            unique=True,
            sqlite_where=text("stopped_at is null"),
            postgresql_where=text("stopped_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    view_id: Mapped[int] = mapped_column(ForeignKey("saved_view.id"), index=True)
    every: Mapped[str]
    kind: Mapped[str]
    first_on: Mapped[date]
    next_on: Mapped[date]
    created_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    stopped_why: Mapped[str | None]


class ExportSending(Base):
    """What became of one day of a schedule: never twice for a day.

    ``outcome``: ``attached``, ``linked`` (the file was too large for a mail), ``refused`` (the owner may not see it any more) or
    ``no_address``. ``sha256`` and ``size`` (bytes) are of the file; ``file_id`` is None once it was thrown away.
    """

    __tablename__ = "export_sending"
    __table_args__ = (UniqueConstraint("schedule_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("export_schedule.id"))
    day: Mapped[date] = mapped_column(index=True)
    outcome: Mapped[str]
    size: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str | None]
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("mail.id"))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    made_at: Mapped[datetime]
