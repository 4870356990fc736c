"""Writes Riverbend Health into an empty database, batch by batch. An edge: it commits. Nothing here runs outside ``lms demo``."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from config import Config
from lms.accounts import passwords
from lms.accounts.models import Account, RoleGrant
from lms.audit import Actor
from lms.catalogue.actions import publish
from lms.catalogue.content import CourseContent
from lms.catalogue.disk import load_course
from lms.catalogue.localised import localised
from lms.catalogue.models import Course, CourseVersion
from lms.catalogue.steps import FOLLOW_UP, AttestationStep, Step
from lms.catalogue.surveys import Response, commitments
from lms.certificates.actions import ALPHABET
from lms.certificates.models import Certificate
from lms.clock import FOR_EVER, local_day
from lms.compliance.building import begin_generation, build_step
from lms.compliance.calendar import add_months
from lms.compliance.models import Exemption, Generation, Requirement, RequirementVersion
from lms.db import Base, Database
from lms.demo.elsewhere import learn_elsewhere
from lms.demo.holdings import hold
from lms.demo.lives import DUTIES, Done, Duty, Life, Post, lives
from lms.demo.office import keep_books, take_in_file
from lms.demo.places import PLACES
from lms.demo.roles import PASSWORD, ROLES, role_lives, stuck_life
from lms.demo.trying import Tried, played, tried
from lms.demo.voices import evaluation, follow_up
from lms.files import FileStore
from lms.learning.models import Answer, Attempt, Attestation, Enrolment, FollowUp, StepDone, SurveyAnswer
from lms.learning.scenario import State
from lms.learning.surveys import window
from lms.organisation import Organisation, save
from lms.people.models import Department, DepartmentVersion, Employment, Leave, Membership, Person
from lms.people.tree import SEPARATOR
from lms.records.models import TrainingRecord

ZONE = "America/Chicago"
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is."""

RENAMED, RENAMED_MONTHS = ("ED", "Emergency Room"), 14
MOVED, MOVED_MONTHS = ("HOME", "RCC-PRIM"), 8
BATCH = 250
"""So many people are written in one transaction."""
STORIES = 60
"""So many ways through a scenario are played."""
MERGED, MERGED_MONTHS = ("REG-NIGHT", "Night Registration", "ED-REG"), 5


@dataclass(slots=True)
class Build:
    """The building site: what has an id already, and the rows that wait to be written."""

    database: Database
    files: FileStore
    config: Config
    today: date
    staff: int
    seed: int
    progress: Progress
    departments: dict[str, int] = field(default_factory=dict)
    versions: dict[str, tuple[CourseVersion, CourseContent]] = field(default_factory=dict)
    requirements: dict[str, int] = field(default_factory=dict)
    leads: dict[str, int] = field(default_factory=dict)
    rows: dict[type[Base], list[dict[str, Any]]] = field(default_factory=dict)
    ids: dict[type[Base], count[int]] = field(default_factory=dict)
    stories: dict[tuple[str, str, str], State] = field(default_factory=dict)

    @property
    def start(self) -> date:
        """The day from which histories reach."""
        return add_months(self.today, -24)

    def moment(self, day: date, hour: int = 9, minute: int = 0) -> datetime:
        """A local time of a day, as a moment."""
        return datetime.combine(day, time(hour, minute), ZoneInfo(ZONE)).astimezone(UTC)

    def add(self, model: type[Base], **values: Any) -> int:
        """A row to write with the next batch; gives its id."""
        number = next(self.ids.setdefault(model, count(1)))
        self.rows.setdefault(model, []).append({"id": number, **values})
        return number

    def fact(self, model: type[Base], from_day: date, to_day: date = FOR_EVER, **values: Any) -> int:
        """A dated fact, written down on its first day (or when the demo begins, or yesterday): never in the hours to come."""
        known = self.moment(min(max(from_day, self.start - timedelta(days=60)), self.today - timedelta(days=1)), 8)
        blank = {"recorded_by": None, "superseded_at": None, "superseded_by": None}
        return self.add(model, from_day=from_day, to_day=to_day, recorded_at=known, **blank, **values)

    def write(self, session: Session) -> None:
        """Write what waits, parents first."""
        for table in Base.metadata.sorted_tables:
            for model, rows in self.rows.items():
                if model.__table__ is table and rows:
                    session.execute(insert(model), rows)
        self.rows.clear()


