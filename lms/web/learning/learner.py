"""My learning: what is due, courses, transcript and certificates."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from lms.access import Permission
from lms.catalogue import queries as catalogue
from lms.catalogue.content import CourseContent
from lms.catalogue.localised import LocalCourse, Text, localised
from lms.catalogue.queries import Offered
from lms.catalogue.steps import AttestationStep, EvaluationStep, PreTestStep, Step
from lms.certificates import queries as certificates
from lms.certificates.models import Certificate
from lms.compliance import more_time
from lms.compliance import queries as compliance
from lms.compliance.queries import Duty
from lms.errors import N_, Denied, NotFound
from lms.flows import certifying
from lms.learning import actions, queries, surveys
from lms.learning.accommodations import allowances
from lms.learning.models import Enrolment
from lms.learning.policy import standing
from lms.learning.progress import Progress, is_locked, progress
from lms.policies import queries as policy_queries
from lms.policies.queries import Standing
from lms.records import queries as records
from lms.records.models import TrainingRecord
from lms.records.outside import queries as outside_queries
from lms.web import words
from lms.web.learning import policy_words
from lms.web.page import commit, house, locale, needs, now, organisation, session, tell, today, viewer

blueprint = Blueprint("learner", __name__)


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do: a course under way or asked for, with the reason and the due day if there are any."""

    course: LocalCourse
    slug: str
    progress: Progress
    enrolment: Enrolment | None
    due: date | None
    state: str | None
    why: str | None


@blueprint.get("/learning")
@needs(Permission.LEARN)
def home() -> ResponseReturnValue:
    """What is due, what is under way, what is done."""
    completed = records.transcript(session(), viewer().person_id)
    enrolled = queries.enrolments(session(), viewer().person_id)
    duties = compliance.duties(session(), viewer().person_id, today())
    tasks = _tasks({(r.course_id, r.completed_on) for r, revoked in completed if revoked is None}, enrolled, duties)
    held = {
        v.certificate.record_id: v for v in reversed(certificates.of_person(session(), viewer().person_id, today()))
    }
    recent = completed[:3]
    policies = _policies(duties)
    asked = surveys.open_follow_ups(session(), enrolled, today(), organisation().zone)
    return render_template(
        "learner/home.html",
        tasks=tasks,
        recent=recent,
        held=held,
        lede=_lede(tasks, len(policies)),
        titles=_titles(recent),
        policies=policies,
        answered=more_time.answers(session(), viewer().person_id, today()),
        follow_ups=[(each, localised(each.content, locale()).title) for each in asked],
    )


def _policies(duties: Sequence[Duty]) -> list[tuple[Standing, Duty]]:
    """The policies in force that a duty asks for and that are not acknowledged yet, by due day."""
    asked: dict[str, Duty] = {}
    for duty in duties:
        for code in duty.policies if duty.can_be_done else ():
            asked.setdefault(code, duty)
    if not asked:
        return []
    in_force = policy_queries.standing(session(), today(), viewer().person_id)
    waiting = [(one, asked[one.code]) for one in in_force if one.code in asked and one.acknowledged_on is None]
    return sorted(waiting, key=lambda pair: pair[1].due or date.max)


def _titles(rows: Iterable[tuple[TrainingRecord, object]]) -> dict[int, Text]:
    """What was completed, by record, in the reader's language; a record and its certificate keep the title they were made with, and
    what another system recorded has no other."""
    records = [record for record, _ in rows]
    known = catalogue.contents(session(), {each.version_id for each in records if each.version_id is not None})
    return {
        each.id: localised(known[each.version_id], locale()).title
        if each.version_id is not None
        else Text(each.course_title, "en")
        for each in records
    }


def _lede(tasks: list[Task], policies: int = 0) -> str:
    late = sum(task.state in {"overdue", "in_grace"} for task in tasks)
    if late:
        return str(ngettext("%(num)s course is past its due day.", "%(num)s courses are past their due day.", late))
    due = sum(task.due is not None for task in tasks)
    if due:
        return str(ngettext("%(num)s course is due.", "%(num)s courses are due.", due))
    if policies:
        return str(ngettext("%(num)s policy waits to be read.", "%(num)s policies wait to be read.", policies))
    return str(gettext("Nothing is due. Thank you for keeping your training up to date."))


def _tasks(completed: set[tuple[int, date]], enrolled: Sequence[Enrolment], duties: Sequence[Duty]) -> list[Task]:
    """Open duties by due day, then courses under way that nobody asked for."""
    under_way = {e.course_id: e for e in enrolled if e.closed_at is None}
    done = queries.steps_done(session(), [e.id for e in under_way.values()])
    offered = _offered_and_begun(under_way)
    known = catalogue.contents(
        session(), {c.version_id for c in offered.values()} | {e.version_id for e in under_way.values()}
    )
    stated = _stated_in(known, offered)
    tasks: list[Task] = []
    asked: dict[int, int] = {}
    for duty in duties:
        slugs = (*duty.courses, *(slug for name in duty.attestations for slug in stated.get(name, ())))
        for course in _left(duty, tuple(dict.fromkeys(slugs)), offered, completed, under_way):
            if (place := asked.get(course.course_id)) is not None:  # two duties ask for it: both reasons are told
                tasks[place] = replace(tasks[place], why=f"{_ended(tasks[place].why or '')} {tell(duty.why)}")
                continue
            asked[course.course_id] = len(tasks)
            enrolment = under_way.get(course.course_id)
            tasks.append(_task(known, course, enrolment, done, duty.due, duty.state, tell(duty.why)))
    by_id = {course.course_id: course for course in offered.values()}
    tasks += [
        _task(known, by_id[course_id], enrolment, done)
        for course_id, enrolment in under_way.items()
        if course_id not in asked
    ]
    return tasks


