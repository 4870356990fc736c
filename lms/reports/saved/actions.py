"""Verbs of saved views: save, rename, share, take away; mail them from a day on, stop, and write down what was sent."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lms.access import Role
from lms.audit import Actor, record
from lms.errors import N_, Conflict, Invalid
from lms.files import FileStore, StoredFile
from lms.notices import actions as notices
from lms.notices.models import Mail
from lms.people.models import Person
from lms.reports.saved.models import ExportSchedule, ExportSending, SavedView
from lms.reports.saved.plan import Every, following

PURPOSE = "scheduled export"
ATTACHED_UP_TO = 8 * 1024 * 1024
"""Bytes of a file that is attached; a larger one is linked to, because mail servers refuse it."""

KEPT = timedelta(days=30)
"""How long an attached file is kept here: it names people, and can be made again."""

LONGEST = 100
"""Characters of a name."""

MOST = 200
"""Views of one person."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was made for a schedule: its name, media type and bytes, and the address at which its owner finds it."""

    name: str
    media_type: str
    data: bytes
    address: str


def save(session: Session, page: str, args: Mapping[str, str], name: str, shared: Role | None, by: Actor) -> SavedView:
    """Keep a view under a name.

    Raises:
        Invalid: no name, too many views, or one to share that holds a search.
        Conflict: one's own views have this name already.
    """
    assert by.person_id is not None
    _may_share(args, shared)
    own = session.scalars(select(SavedView).where(SavedView.owner_id == by.person_id, SavedView.removed_at.is_(None)))
    if len(own.all()) >= MOST:
        raise Invalid(N_("You have %(most)s views. Delete one before you save another."), most=MOST)
    view = SavedView(
        owner_id=by.person_id, name=_name(session, name, by.person_id, None), page=page, args=dict(args),
        shared_role=shared, created_at=by.now, removed_at=None,
    )  # fmt: skip
    session.add(view)
    session.flush()
    if shared is not None:
        record(session, by, "view.share", "saved_view", view.id, after={"role": shared, "page": page})
    return view


def change(session: Session, view: SavedView, name: str, shared: Role | None, by: Actor) -> None:
    """Another name; shared with a role or with nobody.

    Raises:
        Invalid: no name, or it is to be shared and holds a search.
        Conflict: another of one's views has it.
    """
    _may_share(view.args, shared)
    before, view.name = view.shared_role, _name(session, name, view.owner_id, view.id)
    view.shared_role = shared
    session.flush()
    if before != shared:
        record(session, by, "view.share", "saved_view", view.id, before={"role": before}, after={"role": shared})


def _may_share(args: Mapping[str, Any], shared: Role | None) -> None:
    """What somebody searched for may be a name: it is nobody else's business, so a view that holds it stays one's own."""
    if shared is not None and args.get("q"):
        raise Invalid(
            N_(
                "This view searches for “%(term)s”, which may be somebody's name. Keep it to yourself, or save it without the search."
            ),
            term=str(args["q"]),
        )


def remove(session: Session, view: SavedView, by: Actor) -> None:
    """Take a view away; it is mailed no longer."""
    view.removed_at = by.now
    running = schedule_of(session, view.id)
    if running is not None:
        stop(session, running, "view", by)


def mail_it(
    session: Session, view: SavedView, every: Every, kind: str, first: date, today: date, by: Actor
) -> ExportSchedule:
    """Mail a view to its owner from a day on, instead of what was agreed before.

    Raises:
        Invalid: the first day is past, or the owner has no address.
    """
    if first < today:
        raise Invalid(N_("Choose today or a later day."))
    if not session.get_one(Person, view.owner_id).email:
        raise Invalid(N_("You have no e-mail address here. Ask HR to add it first."))
    running = schedule_of(session, view.id)
    if running is not None:
        running.stopped_at, running.stopped_why = by.now, "owner"
        session.flush()
    planned = ExportSchedule(
        view_id=view.id, every=every, kind=kind, first_on=first, next_on=first, created_at=by.now, stopped_at=None,
        stopped_why=None,
    )  # fmt: skip
    session.add(planned)
    session.flush()
    told = {"view": view.id, "page": view.page, "every": every, "kind": kind, "first": first.isoformat()}
    record(session, by, "export.schedule", "export_schedule", planned.id, after=told)
    return planned