class Part(StrEnum):
    """What is still to be done, in order: each is marked in the transaction that does the one before."""

    PEOPLE = "people"
    ACCOUNTS = "accounts"
    OFFICE = "office"
    FILE = "file"
    TIMELINES = "timelines"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A build that was interrupted: what was asked for, and the part that comes next. Kept with the organisation until it is whole."""

    staff: int
    seed: int
    today: date
    part: Part

    def data(self) -> dict[str, Any]:
        """As it is stored."""
        return {"staff": self.staff, "seed": self.seed, "today": self.today.isoformat(), "part": self.part.value}


def unfinished(own: Organisation) -> Unfinished | None:
    """What is left of the build of this organisation; None for a finished one."""
    if own.building is None:
        return None
    told = own.building
    return Unfinished(told["staff"], told["seed"], date.fromisoformat(told["today"]), Part(told["part"]))


def build(site: Build, begun: Unfinished | None = None) -> None:
    """The whole hospital, with progress; or, of one that was interrupted (``begun``), what is still to be done.

    Everything follows from staff, seed and day, the numbers of rows too. So what has been written is made once more and laid aside, and
    the first row that is missing is the next one to be written.
    """
    todo = list(Part) if begun is None else list(Part)[list(Part).index(begun.part) :]
    with site.database.transaction() as session:
        _courses(session, site, publishing=begun is None)
        _departments(site)
        _requirements(site)
        _keep(session, site, Part.PEOPLE, begun is None)
    written = 0
    if begun is not None:
        with site.database.session() as session:
            written = session.scalar(select(func.count(Person.id))) or 0
    known = [*role_lives(site.today), stuck_life(site.today)]
    people = [*known, *lives(max(0, site.staff - len(known)), site.seed, site.today)]
    for start in range(0, len(people), BATCH):
        some = people[start : start + BATCH]
        for life in some:
            _person(site, life)
        done = start + len(some)
        with site.database.transaction() as session:
            _keep(session, site, Part.ACCOUNTS if done == len(people) else Part.PEOPLE, done > written)
        site.progress("People and their training", done, len(people))
    if Part.ACCOUNTS in todo:
        with site.database.transaction() as session:
            _accounts(site)
            _keep(session, site, Part.OFFICE)
            _sequences(session)
    if Part.OFFICE in todo:
        with site.database.transaction() as session:
            hold(session, site.files, site.today, site.moment(site.today, 0), site.seed)
            keep_books(session, site.today, site.moment)
            learn_elsewhere(session, site.today, site.moment)
            _keep(session, site, Part.FILE)
    if Part.FILE in todo:
        take_in_file(site.database, site.files, site.today, site.moment)
        with site.database.transaction() as session:
            _keep(session, site, Part.TIMELINES)
    _spans(site)
    with site.database.transaction() as session:
        _organisation(session, site)


def _keep(session: Session, site: Build, following: Part, missing: bool = True) -> None:
    """Write what was made, and which part comes next; if it is not ``missing``, lay it aside."""
    if missing:
        site.write(session)
        _organisation(session, site, Unfinished(site.staff, site.seed, site.today, following))
    site.rows.clear()


def _organisation(session: Session, site: Build, left: Unfinished | None = None) -> None:
    own = Organisation(
        name="Riverbend Health",
        zone=ZONE,
        languages=("en", "es"),
        base_url=site.config.base_url or f"http://{site.config.host}:{site.config.port}",
        contact="Learning Services, extension 4400, learning@riverbend.example",
        demo=True,
        building=left.data() if left else None,
    )
    save(session, own, site.moment(site.start))


def _courses(session: Session, site: Build, *, publishing: bool) -> None:
    long_ago = site.moment(site.start - timedelta(days=45))
    for folder in sorted(path.parent for path in site.config.courses_dir.glob("*/course.yaml")):
        loaded = load_course(folder)
        assert loaded.content is not None
        if publishing:
            version = publish(session, loaded, site.files, by=Actor(None, long_ago, "demo")).version
        else:
            version = session.scalars(select(CourseVersion).join(Course).where(Course.slug == folder.name)).one()
        site.versions[folder.name] = (version, loaded.content)


def _departments(site: Build) -> None:
    since = site.start - timedelta(days=3650)
    merged_code, merged_name, into = MERGED
    for place in PLACES:
        site.departments[place.code] = site.add(Department, code=place.code, created_at=site.moment(site.start))
    site.departments[merged_code] = site.add(Department, code=merged_code, created_at=site.moment(site.start))
    for place in PLACES:
        name, parent = place.name, place.parent
        cuts: list[tuple[date, str, str | None]] = [(since, name, parent)]
        if place.code == RENAMED[0]:
            cuts = [(since, RENAMED[1], parent), (add_months(site.today, -RENAMED_MONTHS), name, parent)]
        elif place.code == MOVED[0]:
            cuts = [(since, name, MOVED[1]), (add_months(site.today, -MOVED_MONTHS), name, parent)]
        for position, (day, called, under) in enumerate(cuts):
            end = cuts[position + 1][0] if position + 1 < len(cuts) else FOR_EVER
            _department_version(site, place.code, called, place.kind, under, day, end)
    parent = next(place.parent for place in PLACES if place.code == into)
    _department_version(site, merged_code, merged_name, "unit", parent, since, add_months(site.today, -MERGED_MONTHS))


def _department_version(site: Build, code: str, name: str, kind: str, under: str | None, day: date, end: date) -> None:
    parent_id = site.departments[under] if under else None
    site.fact(
        DepartmentVersion,
        day,
        end,
        department_id=site.departments[code],
        name=name,
        kind=kind,
        parent_id=parent_id,
        import_id=None,
    )


def path_on(site: Build, code: str, day: date) -> str:
    """The department's names from the top down on a day."""
    by_code = {place.code: place for place in PLACES}
    names: list[str] = []
    at: str | None = code
    while at is not None:
        if at == MERGED[0]:
            names.append(MERGED[1])
            at = by_code[MERGED[2]].parent
            continue
        old_name = at == RENAMED[0] and day < add_months(site.today, -RENAMED_MONTHS)
        names.append(RENAMED[1] if old_name else by_code[at].name)
        old_parent = at == MOVED[0] and day < add_months(site.today, -MOVED_MONTHS)
        at = MOVED[1] if old_parent else by_code[at].parent
    return SEPARATOR.join(reversed(names))


