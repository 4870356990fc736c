"""What has happened in the demo hospital before the matrix looks at it, so that every page has something to show."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.accounts import invitations
from lms.audit import Actor
from lms.catalogue import panels
from lms.catalogue import queries as catalogue
from lms.catalogue.content import CourseContent
from lms.certificates.models import Certificate
from lms.clock import FOR_EVER
from lms.compliance.actions import publish_requirement
from lms.compliance.assignments import Wanted
from lms.compliance.equivalencies import actions as equivalencies
from lms.compliance.equivalencies.actions import Stated
from lms.compliance.models import Exemption
from lms.db import Database
from lms.flows import assigning
from lms.flows.sessions import record_attendance
from lms.learning import actions
from lms.learning import scenario as scenarios
from lms.learning.accommodations import Given, accommodate
from lms.learning.models import Attempt, Enrolment
from lms.notices import actions as notices
from lms.notices import failing
from lms.people import qualifications
from lms.people.models import Department, DryRun, Employment, ImportRun, Leave, Membership, Person
from lms.records import sessions
from lms.records.models import TrainingRecord
from lms.records.outside import actions as outside
from lms.records.outside.judging import Claim
from lms.records.outside.models import Outcome
from tests.support.clocks import SetClock
from tests.support.pages import PageClient, page_of

CSV = """employee_number,first_name,last_name,department_code,job_title,profession,patient_contact,hire_date
J-1,June,Testing,ED,Registered Nurse,RN,yes,2026-06-01
J-2,Juno,Testing,ED,Registered Nurse,RN,yes,2026-06-01
"""


@dataclass(frozen=True, slots=True)
class Lived:
    """Where to find what happened (ids as in addresses)."""

    person: int
    former: int
    secret: str
    address_token: str
    certificate: str
    record: int
    enrolment: int
    completed: int
    lesson: str
    door: str
    check: int
    scene: int
    debrief: int
    test: int
    failed: int
    department: int
    second_department: int
    membership: int
    employment: int
    leave: int
    exemption: int
    licence: int
    duty: int
    assignment: int
    dry_run: int
    file: int
    import_run: int
    pack: int = 1
    comparison: int = 1
    session: int = 1
    history: int = 1
    panel: int = 1
    requirement: int = 1
    draft: int = 1
    outside: int = 1
    equivalency: int = 1
    view: int = 1


def live(db: Database, clock: SetClock, app: Flask, hr: PageClient, learner: int) -> Lived:
    """Let it happen."""
    import_run = _import(db, hr)
    dry_run, file = _dry_run(db, hr)
    history = _history(db, hr, learner)
    with db.transaction() as session:
        training = _train(session, clock, learner)
        people = _work(session, clock, learner)
        newcomer = session.scalars(
            select(Employment.person_id).where(Employment.person_id > 7, Employment.to_day == FOR_EVER)
        ).first()
        invitations_made = _invite(session, clock, newcomer or 8)
        certified = select(TrainingRecord).join(Certificate, Certificate.record_id == TrainingRecord.id)
        record = session.scalars(
            certified.where(TrainingRecord.person_id == learner).order_by(TrainingRecord.id)
        ).first()
        assert record is not None
        number = session.scalars(select(Certificate.number).where(Certificate.record_id == record.id)).one()
        record_id = record.id
        panel = _panel(session, clock, learner)
        taught = _taught(session, clock)
        _mail(session, clock, learner)
        outside, equivalency = _elsewhere(session, clock, learner)
    return Lived(
        person=learner, secret=invitations_made, address_token=_token(app, learner), certificate=number,
        record=record_id,
        dry_run=dry_run, file=file, import_run=import_run, pack=_pack(hr), comparison=_comparison(hr), panel=panel, draft=_draft(hr),
        requirement=_second_version(db, clock), history=history, outside=outside, equivalency=equivalency, view=_view(hr), session=taught,
        **training, **people,
    )  # fmt: skip


def _mail(session: Session, clock: SetClock, learner: int) -> None:
    """The learner got a mail that can be done without, and nothing arrives at the address."""
    one = session.get_one(Person, learner)
    one.email = one.email or "learner@demo.example"
    mail = notices.write_mail(session, "test", one, clock.now(), when=clock.now(), optional=True)
    assert mail is not None
    mail.unsubscribe = "no-more"
    failing.mark(session, mail, "5.1.1", "550 5.1.1 No such user here", Actor(None, clock.now()))


def _elsewhere(session: Session, clock: SetClock, learner: int) -> tuple[int, int]:
    """An outside training of the learner about which a reviewer asks, and an equivalency for the learner alone."""
    now = clock.now()
    claim = Claim(
        "Bias in Perinatal Care", "State University", now.date() - timedelta(days=30), 90, certificate_number="A-7"
    )
    training = outside.hand_in(session, learner, replace(claim, attested="I was there."), None, Actor(learner, now))
    outside.decide(session, training.id, Outcome.ASKED, "Which hours were about birth?", Actor(1, now))
    said = Stated(
        "la-110", now.date(), "Same contents", "cc-101", person_id=learner, rests_on="Compared by the educator"
    )
    return training.id, equivalencies.state(session, said, None, Actor(1, now)).id


def _taught(session: Session, clock: SetClock) -> int:
    """A live session of CC-101 at which somebody was; gives its number. Not the learner, who has something left to ask more time for."""
    by = Actor(1, clock.now())
    course = catalogue.offered_by_slug(session, "cc-101").course_id
    held = sessions.hold(
        session, sessions.Wanted(course, clock.now().date(), "in_person", "en", place="Room 4"), "UTC", by
    )
    record_attendance(session, held, [session.get_one(Person, 3)], by)
    return held.id


def _panel(session: Session, clock: SetClock, learner: int) -> int:
    """A panel that judges the test of LA-110, and an accommodation of the learner."""
    by = Actor(None, clock.now())
    content = catalogue.content(session, catalogue.offered_by_slug(session, "la-110").version_id)
    panel = panels.begin(session, content, "post-test", "Spring", ["Judge 1, nurse", "Judge 2", "Judge 3"], by)
    says = {
        item: {judge: f"0.{5 + place + number % 2}" for place, judge in enumerate(panel.judges)}
        for number, item in enumerate(panel.items)
    }
    panels.save(session, panel, says, by)
    accommodate(
        session, learner, Given(percent=150), first_day=clock.now().date(), last_day=None, reason="As agreed.", now=clock.now(), by=1
    )  # fmt: skip
    return panel.id


def upload(hr: PageClient, text: str = CSV) -> str:
    """Send a staff file to the dry run; gives its address."""
    page = hr.page("/people/import/")
    answer = hr.submit(
        page,
        {"source": "journey", "dates": "iso", "partial": "y", "staff": (io.BytesIO(text.encode()), "staff.csv")},
        form="upload",
        follow=False,
        content_type="multipart/form-data",
    )
    assert answer.status_code == 303, answer.text[:2000]
    return urlsplit(answer.location).path


def _import(db: Database, hr: PageClient) -> int:
    taken = hr.submit(hr.page(upload(hr)), form="take-in", follow=False)
    assert taken.status_code == 303, page_of(taken, taken.status_code).text[:2000]
    with db.session() as session:
        run = session.scalar(select(func.max(ImportRun.id)))
    assert run is not None
    return run


def _dry_run(db: Database, hr: PageClient) -> tuple[int, int]:
    """A file that is only looked at, and where it is stored."""
    ident = int(upload(hr).rpartition("/")[2])
    with db.session() as session:
        return ident, session.get_one(DryRun, ident).file_id


def _history(db: Database, hr: PageClient, learner: int) -> int:
    """Two completions of another system; gives the number of the import, which is in force."""
    with db.session() as session:
        person = session.get_one(Person, learner)
        number, source = person.number, person.source
    text = f"number,course,completed\n{number},la-110,2024-05-06\n{number},Fire drill,2024-05-07\n"
    page = hr.page("/people/import/completions/")
    said = {"source": "Old LMS", "numbers_of": source, "file": (io.BytesIO(text.encode()), "done.csv")}
    looked = page_of(hr.submit(page, said, form="upload", content_type="multipart/form-data"))
    taken = hr.submit(looked, {"leave_out": "1"}, form="take-in", follow=False)
    assert taken.status_code == 303, taken.text[:2000]
    return int(taken.location.rsplit("/", 1)[1])


def _pack(hr: PageClient) -> int:
    page = hr.page("/evidence?numbers=learner")
    return int(hr.submit(page, form="ask", follow=False).location.rpartition("/")[2])


def _comparison(hr: PageClient) -> int:
    page = hr.page("/completion/kept?known=2026-03-01")
    return int(hr.submit(page, form="ask", follow=False).location.rpartition("/")[2])


def _view(hr: PageClient) -> int:
    page = hr.page("/views/new?page=people&query=state%3Doverdue")
    answer = hr.submit(page, {"name": "Late people of the week"}, form="change")
    return int(
        min(page_of(answer).links("Late people of the week")).rpartition("/")[2]
    )  # the shorter: not the one to mail it


def _second_version(db: Database, clock: SetClock) -> int:
    """A requirement of its own, with a first version and a pending second one, that asks nothing of anybody."""
    rule = {"courses": ["cc-101"], "first": {"within": {"days": 30}}, "audience": {"field": "job", "in": ["Juggler"]}}
    with db.transaction() as session:
        for status in ("own_policy", "pending"):
            version = publish_requirement(
                session,
                "JUGGLE",
                "Juggling",
                rule,
                date(2026, 6, 1),
                Actor(None, clock.now()),
                about={"status": status},
            )
        return version.requirement_id


def _draft(hr: PageClient) -> int:
    """A draft with conditions within conditions, rehearsed."""
    page = hr.page("/requirements/new")
    sent = page.fields(page.form("requirement")) | {
        "title": ["Drafted"], "code": ["DRAFT"], "satisfied.courses*": ["cc-101"], "audience.kind": ["all"], "audience.0.kind": ["any"],
        "audience.0.0.kind": ["job"], "audience.0.0.in*": ["Registered Nurse"], "audience.0.1.kind": ["patient_contact"],
        "audience.1.kind": ["department"], "audience.1.negated": ["yes"], "audience.1.in*": ["ED"], "do": ["rehearse"],
    }  # fmt: skip
    answer = hr.post("/requirements/new", data=sent)
    assert answer.status_code == 303, page_of(answer, answer.status_code).text[:2000]
    return int(answer.location.split("/")[-2])


def _invite(session: Session, clock: SetClock, person: int) -> str:
    return invitations.invite(session, [person], Actor(None, clock.now()), printed=True).invitations[0].secret


def _token(app: Flask, person: int) -> str:
    from lms.web.accounts.account import _signer

    with app.app_context():
        return str(_signer().dumps([person, "new@riverbend.example"]))


def _train(session: Session, clock: SetClock, learner: int) -> dict[str, object]:
    """LA-110 under way with a check, a scenario and the test open; a test of CC-101 failed, a scenario of it ended."""
    now = clock.now()
    enrolment = session.scalars(
        select(Enrolment).where(Enrolment.person_id == learner, Enrolment.closed_at.is_(None))
    ).one()
    done = session.scalars(
        select(Enrolment.id).where(Enrolment.person_id == learner, Enrolment.completed_at.is_not(None))
    ).first()
    content = catalogue.content(session, enrolment.version_id)
    first = {kind: [s.id for s in content.steps if s.kind == kind] for kind in ("lesson", "check", "scenario", "test")}
    check = _start(session, clock, enrolment, content, first["check"][0])
    _answer(session, clock, check, content, 0)
    scene = _start(session, clock, enrolment, content, first["scenario"][0])
    for step in content.steps:
        if step.kind != "test":
            actions.mark_done(session, enrolment, step.id, now=now)
    test = _start(session, clock, enrolment, content, first["test"][0])
    other_course = next(o for o in catalogue.offered(session) if o.slug == "cc-101")
    other = actions.enrol(session, learner, other_course.course_id, other_course.version_id, now=now, by=learner)
    told = catalogue.content(session, other.version_id)
    for step in told.steps:
        if step.kind != "test":
            actions.mark_done(session, other, step.id, now=now)
    failed = _failed(session, clock, other, told)
    ended = _ended(session, clock, other, told)
    return {
        "enrolment": enrolment.id, "completed": done, "lesson": first["lesson"][0], "door": first["scenario"][-1], "check": check.id,
        "scene": scene.id, "test": test.id, "failed": failed, "debrief": ended,
    }  # fmt: skip


def fail_thrice(session: Session, clock: SetClock, enrolment: Enrolment) -> None:
    """Use up the attempts at the test of an enrolment."""
    content = catalogue.content(session, enrolment.version_id)
    for step in content.steps:
        if step.kind != "test":
            actions.mark_done(session, enrolment, step.id, now=clock.now())
    for _ in range(3):
        _failed(session, clock, enrolment, content)


def _start(session: Session, clock: SetClock, enrolment: Enrolment, content: CourseContent, step: str) -> Attempt:
    return actions.start(session, enrolment, content, step, language="en", seed="s", now=clock.now())


def _answer(session: Session, clock: SetClock, attempt: Attempt, content: CourseContent, place: int) -> None:
    item = next(i for i in content.items(attempt.step_id) if i.id == attempt.drawn[place]["item"])
    wrong = {"options": [next(option.id for option in item.options if not option.correct)]}
    actions.answer(
        session, attempt, content, item.id, wrong, language="en", key=f"{attempt.id}-{place}", now=clock.now()
    )


def _failed(session: Session, clock: SetClock, enrolment: Enrolment, content: CourseContent) -> int:
    assert content.test is not None
    attempt = _start(session, clock, enrolment, content, content.test.id)
    for place in range(len(attempt.drawn)):
        _answer(session, clock, attempt, content, place)
    actions.finish(session, attempt, content, now=clock.now())
    return attempt.id


def _ended(session: Session, clock: SetClock, enrolment: Enrolment, content: CourseContent) -> int:
    step = next(s.id for s in content.steps if s.kind == "scenario")
    attempt = _start(session, clock, enrolment, content, step)
    story = content.scenario(step)
    path: list[str] = []
    while (state := scenarios.replay(story, path)).ending is None:
        choice = scenarios.available(story, state)[-1].id
        actions.choose(
            session, attempt, content, state.scene_id, choice, language="en", key=f"c{len(path)}", now=clock.now()
        )
        path.append(choice)
    actions.finish(session, attempt, content, now=clock.now())
    return attempt.id


def _assigned(session: Session, clock: SetClock, person: int) -> int:
    """A course assigned to the learner by name."""
    due = clock.now().date() + timedelta(days=21)
    wanted = Wanted("cc-101", due, "Event 2026-031", "A patient complained about how they were spoken to.")
    by = Actor(None, clock.now())
    return assigning.assign_course(session, wanted, "Cultural Competency, assigned", [person], by).requirement_id


def _work(session: Session, clock: SetClock, person: int) -> dict[str, object]:
    """A second department, a leave and an exemption of the learner, both to come; somebody who left."""
    today = clock.now().date()
    known = {"recorded_at": clock.now(), "recorded_by": None, "superseded_at": None, "superseded_by": None}
    held = session.scalars(select(Membership).where(Membership.person_id == person)).first()
    employment = session.scalars(select(Employment).where(Employment.person_id == person)).first()
    second = session.scalars(select(Department.id).where(Department.code == "HR")).one()
    former = session.scalars(
        select(Employment.person_id).group_by(Employment.person_id).having(func.max(Employment.to_day) <= today)
    ).first()
    assert held is not None and employment is not None
    also = Membership(
        person_id=person, department_id=second, primary=False, job="Registered Nurse", profession="RN",
        patient_contact=True, supervisor_id=None, from_day=today - timedelta(days=40), to_day=FOR_EVER, import_id=None, **known,
    )  # fmt: skip
    leave = Leave(
        person_id=person, kind="stops", reason="Family leave", from_day=today + timedelta(days=30),
        to_day=today + timedelta(days=50), **known,
    )  # fmt: skip
    exemption = Exemption(
        person_id=person,
        requirement_id=1,
        reason="Research only",
        from_day=today + timedelta(days=30),
        to_day=today + timedelta(days=39),
        **known,
    )
    session.add_all([also, leave, exemption])
    qualifications.give_duty(session, person, "perinatal", today, None, Actor(None, clock.now()))
    session.flush()
    return {
        "licence": qualifications.terms(session, person)[-1].id, "duty": qualifications.tags(session, person)[-1].id,
        "membership": held.id, "employment": employment.id, "department": held.department_id, "second_department": second,
        "former": former or person, "leave": leave.id, "exemption": exemption.id,
        "assignment": _assigned(session, clock, person),
    }  # fmt: skip
