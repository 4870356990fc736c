"""Signing in and out, sessions, passwords, and forms kept over a time-out.

Signing in takes two transactions, because checking a password takes tens of milliseconds in which nobody else should wait
for the database: :func:`open_sign_in` counts the try and finds the account, the edge commits and verifies, and
:func:`finish_sign_in` writes what came of it. Counting first also means that many guesses at once cannot outrun the limit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms.accounts import passwords, throttle
from lms.accounts.models import Account, KeptPost, OneTimeToken, SignInSession
from lms.accounts.queries import by_sign_in_name, employment_over
from lms.audit import Actor, record
from lms.clock import local_day
from lms.db import known
from lms.errors import N_, Invalid, Message
from lms.organisation import load
from lms.people.models import Employment, Person

FAILURES = 8
LOCKED_FOR = timedelta(minutes=15)
WRONG = Message(N_("The sign-in name or the password is not right. Nothing was changed."))
WAIT = Message(
    N_("There were too many wrong tries. Wait %(minutes)s minutes, or ask an administrator to unlock the account."),
    {"minutes": int(LOCKED_FOR.total_seconds() // 60)},
)
SECRET_FIELDS = frozenset({"csrf_token", "password", "new_password", "repeat"})


@dataclass(frozen=True, slots=True)
class Challenge:
    """A try to sign in: the accounts that the name may mean, each with its hash to verify, or why it must wait.

    Two systems may give the same number to two people: then the password says who it is.
    """

    name: str
    accounts: tuple[tuple[int, str | None], ...]
    refused: Message | None = None

    def proved_by(self, password: str) -> frozenset[int]:
        """The accounts whose password this is; nobody where the try must wait. Slow on purpose, also where nobody has the name."""
        if self.refused is not None:
            return frozenset()
        tried = self.accounts or ((0, None),)
        return frozenset(account_id for account_id, stored in tried if passwords.verify(stored, password))


@dataclass(frozen=True, slots=True)
class SignInResult:
    """What came of it: a session token and the account, or the sentence to show (the same for a wrong name or password)."""

    token: str | None = None
    account: Account | None = None
    message: Message | None = None


def open_sign_in(session: Session, name: str, now: datetime, address: str | None) -> Challenge:
    """Count the try against the name and the address, and find the accounts. The caller commits, then verifies."""
    folded = name.strip().lower()
    calm = throttle.hit(session, f"name:{folded}", throttle.PER_NAME, now)
    if address is not None:
        calm = throttle.hit(session, f"address:{address}", throttle.PER_ADDRESS, now) and calm
    found = session.scalars(by_sign_in_name(folded)).all() if folded else []
    ready = [account for account in found if account.locked_until is None or account.locked_until <= now]
    return Challenge(
        name=folded,
        accounts=tuple((account.id, account.password_hash) for account in ready),
        refused=None if calm and (ready or not found) else WAIT,
    )


def finish_sign_in(
    session: Session, challenge: Challenge, proved: Collection[int], *, now: datetime, address: str | None, agent: str | None,
    demo: bool = False,
) -> SignInResult:  # fmt: skip
    """Begin a session, or note the failure (also in the audit log) and lock the account after :data:`FAILURES`.

    ``proved``: the accounts whose password was given (:meth:`Challenge.proved_by`). ``demo`` says that the program runs in demo
    mode; without it, and without the organisation being the demo hospital, demo accounts do not exist.
    """
    if challenge.refused is not None:
        return SignInResult(message=challenge.refused)
    meant = [session.get_one(Account, account_id) for account_id, _ in challenge.accounts]
    account = next((one for one in meant if one.id in proved and _usable(session, one, now, demo)), None)
    if account is None:
        told = [_note_failure(session, one, now, address) for one in meant]
        return SignInResult(message=WAIT if WAIT in told else WRONG)
    by = Actor(account.person_id, now, address)
    account.failures, account.locked_until = 0, None
    throttle.forget(session, f"name:{challenge.name}")
    if address is not None:
        throttle.take_back(session, f"address:{address}")
    record(session, by, "session.begin", "account", account.id, about=account.person_id)
    return SignInResult(token=begin_session(session, account, now, address, agent), account=account)


def begin_session(
    session: Session, account: Account, now: datetime, address: str | None = None, agent: str | None = None
) -> str:
    """A new session for an account that has proved who it is; gives the token for the cookie."""
    token = passwords.new_token()
    session.add(
        SignInSession(
            token_hash=passwords.digest(token),
            account_id=account.id,
            started_at=now,
            seen_at=now,
            address=address,
            agent=(agent or "")[:300] or None,
        )
    )
    session.flush()
    return token


def touch(session: Session, token: str, now: datetime) -> None:
    """Note that a session is in use, unless that was noted less than a minute ago."""
    session.execute(
        update(SignInSession)
        .where(
            SignInSession.token_hash == passwords.digest(token),
            SignInSession.ended_at.is_(None),
            SignInSession.seen_at <= now - timedelta(seconds=50),
        )
        .values(seen_at=now)
    )


def sign_out(session: Session, token: str, now: datetime) -> None:
    """End one session; the cookie is worth nothing afterwards."""
    session.execute(
        update(SignInSession)
        .where(SignInSession.token_hash == passwords.digest(token), SignInSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def end_session(session: Session, account_id: int, session_id: int, now: datetime) -> None:
    """End one of the account's own sessions, as chosen from the list."""
    session.execute(
        update(SignInSession)
        .where(SignInSession.id == session_id, SignInSession.account_id == account_id, SignInSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def sign_out_everywhere(session: Session, account_id: int, now: datetime, except_token: str | None = None) -> int:
    """End all sessions of an account, but the one with ``except_token``; gives how many ended."""
    ending = update(SignInSession).where(SignInSession.account_id == account_id, SignInSession.ended_at.is_(None))
    if except_token is not None:
        ending = ending.where(SignInSession.token_hash != passwords.digest(except_token))
    return len(session.execute(ending.values(ended_at=now).returning(SignInSession.id)).all())


def change_password(session: Session, account_id: int, new: str, by: Actor, token: str | None) -> None:
    """Change one's own password, after :func:`check_password`; all other sessions end.

    Raises:
        Invalid: the new password is not acceptable.
    """
    set_password(session, session.get_one(Account, account_id), new, by)
    sign_out_everywhere(session, account_id, by.now, except_token=token)


def check_password(session: Session, account_id: int, password: str, now: datetime) -> Account:
    """Make sure that it is the person who sits there; tries are counted.

    Raises:
        Invalid: the password is wrong, or there were too many wrong tries.
    """
    account = session.get_one(Account, account_id)
    if not throttle.hit(session, f"change:{account_id}", throttle.PER_NAME, now):
        raise Invalid(WAIT.msgid, minutes=WAIT.params["minutes"])
    if not passwords.verify(account.password_hash, password):
        raise Invalid(N_("The current password is not right. Nothing was changed."))
    throttle.forget(session, f"change:{account_id}")
    return account


def choose_language(session: Session, person_id: int, language: str, by: Actor) -> None:
    """The language somebody wants pages and mails in (BCP 47)."""
    person = session.get_one(Person, person_id)
    before, person.language = person.language, language
    record(
        session, by, "person.language", "person", person_id, before={"language": before}, after={"language": language}
    )


def require_free_address(session: Session, person_id: int, email: str) -> None:
    """Refuse an e-mail address that somebody else has.

    Raises:
        Invalid: it is taken.
    """
    taken = select(Person.id).where(func.lower(Person.email) == email.lower(), Person.id != person_id)
    if session.scalar(taken) is not None:
        raise Invalid(N_("This address cannot be used for your account. Ask HR if it is yours."))


def change_email(session: Session, person_id: int, email: str, by: Actor) -> str | None:
    """Use a confirmed address; gives the former one. Links sent to the former one stop working.

    Raises:
        Invalid: somebody else has it by now.
    """
    require_free_address(session, person_id, email)
    person = session.get_one(Person, person_id)
    former, person.email = person.email, email
    session.execute(
        update(OneTimeToken)
        .where(
            OneTimeToken.account_id == select(Account.id).where(Account.person_id == person_id).scalar_subquery(),
            OneTimeToken.used_at.is_(None),
        )
        .values(used_at=by.now)
    )
    record(session, by, "person.email", "person", person_id, before={"email": former}, after={"email": email})
    return former


def set_password(session: Session, account: Account, password: str, by: Actor) -> None:
    """Store a new password; outstanding links and codes of the account stop working.

    Raises:
        Invalid: the password is not acceptable.
    """
    person = session.get_one(Person, account.person_id)
    words = (
        person.number,
        person.given_name,
        person.family_name,
        person.email or "",
        (person.email or "").split("@")[0],
    )
    passwords.require_acceptable(password, words)
    account.password_hash = passwords.hash_password(password)
    account.failures, account.locked_until = 0, None
    session.execute(
        update(OneTimeToken)
        .where(OneTimeToken.account_id == account.id, OneTimeToken.used_at.is_(None))
        .values(used_at=by.now)
    )
    record(session, by, "password.set", "account", account.id, about=account.person_id)


def keep_post(session: Session, account_id: int, path: str, form: Mapping[str, Any], now: datetime) -> None:
    """Keep a form whose session had timed out, without its secrets, until the same account signs in again."""
    kept = {name: value for name, value in form.items() if name not in SECRET_FIELDS}
    session.add(KeptPost(account_id=account_id, path=path, form=kept, kept_at=now, applied_at=None))
    session.flush()


def kept_posts(session: Session, account_id: int, now: datetime) -> list[KeptPost]:
    """The forms this account has waiting, oldest first; see :func:`note_handed_in`."""
    return list(
        session.scalars(
            select(KeptPost)
            .where(
                KeptPost.account_id == account_id,
                KeptPost.applied_at.is_(None),
                KeptPost.kept_at > now - timedelta(days=7),
            )
            .order_by(KeptPost.id)
        )
    )


def note_handed_in(session: Session, kept_id: int, now: datetime) -> None:
    """This form has been handed in and is not handed in again."""
    session.execute(update(KeptPost).where(KeptPost.id == kept_id).values(applied_at=now))


def _usable(session: Session, account: Account, now: datetime, demo: bool) -> bool:
    organisation = load(session)
    if account.demo and not (demo and organisation is not None and organisation.demo):
        return False
    if account.closed_at is not None:
        return False
    zone = organisation.zone if organisation else "UTC"
    stretches = session.execute(
        select(Employment.from_day, Employment.to_day).where(
            Employment.person_id == account.person_id, known(Employment)
        )
    )
    return not employment_over([(row.from_day, row.to_day) for row in stretches], local_day(now, zone))


def _note_failure(session: Session, account: Account, now: datetime, address: str | None) -> Message:
    """Count atomically: two guesses at the same moment are two failures."""
    failures = session.execute(
        update(Account)
        .where(Account.id == account.id)
        .values(failures=Account.failures + 1)
        .returning(Account.failures)
    ).scalar_one()
    stranger = Actor(None, now, address)  # nobody knows who it was
    record(session, stranger, "session.refused", "account", account.id, about=account.person_id)
    if failures < FAILURES:
        return WRONG
    session.execute(update(Account).where(Account.id == account.id).values(failures=0, locked_until=now + LOCKED_FOR))
    record(session, stranger, "account.lock", "account", account.id, about=account.person_id)
    return WAIT
