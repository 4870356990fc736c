"""What administrators do to accounts: roles for departments, unlocking, closing."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import and_, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.access import ALLOWS, ORGANISATION_WIDE, Role
from lms.accounts import throttle
from lms.accounts.actions import sign_out_everywhere
from lms.accounts.models import Account, OneTimeToken, RoleGrant
from lms.audit import Actor, record
from lms.db import known
from lms.errors import N_, Conflict, Invalid, NotFound
from lms.people.models import Employment, Person


def grant_role(
    session: Session, account_id: int, role: Role, department_id: int | None, by: Actor, reason: str = ""
) -> RoleGrant:
    """Give a role for a department and everything below it, or (None) for the whole organisation, with a reason if there is one.

    Raises:
        Invalid: the learner's role (everybody has it), or a role that makes no sense for one department.
        Conflict: the account holds it already.
    """
    if role is Role.LEARNER:
        raise Invalid(N_("Everybody is a learner already."))
    if department_id is not None and ALLOWS[role] <= ORGANISATION_WIDE:
        raise Invalid(N_("This role concerns the whole organisation; give it without a department."))
    account = _account(session, account_id)
    grant = RoleGrant(
        account_id=account_id, role=role.value, department_id=department_id, granted_at=by.now, granted_by=by.person_id
    )
    try:
        with session.begin_nested():
            session.add(grant)
    except IntegrityError:
        raise Conflict(N_("The account has this role already. Nothing was changed.")) from None
    record(
        session, by, "role.grant", "account", account_id,
        about=account.person_id, after={"role": role.value, "department": department_id}, reason=reason.strip() or None,
    )  # fmt: skip
    return grant


def revoke_role(session: Session, grant_id: int, by: Actor, reason: str = "") -> RoleGrant:
    """Take a role back, with a reason if there is one.

    Raises:
        NotFound: no such live grant.
        Conflict: it is the last administrator's, and nobody could undo it.
    """
    grant = session.get(RoleGrant, grant_id)
    if grant is None or grant.revoked_at is not None:
        raise NotFound(N_("This role was taken back already."))
    if grant.role == Role.ADMINISTRATOR and not _another_administrator(session, grant.account_id):
        raise Conflict(N_("This is the last administrator. Give the role to somebody else first. Nothing was changed."))
    grant.revoked_at, grant.revoked_by = by.now, by.person_id
    record(
        session, by, "role.revoke", "account", grant.account_id, about=_account(session, grant.account_id).person_id,
        before={"role": grant.role, "department": grant.department_id}, reason=reason.strip() or None,
    )  # fmt: skip
    return grant


def unlock(session: Session, account_id: int, by: Actor) -> None:
    """Let somebody try again at once."""
    account = _account(session, account_id)
    before = {"failures": account.failures, "locked_until": _moment(account.locked_until)}
    account.failures, account.locked_until = 0, None
    person = session.get_one(Person, account.person_id)
    for name in (person.number, person.email or ""):
        throttle.forget(session, f"name:{name.lower()}")
    record(session, by, "account.unlock", "account", account_id, about=account.person_id, before=before)


def close(session: Session, account_id: int, by: Actor, reason: str) -> None:
    """Close an account: sessions end, links and codes stop working, nobody can sign in with it.

    Raises:
        Conflict: it is the last administrator's.
    """
    account = _account(session, account_id)
    administrates = session.scalar(
        select(RoleGrant.id).where(
            RoleGrant.account_id == account_id, RoleGrant.role == Role.ADMINISTRATOR, RoleGrant.revoked_at.is_(None)
        )
    )
    if administrates and not _another_administrator(session, account_id):
        raise Conflict(N_("This is the last administrator. Give the role to somebody else first. Nothing was changed."))
    before = {"closed": _moment(account.closed_at)}
    account.closed_at = by.now
    sign_out_everywhere(session, account_id, by.now)
    session.execute(
        update(OneTimeToken)
        .where(OneTimeToken.account_id == account_id, OneTimeToken.used_at.is_(None))
        .values(used_at=by.now)
    )
    record(
        session, by, "account.close", "account", account_id, about=account.person_id,
        before=before, after={"closed": _moment(by.now)}, reason=reason,
    )  # fmt: skip


def reopen(session: Session, account_id: int, by: Actor) -> None:
    """Open a closed account again, with the password it had."""
    account = _account(session, account_id)
    before = {"closed": _moment(account.closed_at)}
    account.closed_at = None
    record(session, by, "account.reopen", "account", account_id, about=account.person_id, before=before)


def close_ended_accounts(session: Session, today: date, by: Actor) -> int:
    """Close the accounts of everybody whose employment is over on ``today``; gives how many.

    Sessions of such people are refused anyway (:func:`lms.accounts.queries.viewer_for_token`); this makes it visible and lasting.
    """
    stretch = and_(Employment.person_id == Account.person_id, known(Employment), Employment.from_day <= today)
    ended = session.scalars(
        select(Account.id).where(
            Account.closed_at.is_(None),
            exists().where(stretch),
            ~exists().where(stretch, Employment.to_day > today),
        )
    ).all()
    for account_id in ended:
        account = session.get_one(Account, account_id)
        account.closed_at = by.now
        sign_out_everywhere(session, account_id, by.now)
        about = account.person_id
        record(
            session, by, "account.close", "account", account_id, about=about,
            after={"closed": _moment(by.now)}, reason="employment ended",
        )  # fmt: skip
    return len(ended)


def reopen_rehired(session: Session, person_id: int, by: Actor) -> None:
    """Somebody came back: the same account opens again, without its old password (they are invited anew)."""
    account = session.scalar(select(Account).where(Account.person_id == person_id, Account.closed_at.is_not(None)))
    if account is not None:
        before = {"closed": _moment(account.closed_at)}
        account.closed_at, account.password_hash = None, None
        record(
            session,
            by,
            "account.reopen",
            "account",
            account.id,
            about=person_id,
            before=before,
            reason="employed again",
        )


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _account(session: Session, account_id: int) -> Account:
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound(N_("There is no such account."))
    return account


def _another_administrator(session: Session, account_id: int) -> bool:
    """Whether somebody else who can sign in administers the whole organisation."""
    return (
        session.scalar(
            select(RoleGrant.id)
            .join(Account, Account.id == RoleGrant.account_id)
            .where(
                RoleGrant.role == Role.ADMINISTRATOR,
                RoleGrant.department_id.is_(None),
                RoleGrant.revoked_at.is_(None),
                RoleGrant.account_id != account_id,
                Account.closed_at.is_(None),
                Account.password_hash.is_not(None),
            )
            .limit(1)
        )
        is not None
    )