def _requirements(site: Build) -> None:
    titles = {
        "la-110": ("LANG-ACCESS", "Language access, every year"),
        "cc-101": ("CULT-CARE", "Culturally responsive care, every two years"),
    }
    for duty in DUTIES:
        code, title = titles[duty.course]
        number = site.add(Requirement, code=code, created_at=site.moment(site.start))
        site.requirements[duty.course] = number
        site.fact(
            RequirementVersion,
            site.start,
            requirement_id=number,
            number=1,
            title=title,
            rule=rule_of(duty),
            adopted_on=site.start,
            apply_to_running=False,
        )


def rule_of(duty: Duty) -> dict[str, Any]:
    """A demo duty as the data of a requirement."""
    tests: list[dict[str, Any]] = [{"field": "patient_contact", "is": True}] if duty.contact_only else []
    if duty.professions:
        tests.append({"field": "profession", "in": sorted(duty.professions)})
    return {
        "audience": tests[0] if len(tests) == 1 else {"all": tests},
        "courses": [duty.course],
        "first": {"within": {"days": duty.first_days}},
        "recurs": {"kind": "rolling", "every": {"months": duty.every_months}},
        "opens_before": 60,
        "grace": duty.grace,
    }


# --- people -----------------------------------------------------------------------------------------------------------


def _person(site: Build, life: Life) -> None:
    first = life.employments[0][0]
    person = site.add(
        Person, source="riverbend-hr", number=life.number, given_name=life.given, family_name=life.family, email=life.email,
        language=life.language, zone=None, created_at=site.moment(max(first, site.start)),
    )  # fmt: skip
    for from_day, to_day in life.employments:
        site.fact(Employment, from_day, to_day, person_id=person, kind=life.kind, import_id=None)
    for post in _merged(site, life.posts):
        _membership(site, person, post, primary=True)
    if life.employments[-1][1] == FOR_EVER:
        site.leads.setdefault(
            life.posts[-1].place, person
        )  # whoever came first leads; the demo's manager leads Emergency
    if life.secondary and life.secondary.from_day < life.secondary.to_day:
        _membership(site, person, life.secondary, primary=False)
    if life.leave:
        from_day, to_day, reason = life.leave
        site.fact(Leave, from_day, to_day, person_id=person, kind="stops", reason=reason)
    if life.exempt:
        from_day, to_day, reason = life.exempt
        for course in life.exempt_from:
            site.fact(
                Exemption, from_day, to_day, person_id=person, requirement_id=site.requirements[course], reason=reason
            )
    chance = random.Random(f"{site.seed}/{life.number}/training")
    for done in sorted(life.done, key=lambda d: d.day):
        _completion(site, chance, person, life, done)
    if life.under_way:
        _under_way(site, chance, person, life, life.under_way)


