"""The last three weeks in the offices of the demo hospital, done by the same actions as on the pages: the audit log tells of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.access import Role
from lms.accounts import actions as accounts
from lms.accounts import invitations, roles
from lms.accounts.models import Account
from lms.audit import Actor
from lms.catalogue.queries import offered_by_slug
from lms.clock import FOR_EVER
from lms.compliance import actions as compliance
from lms.compliance.assignments import Wanted
from lms.compliance.models import Requirement
from lms.db import Database, known
from lms.demo.desk import on_the_desk
from lms.demo.roles import ROLES
from lms.files import FileStore
from lms.flows import assigning, staffing
from lms.organisation import load
from lms.people import actions as people
from lms.people.importing import Options
from lms.people.models import Department, Employment, Membership, Person
from lms.people.plan import Holding
from lms.people.preparing import prepare
from lms.records import sessions
from lms.records.models import Modality

HR, ADMINISTRATOR = (
    next(place for place, player in enumerate(ROLES, 1) if player.role is role)
    for role in (Role.HR, Role.ADMINISTRATOR)
)
WEEKS = 3
MANAGED = ("ICU", "LD", "REG", "LAB")
"""Departments whose lead becomes a manager, as far as they have one."""

EXCUSED = (
    ("LANG-ACCESS", "Interprets for the hospital with a national certification; the certificate was seen."),
    ("CULT-CARE", "Teaches this course at the college of nursing; the syllabus was seen."),
    (None, "On a mission abroad for three months; no patients here."),
)


class Deed(NamedTuple):
    """Something that is done at a moment, by somebody who is signed in since a little before."""

    at: datetime
    who: int
    act: Callable[[Session, Actor], object]


def keep_books(session: Session, today: date, moment: Callable[[date, int, int], datetime]) -> None:
    """Sign-ins, roles, corrections, exemptions and a leave, in the order in which they happened. ``moment``: a local time as UTC."""
    deeds = [*_sign_ins(today, moment), *_of_the_administrator(session, today, moment), *_of_hr(session, today, moment)]
    on_desk = on_the_desk(session, today, _working_days(today), moment)
    deeds += [Deed(at, HR, act) for at, act in on_desk]
    for deed in sorted(deeds, key=lambda deed: (deed.at, deed.who)):
        deed.act(session, Actor(deed.who, deed.at, f"10.20.4.{10 + deed.who}"))


def take_in_file(
    database: Database, files: FileStore, today: date, moment: Callable[[date, int, int], datetime]
) -> None:
    """HR's file with the languages that some of the staff prefer: one import for the history."""
    days = _working_days(today)
    by = Actor(HR, moment(days[-1], 15, 30), f"10.20.4.{10 + HR}")
    with database.session() as session:
        file = _languages(session, _long_employed(session, days[0], 18)[12:])
    with database.transaction() as session:
        kept = files.put(
            session, io.BytesIO(file), name="preferred-languages.csv", media_type="text/csv", purpose="import", owner_id=HR,
            now=by.now,
        )  # fmt: skip
    with database.desk() as desk:
        with desk.reading() as session:
            options = Options("riverbend-hr", days[-1], "iso", "utf-8", partial=True)
            prepared = prepare(session, io.BytesIO(file), None, options, 0.1, takers=(HR,))
        staffing.import_people(desk, prepared, kept.id, by)


def _languages(session: Session, person_ids: list[int]) -> bytes:
    rows = session.execute(
        select(Person, Membership.job, Department.code)
        .join(Membership, Membership.person_id == Person.id)
        .join(Department, Department.id == Membership.department_id)
        .where(Person.id.in_(person_ids), known(Membership), Membership.to_day == FOR_EVER, Membership.primary)
        .order_by(Person.id)
    )
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(["number", "given_name", "family_name", "department_code", "job", "language"])
    for place, (one, job, code) in enumerate(rows):
        lines.writerow([one.number, one.given_name, one.family_name, code, job, ("es", "vi", "en")[place % 3]])
    return out.getvalue().encode()


def _working_days(today: date) -> list[date]:
    """The days from Monday to Friday of the last weeks, yesterday excluded (other books are kept on it)."""
    days = (today - timedelta(days=back) for back in range(WEEKS * 7, 1, -1))
    return [day for day in days if day.weekday() < 5]


def _sign_ins(today: date, moment: Callable[[date, int, int], datetime]) -> Iterator[Deed]:
    for place, day in enumerate(_working_days(today)):
        for who, player in enumerate(ROLES, 1):
            if (place + who) % 3 and player.role is not Role.HR:
                continue  # HR comes every day, the others every third
            minute = (place * 7 + who * 11) % 50
            if (place + who) % 9 == 0:
                yield Deed(moment(day, 8, minute), who, _sign_in(player.number, False))
            yield Deed(moment(day, 8, minute + 1), who, _sign_in(player.number, True))