def _offered_and_begun(under_way: Mapping[int, Enrolment]) -> dict[str, Offered]:
    """The courses that can be taken, and those offered no more that this person may finish, by slug."""
    offered = {course.slug: course for course in catalogue.offered(session())}
    there = {course.course_id for course in offered.values()}
    gone = [enrolment.version_id for course_id, enrolment in under_way.items() if course_id not in there]
    return offered | {course.slug: course for course in (catalogue.taken(session(), gone) if gone else ())}


def _stated_in(contents: Mapping[int, CourseContent], offered: Mapping[str, Offered]) -> dict[str, list[str]]:
    """In which of the courses each attestation is made, by its name: a duty that asks for the statement leads there."""
    found: dict[str, list[str]] = {}
    for slug, course in offered.items():
        for step in contents[course.version_id].steps:
            if isinstance(step, AttestationStep):
                found.setdefault(step.name, []).append(slug)
    return found


def _left(
    duty: Duty,
    slugs: Sequence[str],
    offered: Mapping[str, Offered],
    completed: set[tuple[int, date]],
    under_way: Container[int],
) -> list[Offered]:
    """The courses that would meet a duty now: all that are left, or one of those that may be chosen from, rather one under way."""
    courses = [offered[slug] for slug in slugs if slug in offered]
    if not duty.can_be_done:
        return []
    if not duty.needs_all:
        return sorted(courses, key=lambda course: course.course_id not in under_way)[:1]
    done = {course_id for course_id, day in completed if day >= duty.counts_from}
    return [course for course in courses if course.course_id not in done] or courses


def _ended(text: str) -> str:
    """What may end in somebody's own words, ended as a sentence, so that another may follow."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _task(
    known: Mapping[int, CourseContent],
    course: Offered,
    enrolment: Enrolment | None,
    done: dict[int, frozenset[str]],
    due: date | None = None,
    state: str | None = None,
    why: str | None = None,
) -> Task:
    content = known[enrolment.version_id if enrolment else course.version_id]
    steps = done[enrolment.id] if enrolment else frozenset()
    how_far = progress(content, steps, enrolment.last_step if enrolment else None)
    return Task(localised(content, locale()), course.slug, how_far, enrolment, due, state, why)


@blueprint.get("/courses", endpoint="catalogue")
@needs(Permission.LEARN)
def course_list() -> ResponseReturnValue:
    """Every course that can be taken."""
    who = viewer().person_id
    under_way = {e.course_id for e in queries.enrolments(session(), who) if e.closed_at is None}
    done = {record.course_id for record, revoked in records.transcript(session(), who) if revoked is None}
    offered = catalogue.offered(session())
    known = catalogue.contents(session(), [course.version_id for course in offered])
    courses = [(course, localised(known[course.version_id], locale())) for course in offered]
    return render_template("learner/catalogue.html", courses=courses, under_way=under_way, done=done)


@blueprint.get("/courses/<slug>")
@needs(Permission.LEARN)
def course(slug: str) -> ResponseReturnValue:
    """What a course is, and its outline with what is done."""
    offered, enrolment, withdrawn = _offered_or_begun(slug)
    content = catalogue.content(session(), enrolment.version_id if enrolment else offered.version_id)
    done = queries.steps_done(session(), [enrolment.id])[enrolment.id] if enrolment else frozenset()
    return render_template(
        "learner/course.html",
        offered=offered,
        enrolment=enrolment,
        course=localised(content, locale()),
        progress=progress(content, done, enrolment.last_step if enrolment else None),
        outline=outline(content, enrolment, done),
        may_enrol=enrolment is not None or offered.enrolment == "open" or _is_asked_for(slug),
        withdrawn=withdrawn,
        closed=enrolment is not None and enrolment.closed_at is not None,
        standing=_standing(enrolment, content) if enrolment else None,
    )


def _offered_or_begun(slug: str) -> tuple[Offered, Enrolment | None, bool]:
    """A course that can be taken, with the enrolment under way; or one that is offered no more, for somebody who has begun it.

    Raises:
        NotFound: there is no such course, or it is offered no more and this person never began it.
    """
    who = viewer().person_id
    try:
        offered = catalogue.offered_by_slug(session(), slug)
    except NotFound:
        begun = queries.latest_enrolment(session(), who, slug)
        if begun is None:
            raise
        return catalogue.taken(session(), [begun.version_id])[0], begun, True
    return offered, queries.open_enrolment(session(), who, offered.course_id), False


def _standing(enrolment: Enrolment, content: CourseContent) -> dict[str, str] | None:
    """How the test of an enrolment under way stands, where that is news: ``used_up``, ``given`` (another attempt) and not yet begun,
    or ``pause`` with the moment ``opens`` in words."""
    test = content.test
    tried = queries.attempts(session(), enrolment.id, test.id) if test and enrolment.closed_at is None else ()
    last = tried[-1].finished_at if tried else None
    if test is None or last is None or any(attempt.passed for attempt in tried):
        return None
    allowed = allowances(session(), enrolment, today())
    stands = standing(test, tried, allowed, now())
    if stands.opens_at is not None:
        return {"state": "pause", "opens": policy_words.moment_words(stands.opens_at)}
    if stands.state == "open" and any(each.for_this and each.at >= last for each in allowed):
        return {"state": "given"}
    return {"state": "used_up"} if stands.state == "used_up" else None


def outline(
    content: CourseContent, enrolment: Enrolment | None, done: frozenset[str], here: str | None = None
) -> list[dict[str, object]]:
    """The modules with their steps, as the outline component shows them."""

    every_part = url_for("player.resume", enrolment_id=enrolment.id) if enrolment else None

    def entry(step_id: str, label: object, minutes: int) -> dict[str, object]:
        if step_id == here:
            state = "current"
        elif step_id in done:
            state = "done"
        else:
            state = "locked" if is_locked(content, content.step(step_id), done) else "open"
        url = f"{every_part}/{step_id}" if every_part else None
        note = _minutes(minutes, locale())
        if (kind := step_note(content.step(step_id))) is not None:
            note = f"{note} · {kind}"
        return {"label": label, "state": state, "url": url, "note": note}

    return [
        {"title": module.title, "steps": [entry(s.id, s.title, s.step.minutes) for s in module.steps]}
        for module in localised(content, locale()).modules
    ]


@lru_cache(maxsize=1000)
def _minutes(minutes: int, locale: str) -> str:
    """In the reader's language, which is ``locale``: an outline says it of every part."""
    return words.ngettext("%(num)s minute", "%(num)s minutes", minutes)