def _merged(site: Build, posts: Iterable[Post]) -> Iterable[Post]:
    """Some people of a unit came there when Night Registration was merged into it."""
    code, _, into = MERGED
    day = add_months(site.today, -MERGED_MONTHS)
    for post in posts:
        if post.place == into and post.from_day < day < post.to_day and post.from_day.toordinal() % 2:
            yield Post(post.from_day, day, code, post.job, post.profession, post.contact)
            yield Post(day, post.to_day, into, post.job, post.profession, post.contact)
        else:
            yield post


def _membership(site: Build, person: int, post: Post, *, primary: bool) -> None:
    site.fact(
        Membership, post.from_day, post.to_day, person_id=person, department_id=site.departments[post.place], primary=primary,
        job=post.job, profession=post.profession, patient_contact=post.contact, supervisor_id=_lead(site, post.place),
        import_id=None,
    )  # fmt: skip


def _lead(site: Build, place: str) -> int | None:
    """Who supervises in a department: its lead, else the lead of the department above."""
    parents = {each.code: each.parent for each in PLACES}
    at: str | None = MERGED[2] if place == MERGED[0] else place
    while at is not None and at not in site.leads:
        at = parents[at]
    return site.leads[at] if at is not None else None


# --- training ---------------------------------------------------------------------------------------------------------


def _completion(site: Build, chance: random.Random, person: int, life: Life, done: Done) -> None:
    version, content = site.versions[done.course]
    language = "es" if life.language == "es" else "en"
    begun = site.moment(done.day, *life.shift.start(chance))
    ended = begun + timedelta(minutes=content.total_minutes - chance.randrange(2, 15))
    test = content.test
    assert test is not None
    enrolment = site.add(
        Enrolment, person_id=person, course_id=version.course_id, version_id=version.id, enrolled_at=begun, enrolled_by=person,
        last_step=test.id, completed_at=ended, closed_at=ended,
    )  # fmt: skip
    learnt = _learnt(content)
    for place, step in enumerate(learnt):
        at = begun + (ended - begun) * (place + 1) / len(learnt)
        site.add(StepDone, enrolment_id=enrolment, step_id=step.id, done_at=at)
        if step.kind == "scenario":
            _story(site, enrolment, content, step.id, f"{site.seed}/{person % STORIES}", language, at)
    goals = [*(score for _, score in done.failed), done.score]
    last: tuple[int, Tried] | None = None
    for number, goal in enumerate(goals, 1):
        attempt = tried(content, f"{site.seed}/{person}/{done.day}/{number}", goal, passing=number == len(goals))
        at = ended - timedelta(minutes=9 * (len(goals) - number))
        last = (_attempt(site, enrolment, test.id, number, attempt, language, at), attempt)
    assert last is not None
    _attest(site, person, enrolment, f"{life.given} {life.family}", language, version, content, ended)
    _say(site, random.Random(f"{site.seed}/{person}/{done.day}/said"), enrolment, language, content, ended)
    _record(site, chance, person, life, done.day, ended, enrolment, last, language, version, content)


def _learnt(content: CourseContent) -> list[Step]:
    """The steps that everybody goes through on the way to the record."""
    return [step for step in content.steps if step.kind not in ("pre_test", "evaluation", "attestation")]


