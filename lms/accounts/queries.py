"""Reading accounts: who a session token belongs to, whose sign-in name this is, and the lists that administrators see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from lms.access import Grant, Role, Viewer
from lms.accounts import passwords
from lms.accounts.models import Account, RoleGrant, SignInSession
from lms.clock import local_day
from lms.db import known
from lms.organisation import OrganisationRow
from lms.people.models import Employment, Person

KEEP_FORMS_OF = timedelta(days=7)
"""How long after it was last seen a timed-out session can still hand in what its person had written."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that is good, and whose it is. ``touch_due``: more than a minute has passed since it was last seen."""

    viewer: Viewer
    session_id: int
    touch_due: bool


def employment_over(stretches: Sequence[tuple[date, date]], today: date) -> bool:
    """Whether somebody who belonged to the organisation no longer does. Stretches are [from, to) days.

    Somebody who is still to begin may sign in already; so may an account without any employment (the first administrator).
    """
    begun = [stretch for stretch in stretches if stretch[0] <= today]
    return bool(begun) and not any(start <= today < end for start, end in begun)


def signed_in(session: Session, token: str, now: datetime, idle: timedelta, longest: timedelta) -> SignedIn | None:
    """Who holds this session token, in two statements; None where the session or the account is over.

    The day employment ends decides by itself: nothing waits for a job that closes accounts.
    """
    rows = session.execute(
        select(SignInSession, Account, Person, OrganisationRow.settings, Employment.from_day, Employment.to_day)
        .join(Account, Account.id == SignInSession.account_id)
        .join(Person, Person.id == Account.person_id)
        .outerjoin(OrganisationRow, OrganisationRow.id == 1)
        .outerjoin(Employment, and_(Employment.person_id == Person.id, known(Employment)))
        .where(SignInSession.token_hash == passwords.digest(token))
    ).all()
    if not rows:
        return None
    browser, account, person, settings = rows[0][:4]
    stretches = [(row.from_day, row.to_day) for row in rows if row.from_day is not None]
    settings = settings or {}
    over = (
        browser.ended_at is not None
        or now - browser.seen_at > idle
        or now - browser.started_at > longest
        or account.closed_at is not None
        or (account.demo and not settings.get("demo", False))
        or employment_over(stretches, local_day(now, settings.get("zone", "UTC")))
    )
    if over:
        return None
    held = session.execute(
        select(RoleGrant.role, RoleGrant.department_id).where(
            RoleGrant.account_id == account.id, RoleGrant.revoked_at.is_(None)
        )
    )
    grants = {Grant(Role(role), department) for role, department in held}
    viewer = Viewer(
        person_id=person.id,
        account_id=account.id,
        display_name=person.display_name,
        grants=frozenset(grants | {Grant(Role.LEARNER)}),
        language=person.language,
    )
    return SignedIn(viewer, browser.id, now - browser.seen_at >= timedelta(minutes=1))


def viewer_for_token(session: Session, token: str, now: datetime, idle: timedelta, longest: timedelta) -> Viewer | None:
    """Like :func:`signed_in`, for callers that only ask who it is."""
    found = signed_in(session, token, now, idle, longest)
    return found.viewer if found else None


def account_of_expired_token(session: Session, token: str, now: datetime | None = None) -> int | None:
    """The account of a session that merely timed out, so that a form it sent can be kept; None for one that was ended."""
    row = session.execute(
        select(SignInSession.account_id, SignInSession.seen_at)
        .join(Account, Account.id == SignInSession.account_id)
        .where(
            SignInSession.token_hash == passwords.digest(token),
            SignInSession.ended_at.is_(None),
            Account.closed_at.is_(None),
        )
    ).one_or_none()
    if row is None or (now is not None and now - row.seen_at > KEEP_FORMS_OF):
        return None
    return int(row.account_id)


def by_sign_in_name(name: str) -> Select[Account, Person]:
    """Accounts whose person has this number (in any source) or e-mail address, whatever the case."""
    folded = name.strip().lower()
    return (
        select(Account, Person)
        .join(Person, Person.id == Account.person_id)
        .where(or_(func.lower(Person.number) == folded, func.lower(Person.email) == folded))
        .order_by(Account.id)
        .limit(5)
    )


def sessions_of(
    session: Session, account_id: int, now: datetime, idle: timedelta, longest: timedelta
) -> Sequence[SignInSession]:
    """The browsers somebody is signed in with, the one seen last first."""
    return session.scalars(
        select(SignInSession)
        .where(
            SignInSession.account_id == account_id,
            SignInSession.ended_at.is_(None),
            SignInSession.seen_at >= now - idle,
            SignInSession.started_at >= now - longest,
        )
        .order_by(SignInSession.seen_at.desc())
    ).all()


def session_id_of(sessions: Sequence[SignInSession], token: str) -> int | None:
    """Which of these sessions holds this token: the device one is sitting at."""
    mine = passwords.digest(token)
    return next((found.id for found in sessions if found.token_hash == mine), None)
