"""A small hospital whose facts tests write straight into the database, as the actions of people and records would."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.catalogue.models import Course, CourseVersion
from lms.clock import FOR_EVER
from lms.compliance import actions
from lms.people.models import Department, DepartmentVersion, Employment, Leave, Membership, Person
from lms.records.models import RecordRevocation, TrainingRecord

NOW = datetime(2026, 6, 15, 14, 0, tzinfo=UTC)
TODAY = NOW.date()
SYSTEM = Actor(None, NOW)
LONG_AGO = datetime(2023, 1, 1, tzinfo=UTC)
SINCE = date(2023, 1, 1)


def d(text: str) -> date:
    """A day as the tests write it."""
    return date.fromisoformat(text)


def content(slug: str) -> dict[str, Any]:
    """The least that a course can hold: one lesson."""
    lesson = {"lesson": "one", "title": "One", "file": "lessons/one.md", "minutes": 30}
    return {
        "format": 1, "slug": slug, "code": slug.upper(), "title": slug, "summary": "x", "language": "en", "audience": "x",
        "change": "material", "change_note": "x", "objectives": [{"id": "a", "text": "b"}], "topics": {"health_equity": 30},
        "outline": [{"module": "m", "title": "M", "steps": [lesson]}], "lessons": {"one": "One."},
    }  # fmt: skip


class Hospital:
    """Writes facts. Every verb that concerns one person rebuilds that person, as the house asks."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.number = 0

    def department(self, code: str, under: int | None = None, name: str | None = None) -> int:
        row = Department(code=code, created_at=LONG_AGO)
        self.session.add(row)
        self.session.flush()
        self._hang(row.id, name or code, under, d("2020-01-01"))
        return row.id

    def _hang(self, department_id: int, name: str, under: int | None, start: date, end: date = FOR_EVER) -> None:
        self.session.add(
            DepartmentVersion(
                department_id=department_id,
                name=name,
                kind="department",
                parent_id=under,
                from_day=start,
                to_day=end,
                recorded_at=NOW,
            )
        )
        self.session.flush()

    def hang(self, department_id: int, day: date, *, under: int | None, name: str) -> None:
        """Rename or move a department from a day; what it was before stays."""
        versions = self.session.scalars(
            select(DepartmentVersion).where(
                DepartmentVersion.department_id == department_id,
                DepartmentVersion.superseded_at.is_(None),
                DepartmentVersion.to_day > day,
            )
        ).all()
        for version in versions:
            version.superseded_at = NOW
            if version.from_day < day:
                self._hang(department_id, version.name, version.parent_id, version.from_day, day)
        self._hang(department_id, name, under, day)

    def person(self) -> int:
        self.number += 1
        row = Person(
            source="test", number=f"{self.number:05}", given_name="Test", family_name=f"Person {self.number:05}",
            created_at=NOW,
        )  # fmt: skip
        self.session.add(row)
        self.session.flush()
        return row.id

    def hire(self, department_id: int, day: str = "2025-01-01", job: str = "RN", **more: Any) -> int:
        person_id = self.person()
        self.employ(person_id, department_id, d(day), job, **more)
        self.rebuild(person_id)
        return person_id

    def employ(self, person_id: int, department_id: int, day: date, job: str = "RN", **more: Any) -> None:
        self.session.add(
            Employment(person_id=person_id, kind="employee", from_day=day, to_day=FOR_EVER, recorded_at=NOW)
        )
        self.membership(person_id, department_id, day, job, **more)

    def membership(
        self, person_id: int, department_id: int, day: date, job: str = "RN", *, until: date = FOR_EVER,
        primary: bool = True, contact: bool = True, profession: str = "nursing",
    ) -> None:  # fmt: skip
        self.session.add(
            Membership(
                person_id=person_id, department_id=department_id, primary=primary, job=job, profession=profession,
                patient_contact=contact, from_day=day, to_day=until, recorded_at=NOW,
            )
        )  # fmt: skip
        self.session.flush()

    def _cut(self, model: Any, person_id: int, day: date) -> Any:
        """End the rows of a person that reach beyond ``day``; gives the last of them."""
        last = None
        for row in self.session.scalars(
            select(model).where(model.person_id == person_id, model.superseded_at.is_(None), model.to_day > day)
        ).all():
            row.superseded_at = NOW
            last = row
            if row.from_day < day:
                skip = {"id", "to_day", "superseded_at"}
                columns = {c.key: getattr(row, c.key) for c in model.__table__.c if c.key not in skip}
                self.session.add(model(**columns, to_day=day))
        self.session.flush()
        return last

    def move(self, person_id: int, department_id: int, day: date, job: str = "RN") -> None:
        self._cut(Membership, person_id, day)
        self.membership(person_id, department_id, day, job)
        self.rebuild(person_id)

    def leaves(self, person_id: int, day: date) -> None:
        """The employment ends."""
        self._cut(Membership, person_id, day)
        self._cut(Employment, person_id, day)
        self.rebuild(person_id)

    def leave(self, person_id: int, start: date, days: int) -> None:
        self.session.add(
            Leave(
                person_id=person_id, kind="stops", reason="leave", from_day=start,
                to_day=start + timedelta(days=days), recorded_at=NOW,
            )
        )  # fmt: skip
        self.rebuild(person_id)

    def course(self, slug: str) -> Course:
        found = self.session.scalar(select(Course).where(Course.slug == slug))
        if found is None:
            found = Course(slug=slug, created_at=LONG_AGO)
            self.session.add(found)
            self.session.flush()
            self.session.add(
                CourseVersion(
                    course_id=found.id, number=1, content=content(slug), content_hash=slug, change="material", change_note="",
                    title=slug, code=slug.upper(), minutes=30, enrolment="open", published_at=LONG_AGO,
                )
            )  # fmt: skip
            self.session.flush()
        return found

    def complete(self, person_id: int, day: date, slug: str = "cc-101") -> TrainingRecord:
        course = self.course(slug)
        version = self.session.scalars(select(CourseVersion.id).where(CourseVersion.course_id == course.id)).first()
        row = TrainingRecord(
            person_id=person_id, course_id=course.id, version_id=version, completed_on=day, completed_at=NOW,
            language="en", minutes=30, topics={}, course_code=slug.upper(), course_title=slug, version_number=1,
            person_name="", department_path="", job="", profession="", recorded_at=NOW,
        )  # fmt: skip
        self.session.add(row)
        self.rebuild(person_id)
        return row

    def revoke(self, record: TrainingRecord, by: int) -> None:
        self.session.add(RecordRevocation(record_id=record.id, revoked_at=NOW, revoked_by=by, reason="wrong person"))
        self.rebuild(record.person_id)

    def rebuild(self, *person_ids: int) -> None:
        actions.rebuild(self.session, person_ids, now=NOW)

    def requirement(self, code: str, begin: str = "2024-01-01", adopted: str | None = None, **rule: Any) -> int:
        """A requirement adopted long ago, published and built for everybody."""
        data = {"courses": ["cc-101"], "first": {"within": {"days": 30}}} | rule
        moment = datetime.combine(d(adopted) if adopted else SINCE, NOW.timetz())
        version = actions.publish_requirement(self.session, code, code, data, d(begin), Actor(None, moment))
        self.build()
        return version.requirement_id

    def build(self) -> None:
        generation = actions.begin_generation(self.session, "test", NOW)
        while not actions.build_step(self.session, generation.id, NOW):
            pass
        while not actions.drop_step(self.session):
            pass


YEARLY = {"recurs": {"kind": "rolling", "every": {"months": 12}}, "opens_before": 60, "grace": 14}