def step_note(step: Step) -> str | None:
    """What a step is besides learning, and whether the record waits for it."""
    match step:
        case PreTestStep():
            return str(gettext("Pre-test, voluntary"))
        case EvaluationStep():
            return str(
                gettext("Evaluation, needed for the record") if step.needed else gettext("Evaluation, voluntary")
            )
        case AttestationStep():
            return str(
                gettext("Attestation, needed for the record") if step.needed else gettext("Attestation, voluntary")
            )
        case _:
            return None


def _is_asked_for(slug: str) -> bool:
    return any(slug in duty.courses for duty in compliance.duties(session(), viewer().person_id, today()))


@blueprint.post("/courses/<slug>/enrol")
@needs(Permission.LEARN)
def enrol(slug: str) -> ResponseReturnValue:
    """Begin a course, or go on where it was left."""
    offered = catalogue.offered_by_slug(session(), slug)
    if offered.enrolment != "open" and not _is_asked_for(slug):
        raise Denied(N_("This course is open only to people it is assigned to. Ask HR if you need it."))
    who = viewer().person_id
    enrolment = actions.enrol(session(), who, offered.course_id, offered.version_id, now=now(), by=who)
    commit()
    return redirect(url_for("player.resume", enrolment_id=enrolment.id), 303)


@blueprint.get("/transcript")
@needs(Permission.LEARN)
def transcript() -> ResponseReturnValue:
    """Everything completed, by year, with its certificate."""
    rows = records.transcript(session(), viewer().person_id)
    held = {
        v.certificate.record_id: v for v in reversed(certificates.of_person(session(), viewer().person_id, today()))
    }
    years: dict[int, list[object]] = {}
    for record, revoked in rows:
        years.setdefault(record.completed_on.year, []).append((record, revoked, held.get(record.id)))
    minutes = sum(record.minutes for record, revoked in rows if revoked is None)
    outside = outside_queries.approved_of(session(), viewer().person_id)
    return render_template(
        "learner/transcript.html", years=years, minutes=minutes, titles=_titles(rows), outside=outside, today=today()
    )


@blueprint.get("/certificates/<number>.pdf")
@needs(Permission.LEARN)
def certificate(number: str) -> ResponseReturnValue:
    """The learner's own certificate as a PDF: made when it is first asked for, then always the same bytes."""
    found = certificates.by_number(session(), number, today())
    if found is None or found.certificate.person_id != viewer().person_id:
        raise NotFound(N_("There is no such certificate of yours."))
    if found.certificate.file_id is not None:
        file = certifying.certificate_file(session(), found.certificate, house().files, now())
    else:
        with house().database.transaction() as own:
            row = own.get_one(Certificate, found.certificate.id, with_for_update=True)
            file = certifying.certificate_file(own, row, house().files, now())
    answer = Response(house().files.read(file), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{found.certificate.number}.pdf"'
    return answer
