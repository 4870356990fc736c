"""Who is let in: setting up, settings, invitations, forgotten passwords."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lms import audit
from lms.accounts import invitations
from lms.audit import Actor
from lms.errors import N_, Conflict
from lms.notices.actions import release_waiting, write_mail
from lms.organisation import Organisation, load
from lms.organisation import save as save_organisation


def invite_by_mail(
    session: Session, person_ids: Iterable[int], link: Callable[[str], str], by: Actor
) -> invitations.Invited:
    """Invite people and write the mails; ``link`` makes the address for a one-time secret."""
    invited = invitations.invite(session, person_ids, by)
    for made in invited.invitations:
        write_mail(
            session,
            "invite",
            made.person,
            by.now,
            link=link(made.secret),
            expires_at=made.expires_at,
            number=made.person.number,
        )
    return invited


def forgotten_password(
    session: Session, name: str, link: Callable[[str], str], now: datetime, address: str | None
) -> None:
    """Mail a link to choose a new password, where the name has an account with an address; otherwise do nothing, in silence."""
    for made in invitations.request_reset(session, name, now, address):
        write_mail(session, "reset", made.person, now, link=link(made.secret), expires_at=made.expires_at)


def require_fresh(session: Session) -> None:
    """Make sure that nothing has been set up yet.

    Raises:
        Conflict: it has.
    """
    if load(session) is not None:
        raise Conflict(N_("Attune is set up already. Change the settings under Administration."))


def set_up(
    session: Session, own: Organisation, administrator: invitations.Newcomer, by: Actor
) -> invitations.Invitation:
    """Begin for real: the organisation, and a one-time link for its first administrator.

    Raises:
        Conflict: it is set up already; nothing was changed.
    """
    require_fresh(session)
    save_organisation(session, own, by.now)
    audit.record(session, by, "organisation.set_up", "organisation", 1, after={"name": own.name, "zone": own.zone})
    return invitations.invite_administrator(session, administrator, by)


def save_settings(session: Session, own: Organisation, by: Actor) -> None:
    """Change the organisation's settings; with a mail server the mails that waited go out. Passwords stay out of the audit log."""
    before = load(session)
    save_organisation(session, own, by.now)
    audit.record(
        session,
        by,
        "organisation.change",
        "organisation",
        1,
        before=_without_secrets(before),
        after=_without_secrets(own),
    )
    if own.mail is not None:
        release_waiting(session, by.now)


def _without_secrets(own: Organisation | None) -> dict[str, Any] | None:
    if own is None:
        return None
    shown = asdict(own)
    if shown["mail"] is not None:
        del shown["mail"]["password"]
    return shown
