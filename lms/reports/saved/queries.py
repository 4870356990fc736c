"""Reads of saved views: one's own, those shared with one's role, what is to be mailed, and what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from lms.access import Viewer
from lms.errors import N_, NotFound
from lms.notices import nightly
from lms.notices.models import Mail
from lms.organisation import load
from lms.people.models import Person
from lms.reports.saved.models import ExportSchedule, ExportSending, SavedView


def own(session: Session, person_id: int) -> Sequence[Row[SavedView, ExportSchedule | None]]:
    """One's own views by name, each with how it is mailed."""
    running = (ExportSchedule.view_id == SavedView.id) & ExportSchedule.stopped_at.is_(None)
    query = select(SavedView, ExportSchedule).outerjoin(ExportSchedule, running)
    return session.execute(
        query.where(SavedView.owner_id == person_id, SavedView.removed_at.is_(None)).order_by(SavedView.name)
    ).all()


def shared_with(session: Session, viewer: Viewer) -> Sequence[Row[SavedView, Person]]:
    """The views of others that are shared with a role of the viewer, by name, with whoever saved them."""
    roles = sorted({str(grant.role) for grant in viewer.grants})
    return session.execute(
        select(SavedView, Person)
        .join(Person, Person.id == SavedView.owner_id)
        .where(SavedView.shared_role.in_(roles), SavedView.owner_id != viewer.person_id, SavedView.removed_at.is_(None))
        .order_by(SavedView.name, SavedView.id)
    ).all()


def openable(session: Session, view_id: int, viewer: Viewer) -> SavedView:
    """A view that is the viewer's own, or shared with a role of theirs.

    Raises:
        NotFound: there is none.
    """
    view = session.get(SavedView, view_id)
    roles = {str(grant.role) for grant in viewer.grants}
    if view is None or view.removed_at or not (view.owner_id == viewer.person_id or view.shared_role in roles):
        raise NotFound(N_("There is no such view, or it is no longer shared."))
    return view


def mine(session: Session, view_id: int, person_id: int) -> SavedView:
    """A view of one's own.

    Raises:
        NotFound: there is none.
    """
    view = session.get(SavedView, view_id)
    if view is None or view.removed_at or view.owner_id != person_id:
        raise NotFound(N_("There is no such view among yours."))
    return view


def sent(session: Session, view_id: int, limit: int = 50) -> Sequence[Row[ExportSending, Mail | None]]:
    """What was sent of a view, the newest first, with the mail."""
    return session.execute(
        select(ExportSending, Mail)
        .join(ExportSchedule, ExportSchedule.id == ExportSending.schedule_id)
        .outerjoin(Mail, Mail.id == ExportSending.mail_id)
        .where(ExportSchedule.view_id == view_id)
        .order_by(ExportSending.day.desc(), ExportSending.id.desc())
        .limit(limit)
    ).all()


def due(session: Session, now: datetime) -> list[tuple[int, date]]:
    """The schedules that are to be mailed now, each with its local day: from the hour on at which reminders go out, and only once a
    mail server is set up. Days that were missed are not made good: the newest says it all.
    """
    own = load(session)
    if own is None or own.mail is None:
        return []
    here = now.astimezone(ZoneInfo(own.zone))
    if here.hour < nightly.plan(session).from_hour:
        return []
    query = select(ExportSchedule.id).where(ExportSchedule.stopped_at.is_(None), ExportSchedule.next_on <= here.date())
    return [(ident, here.date()) for ident in session.scalars(query.order_by(ExportSchedule.id))]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made for a schedule: a page as its owner would see it on a day."""

    person_id: int
    page: str
    args: dict[str, str]
    kind: str
    day: date


def order(session: Session, schedule_id: int, day: date) -> Order | None:
    """What a schedule asks for on a day; None where that is done, or stopped."""
    planned = session.get(ExportSchedule, schedule_id)
    if planned is None or planned.stopped_at is not None or planned.next_on > day:
        return None
    view = session.get_one(SavedView, planned.view_id)
    args = {name: str(value) for name, value in view.args.items()}
    return Order(view.owner_id, view.page, args, planned.kind, day)