def _story(
    site: Build, enrolment: int, content: CourseContent, step: str, seed: str, language: str, ended: datetime
) -> None:
    """A scenario played to its end; few different ways through it serve everybody, because working one out takes a while."""
    key = (content.code, step, seed)
    if key not in site.stories:
        site.stories[key] = played(content.scenario(step), seed)
    state, mark = site.stories[key], float(content.scenario(step).pass_mark)
    attempt = site.add(
        Attempt, enrolment_id=enrolment, step_id=step, kind="scenario", number=1, seed=seed, drawn=[],
        started_at=ended - timedelta(minutes=4), finished_at=ended, language=language, score=state.score, pass_mark=mark,
        passed=state.score >= mark,
    )  # fmt: skip
    for sequence, taken in enumerate(state.path, 1):
        at = ended - timedelta(minutes=4) + timedelta(seconds=20 * sequence)
        site.add(
            Answer, attempt_id=attempt, sequence=sequence, item_id=taken.scene_id, response={"choice": taken.choice.id},
            language=language, key=f"demo-{sequence}", saved_at=at, given_at=at,
        )  # fmt: skip


def _attest(
    site: Build,
    person: int,
    enrolment: int,
    name: str,
    language: str,
    version: CourseVersion,
    content: CourseContent,
    at: datetime,
) -> None:
    """The statements for which the record waits."""
    for step in content.steps:
        if isinstance(step, AttestationStep):
            text = localised(content, language).lesson(step.id)
            site.add(StepDone, enrolment_id=enrolment, step_id=step.id, done_at=at)
            site.add(
                Attestation, person_id=person, enrolment_id=enrolment, version_id=version.id, step_id=step.id, name=step.name,
                statement=text.value, language=text.language, signed_as=name if step.sign == "name" else "",
                made_on=local_day(at, ZONE), made_at=at,
            )  # fmt: skip


def _say(
    site: Build, chance: random.Random, enrolment: int, language: str, content: CourseContent, ended: datetime
) -> None:
    """Three in five answer the evaluation, and of those who are asked some weeks later two in five."""
    first = content.evaluation
    said: Response | None = None
    if first is not None and chance.random() < 0.6:
        said = evaluation(content.survey(first.id), chance, language)
        at = ended + timedelta(seconds=chance.randrange(40, 180))
        site.add(StepDone, enrolment_id=enrolment, step_id=first.id, done_at=at)
        _said(site, enrolment, first.id, said, language, at)
    stretch = window(content, local_day(ended, ZONE))
    if stretch is None or stretch[0] >= site.today:
        return
    answered = None
    if chance.random() < 0.4:
        later = content.survey(FOLLOW_UP)
        asked = commitments(later, content.surveys[first.id] if first else None, said)
        day = min(stretch[0] + timedelta(days=chance.randrange(0, 9)), site.today - timedelta(days=1))
        answered = site.moment(day, 12, chance.randrange(60))
        _said(site, enrolment, FOLLOW_UP, follow_up(later, asked, chance, language), language, answered)
    site.add(
        FollowUp, enrolment_id=enrolment, closes_on=stretch[1], invited_on=stretch[0], reminded_on=None, answered_at=answered
    )  # fmt: skip


def _said(site: Build, enrolment: int, survey: str, response: Response, language: str, at: datetime) -> None:
    site.add(
        SurveyAnswer, enrolment_id=enrolment, survey=survey, sequence=1, response=dict(response), language=language, key="demo",
        saved_at=at, given_at=at,
    )  # fmt: skip


def _attempt(site: Build, enrolment: int, step: str, number: int, made: Tried, language: str, ended: datetime) -> int:
    attempt = site.add(
        Attempt, enrolment_id=enrolment, step_id=step, kind="test", number=number, seed=made.seed, drawn=made.drawn,
        started_at=ended - timedelta(minutes=8), finished_at=ended, language=language, score=made.result.score,
        pass_mark=made.result.pass_mark, passed=made.result.passed,
    )  # fmt: skip
    for sequence, (item, response) in enumerate(made.answers.items(), 1):
        at = ended - timedelta(minutes=8) + timedelta(seconds=40 * sequence)
        site.add(
            Answer, attempt_id=attempt, sequence=sequence, item_id=item, response=dict(response), language=language,
            key=f"demo-{sequence}", saved_at=at, given_at=at,
        )  # fmt: skip
    return attempt


