"""Reading accounts: who a session token belongs to, whose sign-in name this is, and the lists that administrators see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, false, func, not_, or_, select
from sqlalchemy.orm import Session

from lms.access import ALLOWS, Grant, Permission, Role, Viewer
from lms.accounts import passwords
from lms.accounts.models import Account, RoleGrant, SignInSession
from lms.clock import local_day
from lms.db import day_in, known
from lms.organisation import OrganisationRow, note
from lms.people.models import Employment, Membership, Person, display_name
from lms.people.queries import found_by
from lms.prepared import Prepared

KEEP_FORMS_OF = timedelta(days=7)
"""How long after it was last seen a timed-out session can still hand in what its person had written."""


def employment_over(stretches: Sequence[tuple[date, date]], today: date) -> bool:
    """Whether somebody who belonged to the organisation no longer does. Stretches are [from, to) days.

    Somebody who is still to begin may sign in already; so may an account without any employment (the first administrator).
    """
    begun = [stretch for stretch in stretches if stretch[0] <= today]
    return bool(begun) and not any(start <= today < end for start, end in begun)


_BROWSER, _ACCOUNT, _PERSON = SignInSession.__table__.c, Account.__table__.c, Person.__table__.c
_OWN, _WORKED, _GRANT = OrganisationRow.__table__.c, Employment.__table__.c, RoleGrant.__table__.c

WHO_ASKS = Prepared(
    select(
        *(_BROWSER.started_at, _BROWSER.seen_at, _BROWSER.ended_at, _ACCOUNT.closed_at, _ACCOUNT.demo),
        *(_PERSON.id.label("person_id"), _ACCOUNT.id.label("account_id"), _PERSON.given_name, _PERSON.family_name),
        *(_PERSON.language, _PERSON.zone, _OWN.settings, _WORKED.from_day, _WORKED.to_day),
        *(_GRANT.role, _GRANT.department_id),
    )
    .select_from(SignInSession.__table__)
    .join(Account.__table__, _ACCOUNT.id == _BROWSER.account_id)
    .join(Person.__table__, _PERSON.id == _ACCOUNT.person_id)
    .outerjoin(OrganisationRow.__table__, _OWN.id == 1)
    .outerjoin(Employment.__table__, and_(_WORKED.person_id == _PERSON.id, known(_WORKED)))
    .outerjoin(RoleGrant.__table__, and_(_GRANT.account_id == _ACCOUNT.id, _GRANT.revoked_at.is_(None)))
    .where(_BROWSER.token_hash == bindparam("digest"))
)
"""Every stretch of employment with every grant (few of either). Every request sends this one."""


def viewer_for_token(
    session: Session, token: str, now: datetime, idle: timedelta, longest: timedelta, *, demo: bool = False
) -> Viewer | None:
    """Who holds this session token, in one statement; None where the session or the account is over.

    ``demo`` says that the program runs in demo mode: elsewhere there is no session of a demo sign-in. The day employment ends
    decides by itself: nothing waits for a job that closes accounts.
    """
    rows = WHO_ASKS.rows(session, digest=passwords.digest(token))
    if not rows:
        return None
    first = rows[0]
    stretches = [(row.from_day, row.to_day) for row in rows if row.from_day is not None]
    settings = first.settings or {}
    if settings:
        note(session, settings)
    over = (
        first.ended_at is not None
        or now - first.seen_at > idle
        or now - first.started_at > longest
        or first.closed_at is not None
        or (first.demo and not (demo and settings.get("demo", False)))
        or employment_over(stretches, local_day(now, settings.get("zone", "UTC")))
    )
    if over:
        return None
    grants = {Grant(Role(row.role), row.department_id) for row in rows if row.role is not None}
    return Viewer(
        person_id=first.person_id,
        account_id=first.account_id,
        display_name=display_name(first.given_name, first.family_name),
        grants=frozenset(grants | {Grant(Role.LEARNER)}),
        language=first.language,
        zone=first.zone,
    )


def viewer_of(session: Session, person_id: int, now: datetime) -> Viewer | None:
    """Somebody as they would be if they signed in at this moment; None where they may not. Two statements."""
    own = session.get(OrganisationRow, 1)
    settings = own.settings if own is not None else {}
    rows = session.execute(
        select(Account, Person, Employment.from_day, Employment.to_day, RoleGrant.role, RoleGrant.department_id)
        .join(Person, Person.id == Account.person_id)
        .outerjoin(Employment, and_(Employment.person_id == Person.id, known(Employment)))
        .outerjoin(RoleGrant, and_(RoleGrant.account_id == Account.id, RoleGrant.revoked_at.is_(None)))
        .where(Account.person_id == person_id)
    ).all()
    if not rows or rows[0][0].closed_at is not None or (rows[0][0].demo and not settings.get("demo", False)):
        return None
    stretches = [(row.from_day, row.to_day) for row in rows if row.from_day is not None]
    if employment_over(stretches, local_day(now, settings.get("zone", "UTC"))):
        return None
    account, person = rows[0][:2]
    grants = {Grant(Role(row.role), row.department_id) for row in rows if row.role is not None}
    return Viewer(
        person_id=person.id,
        account_id=account.id,
        display_name=person.display_name,
        grants=frozenset(grants | {Grant(Role.LEARNER)}),
        language=person.language,
        zone=person.zone,
    )


def account_of_expired_token(session: Session, token: str, now: datetime) -> int | None:
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
    if row is None or now - row.seen_at > KEEP_FORMS_OF:
        return None
    return int(row.account_id)


def by_sign_in_name(name: str) -> Select[Account]:
    """Accounts whose person has this number (in any source) or e-mail address, whatever the case."""
    folded = name.strip().lower()
    return (
        select(Account)
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


def seen_before(session: Session, account_id: int, token: str) -> datetime | None:
    """When somebody was last here with another session than the one of this token; None: never."""
    other = SignInSession.token_hash != passwords.digest(token)
    return session.scalar(select(func.max(SignInSession.seen_at)).where(SignInSession.account_id == account_id, other))


def session_id_of(sessions: Sequence[SignInSession], token: str) -> int | None:
    """Which of these sessions holds this token: the device one is sitting at."""
    mine = passwords.digest(token)
    return next((found.id for found in sessions if found.token_hash == mine), None)


# --- lists for administrators ------------------------------------------------------------------------------------------


class AccountState(StrEnum):
    """How somebody stands with signing in. Computed, never stored."""

    NONE = "none"
    INVITED = "invited"
    ACTIVE = "active"
    LOCKED = "locked"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role somebody holds now."""

    grant_id: int
    role: Role
    department_id: int | None
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class AccountLine:
    """A person and their account, if there is one."""

    person: Person
    account: Account | None
    state: AccountState
    roles: tuple[HeldRole, ...]


