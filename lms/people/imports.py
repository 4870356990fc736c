"""Take in a prepared import, and take it back. All or nothing: until the last, short transaction nothing of it is known.

New people and facts are written in short transactions first, superseded from the moment they are recorded, so that nobody ever
knew them; a learner who saves an answer waits for one of these at most. The last transaction makes all of them known at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, Table, and_, case, cast, func, insert, literal, null, select, union, update
from sqlalchemy.orm import Session

from lms.audit import Actor, record
from lms.bulk import batches, bulk
from lms.clock import FOR_EVER
from lms.errors import N_, Conflict
from lms.people import import_log
from lms.people.departments import add_version, cut_versions
from lms.people.models import Department, Employment, ImportChange, ImportRun, Membership, Person
from lms.people.plan import Verdict
from lms.people.prepared import BEGINNING, Prepared
from lms.people.preparing import hold
from lms.people.staging import EMPLOYMENTS, GONE, MEMBERSHIPS, NEW_PLACES, PEOPLE, PLACES, ROWS
from lms.people.undoing import FACTS, clear, refuse_while_clearing

STALE = timedelta(minutes=10)
"""An import that has not finished after this long was interrupted; its leftovers are cleared away by the next one."""


BATCH = 20_000
"""Rows of one short transaction: well under a second on a slow disk."""

Step = Callable[[Session], None]


def begin(session: Session, prepared: Prepared, file_id: int | None, by: Actor) -> ImportRun:
    """The first step: the run, not finished yet, and the identities of new departments.

    Raises:
        Conflict: another import is being taken in.
    """
    clear_interrupted(session, by.now)
    run = ImportRun(
        source=prepared.options.source, file_id=file_id, as_of=prepared.options.as_of,
        options={"dates": prepared.options.dates, "encoding": prepared.encoding, "partial": prepared.options.partial},
        summary={"unfinished": True}, imported_at=by.now, imported_by=by.person_id, undone_at=by.now, undone_by=None,
    )  # fmt: skip
    session.add(run)
    session.flush()
    made = {one.id: Department(code=one.code, created_at=by.now) for one in prepared.departments if one.id < 0}
    session.add_all(made.values())
    session.flush()
    for provisional, department in made.items():
        prepared.new_ids[provisional] = department.id
        session.add(ImportChange(import_id=run.id, table_name="department", row_id=department.id, before=None))
    session.flush()
    return run


def people_steps(session: Session, prepared: Prepared, run: ImportRun, by: Actor) -> list[Step]:
    """The short steps that write new people, each for a transaction of its own."""
    return [_people(prepared.options.source, run, by, start, end) for start, end in _ranges(session)]


def fact_steps(session: Session, prepared: Prepared, run: ImportRun, by: Actor) -> list[Step]:
    """The short steps that write facts nobody knows yet, each for a transaction of its own, after :func:`settle`."""
    last = max(session.scalar(select(func.max(table.c.position))) or 0 for table in (EMPLOYMENTS, MEMBERSHIPS))
    known_people = (
        [_facts_of_known(run, by, start, start + BATCH) for start in range(0, last + 1, BATCH)] if last else []
    )
    return [*(_facts_of_new(prepared, run, by, start, end) for start, end in _ranges(session)), *known_people]


def _ranges(session: Session) -> list[tuple[int, int]]:
    first, last = session.execute(select(func.min(ROWS.c.line), func.max(ROWS.c.line)).where(ROWS.c.brought)).one()
    return [(start, start + BATCH) for start in range(first, last + 1, BATCH)] if last else []


def finish(session: Session, prepared: Prepared, run: ImportRun, by: Actor) -> ImportRun:
    """The last step: everything becomes known at once.

    Raises:
        Conflict: somebody changed people or departments after the file was compared with them; nothing is taken in.
    """
    touched = (select(column) for column in (EMPLOYMENTS.c.person_ref, MEMBERSHIPS.c.person_ref, PEOPLE.c.person_ref))
    hold(session, union(*touched), prepared.seen)
    run = session.get_one(ImportRun, run.id)
    _supersede(session, run, by)
    _own_data(session, run)
    for model in (Employment, Membership):
        session.execute(
            update(model)
            .where(model.import_id == run.id, model.superseded_at == run.imported_at)
            .values(superseded_at=None)
        )
    _versions(session, prepared, run, by)
    run.undone_at = None
    run.summary = summary(prepared)
    record(session, by, "people.import", "import_run", run.id, after=run.summary)
    session.flush()
    import_log.begin(session, run, by)
    return run


def summary(prepared: Prepared) -> dict[str, Any]:
    """What the history of imports says of it."""
    counts = {verdict.value: prepared.counts[verdict] for verdict in Verdict}
    told = {"rows": prepared.rows, "encoding": prepared.encoding, "departments": len(prepared.departments)}
    return counts | told | {"aside": len({each.line for each in prepared.aside}), "kept": prepared.kept_count}


def listed(session: Session, numbers: Iterable[str]) -> set[str]:
    """Which of these employee numbers stand in the file that is staged."""
    found: set[str] = set()
    for some in batches(sorted(numbers), 500):
        found.update(session.scalars(select(ROWS.c.number).where(ROWS.c.number.in_(some))))
    return found


def abandon(session: Session, run_id: int) -> bool:
    """Clear away some of what an import that did not finish has left, so that nobody waits for long; True when nothing is left."""
    run = session.get(ImportRun, run_id)
    if run is None or not run.summary.get("unfinished"):
        return True
    if not clear(session, run_id, None):
        return False
    session.delete(run)
    return True


def clear_interrupted(session: Session, now: datetime) -> None:
    """Clear away what imports that were interrupted have left.

    Raises:
        Conflict: an import is being taken in, or cleared away, at this moment.
    """
    refuse_while_clearing(session)
    for run in session.scalars(select(ImportRun).where(ImportRun.undone_at == ImportRun.imported_at)).all():
        if not run.summary.get("unfinished"):
            continue
        if run.imported_at > now - STALE:
            raise Conflict(N_("Another import is being taken in. Wait until it has finished, then try again."))
        while not abandon(session, run.id):
            pass


# --- the steps --------------------------------------------------------------------------------------------------------


def _people(source: str, run: ImportRun, by: Actor, start: int, end: int) -> Step:
    def write(session: Session) -> None:
        lines = and_(ROWS.c.brought, ROWS.c.line >= start, ROWS.c.line < end)
        names = ("number", "given_name", "family_name", "email", "language", "zone", "folded")
        columns = [ROWS.c[name] for name in names]
        rows = select(literal(source), *columns, literal(by.now, Person.created_at.type)).where(lines)
        session.execute(insert(Person).from_select(["source", *names, "created_at"], rows.order_by(ROWS.c.line)))
        new = select(literal(run.id), literal("person"), Person.id, null()).join(ROWS, ROWS.c.number == Person.number)
        changes = new.where(lines, Person.source == source)
        session.execute(insert(ImportChange).from_select(["import_id", "table_name", "row_id", "before"], changes))

    return write


def settle(session: Session, prepared: Prepared) -> None:
    """People and departments have ids now: minus a line becomes the person of that line. Writes temporary tables only."""
    bulk(session, NEW_PLACES, prepared.new_ids.items())
    for table in (ROWS, MEMBERSHIPS, PLACES):
        real = select(NEW_PLACES.c.real).where(NEW_PLACES.c.provisional == table.c.department_id).scalar_subquery()
        session.execute(update(table).where(table.c.department_id < 0).values(department_id=real))
    source = prepared.options.source
    own = select(Person.id).where(Person.source == source, Person.number == ROWS.c.number).scalar_subquery()
    session.execute(update(ROWS).where(ROWS.c.brought).values(person_id=own))
    other = ROWS.alias()
    for column in (ROWS.c.supervisor_ref, MEMBERSHIPS.c.supervisor_ref, MEMBERSHIPS.c.person_ref, PEOPLE.c.person_ref):
        of = column.table
        assert isinstance(of, Table)
        real = select(other.c.person_id).where(other.c.line == -column).scalar_subquery()
        session.execute(update(of).where(column < 0).values({column: real}))


def _facts_of_new(prepared: Prepared, run: ImportRun, by: Actor, start: int, end: int) -> Step:
    as_of = prepared.options.as_of

    def write(session: Session) -> None:
        lines = and_(ROWS.c.brought, ROWS.c.line >= start, ROWS.c.line < end)
        from_day, to_day = func.coalesce(ROWS.c.hire, as_of), func.coalesce(ROWS.c.to_day, FOR_EVER)
        employed = select(
            ROWS.c.person_id, func.coalesce(ROWS.c.kind, "employee"), from_day, to_day, *_unknown(run, by)
        ).where(lines)
        names = ["person_id", "kind", "from_day", "to_day", *_UNKNOWN]
        session.execute(insert(Employment).from_select(names, employed.order_by(ROWS.c.line)))
        begins = func.coalesce(_later(from_day, PLACES.c.first_day), from_day)
        placed = (
            select(
                ROWS.c.person_id, ROWS.c.department_id, literal(True), func.coalesce(ROWS.c.job, ""),
                func.coalesce(ROWS.c.profession, ""), func.coalesce(ROWS.c.patient_contact, False), ROWS.c.supervisor_ref,
                begins, to_day, *_unknown(run, by),
            )
            .outerjoin(PLACES, PLACES.c.department_id == ROWS.c.department_id)
            .where(lines, begins < to_day)
        )  # fmt: skip
        session.execute(insert(Membership).from_select(_MEMBERSHIP, placed.order_by(ROWS.c.line)))

    return write


def _facts_of_known(run: ImportRun, by: Actor, start: int, end: int) -> Step:
    def write(session: Session) -> None:
        e, m = EMPLOYMENTS.c, MEMBERSHIPS.c
        employed = select(e.person_ref, e.kind, e.from_day, e.to_day, *_unknown(run, by))
        session.execute(
            insert(Employment).from_select(
                ["person_id", "kind", "from_day", "to_day", *_UNKNOWN],
                employed.where(e.position >= start, e.position < end).order_by(e.position),
            )
        )
        placed = select(
            m.person_ref, m.department_id, m.is_primary, m.job, m.profession, m.patient_contact, m.supervisor_ref,
            m.from_day, m.to_day, *_unknown(run, by),
        )  # fmt: skip
        session.execute(
            insert(Membership).from_select(
                _MEMBERSHIP, placed.where(m.position >= start, m.position < end).order_by(m.position)
            )
        )

    return write


_UNKNOWN = ["import_id", "recorded_at", "recorded_by", "superseded_at"]
_MEMBERSHIP = [
    "person_id", "department_id", "primary", "job", "profession", "patient_contact", "supervisor_id", "from_day", "to_day", *_UNKNOWN,
]  # fmt: skip


def _unknown(run: ImportRun, by: Actor) -> list[Any]:
    """Recorded now, and superseded at the same moment until the last step."""
    moment = literal(by.now, Person.created_at.type)
    return [literal(run.id), moment, cast(literal(by.person_id, Integer), Integer), moment]


def _later(one: Any, other: Any) -> Any:
    return case((other > one, other), else_=one)


def _supersede(session: Session, run: ImportRun, by: Actor) -> None:
    kept = select(literal(run.id), GONE.c.table_name, GONE.c.row_id, null())
    session.execute(insert(ImportChange).from_select(["import_id", "table_name", "row_id", "before"], kept))
    for name in ("employment", "membership"):
        model: Any = FACTS[name]
        session.execute(
            update(model)
            .where(model.id.in_(select(GONE.c.row_id).where(GONE.c.table_name == name)))
            .values(superseded_at=by.now, superseded_by=by.person_id)
        )


def _own_data(session: Session, run: ImportRun) -> None:
    """Names, addresses and languages; addresses are taken away first, so that two people can swap theirs."""
    c = PEOPLE.c
    before = select(literal(run.id), literal("person"), c.person_ref, c.before).where(c.before.is_not(None))
    session.execute(insert(ImportChange).from_select(["import_id", "table_name", "row_id", "before"], before))
    session.execute(update(Person).where(Person.id.in_(select(c.person_ref))).values(email=None))
    names = ("given_name", "family_name", "email", "language", "zone", "folded")
    session.execute(
        update(Person).where(Person.id == c.person_ref).values({getattr(Person, name): c[name] for name in names}),
        execution_options={"synchronize_session": False},
    )


def _versions(session: Session, prepared: Prepared, run: ImportRun, by: Actor) -> None:
    day = BEGINNING if prepared.first_tree else prepared.options.as_of
    for one in prepared.departments:
        ident = prepared.new_ids.get(one.id, one.id)
        parent = prepared.new_ids.get(one.parent_id, one.parent_id) if one.parent_id is not None else None
        if one.id > 0:
            for old in cut_versions(session, ident, day, by, run.id):
                session.add(ImportChange(import_id=run.id, table_name="department_version", row_id=old.id, before=None))
        add_version(session, ident, one.name, one.kind, parent, day, by, run.id)
