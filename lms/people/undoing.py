"""Take the last import back: people, departments and facts are then exactly what they were, or nothing is changed at all.

That is one short transaction, in which what the import wrote becomes what nobody ever knew, and what it replaced is in force again. What
it wrote is removed in slices after it, so that nobody waits for long; one that was cut off is gone on with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Delete, Row, and_, bindparam, delete, func, null, or_, select, union, update
from sqlalchemy.orm import Session

from lms.audit import Actor, record
from lms.bulk import batches
from lms.db import Base, known
from lms.errors import N_, Conflict, NotFound
from lms.outbox import HowFar
from lms.people import import_log
from lms.people.folding import folded_person
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
    display_name,
)  # fmt: skip
from lms.people.plan import Verdict

ABOUT_PEOPLE = (Employment, Membership, Licence, DutyTag, Leave, BirthMonth)
UNDO = "people.import.undo"
"""The job that takes a large import back."""

PEOPLE_IN_STEP = 2000
"""People whose facts are cleared away together: well under a second."""

AT_ONCE = 2000
"""An import that changed so many people is taken back while one waits; a larger one beside the pages."""

OWN = ("given_name", "family_name", "email", "language", "zone")

FACTS = {model.__tablename__: model for model in (*ABOUT_PEOPLE, DepartmentVersion)}


def last_run(session: Session) -> ImportRun | None:
    """The last import that is in force: the only one that can be taken back."""
    return session.scalar(select(ImportRun).where(ImportRun.undone_at.is_(None)).order_by(ImportRun.id.desc()).limit(1))


def in_force(session: Session, run_id: int) -> bool:
    """Whether an import is not taken back."""
    return session.get_one(ImportRun, run_id).undone_at is None


def to_be_undone(session: Session, run_id: int) -> ImportRun:
    """The import, if it can be taken back.

    Raises:
        NotFound: no such import.
        Conflict: it is not the last one, or another one is not cleared away yet.
    """
    run = session.get(ImportRun, run_id, with_for_update=True, populate_existing=True)
    if run is None:
        raise NotFound(N_("There is no such import."))
    refuse_while_clearing(session)
    last = last_run(session)
    if last is None or last.id != run.id:
        raise Conflict(N_("Only the last import can be undone, and only once. Nothing was changed."))
    return run


def touches(run: ImportRun) -> int:
    """For how many people (of a file of facts: at most) an import changed something."""
    return sum(run.summary.get(verdict.value, 0) for verdict in Verdict if verdict is not Verdict.UNCHANGED)


def undo(session: Session, run_id: int, by: Actor) -> list[int]:
    """Take back the last import, at once for everybody who looks: people, departments and facts are exactly what they were. What it wrote
    is known to nobody from here on; :func:`clear` removes it. Gives the ids of the people it touched.

    Raises:
        NotFound: no such import.
        Conflict: it is not the last one, or something later builds on it; the message names what.
    """
    run = to_be_undone(session, run_id)
    people = touched(session, run.id)
    refuse_if_built_on(session, run.id)
    record(session, by, "people.import.undo", "import_run", run.id, before=run.summary)
    session.flush()
    unsynchronised = {"synchronize_session": False}
    for model in FACTS.values():  # before what they took the place of is in force again: nobody has two birth months
        facts: Any = model
        own = update(facts).where(facts.import_id == run.id)
        session.execute(own.values(superseded_at=facts.recorded_at), execution_options=unsynchronised)
    for name, model in FACTS.items():
        facts = model
        gone = update(facts).where(facts.id.in_(_was(name, run.id)))
        session.execute(gone.values(superseded_at=None, superseded_by=None), execution_options=unsynchronised)
    _give_back_own_data(session, run)
    run.undone_at, run.undone_by = by.now, by.person_id
    run.summary = {name: told for name, told in run.summary.items() if name != "refused"} | {
        "clearing": _place(session)
    }
    return people


def _place(session: Session) -> dict[str, int]:
    """Where :func:`clear` is: it goes through the facts of everybody, then through people."""
    return {"place": 0, "people": session.scalar(select(func.max(Person.id))) or 0}


def clear(session: Session, run_id: int, by: Actor | None) -> bool:
    """Remove some of what an import wrote that is taken back, or (``by`` None) was never finished: the facts of the next people, then the
    next people. What it is to be taken back by is told of each of them. True when nothing is left."""
    run = session.get(ImportRun, run_id, with_for_update=True, populate_existing=True)
    if run is None or (by is not None and "clearing" not in run.summary):
        return True
    come = run.summary.get("clearing") or _place(session)
    place, people = come["place"], come["people"]
    if place >= 2 * people:
        _clear_departments(session, run)
        run.summary = {name: told for name, told in run.summary.items() if name not in ("undoing", "clearing")}
        return True
    if place < people:
        _clear_facts(session, run, by, (place, min(place + PEOPLE_IN_STEP, people)))
    else:
        _clear_people(session, run, (place - people, min(place - people + PEOPLE_IN_STEP, people)))
    half = people if place < people else 2 * people
    run.summary = {**run.summary, "clearing": {"place": min(place + PEOPLE_IN_STEP, half), "people": people}}
    return False


def _clear_facts(session: Session, run: ImportRun, by: Actor | None, some: tuple[int, int]) -> None:
    if by is not None:
        import_log.tell_undone(session, run, by, some)
    for model in ABOUT_PEOPLE:
        about: Any = model
        theirs = about.person_id.between(some[0] + 1, some[1])
        session.execute(
            delete(about).where(theirs, about.import_id == run.id), execution_options={"synchronize_session": False}
        )
        gone = _changes(about.__tablename__, run.id).where(ImportChange.row_id.in_(select(about.id).where(theirs)))
        session.execute(gone, execution_options={"synchronize_session": False})


def _clear_people(session: Session, run: ImportRun, some: tuple[int, int]) -> None:
    brought = _brought("person", run.id).where(ImportChange.row_id.between(some[0] + 1, some[1]))
    session.execute(delete(Person).where(Person.id.in_(brought)), execution_options={"synchronize_session": False})
    theirs = _changes("person", run.id).where(ImportChange.row_id.between(some[0] + 1, some[1]))
    session.execute(theirs, execution_options={"synchronize_session": False})


def _clear_departments(session: Session, run: ImportRun) -> None:
    unsynchronised = {"synchronize_session": False}
    session.execute(
        delete(DepartmentVersion).where(DepartmentVersion.import_id == run.id), execution_options=unsynchronised
    )
    new = Department.id.in_(_brought("department", run.id))
    session.execute(delete(Department).where(new), execution_options=unsynchronised)
    session.execute(delete(ImportChange).where(ImportChange.import_id == run.id), execution_options=unsynchronised)


def how_far(session: Session, run_id: int) -> HowFar | None:
    """How far taking an import back has come: what it changed is told, or what it wrote is being cleared away."""
    run = session.get_one(ImportRun, run_id)
    if (come := run.summary.get("clearing")) is not None:
        return HowFar("clearing", come["place"], 2 * come["people"])
    return HowFar("telling", run.options.get("told", 0), session.scalar(select(func.max(Person.id))) or 0)


def refuse_while_clearing(session: Session) -> None:
    """One thing at a time.

    Raises:
        Conflict: what an import wrote that was taken back is being cleared away at this moment.
    """
    undone = session.scalars(select(ImportRun).where(ImportRun.undone_at.is_not(None)))
    if any("clearing" in run.summary and not run.summary.get("unfinished") for run in undone):
        raise Conflict(
            N_("What an import wrote that was taken back is still being cleared away. Wait until that is done, then try again.")
        )  # fmt: skip


def _changes(table: str, run_id: int) -> Delete:
    return delete(ImportChange).where(ImportChange.import_id == run_id, ImportChange.table_name == table)


def _was(table: str, run_id: int) -> Any:
    return select(ImportChange.row_id).where(ImportChange.import_id == run_id, ImportChange.table_name == table)


def _brought(table: str, run_id: int) -> Any:
    """Ids of the people or departments that an import brought."""
    return _was(table, run_id).where(ImportChange.before.is_(null()) | (ImportChange.table_name == "department"))


def refuse_if_built_on(session: Session, run_id: int) -> None:
    """Refuse what would leave later facts hanging in the air.

    Raises:
        Conflict: something later builds on the import; the message names those it is about.
    """
    run = session.get_one(ImportRun, run_id)
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
    for some in batches(_changes_of_people(session, run), 500):
        people = _people(session, some)
        for row_id, before in some:
            person = people[row_id]
            if any(getattr(person, name) != new for name, (_, new) in before.items()):
                about.add(f"{display_name(person.given_name, person.family_name)} ({person.number})")
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
    """The ids of people whose own data an import changed, each with what was changed: ``{"email": [before, after]}``."""
    changed = select(ImportChange.row_id, ImportChange.before).where(
        ImportChange.import_id == run.id, ImportChange.table_name == "person", ImportChange.before.is_not(null())
    )
    return [(row_id, before) for row_id, before in session.execute(changed) if before]


def _referred_to(session: Session, run: ImportRun) -> set[str]:
    """Who of the people and departments that the import brought is spoken of elsewhere: an account, an attempt, a grant. Every column
    that refers to them is asked through its index for what lies between the first and the last of them."""
    names: set[str] = set()
    for target, label in (
        (Base.metadata.tables["person"], Person.number),
        (Base.metadata.tables["department"], Department.code),
    ):
        new = _brought(target.name, run.id)
        first, last = session.execute(
            new.with_only_columns(func.min(ImportChange.row_id), func.max(ImportChange.row_id))
        ).one()
        if first is None:
            continue
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if not any(key.column.table is target for key in column.foreign_keys):
                    continue
                brought = new.where(ImportChange.row_id == column).correlate(table).exists()
                who = select(column).where(column >= first, column <= last, brought)
                if table.name in FACTS:
                    who = who.where(or_(table.c.import_id.is_(None), table.c.import_id != run.id))
                names.update(session.scalars(select(label).where(target.c.id.in_(who)).limit(20)))
    return names


def _give_back_own_data(session: Session, run: ImportRun) -> None:
    """Names, addresses and languages; addresses are taken away first, so that two people can swap theirs."""
    changes = _changes_of_people(session, run)
    unsynchronised = {"synchronize_session": False}
    for some in batches([(row_id, before["email"][0]) for row_id, before in changes if "email" in before], 500):
        theirs = Person.id.in_([row_id for row_id, _ in some]) | (
            Person.id.in_(_brought("person", run.id)) & Person.email.in_([old for _, old in some if old])
        )
        session.execute(update(Person).where(theirs).values(email=None), execution_options=unsynchronised)
    for some in batches(changes, 500):
        people = _people(session, some)
        rows = []
        for row_id, before in some:
            person = people[row_id]
            own = {name: getattr(person, name) for name in OWN} | {name: old for name, (old, _) in before.items()}
            folded = folded_person(own["given_name"], own["family_name"], person.number, own["email"])
            rows.append({"row": row_id, "folded": folded, **own})
        one = update(Person).where(Person.id == bindparam("row"))
        session.connection().execute(one.values({name: bindparam(name) for name in ("folded", *OWN)}), rows)
    session.expire_all()


def _people(session: Session, some: Sequence[tuple[int, dict[str, Any]]]) -> dict[int, Row[Any]]:
    """The own data of people whom an import changed, as they are now."""
    columns = (getattr(Person, name) for name in OWN)
    query = select(Person.id, Person.number, *columns).where(Person.id.in_([row_id for row_id, _ in some]))
    return {row.id: row for row in session.execute(query)}


def touched(session: Session, run_id: int) -> list[int]:
    """The ids of the people whose facts or own data an import changed."""
    ids = [
        select(ImportChange.row_id).where(ImportChange.import_id == run_id, ImportChange.table_name == "person"),
        *(select(model.person_id).where(model.import_id == run_id) for model in ABOUT_PEOPLE),
        *(select(m.person_id).where(m.id.in_(_was(m.__tablename__, run_id))) for m in ABOUT_PEOPLE),
    ]
    return sorted(session.scalars(union(*ids)))