def _sign_in(name: str, correct: bool) -> Callable[[Session, Actor], object]:
    def act(session: Session, by: Actor) -> None:
        asked = accounts.open_sign_in(session, name, by.now, by.origin)
        proved = [account_id for account_id, _ in asked.accounts] if correct else []
        done = accounts.finish_sign_in(session, asked, proved, now=by.now, address=by.origin, agent=None, demo=True)
        if done.token is not None:
            accounts.sign_out(session, done.token, by.now + timedelta(hours=1))

    return act


def _of_the_administrator(
    session: Session, today: date, moment: Callable[[date, int, int], datetime]
) -> Iterator[Deed]:
    days = _working_days(today)
    for place, code in enumerate(MANAGED):
        department = session.scalar(select(Department.id).where(Department.code == code))
        lead = session.scalar(
            select(Membership.supervisor_id)
            .where(Membership.department_id == department, known(Membership))
            .where(Membership.supervisor_id > len(ROLES))
            .group_by(Membership.supervisor_id)
            .order_by(func.count().desc(), Membership.supervisor_id)
            .limit(1)
        )
        if department is None or lead is None:
            continue
        yield Deed(moment(days[1], 10, 5 + place), ADMINISTRATOR, _make_manager(lead, department))


def _make_manager(person_id: int, department_id: int) -> Callable[[Session, Actor], object]:
    def act(session: Session, by: Actor) -> None:
        account = session.scalar(select(Account).where(Account.person_id == person_id))
        if account is None:
            account = invitations.open_account(session, session.get_one(Person, person_id), by, demo=True)
        roles.grant_role(session, account.id, Role.MANAGER, department_id, by)

    return act


def _of_hr(session: Session, today: date, moment: Callable[[date, int, int], datetime]) -> Iterator[Deed]:
    days = _working_days(today)
    staff = [session.get_one(Person, ident) for ident in _long_employed(session, days[0], 12)]
    for place, (one, (code, reason)) in enumerate(zip(staff, EXCUSED, strict=False)):
        day, which = days[2 + place], session.scalar(select(Requirement.id).where(Requirement.code == code))

        def excuse(
            session: Session,
            by: Actor,
            one: Person = one,
            which: int | None = which,
            reason: str = reason,
            day: date = day,
        ) -> object:
            return compliance.exempt(session, one.id, which, day, today + timedelta(days=60), reason, by)

        yield Deed(moment(day, 11, 20), HR, excuse)
    for place, one in enumerate(staff[3:7]):

        def correct(session: Session, by: Actor, one: Person = one) -> None:
            address = f"{one.number.lower()}@riverbend.example"
            own = people.OwnData(one.given_name, one.family_name, address, one.language, one.zone)
            people.change_person(session, one.id, own, by)

        yield Deed(moment(days[4 + place], 14, 10), HR, correct)
    again = [one.id for one in staff[9:11]]
    if again:
        yield Deed(moment(days[9], 13, 30), HR, _assign(again, today + timedelta(days=12)))
    yield Deed(moment(days[10], 10, 15), HR, _teach(today + timedelta(days=9)))
    for place, one in enumerate(staff[7:9]):

        def promote(session: Session, by: Actor, one: Person = one, day: date = days[6 + place]) -> None:
            people.move(session, one.id, day, _as_charge_nurse(session, one.id, day), by, "Promoted.")

        yield Deed(moment(days[6 + place], 9, 40), HR, promote)


def _teach(day: date) -> Callable[[Session, Actor], object]:
    """A live session to come: its sheet can be printed."""

    def act(session: Session, by: Actor) -> object:
        own, course = load(session), offered_by_slug(session, "la-110").course_id
        wanted = sessions.Wanted(
            course, day, Modality.IN_PERSON, "en", place="Education centre, room 2", teacher="Clinical Education"
        )
        return sessions.hold(session, wanted, own.zone if own else "UTC", by)

    return act


def _assign(person_ids: list[int], due: date) -> Callable[[Session, Actor], object]:
    """A course to be taken again after an incident, asked of the people by name."""

    def act(session: Session, by: Actor) -> object:
        wanted = Wanted(
            "la-110", due, "Incident 2231: a consent form was explained through a family member.",
            "After an incident on the ward: please go through it once more.",
        )  # fmt: skip
        return assigning.assign_course(
            session, wanted, "Language access once more, after incident 2231", person_ids, by
        )

    return act


def _as_charge_nurse(session: Session, person_id: int, day: date) -> Holding:
    held = session.scalars(
        select(Membership).where(
            Membership.person_id == person_id, Membership.primary, known(Membership), Membership.to_day > day
        )
    ).one()
    return Holding(held.department_id, f"Senior {held.job}", held.profession, held.patient_contact, held.supervisor_id)


def _long_employed(session: Session, since: date, wanted: int) -> list[int]:
    """People with one job all the time since well before ``since``, none of those who sign in; the same for the same hospital."""
    e, m = Employment, Membership
    found = (
        select(e.person_id)
        .join(m, m.person_id == e.person_id)
        .where(known(e), known(m), e.to_day == FOR_EVER, m.to_day == FOR_EVER, m.primary)
        .where(m.from_day < since - timedelta(days=90), e.person_id > len(ROLES) + 1)
        .order_by(e.person_id)
        .limit(wanted)
    )
    return list(session.scalars(found))