def account_state(account: Account | None, now: datetime) -> AccountState:
    """How this account stands at a moment."""
    if account is None:
        return AccountState.NONE
    if account.closed_at is not None:
        return AccountState.CLOSED
    if account.password_hash is None:
        return AccountState.INVITED
    locked = account.locked_until is not None and account.locked_until > now
    return AccountState.LOCKED if locked else AccountState.ACTIVE


def account_lines(
    session: Session,
    now: datetime,
    *,
    term: str = "",
    role: Role | None = None,
    state: AccountState | None = None,
    page: int = 1,
    size: int = 50,
) -> tuple[list[AccountLine], int]:
    """One page of people by name (from 1) and how many there are, found by name, number or address, role, and state."""
    query = select(Person, Account).outerjoin(Account, Account.person_id == Person.id)
    query = query.where(*found_by(term))
    if role is not None:
        held = exists().where(
            RoleGrant.account_id == Account.id, RoleGrant.role == role.value, RoleGrant.revoked_at.is_(None)
        )
        query = query.where(held)
    if state is not None:
        query = query.where(_in_state(state, now))
    count = session.scalar(select(func.count()).select_from(query.with_only_columns(Person.id).subquery())) or 0
    rows = session.execute(
        query.order_by(Person.family_name, Person.given_name, Person.id).offset((page - 1) * size).limit(size)
    ).all()
    roles = roles_of(session, [account.id for _, account in rows if account is not None])
    return [
        AccountLine(person, account, account_state(account, now), roles.get(account.id, ()) if account else ())
        for person, account in rows
    ], count