def _record(
    site: Build,
    chance: random.Random,
    person: int,
    life: Life,
    day: date,
    ended: datetime,
    enrolment: int,
    attempt: tuple[int, Tried],
    language: str,
    version: CourseVersion,
    content: CourseContent,
) -> None:
    post = next((post for post in _merged(site, life.posts) if post.from_day <= day < post.to_day), life.posts[-1])
    score, mark = attempt[1].result.score, attempt[1].result.pass_mark
    name = f"{life.given} {life.family}"
    record = site.add(
        TrainingRecord, person_id=person, course_id=version.course_id, version_id=version.id, enrolment_id=enrolment,
        attempt_id=attempt[0], completed_on=day, completed_at=ended, language=language, score=score, pass_mark=mark,
        minutes=content.total_minutes, topics=dict(content.topics), course_code=content.code, course_title=content.title,
        version_number=version.number, person_name=name, department_id=site.departments[post.place],
        department_path=path_on(site, post.place, day), job=post.job, profession=post.profession, recorded_at=ended, recorded_by=None,
    )  # fmt: skip
    months = content.certificate.valid_months if content.certificate else None
    drawn = "".join(chance.choices(ALPHABET, k=10))
    site.add(
        Certificate, number=f"{day.year}-{drawn[:5]}-{drawn[5:]}", record_id=record, person_id=person, issued_at=ended,
        issued_on=day, valid_until=add_months(day, months) - timedelta(days=1) if months else None, language=language,
        snapshot={
            "person_name": name, "course_code": content.code, "course_title": content.title, "version": version.number,
            "completed_on": day.isoformat(), "minutes": content.total_minutes, "score": score, "pass_mark": mark,
            "organisation": "Riverbend Health",
        },
        supersedes_id=None, file_id=None,
    )  # fmt: skip


def _under_way(site: Build, chance: random.Random, person: int, life: Life, course: str) -> None:
    version, content = site.versions[course]
    day = site.today - timedelta(days=chance.randrange(1, 12))
    begun = site.moment(day, *life.shift.start(chance))
    test = content.test
    assert test is not None
    learnt = _learnt(content)
    reached = len(learnt) - 1 if life.stuck else chance.randrange(1, len(learnt) - 1)
    enrolment = site.add(
        Enrolment, person_id=person, course_id=version.course_id, version_id=version.id, enrolled_at=begun, enrolled_by=person,
        last_step=learnt[reached].id, completed_at=None, closed_at=None,
    )  # fmt: skip
    for place in range(reached):
        at = begun + timedelta(minutes=33) * (place + 1) / reached
        site.add(StepDone, enrolment_id=enrolment, step_id=learnt[place].id, done_at=at)
    for number in range(1, test.attempts + 1 if life.stuck else 1):
        made = tried(content, f"{site.seed}/{person}/stuck/{number}", chance.choice((40, 50, 60)), passing=False)
        language = "es" if life.language == "es" else "en"
        _attempt(site, enrolment, test.id, number, made, language, begun + timedelta(minutes=33 + 9 * number))


# --- at the end -------------------------------------------------------------------------------------------------------


def _accounts(site: Build) -> None:
    hashed = passwords.hash_password(PASSWORD)
    for person, role in enumerate(ROLES, 1):
        account = site.add(
            Account, person_id=person, password_hash=hashed, created_at=site.moment(site.start), closed_at=None, failures=0,
            locked_until=None, demo=True,
        )  # fmt: skip
        if role.role:
            site.add(
                RoleGrant, account_id=account, role=role.role, department_id=site.departments[role.scope] if role.scope else None,
                granted_at=site.moment(site.start), granted_by=None, revoked_at=None, revoked_by=None,
            )  # fmt: skip


def _sequences(session: Session) -> None:
    """PostgreSQL must count on from the ids that were written."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        if "id" in table.c and table.name != "organisation":
            highest = session.scalar(select(func.max(table.c.id))) or 0
            session.execute(
                text("select setval(pg_get_serial_sequence(:name, 'id'), :next, false)"),
                {"name": table.name, "next": highest + 1},
            )


def _spans(site: Build) -> None:
    now = site.moment(site.today, 0)
    with site.database.transaction() as session:
        under_way = session.scalar(select(Generation.id).where(Generation.building))
        generation = under_way or begin_generation(session, "demo", now).id
        total = session.scalar(select(func.count(Person.id))) or 1
    finished = False
    while not finished:
        with site.database.transaction() as session:
            finished = build_step(session, generation, now)
            row = session.get_one(Generation, generation)
            done = (
                (session.scalar(select(func.count(Person.id)).where(Person.id <= row.position)) or 0)
                if not finished
                else total
            )
        site.progress("Compliance timelines", done, total)
