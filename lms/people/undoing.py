"""Take the last import back: people, departments and facts are then exactly what they were, or nothing is changed at all."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, delete, null, or_, select, update
from sqlalchemy.orm import Session

from lms.audit import Actor, record
from lms.db import Base, known
from lms.errors import N_, Conflict, NotFound
from lms.people import import_log
from lms.people.models import (
    BirthMonth,
    Department,
    DepartmentVersion,
    DutyTag,
    Employment,
    ImportChange,
    ImportRun,
    Leave,
    Licence,
    Membership,
    Person,
)  # fmt: skip
from lms.people.plan import Verdict

ABOUT_PEOPLE = (Employment, Membership, Licence, DutyTag, Leave, BirthMonth)
UNDO = "people.import.undo"
"""The job that takes a large import back."""

AT_ONCE = 2000
"""An import that changed so many people is taken back while one waits; a larger one beside the pages."""

FACTS = {model.__tablename__: model for model in (*ABOUT_PEOPLE, DepartmentVersion)}


def last_run(session: Session) -> ImportRun | None:
    """The last import that is in force: the only one that can be taken back."""
    return session.scalar(select(ImportRun).where(ImportRun.undone_at.is_(None)).order_by(ImportRun.id.desc()).limit(1))


def to_be_undone(session: Session, run_id: int) -> ImportRun:
    """The import, if it can be taken back.

    Raises:
        NotFound: no such import.
        Conflict: it is not the last one.
    """
    run = session.get(ImportRun, run_id, with_for_update=True, populate_existing=True)
    if run is None:
        raise NotFound(N_("There is no such import."))
    last = last_run(session)
    if last is None or last.id != run.id:
        raise Conflict(N_("Only the last import can be undone, and only once. Nothing was changed."))
    return run


def touches(run: ImportRun) -> int:
    """For how many people (of a file of facts: at most) an import changed something."""
    return sum(run.summary.get(verdict.value, 0) for verdict in Verdict if verdict is not Verdict.UNCHANGED)


def undo(session: Session, run_id: int, by: Actor) -> list[int]:
    """Take back the last import: people, departments and facts are exactly what they were. Gives the ids of the people it touched.

    Raises:
        NotFound: no such import.
        Conflict: it is not the last one, or something later builds on it; the message names what.
    """
    run = to_be_undone(session, run_id)
    people = touched(session, run.id)
    _refuse_if_built_on(session, run)
    record(session, by, "people.import.undo", "import_run", run.id, before=run.summary)
    session.flush()
    import_log.tell_undone(session, run, by)
    _remove_facts(session, run)  # before what they took the place of is in force again: nobody has two birth months
    for name, model in FACTS.items():
        facts: Any = model
        session.execute(
            update(facts).where(facts.id.in_(_was(name, run.id))).values(superseded_at=None, superseded_by=None)
        )
    _give_back_own_data(session, run)
    forget(session, run)
    run.undone_at, run.undone_by = by.now, by.person_id
    run.summary = {name: told for name, told in run.summary.items() if name not in ("undoing", "refused")}
    return people


def _was(table: str, run_id: int) -> Any:
    return select(ImportChange.row_id).where(ImportChange.import_id == run_id, ImportChange.table_name == table)


def _brought(table: str, run_id: int) -> Any:
    """Ids of the people or departments that an import brought."""
    return _was(table, run_id).where(ImportChange.before.is_(null()) | (ImportChange.table_name == "department"))


def _refuse_if_built_on(session: Session, run: ImportRun) -> None:
    """Later facts that would hang in the air, by the names of those they are about."""
    about: set[str] = set()
    for model in ABOUT_PEOPLE:
        stretch: Any = model
        own = and_(stretch.import_id == run.id, stretch.superseded_at.is_not(None))
        foreign = or_(stretch.import_id.is_(None), stretch.import_id != run.id)
        later = and_(
            foreign,
            known(stretch),
            stretch.recorded_at > run.imported_at,
            stretch.person_id.in_(_people_of(run.id, stretch)),
        )
        found = select(Person.given_name, Person.family_name, Person.number).where(
            Person.id.in_(select(stretch.person_id).where(or_(own, later)))
        )
        about.update(f"{row[0]} {row[1]} ({row[2]})" for row in session.execute(found.limit(20)))
    for row_id, before in _changes_of_people(session, run):
        person = session.get_one(Person, row_id)
        if any(getattr(person, name) != new for name, (_, new) in before.items()):
            about.add(f"{person.display_name} ({person.number})")
    about |= _referred_to(session, run)
    versions = select(Department.code).where(
        Department.id.in_(
            select(DepartmentVersion.department_id).where(
                DepartmentVersion.import_id == run.id, DepartmentVersion.superseded_at.is_not(None)
            )
        )
    )
    about |= set(session.scalars(versions.limit(20)))
    if about:
        raise Conflict(
            N_("The import cannot be undone, because later changes build on it: %(names)s. Nothing was changed."),
            names=", ".join(sorted(about)[:10]) + ("…" if len(about) > 10 else ""),
        )


def _people_of(run_id: int, about: Any) -> Any:
    """Whose facts of this kind an import wrote; employments and memberships go together."""
    together = (Employment, Membership) if about in (Employment, Membership) else (about,)
    by_fact: list[Any] = [select(model.person_id).where(model.import_id == run_id) for model in together]
    return by_fact[0].union(*by_fact[1:]) if len(by_fact) > 1 else by_fact[0]


def _changes_of_people(session: Session, run: ImportRun) -> list[tuple[int, dict[str, Any]]]:
    rows = session.execute(
        select(ImportChange.row_id, ImportChange.before).where(
            ImportChange.import_id == run.id, ImportChange.table_name == "person"
        )
    )
    return [(row_id, before) for row_id, before in rows if before]


def _referred_to(session: Session, run: ImportRun) -> set[str]:
    """Who of the people and departments that the import brought is spoken of elsewhere: an account, an attempt, a grant."""
    names: set[str] = set()
    for target, label in (
        (Base.metadata.tables["person"], Person.number),
        (Base.metadata.tables["department"], Department.code),
    ):
        new = _brought(target.name, run.id)
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if not any(key.column.table is target for key in column.foreign_keys):
                    continue
                who = select(column).where(column.in_(new))
                if table.name in FACTS:
                    who = who.where(or_(table.c.import_id.is_(None), table.c.import_id != run.id))
                names.update(session.scalars(select(label).where(target.c.id.in_(who)).limit(20)))
    return names


def _give_back_own_data(session: Session, run: ImportRun) -> None:
    changes = _changes_of_people(session, run)
    for row_id, before in changes:
        if "email" in before:
            session.execute(update(Person).where(Person.id == row_id).values(email=None))
    for row_id, before in changes:
        person = session.get_one(Person, row_id, populate_existing=True)
        for name, (old, _) in before.items():
            setattr(person, name, old)
    session.flush()


def forget(session: Session, run: ImportRun) -> None:
    """Remove the rows that an import wrote; they were never known, or are as if they had never been."""
    _remove_facts(session, run)
    people, departments = _brought("person", run.id), _brought("department", run.id)
    session.execute(delete(Person).where(Person.id.in_(people)), execution_options={"synchronize_session": False})
    session.execute(
        delete(Department).where(Department.id.in_(departments)), execution_options={"synchronize_session": False}
    )
    session.execute(delete(ImportChange).where(ImportChange.import_id == run.id))


def _remove_facts(session: Session, run: ImportRun) -> None:
    for model in (*reversed(ABOUT_PEOPLE), DepartmentVersion):
        stretch: Any = model
        session.execute(delete(stretch).where(stretch.import_id == run.id))


def touched(session: Session, run_id: int) -> list[int]:
    """The ids of the people whose facts or own data an import changed."""
    ids = [
        select(ImportChange.row_id).where(ImportChange.import_id == run_id, ImportChange.table_name == "person"),
        *(select(model.person_id).where(model.import_id == run_id) for model in ABOUT_PEOPLE),
        *(select(m.person_id).where(m.id.in_(_was(m.__tablename__, run_id))) for m in ABOUT_PEOPLE),
    ]
    return sorted({ident for query in ids for ident in session.scalars(query.distinct())})
