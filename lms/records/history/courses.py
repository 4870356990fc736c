"""Which course of ours a completion of another system means, and what each line would therefore do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import Row, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from lms.audit import Actor
from lms.catalogue.models import Course, CourseVersion
from lms.errors import N_, Conflict, Invalid
from lms.people import sources
from lms.people.mapping import Reading
from lms.people.sources import COMPLETIONS
from lms.records.history.models import HistoryRow, HistoryRun, Phase, State
from lms.records.models import RecordRevocation, TrainingRecord

OUTSIDE = "-"
"""What a name means that HR says is no course of ours."""


class Meant(NamedTuple):
    """A course of ours, or why it is none."""

    id: int | None
    state: State


@dataclass(frozen=True, slots=True)
class Courses:
    """Names in small letters, each with the course it means: what HR has said goes before our own slugs, codes and titles."""

    said: Mapping[str, str]
    slugs: Mapping[str, int]
    named: Mapping[str, int]

    @staticmethod
    def known(session: Session, reading: Reading) -> Courses:
        """Every course and version there is. One statement."""
        rows = session.execute(
            select(Course.slug, Course.id, CourseVersion.code, CourseVersion.title)
            .join(CourseVersion, CourseVersion.course_id == Course.id)
            .order_by(CourseVersion.id)
        ).all()
        named: dict[str, int] = {}
        for _, ident, _, title in rows:
            named[title.casefold()] = ident
        for _, ident, code, _ in rows:
            named[code.casefold()] = ident
        return Courses(reading.values.get("course", {}), {slug: ident for slug, ident, *_ in rows}, named)

    def of(self, name: str) -> Meant:
        """What a name means."""
        key = name.casefold()
        said = self.said.get(key)
        if said == OUTSIDE:
            return Meant(None, State.OUTSIDE)
        found = self.slugs.get(said) if said is not None else None
        if found is None:
            found = self.slugs.get(key, self.named.get(key))
        return Meant(found, State.UNMAPPED if found is None else State.NEW)


def settle(session: Session, run: HistoryRun, said: Mapping[str, str], by: Actor) -> None:
    """HR says what names mean: the slug of a course, or :data:`OUTSIDE`. It is kept for the next file of this source.

    Raises:
        Conflict: the file was taken in or thrown away already.
        Invalid: there is no such course.
    """
    session.refresh(run, with_for_update=True)
    if run.phase != Phase.READY:
        raise Conflict(N_("This file was taken in or thrown away already."))
    slugs = set(session.scalars(select(Course.slug)))
    for name, slug in said.items():
        if slug != OUTSIDE and slug not in slugs:
            raise Invalid(N_("There is no course “%(slug)s” for “%(name)s”."), slug=slug, name=name)
    before = sources.reading(session, run.source, COMPLETIONS)
    kept = {**before.values.get("course", {}), **{name.casefold(): slug for name, slug in said.items()}}
    reading = replace(before, values={**before.values, "course": kept})
    sources.settle(session, run.source, COMPLETIONS, reading, by)
    courses = Courses.known(session, reading)
    row = HistoryRow
    for name in said:
        meant = courses.of(name)
        session.execute(
            update(row)
            .where(
                row.run_id == run.id, row.course_key == name.casefold(), row.state.not_in((State.FAULT, State.UNKNOWN))
            )
            .values(course_id=meant.id, state=meant.state),
            execution_options={"synchronize_session": False},
        )
    judge(session, run)


def judge(session: Session, run: HistoryRun) -> None:
    """What each line would do, as things are now: new, recorded already, or said twice. Three statements, whatever the size."""
    row, other, record = HistoryRow, aliased(HistoryRow), TrainingRecord
    mine = (row.run_id == run.id) & row.course_id.is_not(None)
    quiet = {"synchronize_session": False}
    session.execute(
        update(row).where(mine, row.state.in_((State.THERE, State.TWICE))).values(state=State.NEW),
        execution_options=quiet,
    )
    revoked = exists().where(RecordRevocation.record_id == record.id)
    there = exists().where(
        record.person_id == row.person_id, record.course_id == row.course_id, record.completed_on == row.day, ~revoked
    )
    session.execute(
        update(row).where(mine, row.state == State.NEW, there).values(state=State.THERE), execution_options=quiet
    )
    first = (
        select(func.min(other.line))
        .where(other.run_id == run.id, other.state == State.NEW)
        .group_by(other.person_id, other.course_id, other.day)
    )
    session.execute(
        update(row).where(mine, row.state == State.NEW, row.line.not_in(first)).values(state=State.TWICE),
        execution_options=quiet,
    )


def names(session: Session, run: HistoryRun) -> Sequence[Row[str, str, int | None, str, int]]:
    """(key, name, course id, state, lines) of every name that is none of our own, the most frequent first: those to be said first."""
    row = HistoryRow
    state = func.min(row.state)
    own = Courses.known(session, Reading())
    rows = session.execute(
        select(row.course_key, func.min(row.course_name), func.max(row.course_id), state, func.count())
        .where(row.run_id == run.id, row.state.not_in((State.FAULT, State.UNKNOWN)))
        .group_by(row.course_key)
        .order_by(func.count().desc(), row.course_key)
        .limit(NAMES_SHOWN)
    ).all()
    return [each for each in rows if own.of(each[0]).id is None or own.of(each[0]).id != each[2]]


NAMES_SHOWN = 500
"""So many names stand on one page; when they are said, the next ones come."""