def stop(session: Session, planned: ExportSchedule, why: str, by: Actor) -> None:
    """Mail it no longer; ``why`` as in :class:`ExportSchedule`."""
    planned.stopped_at, planned.stopped_why = by.now, why
    session.flush()
    record(session, by, "export.stop", "export_schedule", planned.id, reason=why)


def schedule_of(session: Session, view_id: int) -> ExportSchedule | None:
    """How a view is mailed now."""
    return session.scalar(
        select(ExportSchedule).where(ExportSchedule.view_id == view_id, ExportSchedule.stopped_at.is_(None))
    )


def deliver(
    session: Session,
    planned: ExportSchedule,
    day: date,
    made: Made | None,
    files: FileStore,
    base_url: str,
    now: datetime,
) -> ExportSending | None:
    """Write the mail of a day, once, and say when the next one is; None where that day is done. ``made`` None: its owner may not
    see it any more, so it is stopped.
    """
    done = select(ExportSending.id).where(ExportSending.schedule_id == planned.id, ExportSending.day == day)
    if session.scalar(done) is not None or planned.stopped_at is not None:
        return None
    view = session.get_one(SavedView, planned.view_id)
    owner = session.get_one(Person, view.owner_id)
    sending = ExportSending(schedule_id=planned.id, day=day, outcome="refused", made_at=now)
    session.add(sending)
    session.flush()  # the same day a second time fails here
    by = Actor(view.owner_id, now, "worker")
    if made is None:
        stop(session, planned, "access", by)
        return sending
    planned.next_on = following(planned.first_on, Every(planned.every), day)
    sending.size, sending.sha256 = len(made.data), hashlib.sha256(made.data).hexdigest()
    attached: list[StoredFile] = []
    if len(made.data) <= ATTACHED_UP_TO:
        stored = files.put(
            session, io.BytesIO(made.data), name=made.name, media_type=made.media_type, purpose=PURPOSE,
            owner_id=view.owner_id, now=now,
        )  # fmt: skip
        attached, sending.file_id = [stored], stored.id
    mail = notices.write_mail(
        session, "export", owner, now, attachments=attached, view=view.name, day=day, attached=bool(attached),
        link=base_url.rstrip("/") + made.address, every=planned.every,
        stop=f"{base_url.rstrip('/')}/views/{view.id}/mail",
    )  # fmt: skip
    sending.mail_id = mail.id if mail else None
    sending.outcome = "no_address" if mail is None else "attached" if attached else "linked"
    told: dict[str, Any] = {"view": view.id, "day": day.isoformat(), "outcome": sending.outcome, "size": sending.size}
    record(session, by, "export.send", "export_schedule", planned.id, after=told | {"sha256": sending.sha256})
    session.flush()
    return sending


LET_GO = N_("The file was not kept longer, so this message is not sent without it.")
"""What stands beside a message in the queue, as the words of a mail server do."""


def let_go(session: Session, now: datetime, before: date | None = None) -> list[str]:
    """Throw away the files that were mailed before a day (None: all), and give their SHA-256; the log of what was sent stays. A message
    that still waits is given up: without its file it would say what is not so."""
    query = select(ExportSending).where(ExportSending.file_id.is_not(None))
    sent = session.scalars(query if before is None else query.where(ExportSending.day < before)).all()
    ids = {sending.file_id for sending in sent}
    for sending in sent:
        if sending.mail_id is not None:
            mail = session.get_one(Mail, sending.mail_id)
            if sending.file_id is not None and mail.sent_at is None and mail.failed_at is None:
                mail.failed_at, mail.error = now, LET_GO
        sending.file_id = None
    session.flush()
    gone = StoredFile.id.in_([ident for ident in ids if ident is not None])
    hashes = list(session.scalars(select(StoredFile.sha256).where(gone)))
    session.execute(delete(StoredFile).where(gone))
    still = set(session.scalars(select(StoredFile.sha256).where(StoredFile.sha256.in_(hashes))))
    return sorted(set(hashes) - still)


def _name(session: Session, name: str, owner_id: int, but: int | None) -> str:
    name = " ".join(name.split())[:LONGEST]
    if not name:
        raise Invalid(N_("Give it a name."))
    same = select(SavedView.id).where(
        SavedView.owner_id == owner_id, SavedView.name == name, SavedView.removed_at.is_(None)
    )
    if session.scalar(same if but is None else same.where(SavedView.id != but)) is not None:
        raise Conflict(N_("You have a view of this name already. Choose another name."))
    return name
