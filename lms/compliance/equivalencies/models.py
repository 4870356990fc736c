"""The table of equivalencies."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Dated

FOR_EVERYBODY = text("superseded_at is null and person_id is null")
STANDS = text("superseded_at is null")


class Equivalency(Dated, Base):
    """What was completed on the days [from_day, to_day) as ``source`` counts as the course ``target_id``, and not the other way round.

    ``source`` is the slug of the course ``course_id``, or the name of an outside training (``outside_name`` of ``provider`` and
    ``title``). It holds for everybody, or (``person_id``) for one person. ``paper_sha256`` is the hash of the document it rests
    on and outlives the file; ``rests_on`` says in words what it rests on.
    """

    __tablename__ = "equivalency"
    __table_args__ = (
        CheckConstraint("from_day < to_day", "days"),
        CheckConstraint("course_id is null or course_id <> target_id", "two_courses"),
        Index(
            "uq_equivalency_everybody",
            "source",
            "target_id",
            "from_day",
            unique=True,
            sqlite_where=FOR_EVERYBODY,
            postgresql_where=FOR_EVERYBODY,
        ),
        Index(
            "uq_equivalency_person",
            "source",
            "target_id",
            "person_id",
            "from_day",
            unique=True,
            sqlite_where=STANDS,
            postgresql_where=STANDS,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    course_id: Mapped[int | None] = mapped_column(ForeignKey("course.id"))
    provider: Mapped[str]
    title: Mapped[str]
    target_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    reason: Mapped[str]
    rests_on: Mapped[str]
    paper_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    paper_sha256: Mapped[str | None]
