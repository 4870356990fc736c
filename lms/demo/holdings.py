"""What people of the demo hospital hold beside their jobs, and the policy they acknowledge: written down by the same actions as HR."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.clock import FOR_EVER
from lms.compliance.calendar import add_months
from lms.db import known
from lms.demo.roles import ROLES
from lms.errors import N_, Message, Problem
from lms.files import FileStore
from lms.people import employer, qualifications, worklist
from lms.people.holdings import term
from lms.people.models import Department, Employment, Membership
from lms.policies import actions as policies

MOST = 240
"""For so many people at most: enough to look at, and quick."""

LICENSED = {"RN": 24, "LPN": 24, "MD": 36, "RT": 24, "PharmD": 24, "LCSW": 24}
"""How often the licence of a profession is renewed, in months. Invented for the demo."""

POLICY = "LANG-ACCESS"
TITLE = "Language access policy"
ENGLISH = """Every patient and every companion of a patient is told, in a language they understand, that an interpreter is there \
without cost.

Ask each patient which language they prefer to speak and to read, and write it down where the whole team sees it.

Use a qualified interpreter for consent, for teaching, for news, and whenever the patient asks. Family and friends interpret only \
if the patient wants it and a qualified interpreter has been offered, or while you wait in an emergency. Children do not interpret.

If you cannot reach an interpreter within ten minutes, call the house supervisor.

Written papers that matter are given in the patient's language or read out with an interpreter. Write down who interpreted, with \
their number."""
SPANISH = """A cada paciente y a cada acompañante se le dice, en un idioma que entienda, que hay un intérprete disponible sin costo.

Pregunte a cada paciente en qué idioma prefiere hablar y leer, y anótelo donde lo vea todo el equipo.

Trabaje con un intérprete calificado para el consentimiento, para la enseñanza, para dar noticias y siempre que el paciente lo pida. \
La familia y los amigos interpretan solo si el paciente lo quiere y se le ha ofrecido un intérprete calificado, o mientras usted \
espera en una emergencia. Los niños no interpretan.

Si no consigue un intérprete en diez minutos, llame a la supervisión de turno.

Los papeles importantes se entregan en el idioma del paciente o se leen con un intérprete. Anote quién interpretó, con su número."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who works here today."""

    id: int
    since: date
    place: str
    profession: str
    language: str


def hold(session: Session, files: FileStore, today: date, at: datetime, seed: int) -> None:
    """Licences, duties, some birth months, the size of the employer, and a policy in two versions that most have acknowledged.

    ``at`` is a moment of ``today`` before which all of it is written down.
    """
    people = list(_workers(session, today))
    by = Actor(None, at - timedelta(days=1), "demo")
    chance = random.Random(f"{seed}/holdings")
    employer.record_size(session, None, add_months(today, -24), 5000, by)
    for one in people:
        _licence(session, one, today, chance, by)
        if one.place == "LD":
            begins = max(one.since, add_months(today, -18))
            qualifications.give_duty(session, one.id, "perinatal", begins, None, by)
        if chance.random() < 0.3:
            qualifications.set_birth_month(session, one.id, chance.randrange(1, 13), by)
    _policy(session, files, people, today, at, chance)
    _problems(session, today, at)


def _problems(session: Session, today: date, at: datetime) -> None:
    """What the feed of last week could not bring, one of it seen twice."""
    nowhere = Message(N_("There is no department with this code."))
    correct = Message(
        N_("Correct the code, or bring the department in with a departments file or on the departments page.")
    )
    nobody = Message(N_("Nobody has this number, neither in the file nor in Attune."))
    lines = (
        Problem(nowhere, correct, "staff", 42, "department_code", "ED-EXP"),
        Problem(nowhere, correct, "staff", 97, "department_code", "ED-EXP"),
        Problem(nobody, Message(N_("Correct the number, or leave the cell empty.")), "staff", 118, "supervisor_number", "R900417"),
        Problem(
            Message(N_("This is not an e-mail address.")), Message(N_("Correct it, or leave the cell empty.")), "staff", 131,
            "email", "riverbend.example",
        ),
    )  # fmt: skip
    who = {42: "R900501", 97: "R900502", 118: "R900503", 131: "R900504"}
    for days, some in ((8, lines[:1]), (1, lines)):
        by = Actor(None, at - timedelta(days=days, hours=-5), "demo")
        worklist.note(session, "riverbend-hr", "staff", some, who, f"staff-{today - timedelta(days=days)}.csv", by)


def _workers(session: Session, today: date) -> Iterator[Worker]:
    here = Employment.person_id == Membership.person_id
    rows = session.execute(
        select(Membership.person_id, Employment.from_day, Department.code, Membership.profession)
        .join(Employment, here & known(Employment) & (Employment.from_day <= today) & (Employment.to_day > today))
        .join(Department, Department.id == Membership.department_id)
        .where(known(Membership), Membership.primary, Membership.from_day <= today, Membership.to_day > today)
        .order_by(Membership.person_id)
        .limit(MOST)
    )
    for person, since, place, profession in rows:
        yield Worker(person, since, place, profession, "es" if person % 9 == 0 else "en")


def _licence(session: Session, one: Worker, today: date, chance: random.Random, by: Actor) -> None:
    months = LICENSED.get(one.profession)
    if months is None:
        return
    number = f"{chance.randrange(100_000, 1_000_000)}"
    issued = add_months(today, -months * 2 + chance.randrange(-months + 2, months - 1)).replace(day=1)
    first = True
    while issued <= today:
        ends = add_months(issued, months) - timedelta(days=1)
        new = term(one.profession, "IL", number, issued, ends, renewal=not first, every_months=months)
        qualifications.record_licence(session, one.id, new, by)
        issued, first = ends + timedelta(days=1), False
    if chance.random() < 0.5:
        begun = add_months(today, -chance.randrange(1, 26))
        card = term("BLS", None, "", begun, add_months(begun, 24) - timedelta(days=1))
        qualifications.record_licence(session, one.id, card, by)


def _policy(
    session: Session, files: FileStore, people: list[Worker], today: date, at: datetime, chance: random.Random
) -> None:
    versions = (
        (add_months(today, -14), "", 0.85, ENGLISH.replace("ten minutes", "fifteen minutes"), SPANISH.replace("diez", "quince")),
        (today - timedelta(days=40), "An interpreter within ten minutes, not fifteen; otherwise call the supervisor.", 0.6,
         ENGLISH, SPANISH),
    )  # fmt: skip
    learner = next(place for place, role in enumerate(ROLES, 1) if role.label == "Learner")
    for from_day, note, share, english, spanish in versions:
        written = at - (today - from_day) - timedelta(days=5)
        stored = {
            tag: files.put(
                session, io.BytesIO(text.encode()), name=f"{POLICY.lower()}-{tag}.txt", media_type="text/plain",
                purpose="policy", owner_id=None, now=written,
            )
            for tag, text in (("en", english), ("es", spanish))
        }  # fmt: skip
        made = policies.publish_version(session, POLICY, TITLE, note, from_day, stored, Actor(None, written, "demo"))
        for one in people:
            day = max(from_day, one.since) + timedelta(days=chance.randrange(0, 38))
            late = day >= today or (from_day < versions[1][0] <= day)
            agrees = chance.random() < share and not (one.id == learner and note)
            if agrees and not late and one.since < FOR_EVER:
                said = Actor(one.id, at - (today - day) + timedelta(minutes=chance.randrange(430, 990)), "demo")
                policies.acknowledge(session, made.id, one.id, one.language, day, said)
