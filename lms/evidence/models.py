"""The packs that were asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base


class EvidencePack(Base):
    """A pack: what it is about, who asked, and the file once it is built.

    ``scope`` is a :class:`lms.evidence.scope.Scope` as JSON; ``within`` the roots of the departments to which the asker was limited
    (None: none). ``done`` of ``people`` are worked in; ``unknown`` numbers nobody has; ``problem`` is why it could not be built.
    """

    __tablename__ = "evidence_pack"

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[dict[str, Any]]
    within: Mapped[list[Any] | None]
    asked_at: Mapped[datetime]
    asked_by: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    people: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    unknown: Mapped[list[Any]]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    built_at: Mapped[datetime | None]
    problem: Mapped[str | None]
