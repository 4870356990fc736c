"""Tables of people and departments. Identity is stored once; everything that changes with time is a dated fact beside it."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, event, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Dated, Recorded
from lms.people.folding import folded_person
from lms.people.kinds import DepartmentKind as DepartmentKind
from lms.people.kinds import EmploymentKind as EmploymentKind
from lms.people.kinds import LeaveKind as LeaveKind
from lms.people.kinds import LicenceBasis as LicenceBasis


class Department(Base):
    """A department's identity: its code never changes. Name and parent are :class:`DepartmentVersion`."""

    __tablename__ = "department"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class DepartmentVersion(Dated, Base):
    """What a department was called and where it hung on the days [from_day, to_day). A closed department has no version."""

    __tablename__ = "department_version"
    __table_args__ = (CheckConstraint("from_day < to_day", "days"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"), index=True)
    name: Mapped[str]
    kind: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("import_run.id"))


def _folded(context: Any) -> str:
    given = context.get_current_parameters()
    return folded_person(given["given_name"], given["family_name"], given["number"], given.get("email"))


_FAMILY_FIRST = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
"""Names in Chinese, Japanese or Korean letters: the family name comes first, and no blank stands between."""


def display_name(given_name: str, family_name: str) -> str:
    """A name as it is written and read aloud: given name, family name; in Chinese, Japanese and Korean letters the other way round."""
    if not given_name.isascii() and _FAMILY_FIRST.fullmatch(given_name) and _FAMILY_FIRST.fullmatch(family_name):
        return family_name + given_name
    return f"{given_name} {family_name}".strip()


class Person(Base):
    """A human being, identified by where the number comes from and the number. Never deleted.

    ``email`` is stored in lower case. ``language`` is the preferred language (BCP 47), ``zone`` an IANA time zone for
    display; both None: the organisation's. ``folded`` is what the search looks through: it follows from name, number and
    address, of itself except where rows are written by a statement of their own.
    """

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("source", "number"),
        Index(
            "uq_person_email",
            "email",
            unique=True,
            sqlite_where=text("email is not null"),
            postgresql_where=text("email is not null"),
        ),
        Index("ix_person_name", "family_name", "given_name", "id"),
        Index("ix_person_number", "number", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    number: Mapped[str]
    given_name: Mapped[str]
    family_name: Mapped[str]
    email: Mapped[str | None]
    language: Mapped[str | None]
    zone: Mapped[str | None]
    folded: Mapped[str] = mapped_column(default=_folded, server_default=text("''"))
    created_at: Mapped[datetime]

    @property
    def display_name(self) -> str:
        """The name as it is written and read aloud: given name, family name."""
        return display_name(self.given_name, self.family_name)


@event.listens_for(Person, "before_update")
def _fold_anew(mapper: object, connection: object, person: Person) -> None:
    person.folded = folded_person(person.given_name, person.family_name, person.number, person.email)


class Employment(Dated, Base):
    """One stretch of belonging to the organisation: hire to end. A rehire is a second row of the same person."""

    __tablename__ = "employment"
    __table_args__ = (CheckConstraint("from_day < to_day", "days"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("import_run.id"))


class Membership(Dated, Base):
    """Where somebody works and as what. At any day at most one membership of a person is primary (checked by the actions)."""

    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint("from_day < to_day", "days"),
        Index("ix_membership_department_days", "department_id", "to_day", "from_day"),
        Index(
            "ix_membership_job", "job", "person_id", "to_day", "from_day", "primary", "superseded_at",
            sqlite_where=text("superseded_at is null"), postgresql_where=text("superseded_at is null"),
        ),
        Index(
            "ix_membership_profession", "profession", "person_id", "to_day", "from_day", "primary", "superseded_at",
            sqlite_where=text("superseded_at is null"), postgresql_where=text("superseded_at is null"),
        ),
        Index(
            "ix_membership_secondary", "department_id", "person_id", "to_day", "from_day", "primary", "superseded_at",
            sqlite_where=text('superseded_at is null and "primary" = 0'),
            postgresql_where=text('superseded_at is null and not "primary"'),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"))
    primary: Mapped[bool]
    job: Mapped[str]
    profession: Mapped[str]
    patient_contact: Mapped[bool]
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("import_run.id"))


class Leave(Dated, Base):
    """An absence. ``kind`` says what it does to due days; the reason is HR's word, never a diagnosis."""

    __tablename__ = "leave"
    __table_args__ = (CheckConstraint("from_day < to_day", "days"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str]
    reason: Mapped[str]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("import_run.id"))


class Licence(Dated, Base):
    """One term of a licence or certification, from its issue or renewal to the day after its last one.

    A renewal is a row of its own beside the term before. ``state`` is None where no state issues it. ``renew_by`` is the last
    good day for the next renewal (None: the last day of the term); ``every_months`` how often it is renewed, where that is known.
    """

    __tablename__ = "licence"
    __table_args__ = (CheckConstraint("from_day < to_day", "days"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str]
    state: Mapped[str | None]
    number: Mapped[str]
    basis: Mapped[str]
    renew_by: Mapped[date | None]
    every_months: Mapped[int | None]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("import_run.id"))


class DutyTag(Dated, Base):
    """Something somebody does beside what their job says, as rules ask for it: ``perinatal-care``, ``in-home-care``."""

    __tablename__ = "duty_tag"
    __table_args__ = (CheckConstraint("from_day < to_day", "days"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    tag: Mapped[str]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("import_run.id"))


class BirthMonth(Recorded, Base):
    """The month in which somebody was born, 1 to 12, for rules that fall due in it. More of the birthday is never kept."""

    __tablename__ = "birth_month"
    __table_args__ = (
        CheckConstraint("month between 1 and 12", "month"),
        Index(
            "uq_birth_month_person",
            "person_id",
            unique=True,
            sqlite_where=text("superseded_at is null"),
            postgresql_where=text("superseded_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    month: Mapped[int]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("import_run.id"))


class EmployerSize(Recorded, Base):
    """How many people work for the organisation, or for one facility and what is below it, from a day on."""

    __tablename__ = "employer_size"

    id: Mapped[int] = mapped_column(primary_key=True)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    from_day: Mapped[date]
    people: Mapped[int]


class ImportRun(Base):
    """One HR file that was taken in. ``as_of`` is the day the file speaks of; ``undone_at`` when it was taken back."""

    __tablename__ = "import_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    as_of: Mapped[date]
    options: Mapped[dict[str, Any]]
    summary: Mapped[dict[str, Any]]
    imported_at: Mapped[datetime]
    imported_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class DryRun(Base):
    """A file that is looked at before it is taken in: how it is read, and what it would do, kept so that pages only show it.

    ``what`` and ``asked`` are the kind of file and :class:`lms.people.importing.Options` as data, ``report`` is
    :class:`lms.people.report.Report` as data (None: it is not looked at yet, or cannot be read), ``refused`` why it was not taken in or
    cannot be. ``beside``: it is so large that ``job_id`` does the work; ``run_id``: the import that came of it, or is to.
    """

    __tablename__ = "dry_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
    source: Mapped[str]
    asked: Mapped[dict[str, Any]]
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    departments_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    phase: Mapped[str]
    beside: Mapped[bool]
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    refused: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    asked_at: Mapped[datetime]
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("import_run.id", ondelete="SET NULL"))


class ImportChange(Base):
    """What an import changed on one row, so that it can be taken back: ``before`` is None for a new row."""

    __tablename__ = "import_change"
    __table_args__ = (Index("ix_import_change_row", "import_id", "table_name", "row_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"))
    table_name: Mapped[str]
    row_id: Mapped[int]
    before: Mapped[dict[str, Any] | None]


class FeedSource(Base):
    """How the files of one system are read, as HR settled it: ``mapping`` is :class:`lms.people.mapping.Mapping` as data.

    ``what`` is the kind of file: ``staff``, ``licences``, ``duties``, ``leaves`` or ``birth_months``.
    """

    __tablename__ = "feed_source"
    __table_args__ = (UniqueConstraint("name", "what"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    what: Mapped[str]
    mapping: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]
    saved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class FeedProblem(Base):
    """Something in a file that could not be taken in, until a later file is right or HR says that it is solved.

    ``mark`` tells the same problem of the next file: kind of file, column, number (or line) and value, as a digest. ``message`` and
    ``remedy`` are ``{"text", "params"}`` to translate. ``solved_how`` is ``file`` or ``hand``.
    """

    __tablename__ = "feed_problem"
    __table_args__ = (
        Index("ix_feed_problem_open", "source", "what", "solved_at"),
        Index(
            "uq_feed_problem_mark",
            "source",
            "mark",
            unique=True,
            sqlite_where=text("solved_at is null"),
            postgresql_where=text("solved_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    what: Mapped[str]
    mark: Mapped[str]
    file_name: Mapped[str]
    line: Mapped[int | None]
    column: Mapped[str]
    value: Mapped[str]
    number: Mapped[str]
    message: Mapped[dict[str, Any]]
    remedy: Mapped[dict[str, Any] | None]
    seen: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    solved_at: Mapped[datetime | None]
    solved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    solved_how: Mapped[str | None]
    remark: Mapped[str | None]
