"""Tables of accounts: passwords, roles, sessions, one-time links and the counters that slow down guessing."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base


class TokenPurpose(StrEnum):
    """What a one-time link or code is good for."""

    INVITE = "invite"
    RESET = "reset"
    SETUP = "setup"


class Account(Base):
    """A person's way in. Sign-in names are the person's number or e-mail address, so they are not stored again here.

    ``password_hash`` is Argon2id, None until an invitation is accepted. ``closed_at`` is set the day employment ends.
    """

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    demo: Mapped[bool] = mapped_column(default=False)


class RoleGrant(Base):
    """A role given to an account, for one department subtree or (department_id None) everywhere."""

    __tablename__ = "role_grant"
    __table_args__ = (
        Index(
            "uq_role_grant_live",
            "account_id",
            "role",
            "department_id",
            unique=True,
            sqlite_where=text("revoked_at is null and department_id is not null"),
            postgresql_where=text("revoked_at is null and department_id is not null"),
        ),
        Index(
            "uq_role_grant_everywhere",
            "account_id",
            "role",
            unique=True,
            sqlite_where=text("revoked_at is null and department_id is null"),
            postgresql_where=text("revoked_at is null and department_id is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[str]
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    granted_at: Mapped[datetime]
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class SignInSession(Base):
    """One signed-in browser. The cookie holds a random token; only its SHA-256 is stored."""

    __tablename__ = "sign_in_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str | None]
    agent: Mapped[str | None]


class OneTimeToken(Base):
    """A link or printed code that works once. Only its SHA-256 is stored."""

    __tablename__ = "one_time_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    purpose: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Throttle(Base):
    """How often something happened in a window of time, for each key (an address, a sign-in name): shared by all processes."""

    __tablename__ = "throttle"

    key: Mapped[str] = mapped_column(primary_key=True)
    window_start: Mapped[datetime]
    count: Mapped[int]


class KeptPost(Base):
    """A form that arrived after its session had ended: kept until the same person signs in again, then applied once."""

    __tablename__ = "kept_post"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    path: Mapped[str]
    form: Mapped[dict[str, Any]]
    kept_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
