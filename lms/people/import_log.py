"""What an import changed for each person, for the audit log: one entry each beside the run's own, made by the database itself.

The entries say what was there before and what came in its place. Those of people whom the import brought name nobody (only facts, under
the person's number in the database), so that an import that is undone leaves nothing that refers to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Select, String, case, cast, exists, func, literal, null, select, union
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.audit.actions import record_each
from lms.outbox import enqueue
from lms.people.models import (
    BirthMonth,
    DutyTag,
    Employment,
    ImportChange,
    ImportRun,
    Leave,
    Licence,
    Membership,
    Person,
)

TELL = "people.import.tell"
"""The job that writes the entries."""

PEOPLE_IN_STEP = 2000

IMPORTED = "person.import"
UNDONE = "person.import.undo"

TOLD: dict[Any, tuple[str, tuple[str, ...]]] = {
    Employment: ("employments", ("kind", "from_day", "to_day")),
    Membership: (
        "memberships",
        ("department_id", "job", "profession", "patient_contact", "supervisor_id", "primary", "from_day", "to_day"),
    ),
    Licence: ("licences", ("kind", "state", "number", "from_day", "to_day", "renew_by")),
    DutyTag: ("duties", ("tag", "from_day", "to_day")),
    Leave: ("leaves", ("kind", "reason", "from_day", "to_day")),
    BirthMonth: ("birth_month", ("month",)),
}
"""What is said of each kind of fact."""

STAFF = (Employment, Membership)


def begin(session: Session, run: ImportRun, by: Actor, models: Sequence[Any] = STAFF) -> None:
    """Have a worker write the entries, in short steps: an import of everybody must keep nobody waiting for them."""
    run.options = {**run.options, "told": 0}
    payload = {
        "run": run.id, "tables": [model.__tablename__ for model in models], "by": by.person_id, "origin": by.origin,
        "at": by.now.isoformat(),
    }  # fmt: skip
    enqueue(session, TELL, payload, by.now, key=str(run.id))


def step(session: Session, payload: dict[str, Any]) -> bool:
    """The entries about the next people, with who took the import in, when and from where; True when all are written, or need not be.

    How far it is stands in the run, changed in the same transaction: done again after a crash it writes nothing twice.
    """
    run = session.get(ImportRun, payload["run"], with_for_update=True)
    if run is None or run.undone_at is not None:
        return True
    by = Actor(payload["by"], datetime.fromisoformat(payload["at"]), payload["origin"])
    models = tuple(model for model in TOLD if model.__tablename__ in payload["tables"])
    return _tell(session, run, by, models, PEOPLE_IN_STEP)


def catch_up(session: Session, run_id: int) -> bool:
    """Write some of what was not told yet of an import that is to be undone, before anything of it is taken away; True when all is
    told."""
    run = session.get(ImportRun, run_id, with_for_update=True)
    if run is None or run.undone_at is not None or "told" not in run.options:
        return True
    return _tell(session, run, Actor(run.imported_by, run.imported_at), tuple(TOLD), PEOPLE_IN_STEP)


def tell_undone(session: Session, run: ImportRun, by: Actor, some: tuple[int, int]) -> None:
    """The same the other way round about the next people (those above the first number, up to the second), before what the import wrote
    about them is removed."""
    models = tuple(TOLD)
    known, new = (
        _Entries(session, run, _known(run, models, some)),
        _Entries(session, run, _brought(run, some)),
    )
    record_each(session, by, UNDONE, known.rows(known.written(models), known.replaced(models), named=True))
    record_each(session, by, UNDONE, new.rows(new.written(models), cast(null(), JSON), named=False))


def _tell(session: Session, run: ImportRun, by: Actor, models: Sequence[Any], people: int) -> bool:
    last: int = run.options["told"]
    highest = session.scalar(select(func.max(Person.id))) or 0
    if last >= highest:
        return True
    some = (last, last + people)
    known, new = _Entries(session, run, _known(run, models, some)), _Entries(session, run, _brought(run, some))
    record_each(session, by, IMPORTED, known.rows(known.replaced(models), known.written(models), named=True))
    record_each(session, by, IMPORTED, new.rows(cast(null(), JSON), new.written(models), named=False))
    run.options = {**run.options, "told": last + people}
    return last + people >= highest


def _among(column: Any, some: tuple[int, int]) -> Any:
    return (column > some[0]) & (column <= some[1])


def _own(run: ImportRun, some: tuple[int, int]) -> Any:
    change = ImportChange
    return (change.import_id == run.id) & (change.table_name == "person") & _among(change.row_id, some)


def _brought(run: ImportRun, some: tuple[int, int]) -> Any:
    return select(ImportChange.row_id.label("id"), null().label("own")).where(
        _own(run, some), ImportChange.before.is_(null())
    )


def _gone(run: ImportRun, model: Any) -> Any:
    """The facts that the import took out of force; asked of each fact, because SQLite would go through all of a list for each person."""
    return exists().where(
        ImportChange.import_id == run.id,
        ImportChange.table_name == model.__tablename__,
        ImportChange.row_id == model.id,
    )


def _known(run: ImportRun, models: Sequence[Any], some: tuple[int, int]) -> Any:
    """People who were there before, each with the changes of their own data, if any: ``{"email": [before, after]}``."""
    own = (_own(run, some), ImportChange.before.is_not(null()))
    changed = union(
        select(ImportChange.row_id.label("id")).where(*own),
        *(select(model.person_id).where(_among(model.person_id, some), model.import_id == run.id) for model in models),
        *(select(model.person_id).where(_among(model.person_id, some), _gone(run, model)) for model in models),
    ).subquery("changed")
    of_own = select(ImportChange.row_id, ImportChange.before).where(*own).subquery("own_data")
    new = select(ImportChange.row_id).where(_own(run, some), ImportChange.before.is_(null()))
    return (
        select(changed.c.id, of_own.c.before.label("own"))
        .outerjoin(of_own, of_own.c.row_id == changed.c.id)
        .where(changed.c.id.not_in(new))
    )


class _Entries:
    """The entries about some people (rows of ``id`` and ``own``), as a statement for one kind of database."""

    def __init__(self, session: Session, run: ImportRun, people: Any) -> None:
        self.run, self.people = run, people.subquery("people")
        self.postgres = session.get_bind().dialect.name == "postgresql"

    def rows(self, before: Any, after: Any, *, named: bool) -> Select[Any]:
        """(subject, about, before, after) for each of them."""
        subject, about = self.people.c.id, self.people.c.id if named else null()
        told = (subject.label("subject"), about.label("about"), before.label("was"), after.label("became"))
        return select(*told).order_by(subject)

    def written(self, models: Sequence[Any]) -> Any:
        """What the import wrote."""
        own = self.people.c.own
        changed = cast(own, JSON) if self.postgres else func.json(cast(own, String))
        parts = [self._list(model, model.import_id == self.run.id) for model in models]
        return self._object("import", self.run.id, *_named(models, parts), "own", changed)

    def replaced(self, models: Sequence[Any]) -> Any:
        """What stood in its place before."""
        return self._object(*_named(models, [self._list(model, _gone(self.run, model)) for model in models]))

    def _object(self, *pairs: Any) -> Any:
        return (func.json_build_object if self.postgres else func.json_object)(*pairs)

    def _list(self, model: Any, which: Any) -> Any:
        told = TOLD[model][1]
        each = self._object(*(part for name in told for part in (name.removesuffix("_day"), self._value(model, name))))
        several = func.json_agg(aggregate_order_by(each, model.id)) if self.postgres else func.json_group_array(each)
        found = select(several).where(model.person_id == self.people.c.id, which).correlate(self.people)
        return found.scalar_subquery() if self.postgres else func.json(found.scalar_subquery())

    def _value(self, model: Any, name: str) -> Any:
        column = getattr(model, name)
        if isinstance(column.type, Boolean) and not self.postgres:  # SQLite keeps 0 and 1
            return func.json(case((column, literal("true")), else_=literal("false")))
        return column


def _named(models: Sequence[Any], parts: Sequence[Any]) -> list[Any]:
    return [each for model, part in zip(models, parts, strict=True) for each in (TOLD[model][0], part)]
