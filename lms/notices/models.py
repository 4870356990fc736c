"""Tables of notices: every message that was to go out and why, and what became of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base


class Mail(Base):
    """One message to one address. Waits while no mail server is set up. ``attachments`` are ids of stored files.

    ``message_id`` is fixed when the row is written, so a message sent twice after a crash is recognisable as one. ``bounced_at``: it was
    sent, and came back for good. ``unsubscribe`` is the secret of its link for those who want no more like it; ``events`` are due days
    for a calendar (:class:`lms.notices.calendar.Event`), ``events_until`` the last day that it puts into one. ``handing_since``: a worker
    began to hand it to the server then, and has not heard what became of it.
    """

    __tablename__ = "mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    recipient: Mapped[str]
    kind: Mapped[str]
    language: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    attachments: Mapped[list[Any]]
    created_at: Mapped[datetime] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    error: Mapped[str | None]
    bounced_at: Mapped[datetime | None]
    unsubscribe: Mapped[str | None] = mapped_column(index=True, unique=True)
    events: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    events_until: Mapped[date | None] = mapped_column(index=True)
    handing_since: Mapped[datetime | None]


class MailBounce(Base):
    """What a server reported about a message that had been sent. ``kind`` is a ``bounces.Kind``; ``ident`` tells a report from others, so
    that none counts twice; ``status`` is a code of RFC 3463 or empty."""

    __tablename__ = "mail_bounce"

    id: Mapped[int] = mapped_column(primary_key=True)
    mail_id: Mapped[int] = mapped_column(ForeignKey("mail.id"), index=True)
    ident: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    status: Mapped[str]
    said: Mapped[str]
    taken_at: Mapped[datetime]


class FailingAddress(Base):
    """An address of somebody at which nothing arrives, in small letters, until ``cleared_at``; one they gave up says nothing."""

    __tablename__ = "failing_address"
    __table_args__ = (
        Index(
            "uq_failing_address",
            "address",
            unique=True,
            sqlite_where=text("cleared_at is null"),
            postgresql_where=text("cleared_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    mail_id: Mapped[int] = mapped_column(ForeignKey("mail.id"))
    since: Mapped[datetime]
    status: Mapped[str]
    said: Mapped[str]
    cleared_at: Mapped[datetime | None]
    cleared_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class NoticePlanRow(Base):
    """The single row (id is always 1) behind :class:`lms.notices.plan.NoticePlan`. No row: the defaults, off."""

    __tablename__ = "notice_plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]


class NoticeRun(Base):
    """One night's run for a local day; ``since`` is the day of the run before it.

    ``phase`` is ``lines``, ``lists``, ``calendars``, ``mails``, then ``done``. ``requirement`` and ``person`` say how far the
    phase has come.
    """

    __tablename__ = "notice_run"

    day: Mapped[date] = mapped_column(primary_key=True)
    since: Mapped[date]
    phase: Mapped[str] = mapped_column(default="lines")
    requirement: Mapped[int] = mapped_column(default=0)
    person: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class NoticeLine(Base):
    """What somebody was to be told on a day, and why. Never told twice: one line for a person, duty and day.

    ``reason`` is a ``plan.Reason``; ``amount`` counts the days before (negative: after) the due day, and the people in
    weekly lists (``requirement_id`` 0), courses in a follow-up (-1), outside
    trainings (-2) or requests for more time (-3) to decide, due days in a calendar (-4) to put right. ``cycle`` is that of the duty.
    ``withheld`` says why it stands in no mail: ``on_leave``, ``no_address``, ``address_fails``, ``declined``, ``settled``.
    ``asked_by`` is who asked for it (:mod:`lms.notices.asking`).
    """

    __tablename__ = "notice_line"
    __table_args__ = (
        UniqueConstraint("person_id", "requirement_id", "day"),
        Index("ix_notice_line_day", "day", "person_id"),
        Index(
            "ix_notice_line_mail_id",
            "mail_id",
            sqlite_where=text("mail_id is not null"),
            postgresql_where=text("mail_id is not null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    requirement_id: Mapped[int]
    reason: Mapped[str]
    amount: Mapped[int]
    due: Mapped[date | None]
    cycle: Mapped[int | None]
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("mail.id"))
    withheld: Mapped[str | None]
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class NoticeChoice(Base):
    """Somebody who does not want to be reminded before a due day. Being late is told nevertheless."""

    __tablename__ = "notice_choice"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    declined_at: Mapped[datetime]