def account_line(session: Session, person_id: int, now: datetime) -> AccountLine | None:
    """One person and their account; None when there is no such person."""
    row = session.execute(
        select(Person, Account).outerjoin(Account, Account.person_id == Person.id).where(Person.id == person_id)
    ).one_or_none()
    if row is None:
        return None
    person, account = row
    roles = roles_of(session, [account.id]) if account is not None else {}
    return AccountLine(person, account, account_state(account, now), roles.get(account.id, ()) if account else ())


def roles_of(session: Session, account_ids: Sequence[int]) -> dict[int, tuple[HeldRole, ...]]:
    """The roles that these accounts hold now."""
    found: dict[int, tuple[HeldRole, ...]] = {}
    query = (
        select(RoleGrant)
        .where(RoleGrant.account_id.in_(account_ids), RoleGrant.revoked_at.is_(None))
        .order_by(RoleGrant.role, RoleGrant.id)
    )
    for grant in session.scalars(query):
        held = HeldRole(grant.id, Role(grant.role), grant.department_id, grant.granted_at)
        found[grant.account_id] = (*found.get(grant.account_id, ()), held)
    return found


@dataclass(frozen=True, slots=True)
class Invitable:
    """Somebody who works here and cannot sign in yet."""

    person_id: int
    has_email: bool


def who_may(session: Session, permission: Permission) -> frozenset[int]:
    """The people with an open account and a role that carries this permission."""
    roles = [role for role, allowed in ALLOWS.items() if permission in allowed]
    query = select(Account.person_id).join(RoleGrant, RoleGrant.account_id == Account.id)
    return frozenset(
        session.scalars(
            query.where(Account.closed_at.is_(None), RoleGrant.revoked_at.is_(None), RoleGrant.role.in_(roles))
        )
    )


def invitable(session: Session, departments: Collection[int] | None, day: date) -> list[Invitable]:
    """People with a membership on ``day`` in these departments (None: anywhere) who have no password yet."""
    query = (
        select(Person.id, Person.email)
        .join(Membership, and_(Membership.person_id == Person.id, known(Membership)))
        .outerjoin(Account, Account.person_id == Person.id)
        .where(day_in(day, Membership.from_day, Membership.to_day), Account.password_hash.is_(None))
        .distinct()
        .order_by(Person.id)
    )
    if departments is not None:
        query = query.where(Membership.department_id.in_(departments))
    return [Invitable(row.id, bool(row.email)) for row in session.execute(query)]


def names_of(session: Session, person_ids: Collection[int | None]) -> dict[int, str]:
    """Display names by person id."""
    wanted = [person_id for person_id in person_ids if person_id is not None]
    return {person.id: person.display_name for person in session.scalars(select(Person).where(Person.id.in_(wanted)))}


def by_number(session: Session, number: str) -> tuple[int, int | None] | None:
    """The ids of the person with this number (in any source) or e-mail address, and of their account, if there is one."""
    folded = number.strip().lower()
    row = session.execute(
        select(Person.id, Account.id)
        .outerjoin(Account, Account.person_id == Person.id)
        .where(or_(func.lower(Person.number) == folded, func.lower(Person.email) == folded))
        .order_by(Person.id)
    ).first()
    return (row[0], row[1]) if row else None


def departments_of(session: Session, person_ids: Collection[int], day: date) -> dict[int, int]:
    """The department of each person's primary membership on a day, by person id."""
    rows = session.execute(
        select(Membership.person_id, Membership.department_id).where(
            Membership.person_id.in_(person_ids),
            Membership.primary,
            known(Membership),
            day_in(day, Membership.from_day, Membership.to_day),
        )
    )
    return {row.person_id: row.department_id for row in rows}


def _in_state(state: AccountState, now: datetime) -> ColumnElement[bool]:
    is_open = and_(Account.id.is_not(None), Account.closed_at.is_(None))
    locked = func.coalesce(Account.locked_until > now, false())
    return {
        AccountState.NONE: Account.id.is_(None),
        AccountState.INVITED: and_(is_open, Account.password_hash.is_(None)),
        AccountState.ACTIVE: and_(is_open, Account.password_hash.is_not(None), not_(locked)),
        AccountState.LOCKED: and_(is_open, Account.password_hash.is_not(None), locked),
        AccountState.CLOSED: Account.closed_at.is_not(None),
    }[state]
