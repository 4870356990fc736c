"""Prepare an import: read the files and check them whole. Writes temporary tables only."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from io import TextIOWrapper
from typing import BinaryIO
from zoneinfo import available_timezones

from sqlalchemy import SelectBase, and_, delete, exists, func, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from lms.audit import AuditEntry
from lms.bulk import BATCH, batches, bulk
from lms.db import day_in, known
from lms.errors import N_, Conflict, Invalid, Message, Problem
from lms.people import queries
from lms.people.csv_text import Table, detect_encoding
from lms.people.deciding import Decider, note_faults
from lms.people.department_file import DepartmentRow, read_departments
from lms.people.importing import PROBLEMS_KEPT, Options, Places, Row, StaffReader
from lms.people.models import Department, DepartmentVersion, Membership, Person
from lms.people.prepared import BEGINNING, Named, PlannedDepartment, Prepared, Progress
from lms.people.staging import PLACES, ROWS, clear
from lms.people.supervisors import circles
from lms.people.tree import Tree
from lms.people.vocabulary import BY_DEPTH

SUBJECTS = ("person", "department", "import_run")


def prepare(
    session: Session,
    staff: BinaryIO,
    departments: BinaryIO | None,
    options: Options,
    fuse: float,
    progress: Progress = lambda phase, done, total: None,
    takers: Collection[int] = (),
) -> Prepared:
    """Read and decide. Needs a session whose connection keeps temporary tables (:meth:`lms.db.Database.desk`).
    ``fuse`` is the share, 0 to 1, of the source's staff that may end or move without confirmation; ``takers`` are those who may take it in.

    Raises:
        Invalid: a file that cannot be read at all; single faults stand in ``problems`` instead.
    """
    clear(session)
    found = Prepared(options, fuse=fuse, seen=last_change(session))
    tree = queries.tree(session, options.as_of)
    places = Places({node.code: node.id for node in tree.nodes.values()}, _paths(tree))
    if departments is not None:
        _plan_departments(session, found, tree, places, departments)
    _read(session, found, places, staff, progress)
    _plan_paths(found, places)
    progress("checking", found.rows, found.rows)
    _match(session, options.source)
    _check_all(session, found)
    if options.good_rows:
        _set_faulty_lines_aside(session, found)
    elif found.faults:
        _note_numbers(session, found)
    if not found.faults:
        _places(session, found)
        Decider(session, found, tree, takers).run(progress)
    return found


def _check_all(session: Session, found: Prepared) -> None:
    _check(session, found)
    _check_supervisors(session, found)
    _check_beginnings(session, found)


def _set_faulty_lines_aside(session: Session, found: Prepared) -> None:
    """Take lines with a fault, and all other lines of the same people, out of what is staged, until what is left has none.

    Raises:
        Invalid: there are so many that this is no file with a few bad lines.
    """
    while True:
        _note_numbers(session, found)
        if found.faults > len(found.problems):
            raise Invalid(
                N_("More than %(most)s faults: this is no file with a few bad lines. Nothing was changed."),
                most=len(found.problems),
            )
        lines = {each.line for each in found.problems if each.file == "staff" and each.line and each.line > 1}
        if not lines:
            break
        found.set_aside(lines)
        whose = {found.numbers[line] for line in lines if found.numbers.get(line)}
        for start in range(0, len(lines), BATCH):
            some = sorted(lines)[start : start + BATCH]
            session.execute(delete(ROWS).where(ROWS.c.line.in_(some)))
        for numbers in batches(sorted(whose), 500):
            session.execute(delete(ROWS).where(ROWS.c.number.in_(numbers)))
        if any(not found.numbers.get(line) for line in lines):
            found.spares_missing = True
        _match(session, found.options.source)
        _check_all(session, found)
    if found.spares_missing and not found.options.partial:
        found.warnings.append(
            Message(N_("A line that is set aside has no employee number, so nobody ends by being absent this time."))
        )
    if not session.scalar(select(func.count()).select_from(ROWS)):
        raise Invalid(N_("No line of this file is without a fault. Nothing was changed."), found.aside)


def _note_numbers(session: Session, found: Prepared) -> None:
    """Whose the lines with a fault are."""
    lines = {each.line for each in found.problems if each.file == "staff" and each.line} - found.numbers.keys()
    for some in batches(sorted(lines), 500):
        rows = session.execute(select(ROWS.c.line, ROWS.c.number).where(ROWS.c.line.in_(some)))
        found.numbers |= dict(rows.all())


def last_change(session: Session) -> int:
    """The last entry of the audit log about people or departments: whether something changed since is whether it is another one."""
    return session.scalar(select(func.max(AuditEntry.id)).where(AuditEntry.subject_kind.in_(SUBJECTS))) or 0


def hold(session: Session, people: SelectBase, seen: int) -> None:
    """Hold these people, so that nobody changes them any more, and make sure that nobody did since the file was compared.

    Raises:
        Conflict: somebody changed people or departments meanwhile.
    """
    queries.hold_people(session, people)
    if last_change(session) != seen:
        raise Conflict(
            N_(
                "Somebody changed people or departments while the file was being compared. Nothing was changed; try again."
            )
        )


# --- the files --------------------------------------------------------------------------------------------------------


def open_table(file: BinaryIO, name: str, encoding: str | None) -> tuple[Table, str]:
    """A file as rows, and the encoding it is read in.

    Raises:
        Invalid: it is no text, or not in this encoding.
    """
    if encoding is None:
        encoding = detect_encoding(iter(lambda: file.read(1 << 20), b""))
        file.seek(0)
    try:
        text = TextIOWrapper(file, encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="")
    except LookupError:
        raise Invalid(N_("There is no encoding called “%(name)s”."), name=encoding) from None
    try:
        return Table(text, name), encoding
    except UnicodeError:
        raise Invalid(N_("The file is not written in the encoding %(name)s."), name=encoding) from None


def _paths(tree: Tree) -> dict[tuple[str, ...], int]:
    return {tuple(above.name.casefold() for above in tree.ancestors(one)): one for one in tree.nodes}


def _plan_departments(session: Session, found: Prepared, tree: Tree, places: Places, file: BinaryIO) -> None:
    table, _ = open_table(file, "departments", found.options.encoding)
    codes = {node.id: node.code for node in tree.nodes.values()}
    parents = {n.code: codes.get(n.parent_id) if n.parent_id is not None else None for n in tree.nodes.values()}
    rows, problems, _ = read_departments(table, parents)
    found.problems += problems
    found.faults += len(problems)
    if problems:  # its codes count as known, so that a mistake in it is not told once more for each of the staff
        places.ids |= {row.code: -place for place, row in enumerate(rows, 1) if row.code and row.code not in places.ids}
        return
    closed = dict(session.execute(select(Department.code, Department.id)).all())
    for place, row in enumerate(rows, 1):
        if row.code not in places.ids:
            places.ids[row.code] = closed.get(row.code, -place)
    wanted = {row.code: row for row in rows}
    for row in rows:
        ident = places.ids[row.code]
        parent = places.ids[row.parent_code] if row.parent_code else None
        node = tree.nodes.get(ident)
        kind = row.kind or (node.kind if node else BY_DEPTH[min(_depth(row, wanted, parents), 3)].value)
        if node is None or (node.name, node.kind, node.parent_id) != (row.name, kind, parent):
            found.departments.append(PlannedDepartment(ident, row.code, row.name, kind, parent, node is None))


def _depth(row: DepartmentRow, rows: dict[str, DepartmentRow], parents: dict[str, str | None]) -> int:
    depth, above = 0, row.parent_code
    while above is not None:
        depth += 1
        above = rows[above].parent_code if above in rows else parents.get(above)
    return depth


def _plan_paths(found: Prepared, places: Places) -> None:
    found.departments += [
        PlannedDepartment(ident, code, name, kind, parent, True) for ident, code, name, kind, parent in places.added
    ]


def _read(session: Session, found: Prepared, places: Places, file: BinaryIO, progress: Progress) -> None:
    table, found.encoding = open_table(file, "staff", found.options.encoding)
    found.declared, found.delimiter = found.options.encoding is not None, table.delimiter
    reader = StaffReader(table.heading, found.options, places, frozenset(available_timezones()))
    found.columns, found.unused = tuple(reader.columns), tuple(reader.unused)

    def usable() -> Iterator[Row]:
        for line, cells in table.rows():
            found.rows += 1
            if found.rows % BATCH == 0:
                progress("reading", found.rows, None)
            before = reader.faults
            row = reader.row(line, cells)
            if reader.faults > before:
                if len(found.numbers) < PROBLEMS_KEPT:
                    found.numbers[line] = reader.number_in(cells)
                if found.options.good_rows:
                    continue
            if row is not None:
                yield row

    bulk(session, ROWS, usable(), len(Row._fields))
    found.problems += reader.problems
    found.faults += reader.faults
    found.letters = {letter: Named(*whose) for letter, whose in sorted(reader.letters.items())}
    if not found.rows:
        raise Invalid(N_("The file holds no people, only a heading. Nothing was changed."))
    if "patient_contact" not in reader.columns:
        found.warnings.append(
            Message(N_("No column says who has patient contact: people who are new count as without it."))
        )
    if reader.unused:
        found.warnings.append(Message(N_("Columns that are not used: %(names)s."), {"names": ", ".join(reader.unused)}))


# --- checks over the whole file ---------------------------------------------------------------------------------------


def _match(session: Session, source: str) -> None:
    """Who is who, and who is whose supervisor (first in the file, then in its source, then in any other)."""
    if session.connection().dialect.name == "postgresql":
        session.connection().exec_driver_sql("ANALYZE import_row")
    own = select(Person.id).where(Person.source == source, Person.number == ROWS.c.number).scalar_subquery()
    session.execute(update(ROWS).values(person_id=own))
    session.execute(update(ROWS).values(brought=ROWS.c.person_id.is_(None)))
    other = ROWS.alias()
    in_file = (
        select(func.min(func.coalesce(other.c.person_id, -other.c.line)))
        .where(other.c.number == ROWS.c.supervisor)
        .scalar_subquery()
    )
    sources = session.scalars(select(Person.source).distinct()).all()
    elsewhere = (
        select(Person.id)
        .where(Person.source.in_(sources), Person.number == ROWS.c.supervisor)
        .order_by((Person.source == source).desc(), Person.id)
        .limit(1)
        .scalar_subquery()
    )
    session.execute(
        update(ROWS)
        .where(ROWS.c.supervisor.is_not(None), ROWS.c.supervisor != "")
        .values(supervisor_ref=func.coalesce(in_file, elsewhere))
    )


def _check(session: Session, found: Prepared) -> None:
    other, holder, holders_row = ROWS.alias(), aliased(Person), ROWS.alias()
    first = select(func.min(other.c.line)).where(other.c.number == ROWS.c.number).scalar_subquery()
    note_faults(
        session, found, "number",
        select(ROWS.c.line, ROWS.c.number, first).where(ROWS.c.line > first),
        N_("Line %(other)s has the same employee number."), N_("Keep one of the two lines, or correct the number."),
    )  # fmt: skip
    note_faults(
        session, found, "supervisor_number",
        select(ROWS.c.line, ROWS.c.supervisor, literal(0)).where(
            ROWS.c.supervisor.is_not(None), ROWS.c.supervisor != "", ROWS.c.supervisor_ref.is_(None)
        ),
        N_("Nobody has this number, neither in the file nor in Attune."), N_("Correct the number, or leave the cell empty."),
    )  # fmt: skip
    same = ROWS.alias()
    email_first = select(func.min(same.c.line)).where(same.c.email == ROWS.c.email).scalar_subquery()
    note_faults(
        session, found, "email",
        select(ROWS.c.line, ROWS.c.email, email_first).where(ROWS.c.email.is_not(None), ROWS.c.line > email_first),
        N_("Line %(other)s has the same e-mail address."), N_("Everybody needs an address of their own, or none."),
    )  # fmt: skip
    gives_up = exists().where(
        holders_row.c.person_id == holder.id, holders_row.c.email.is_not(None), holders_row.c.email != holder.email
    )
    note_faults(
        session, found, "email",
        select(ROWS.c.line, ROWS.c.email, holder.number)
        .join(holder, holder.email == ROWS.c.email)
        .where(or_(ROWS.c.person_id.is_(None), ROWS.c.person_id != holder.id), ~gives_up),
        N_("The person with the number %(other)s has this e-mail address already."),
        N_("Correct the address, or leave the cell empty."),
    )  # fmt: skip


def _check_supervisors(session: Session, found: Prepared) -> None:
    """Nobody supervises themselves, nor anybody above them: by the file, and by what is known of those it says nothing about."""
    me = func.coalesce(ROWS.c.person_id, -ROWS.c.line)
    note_faults(
        session, found, "supervisor_number",
        select(ROWS.c.line, ROWS.c.supervisor, literal(0)).where(ROWS.c.supervisor_ref == me),
        N_("Nobody is their own supervisor."), N_("Enter whoever is above, or leave the cell empty for who is at the top."),
    )  # fmt: skip
    told = ROWS.c.supervisor.is_not(None)
    above: dict[int, int] = dict(
        session.execute(select(me, ROWS.c.supervisor_ref).where(ROWS.c.supervisor_ref != me)).all()
    )
    of_file = above.keys() & set(session.scalars(select(me).where(told)))
    m, row = Membership, ROWS.alias()
    listed = exists().where(row.c.person_id == m.person_id)
    silent = (
        select(m.person_id, m.supervisor_id)
        .join(Person, Person.id == m.person_id)
        .where(m.primary, known(m), day_in(found.options.as_of, m.from_day, m.to_day), m.supervisor_id.is_not(None))
        .where(~exists().where(row.c.person_id == m.person_id, row.c.supervisor.is_not(None)))
    )
    if not found.options.partial:  # whoever is missing ends
        silent = silent.where(or_(listed, Person.source != found.options.source))
    above = {one: boss for one, boss in session.execute(silent) if boss is not None} | above
    for circle in circles(above):
        if len(circle) > 1 and not of_file.isdisjoint(circle):
            _note_circle(session, found, circle, of_file)


def _note_circle(session: Session, found: Prepared, circle: list[int], of_file: set[int]) -> None:
    me = func.coalesce(ROWS.c.person_id, -ROWS.c.line)
    columns = (ROWS.c.number, ROWS.c.given_name, ROWS.c.family_name, ROWS.c.line, ROWS.c.supervisor)
    rows = {ref: row for ref, *row in session.execute(select(me, *columns).where(me.in_(circle)))}
    people = {one.id: one for one in session.scalars(select(Person).where(Person.id.in_(set(circle) - rows.keys())))}
    names = [
        f"{rows[ref][1]} {rows[ref][2]} ({rows[ref][0]})"
        if ref in rows
        else f"{people[ref].display_name} ({people[ref].number})"
        for ref in circle
    ]
    begin = min((place for place, ref in enumerate(circle) if ref in of_file), key=lambda place: rows[circle[place]][3])
    chain = [*names[begin:], *names[:begin], names[begin]]
    found.fault(
        Problem(
            Message(N_("Supervisors go in a circle: %(chain)s."), {"chain": " → ".join(chain[:12])}),
            Message(N_("Correct the supervisor of one of them.")),
            "staff", rows[circle[begin]][3], "supervisor_number", rows[circle[begin]][4],
        )
    )  # fmt: skip


def _check_beginnings(session: Session, found: Prepared) -> None:
    never = and_(ROWS.c.brought, ROWS.c.hire.is_(None), ROWS.c.to_day <= found.options.as_of)
    note_faults(
        session, found, "end_date", select(ROWS.c.line, ROWS.c.to_day, literal(0)).where(never),
        N_("This person is new, and the last day has passed already."), N_("Add the hire date, or leave the line out."),
    )  # fmt: skip


def _places(session: Session, found: Prepared) -> None:
    found.first_tree = session.scalar(select(DepartmentVersion.id).where(known(DepartmentVersion)).limit(1)) is None
    begins = select(DepartmentVersion.department_id, func.min(DepartmentVersion.from_day))
    rows = session.execute(begins.where(known(DepartmentVersion)).group_by(DepartmentVersion.department_id)).all()
    first = BEGINNING if found.first_tree else found.options.as_of
    days = {one.id: first for one in found.departments if one.new} | dict(rows)
    bulk(session, PLACES, [(ident, day.isoformat()) for ident, day in days.items()])
