"""Verbs of drafts: begin, change, rehearse, publish, throw away. A rehearsal reads everything and writes only its own figures."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.clock import local_day
from lms.compliance import gathering
from lms.compliance.actions import publish_requirement
from lms.compliance.drafts import queries
from lms.compliance.drafts.doubting import judge
from lms.compliance.drafts.models import Rehearsal, RehearsalLine, RequirementDraft
from lms.compliance.drafts.rehearsing import Question, add, effect, nothing, question
from lms.compliance.drafts.sheet import ABOUT, Document
from lms.compliance.models import RequirementVersion
from lms.compliance.requirement_file import About, read_document
from lms.compliance.rules import RuleVersion
from lms.compliance.surroundings import asked_by
from lms.db import known
from lms.errors import N_, Conflict, Invalid
from lms.organisation import load
from lms.outbox import enqueue
from lms.people.models import Employment, Person

REHEARSE = "compliance.rehearse"
AT_ONCE = 1500
"""So many people are rehearsed while one waits; for more, a worker does it."""

BATCH = 200
UNBORN = 2**31 - 1
"""Stands for the id of a version that is not published."""


def begin(
    session: Session, document: Document, by: Actor, *, requirement_id: int | None = None, library: str | None = None
) -> RequirementDraft:
    """A new draft: of a new requirement, or of a new version of one."""
    draft = RequirementDraft(
        requirement_id=requirement_id, document=document, library=library, changed_at=by.now, changed_by=by.person_id,
        closed_at=None, version_id=None,
    )  # fmt: skip
    session.add(draft)
    session.flush()
    return draft


def save(session: Session, draft: RequirementDraft, document: Document, by: Actor) -> None:
    """What the draft says now, finished or not."""
    draft.document, draft.changed_at, draft.changed_by = document, by.now, by.person_id


def discard(session: Session, draft: RequirementDraft, by: Actor) -> None:
    """Throw a draft away, with what was rehearsed of it."""
    _forget(session, draft.id)
    draft.closed_at, draft.changed_by = by.now, by.person_id


def rehearse(session: Session, draft: RequirementDraft, by: Actor) -> Rehearsal:
    """Ask what the draft would do, as it stands; :func:`step` works it out. What was rehearsed of it before is gone.

    Raises:
        Invalid: the draft cannot be used; every fault is told.
    """
    judged = judge(session, draft.document, draft.requirement_id, _today(session, by))
    if judged.refused or judged.stated is None or judged.stated.version is None:
        raise Invalid(N_("The requirement cannot be used."), judged.refused)
    _forget(session, draft.id)
    rehearsal = Rehearsal(
        draft_id=draft.id,
        document=deepcopy(draft.document),
        first_day=max(judged.stated.from_day, _today(session, by)),
        asked_at=by.now,
        asked_by=by.person_id,
        people=session.scalar(select(func.count()).select_from(Person)) or 0,
        position=0,
        figures=nothing(),
        finished_at=None,
    )
    session.add(rehearsal)
    session.flush()
    return rehearsal


def ask_worker(session: Session, rehearsal: Rehearsal, by: Actor) -> None:
    """Have a worker go through everybody."""
    enqueue(session, REHEARSE, {"rehearsal": rehearsal.id}, by.now, key=str(rehearsal.id))


def step(session: Session, rehearsal_id: int, by: Actor, batch: int = BATCH) -> bool:
    """Work some more people in, in the caller's transaction; True when all are, or nobody asks any more.

    Done again after a crash it goes on where it was.
    """
    rehearsal = session.get(Rehearsal, rehearsal_id, with_for_update=True, populate_existing=True)
    if rehearsal is None or rehearsal.finished_at is not None:
        return True
    query = select(Person.id).where(Person.id > rehearsal.position).order_by(Person.id).limit(batch)
    person_ids = list(session.scalars(query))
    if not person_ids:
        rehearsal.finished_at = by.now
        return True
    draft = session.get_one(RequirementDraft, rehearsal.draft_id)
    asked = _question(session, rehearsal, draft)
    late = _written_late(session, person_ids)
    figures, lines = deepcopy(rehearsal.figures), []
    facts = gathering.people(session, person_ids, asks=asked_by([asked.after]))
    for person_id in person_ids:
        found = effect(asked, facts[person_id], person_id in late)
        add(figures, found)
        if found.move != "outside":
            lines.append(
                {
                    "rehearsal_id": rehearsal.id,
                    "person_id": person_id,
                    "department_id": found.department_id,
                    "move": found.move,
                    "was": None if found.was is None else int(found.was),
                    "becomes": None if found.becomes is None else int(found.becomes),
                    "due": found.due,
                }
            )
    if lines:
        session.execute(insert(RehearsalLine), lines)
    rehearsal.figures, rehearsal.position = figures, person_ids[-1]
    return False


def publish(session: Session, draft: RequirementDraft, by: Actor, *, confirmed: bool) -> RequirementVersion:
    """Publish a draft as a version, from its first day on; everybody is worked out again.

    Raises:
        Invalid: it cannot be used, or something about it was told and not ``confirmed``.
        Conflict: it was published or thrown away already, or changed since it was rehearsed.
    """
    if draft.closed_at is not None:
        raise Conflict(N_("This draft was published or thrown away already."))
    today = _today(session, by)
    judged = judge(session, draft.document, draft.requirement_id, today)
    if judged.refused or judged.stated is None or judged.stated.data is None or judged.stated.version is None:
        raise Invalid(N_("The requirement cannot be used."), judged.refused)
    rehearsal = queries.rehearsal_of(session, draft.id)
    if rehearsal is None or rehearsal.finished_at is None or rehearsal.document != draft.document:
        raise Conflict(N_("Rehearse it first: it was changed since, or never rehearsed."))
    if rehearsal.first_day < max(judged.stated.from_day, today):
        raise Conflict(N_("It was rehearsed for a day that has passed. Rehearse it again."))
    if not confirmed and (judged.told or queries.strange(rehearsal)):
        raise Invalid(N_("Say that you have read what is strange about it."))
    read = read_document(draft.document)
    version = publish_requirement(
        session, read.code, read.title, judged.stated.data, judged.stated.from_day, by,
        new=draft.requirement_id is None, apply_to_running=judged.stated.version.apply_to_running,
        about=_about(draft, judged.stated.about),
    )  # fmt: skip
    draft.closed_at, draft.version_id = by.now, version.id
    return version


def _about(draft: RequirementDraft, about: About) -> dict[str, Any]:
    """What stands behind the version, as text."""
    said = {name: value for name, value in draft.document["versions"][0].items() if name in ABOUT}
    said |= {"authority": about.authority, "status": about.status.value}
    return said | ({"library": draft.library} if draft.library else {})


def _question(session: Session, rehearsal: Rehearsal, draft: RequirementDraft) -> Question:
    stated = read_document(rehearsal.document).versions[0]
    assert stated.version is not None
    rule, given = stated.version.rule, stated.version
    organisation = load(session)
    adopted = local_day(rehearsal.asked_at, organisation.zone if organisation else "UTC")
    version = RuleVersion(UNBORN, rule, given.from_day, None, adopted, given.apply_to_running, given.status)
    requirement_id = draft.requirement_id
    before = gathering.requirements(session).get(requirement_id) if requirement_id is not None else None
    return question(before, requirement_id or 0, version)


def _written_late(session: Session, person_ids: list[int]) -> set[int]:
    """Whose hire was written down days after it, other than on the day on which the first people came in."""
    start = session.scalar(select(func.min(Employment.recorded_at)))
    rows = session.execute(
        select(Employment.person_id, Employment.from_day, Employment.recorded_at).where(
            Employment.person_id.in_(person_ids), known(Employment)
        )
    )
    first_load = start.date() + timedelta(days=1) if start else date.max
    return {
        person
        for person, day, written in rows
        if first_load < written.date() and written.date() > day + timedelta(days=3)
    }


def _forget(session: Session, draft_id: int) -> None:
    old = select(Rehearsal.id).where(Rehearsal.draft_id == draft_id)
    session.execute(delete(RehearsalLine).where(RehearsalLine.rehearsal_id.in_(old)))
    session.execute(delete(Rehearsal).where(Rehearsal.draft_id == draft_id))


def _today(session: Session, by: Actor) -> date:
    organisation = load(session)
    return local_day(by.now, organisation.zone if organisation else "UTC")
