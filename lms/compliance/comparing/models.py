"""Tables of kept comparisons. They hold opinions worked out from two states of knowledge, both named by a moment: kept, never changed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base


class Comparison(Base):
    """Where everybody stood on ``day``: by what was known at the end of ``known_on``, and by what was known at ``asked_at``.

    ``position`` is the highest id of a person who is worked in, ``worked`` how many those are, of ``people``. ``changed_rules`` are the
    ids of the requirements that were written down or changed between the two moments.
    """

    __tablename__ = "comparison"
    __table_args__ = (Index("ix_comparison_question", "day", "known_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    known_on: Mapped[date]
    known_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    people: Mapped[int]
    worked: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=0)
    changed_rules: Mapped[list[Any]]
    finished_at: Mapped[datetime | None]


class ComparisonCell(Base):
    """So many people of a department (not of its subtree) are in a state for a requirement (0: overall), then and now."""

    __tablename__ = "comparison_cell"
    __table_args__ = {"sqlite_with_rowid": False}

    comparison_id: Mapped[int] = mapped_column(ForeignKey("comparison.id"), primary_key=True)
    requirement_id: Mapped[int] = mapped_column(primary_key=True)
    department_id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    then: Mapped[int] = mapped_column(default=0)
    now: Mapped[int] = mapped_column(default=0)


class ComparisonPerson(Base):
    """Somebody who stands elsewhere in anything: the departments then and now (None: nothing applied), and what was learnt in between.

    ``learnt`` holds the sentences of ``compliance.hindsight``, each with its values.
    """

    __tablename__ = "comparison_person"
    __table_args__ = {"sqlite_with_rowid": False}

    comparison_id: Mapped[int] = mapped_column(ForeignKey("comparison.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    then_department: Mapped[int | None]
    now_department: Mapped[int | None]
    learnt: Mapped[list[Any]]


class ComparisonLine(Base):
    """One requirement in which that person stands elsewhere. States are codes of ``compliance.spans.State``; None: it did not apply."""

    __tablename__ = "comparison_line"
    __table_args__ = {"sqlite_with_rowid": False}

    comparison_id: Mapped[int] = mapped_column(ForeignKey("comparison.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    requirement_id: Mapped[int] = mapped_column(primary_key=True)
    then_state: Mapped[int | None] = mapped_column(SmallInteger)
    then_due: Mapped[date | None]
    now_state: Mapped[int | None] = mapped_column(SmallInteger)
    now_due: Mapped[date | None]
