"""Letting people in: invitations by link or printed code, forgotten passwords, and the first administrator's link."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms.access import Role
from lms.accounts import passwords, throttle
from lms.accounts.actions import set_password
from lms.accounts.models import Account, OneTimeToken, RoleGrant, TokenPurpose
from lms.accounts.roles import grant_role
from lms.audit import Actor, record
from lms.errors import N_, Invalid
from lms.people.models import Person

GOOD_FOR = {
    TokenPurpose.INVITE: timedelta(days=30),
    TokenPurpose.RESET: timedelta(hours=1),
    TokenPurpose.SETUP: timedelta(days=7),
}
AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-time secret made for somebody: a token for a link, or a code to print. Shown once; only its hash is stored."""

    person: Person
    secret: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody to be made an administrator: their number and name, and an e-mail address if they have one."""

    number: str
    given_name: str
    family_name: str
    email: str | None = None
    source: str = "hr"


@dataclass(frozen=True, slots=True)
class Invited:
    """What came of inviting: who got one, who already can sign in, and who has no address for a mail."""

    invitations: Sequence[Invitation]
    already: Sequence[Person]
    without_email: Sequence[Person]


def invite(session: Session, person_ids: Iterable[int], by: Actor, *, printed: bool = False) -> Invited:
    """Make accounts where there are none, and one one-time secret for each person who has no password yet.

    ``printed`` makes codes that can be typed from paper; otherwise tokens for links, and people without an e-mail address
    are left out and listed.

    Raises:
        Invalid: more than :data:`AT_ONCE` people at once.
    """
    wanted = sorted(set(person_ids))
    if len(wanted) > AT_ONCE:
        raise Invalid(N_("Invite at most %(count)s people at once."), count=AT_ONCE)
    people = session.scalars(
        select(Person).where(Person.id.in_(wanted)).order_by(Person.family_name, Person.given_name)
    ).all()
    accounts = {
        found.person_id: found for found in session.scalars(select(Account).where(Account.person_id.in_(wanted)))
    }
    invitations, already, without = [], [], []
    for person in people:
        account = accounts.get(person.id) or open_account(session, person, by)
        if account.password_hash is not None and account.closed_at is None:
            already.append(person)
        elif not printed and not person.email:
            without.append(person)
        else:
            account.closed_at = None
            secret = passwords.new_code() if printed else passwords.new_token()
            invitations.append(Invitation(person, secret, issue(session, account, TokenPurpose.INVITE, secret, by)))
    throttle.forget_old(session, by.now)
    for made in invitations:
        record(session, by, "account.invite", "person", made.person.id, after={"printed": printed})
    return Invited(invitations, already, without)


def code_for(session: Session, person: Person, by: Actor) -> Invitation:
    """A code to print for one person, whether they have a password or not: it is handed over in person."""
    account = session.scalar(select(Account).where(Account.person_id == person.id)) or open_account(session, person, by)
    if account.closed_at is not None:
        raise Invalid(N_("The account is closed. Open it first."))
    secret = passwords.new_code()
    record(session, by, "account.code", "account", account.id, about=account.person_id)
    return Invitation(person, secret, issue(session, account, TokenPurpose.SETUP, secret, by))


def invite_administrator(session: Session, newcomer: Newcomer, by: Actor) -> Invitation:
    """Give the administrator's role to somebody with this number, who may or may not be known yet; gives a one-time link.

    Raises:
        Invalid: a field is empty, or the e-mail address belongs to somebody else.
    """
    if not (newcomer.number.strip() and (newcomer.given_name.strip() or newcomer.family_name.strip())):
        raise Invalid(N_("The administrator needs a number and a name."))
    person = session.scalar(
        select(Person).where(Person.source == newcomer.source, Person.number == newcomer.number.strip())
    )
    if person is None:
        person = _new_person(session, newcomer, by)
    account = session.scalar(select(Account).where(Account.person_id == person.id)) or open_account(session, person, by)
    account.closed_at = None
    held = select(RoleGrant.id).where(
        RoleGrant.account_id == account.id,
        RoleGrant.role == Role.ADMINISTRATOR,
        RoleGrant.department_id.is_(None),
        RoleGrant.revoked_at.is_(None),
    )
    if session.scalar(held) is None:
        grant_role(session, account.id, Role.ADMINISTRATOR, None, by)
    secret = passwords.new_token()
    return Invitation(person, secret, issue(session, account, TokenPurpose.SETUP, secret, by))


def _new_person(session: Session, newcomer: Newcomer, by: Actor) -> Person:
    email = (newcomer.email or "").strip() or None
    if email and session.scalar(select(Person.id).where(func.lower(Person.email) == email.lower())):
        raise Invalid(N_("Somebody else has the e-mail address %(email)s already."), email=email)
    person = Person(
        source=newcomer.source,
        number=newcomer.number.strip(),
        given_name=newcomer.given_name.strip(),
        family_name=newcomer.family_name.strip(),
        email=email,
        created_at=by.now,
    )
    session.add(person)
    session.flush()
    record(session, by, "person.add", "person", person.id, after={"source": person.source, "number": person.number})
    return person


def open_account(session: Session, person: Person, by: Actor, *, demo: bool = False) -> Account:
    """An account without a password for somebody who has none."""
    account = Account(person_id=person.id, password_hash=None, created_at=by.now, closed_at=None, failures=0, demo=demo)
    session.add(account)
    session.flush()
    record(session, by, "account.open", "account", account.id, about=person.id, after={"person": person.id})
    return account


def issue(session: Session, account: Account, purpose: TokenPurpose, secret: str, by: Actor) -> datetime:
    """Make a one-time secret valid for this account, instead of those it had; gives the moment it expires."""
    session.execute(
        update(OneTimeToken)
        .where(OneTimeToken.account_id == account.id, OneTimeToken.used_at.is_(None))
        .values(used_at=by.now)
    )
    expires = by.now + GOOD_FOR[purpose]
    session.add(
        OneTimeToken(
            token_hash=passwords.digest(secret),
            account_id=account.id,
            purpose=purpose.value,
            created_at=by.now,
            created_by=by.person_id,
            expires_at=expires,
        )
    )
    session.flush()
    return expires


def holder(session: Session, secret: str, now: datetime) -> tuple[OneTimeToken, Account, Person] | None:
    """Whose link or code this is, while it works; opening the page (as mail scanners do) does not use it up."""
    row = session.execute(
        select(OneTimeToken, Account, Person)
        .join(Account, Account.id == OneTimeToken.account_id)
        .join(Person, Person.id == Account.person_id)
        .where(
            OneTimeToken.token_hash == passwords.digest(passwords.as_typed(secret)),
            OneTimeToken.used_at.is_(None),
            OneTimeToken.expires_at > now,
            Account.closed_at.is_(None),
        )
    ).one_or_none()
    return (row[0], row[1], row[2]) if row else None


def accept(session: Session, secret: str, password: str, now: datetime, origin: str | None = None) -> Account:
    """Use a link or code up: set the password it allows, and end what sessions there were.

    Raises:
        Invalid: the link is unknown, used or too old, or the password is not acceptable (the link then still works).
    """
    found = holder(session, secret, now)
    if found is None:
        raise _stale()
    token, account, person = found
    by = Actor(person.id, now, origin)
    mine = update(OneTimeToken).where(OneTimeToken.id == token.id, OneTimeToken.used_at.is_(None)).values(used_at=now)
    if session.execute(mine.returning(OneTimeToken.id)).first() is None:  # somebody was quicker with the same link
        raise _stale()
    set_password(session, account, password, by)
    if token.purpose == TokenPurpose.RESET:
        record(session, by, "password.reset", "account", account.id, about=account.person_id)
    session.flush()
    return account


def request_reset(session: Session, name: str, now: datetime, address: str | None) -> list[Invitation]:
    """A link for a forgotten password, for each account of that name with an e-mail address: two systems may give two people the
    same number. None otherwise; the page never says which.

    Asked too often for one name or from one address, it makes none.
    """
    folded = name.strip().lower()
    calm = throttle.hit(session, f"reset:{folded}", throttle.RESET_PER_NAME, now)
    calm = throttle.hit(session, f"reset-from:{address}", throttle.RESET_PER_ADDRESS, now) and calm
    if not folded or not calm:
        return []
    rows = session.execute(
        select(Account, Person)
        .join(Person, Person.id == Account.person_id)
        .where(
            Person.email.is_not(None),
            Account.closed_at.is_(None),
            Account.demo.is_(False),
            (func.lower(Person.number) == folded) | (func.lower(Person.email) == folded),
        )
        .order_by(Account.id)
        .limit(5)
    )
    made = []
    for account, person in rows.all():
        by = Actor(person.id, now, address)
        secret = passwords.new_token()
        expires = issue(session, account, TokenPurpose.RESET, secret, by)
        record(session, by, "password.ask", "account", account.id, about=person.id)
        made.append(Invitation(person, secret, expires))
    return made


def _stale() -> Invalid:
    return Invalid(
        N_(
            "This link or code does not work any more: it was used, replaced by a newer one, or is too old. Ask for a new one."
        )
    )
