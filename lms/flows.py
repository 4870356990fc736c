"""Use cases that cross stages, each from top to bottom. They order the steps; they neither decide nor commit."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from lms import audit
from lms.accounts import invitations, roles
from lms.audit import Actor
from lms.catalogue.content import FOLLOW_UP, CourseContent
from lms.catalogue.localised import localised
from lms.catalogue.models import CourseVersion
from lms.catalogue.queries import content as content_of
from lms.certificates import actions as certificates
from lms.certificates.models import Certificate
from lms.certificates.pdf import certificate_pdf
from lms.certificates.wording import certificate_fields
from lms.clock import FOR_EVER, local_day
from lms.compliance import actions as compliance
from lms.compliance import more_time
from lms.compliance.rulebook import asks_for_policy
from lms.db import Desk
from lms.errors import N_, Conflict, Invalid
from lms.files import FileStore, StoredFile
from lms.learning import accommodations, surveys
from lms.learning import actions as learning
from lms.learning.accommodations import Given
from lms.learning.models import Accommodation, Attempt, AttemptKind, Attestation, Enrolment
from lms.learning.policy import closes_at
from lms.learning.progress import has_tested_out, is_locked, waits_for
from lms.learning.queries import passed_attempt, steps_done
from lms.learning.scenario import State
from lms.learning.scoring import Result
from lms.notices.actions import mail_language, release_waiting, write_mail
from lms.notices.queries import was_written
from lms.organisation import Organisation, load
from lms.organisation import save as save_organisation
from lms.outbox import enqueue
from lms.people import fact_feed, imports, undoing, worklist
from lms.people import queries as people
from lms.people.fact_feed import FactPlan
from lms.people.models import ImportRun, Person
from lms.people.prepared import Prepared, Progress
from lms.policies import actions as policies
from lms.policies.models import Policy, PolicyVersion
from lms.records import actions as records
from lms.records.models import TrainingRecord

CERTIFY = "certificate.deliver"
CLOSE = "attempt.close"


def start_attempt(
    session: Session,
    enrolment: Enrolment,
    content: CourseContent,
    step_id: str,
    *,
    language: str,
    seed: str,
    now: datetime,
) -> Attempt:
    """Begin or go on with a check, scenario or test.

    Raises:
        Conflict: the test is not open yet, the course is completed, the attempts are used up, or the next one opens later.
    """
    done = steps_done(session, [enrolment.id])[enrolment.id]
    if is_locked(content, content.step(step_id), done):
        raise Conflict(
            N_("The pre-test can be taken once, before the course.")
            if content.step(step_id).kind == "pre_test"
            else N_("The test opens when all other parts of the course are done.")
        )
    if content.step(step_id).kind == "test" and step_id in done and enrolment.closed_at is None:
        raise Conflict(N_("You have passed this test. What is still to do stands on the page of the course."))
    attempt = learning.start(session, enrolment, content, step_id, language=language, seed=seed, now=now)
    _close_in_time(session, attempt, now)
    return attempt


def _close_in_time(session: Session, attempt: Attempt, now: datetime) -> None:
    """Have the worker end an attempt when its time is over, if nobody has come to look before."""
    closes = closes_at(attempt.deadline, attempt.policy)
    if closes is not None and attempt.finished_at is None:
        enqueue(session, CLOSE, {"attempt": attempt.id}, now, key=str(attempt.id), run_at=closes + timedelta(seconds=1))


def close_when_over(session: Session, attempt_id: int, actor: Actor) -> bool:
    """End an attempt whose time is over, with what was saved; gives whether it is over. One that was given more time in the meantime
    is looked at again when that is over; asked again it changes nothing."""
    attempt = session.get_one(Attempt, attempt_id, with_for_update=True)
    if attempt.finished_at is None and not learning.is_over(attempt, actor.now):
        _close_in_time(session, attempt, actor.now)
        return False
    if attempt.finished_at is None:
        enrolment = session.get_one(Enrolment, attempt.enrolment_id)
        own = load(session) or Organisation(name="Attune")
        finish_attempt(session, attempt, enrolment, content_of(session, enrolment.version_id), own, actor)
    return attempt.timed_out


def finish_attempt(
    session: Session,
    attempt: Attempt,
    enrolment: Enrolment,
    content: CourseContent,
    organisation: Organisation,
    actor: Actor,
) -> Result | State:
    """Hand in. A passed test completes the course: record, certificate, the person's timeline, and the PDF by mail."""
    outcome = learning.finish(session, attempt, content, now=actor.now)
    if attempt.kind == AttemptKind.TEST and attempt.passed and enrolment.closed_at is None:
        settle(session, enrolment, content, organisation, actor, ended=attempt.finished_at)
    return outcome


def settle(
    session: Session,
    enrolment: Enrolment,
    content: CourseContent,
    organisation: Organisation,
    actor: Actor,
    *,
    ended: datetime | None = None,
) -> TrainingRecord | None:
    """Complete the course when its test is behind the learner and nothing is left for which the record waits; else nothing.

    ``ended``: when the last of it was done; left out: now.
    """
    done = steps_done(session, [enrolment.id])[enrolment.id]
    if (
        enrolment.closed_at is not None
        or content.test is None
        or content.test.id not in done
        or waits_for(content, done)
    ):
        return None
    kind = AttemptKind.PRE_TEST if has_tested_out(content, done) else AttemptKind.TEST
    attempt = passed_attempt(session, enrolment.id, kind)
    return complete(session, attempt, enrolment, content, organisation, actor, ended=ended or actor.now)


def test_out(
    session: Session,
    attempt: Attempt,
    enrolment: Enrolment,
    content: CourseContent,
    organisation: Organisation,
    actor: Actor,
) -> None:
    """Complete the course by the pre-test that was passed; an attestation may still be waited for. Again it changes nothing.

    Raises:
        Conflict: the pre-test is not passed, or the course has no testing out.
    """
    step = content.pre_test
    if (
        step is None
        or step.id != attempt.step_id
        or step.test_out is None
        or not attempt.passed
        or content.test is None
    ):
        raise Conflict(N_("This pre-test cannot complete the course."))
    learning.mark_done(session, enrolment, content.test.id, now=actor.now)
    settle(session, enrolment, content, organisation, actor)


def send_survey(
    session: Session,
    enrolment: Enrolment,
    content: CourseContent,
    survey: str,
    organisation: Organisation,
    actor: Actor,
) -> None:
    """Send an evaluation or a follow-up in; if the record waited for it, the course is completed.

    Raises:
        Invalid: a question that must be answered is not.
        Conflict: it is not open.
    """
    if survey != FOLLOW_UP and is_locked(
        content, content.step(survey), steps_done(session, [enrolment.id])[enrolment.id]
    ):
        raise Conflict(N_("This opens when the test is passed."))
    surveys.send(session, enrolment, content, survey, now=actor.now, zone=organisation.zone)
    settle(session, enrolment, content, organisation, actor)


def attest(
    session: Session,
    enrolment: Enrolment,
    content: CourseContent,
    step_id: str,
    organisation: Organisation,
    actor: Actor,
    *,
    language: str,
    signed_as: str,
    ticked: bool,
) -> Attestation:
    """Make a statement; it counts as a fact from today on, and completes the course if that waited for it.

    Raises:
        Conflict: the test is not passed yet.
        Invalid: it is not signed.
    """
    before = surveys.attestation(session, enrolment.id, step_id)
    if before is not None:
        return before
    shown = localised(content, language).lesson(step_id)
    made = surveys.attest(
        session, enrolment, content, step_id, statement=shown.value, language=shown.language, signed_as=signed_as,
        ticked=ticked, now=actor.now, day=local_day(actor.now, organisation.zone),
    )  # fmt: skip
    after = {"attestation": made.id, "name": made.name, "course": content.code, "language": made.language}
    audit.record(session, actor, "attestation.make", "attestation", made.id, about=made.person_id, after=after)
    if settle(session, enrolment, content, organisation, actor) is None:
        compliance.rebuild(session, [made.person_id], now=actor.now)
    return made


def complete(
    session: Session,
    attempt: Attempt,
    enrolment: Enrolment,
    content: CourseContent,
    organisation: Organisation,
    actor: Actor,
    *,
    ended: datetime,
) -> TrainingRecord:
    """Passed, therefore: record, certificate, timeline, mail; all in the caller's transaction. The day is that on which the last of
    it was done; that is earlier than now where the time of an attempt was over before somebody looked."""
    today = local_day(ended, organisation.zone)
    person = people.person(session, enrolment.person_id)
    version = session.get_one(CourseVersion, enrolment.version_id)
    held = people.held(session, person.id, today)
    record = records.award(
        session, person, held, enrolment, attempt, version, content, completed_on=today, now=actor.now
    )
    learning.close(enrolment, now=ended, completed=True)
    audit.record(
        session,
        actor,
        "record.award",
        "training_record",
        record.id,
        about=person.id,
        after={"course": content.code, "score": attempt.score},
    )
    if content.certificate is not None:
        months = content.certificate.valid_months
        issued = certificates.issue(session, record, organisation, valid_months=months, today=today, now=actor.now)
        enqueue(session, CERTIFY, {"certificate": issued.id}, actor.now, key=str(issued.id))
    compliance.rebuild(session, [person.id], now=actor.now)
    return record


def give_another_attempt(
    session: Session, enrolment: Enrolment, content: CourseContent, *, reason: str, link: str, actor: Actor
) -> None:
    """One more attempt at the test of a course, with a reason; the learner is told by mail, where they have an address.

    It opens at once, cool-down or not. ``link`` leads to the course, for the mail.

    Raises:
        Invalid: no reason.
    """
    by = actor.person_id
    assert by is not None
    own = load(session)
    given = accommodations.accommodate(
        session,
        enrolment.person_id,
        Given(attempts=1),
        first_day=local_day(actor.now, own.zone if own else "UTC"),
        last_day=None,
        reason=reason,
        now=actor.now,
        by=by,
        enrolment_id=enrolment.id,
    )
    after = {"enrolment_id": enrolment.id, "extra": 1, "accommodation": given.id}
    audit.record(session, actor, "attempt.grant", "person", enrolment.person_id, after=after, reason=given.reason)
    person = people.person(session, enrolment.person_id)
    course = localised(content, mail_language(session, person)).title.value
    write_mail(session, "another_attempt", person, actor.now, course=course, link=link)


def decide_more_time(
    session: Session, one: more_time.Waiting, until: date | None, *, reason: str, link: str, actor: Actor
) -> None:
    """More time for a duty, until a day (None: refused); the learner is told by mail, where they have an address.

    ``link`` leads to what they have to do.

    Raises:
        Denied, Conflict, Invalid: see :func:`lms.compliance.more_time.grant` and ``refuse``.
    """
    if until is not None:
        more_time.grant(session, one, until, reason, actor)
    else:
        more_time.refuse(session, one, reason, actor)
    person = people.person(session, one.request.person_id)
    write_mail(
        session,
        "more_time_refused" if until is None else "more_time_granted",
        person,
        actor.now,
        duty=one.turn.title,
        until=until or one.turn.due,
        reason=reason.strip(),
        link=link,
    )


def accommodate(
    session: Session,
    person_id: int,
    given: Given,
    *,
    first_day: date,
    last_day: date | None,
    reason: str,
    actor: Actor,
) -> Accommodation:
    """More time or attempts at every test for a person; attempts that are running are lengthened at once.

    The reason stays with the accommodation and out of the audit log, which more people may read.

    Raises:
        Invalid: no reason, nothing or too much is given, or it ends before it begins.
    """
    by = actor.person_id
    assert by is not None
    row = accommodations.accommodate(
        session, person_id, given, first_day=first_day, last_day=last_day, reason=reason, now=actor.now, by=by
    )
    own = load(session)
    today = local_day(actor.now, own.zone if own else "UTC")
    moved = accommodations.lengthen_running(session, row, now=actor.now) if row.from_day <= today < row.to_day else []
    after = {
        **asdict(given),
        "accommodation": row.id,
        "from": first_day.isoformat(),
        "last": last_day.isoformat() if last_day else None,
        "lengthened": [attempt.id for attempt in moved],
    }
    audit.record(session, actor, "accommodation.grant", "person", person_id, after=after)
    return row


def end_accommodation(session: Session, row: Accommodation, last_day: date, actor: Actor) -> None:
    """It holds through ``last_day`` and no longer.

    Raises:
        Conflict: it ends by that day already.
        Invalid: it would end before it began.
    """
    by = actor.person_id
    assert by is not None
    before = {"accommodation": row.id, "last": None if row.to_day >= FOR_EVER else str(row.to_day - timedelta(days=1))}
    ended = accommodations.end(session, row, last_day, now=actor.now, by=by)
    after = {"accommodation": ended.id, "last": last_day.isoformat()}
    audit.record(session, actor, "accommodation.end", "person", row.person_id, before=before, after=after)


def certificate_file(session: Session, certificate: Certificate, files: FileStore, now: datetime) -> StoredFile:
    """The PDF of a certificate: made once, then always the same bytes."""
    if certificate.file_id is not None:
        return session.get_one(StoredFile, certificate.file_id)
    organisation = load(session) or Organisation(name="Attune")
    old = session.get(Certificate, certificate.supersedes_id) if certificate.supersedes_id else None
    replaced = old.number if old else None
    stored = files.put(
        session,
        io.BytesIO(certificate_pdf(certificate_fields(certificate, organisation, replaced))),
        name=f"{certificate.number}.pdf",
        media_type="application/pdf",
        purpose="certificate",
        owner_id=certificate.person_id,
        now=now,
    )
    certificate.file_id = stored.id
    return stored


def deliver_certificate(session: Session, certificate_id: int, files: FileStore, now: datetime) -> None:
    """Make the PDF and write the mail that brings it; done again after a crash it writes no second mail."""
    certificate = session.get_one(Certificate, certificate_id, with_for_update=True)
    stored = certificate_file(session, certificate, files, now)
    if was_written(session, "certificate", certificate.person_id, stored.id):
        return
    person = session.get_one(Person, certificate.person_id)
    course, number = certificate.snapshot["course_title"], certificate.number
    write_mail(session, "certificate", person, now, attachments=[stored], course=course, number=number)


def revoke_record(session: Session, record: TrainingRecord, *, reason: str, actor: Actor) -> None:
    """A record no longer counts: its certificate is revoked with it, and the person's timeline is worked out again."""
    by = actor.person_id
    assert by is not None
    records.revoke(session, record, reason=reason, now=actor.now, by=by)
    audit.record(session, actor, "record.revoke", "training_record", record.id, about=record.person_id, reason=reason)
    compliance.rebuild(session, [record.person_id], now=actor.now)


def reissue_certificate(
    session: Session, old: Certificate, *, person_name: str, reason: str, actor: Actor
) -> Certificate:
    """A corrected certificate in place of one with a wrong name: the old one is superseded, the new one goes out by mail.

    Raises:
        Invalid: no name or no reason.
        Conflict: the old one has been corrected or revoked already.
    """
    if not reason.strip():
        raise Invalid(N_("Say why the certificate is issued again."))
    record = session.get_one(TrainingRecord, old.record_id)
    organisation = load(session)
    today = local_day(actor.now, organisation.zone if organisation else "UTC")
    issued = certificates.reissue(session, old, record, person_name=person_name, today=today, now=actor.now)
    audit.record(
        session,
        actor,
        "certificate.reissue",
        "certificate",
        issued.id,
        about=issued.person_id,
        before={"number": old.number, "name": old.snapshot["person_name"]},
        after={"number": issued.number, "name": issued.snapshot["person_name"]},
        reason=reason.strip(),
    )
    enqueue(session, CERTIFY, {"certificate": issued.id}, actor.now, key=str(issued.id))
    return issued


def revoke_certificate(session: Session, certificate: Certificate, *, reason: str, actor: Actor) -> None:
    """The certificate is no longer good; the training record stays and still counts.

    Raises:
        Invalid: no reason.
        Conflict: it is revoked already.
    """
    by = actor.person_id
    assert by is not None
    certificates.revoke(session, certificate, reason=reason, now=actor.now, by=by)
    number = certificate.number
    audit.record(
        session,
        actor,
        "certificate.revoke",
        "certificate",
        certificate.id,
        about=certificate.person_id,
        after={"number": number},
        reason=reason,
    )


# --- people -----------------------------------------------------------------------------------------------------------


def people_changed(session: Session, person_ids: Iterable[int], by: Actor, *, returned: Iterable[int] = ()) -> None:
    """Facts about people were written: their timelines follow, the accounts of those who have left close, of those who came
    back open. More than a couple of hundred people open a rebuild of everybody instead."""
    ids = sorted(set(person_ids))
    if len(ids) > compliance.AT_ONCE:
        compliance.begin_generation(session, "people", by.now)
    else:
        compliance.rebuild(session, ids, now=by.now)
    _accounts_follow(session, by, returned)


def department_changed(
    session: Session, department_ids: Iterable[int], from_day: date, by: Actor, *, moved: Iterable[int] = ()
) -> None:
    """Departments hang elsewhere, or are no more, from a day on: whoever works in or below them follows; ``moved`` did too."""
    people_changed(session, {*moved, *people.working_below(session, department_ids, from_day)}, by)


def import_people(
    desk: Desk,
    prepared: Prepared,
    file_id: int | None,
    by: Actor,
    *,
    confirmed: bool = False,
    progress: Progress = lambda phase, done, total: None,
) -> ImportRun:
    """Take in a file that was prepared on the same desk: in short transactions that nobody can see the outcome of, and a last
    one that makes all of it known. The desk belongs to the edge and ends them.

    Raises:
        Invalid: the file has faults.
        Conflict: the fuse holds it back, or something changed since it was prepared. Nothing was taken in.
    """
    imports.refuse(prepared, confirmed=confirmed)
    with desk.writing() as session:
        run = imports.begin(session, prepared, file_id, by)
    try:
        with desk.reading() as session:
            steps = imports.people_steps(session, prepared, run, by)
        _write_in_turn(desk, steps, progress)
        with desk.reading() as session:
            imports.settle(session, prepared)
            steps = imports.fact_steps(session, prepared, run, by)
        _write_in_turn(desk, steps, progress)
        with desk.writing() as session:
            done = imports.finish(session, prepared, run, by)
            waiting = worklist.open_numbers(session, prepared.options.source, "staff")
            solved_for = imports.listed(session, waiting) if prepared.options.partial else None
            worklist.note(
                session, prepared.options.source, "staff", prepared.aside, prepared.numbers, _name_of(session, file_id), by,
                solved_for=solved_for,
            )  # fmt: skip
            if prepared.touched > compliance.AT_ONCE or prepared.departments:
                compliance.begin_generation(session, "import", by.now)
            else:
                compliance.rebuild(session, undoing.touched(session, run.id), now=by.now)
            _accounts_follow(session, by, prepared.rehired)
    except BaseException:
        with desk.writing() as session:
            imports.abandon(session, run.id)
        raise
    return done


def note_faults(session: Session, prepared: Prepared, file_name: str, by: Actor) -> int:
    """The faults of a file that is not taken in wait in the work list; gives how many are new."""
    told = [*prepared.problems, *prepared.aside]
    return worklist.note(session, prepared.options.source, "staff", told, prepared.numbers, file_name, by)[0]


def note_fact_faults(session: Session, plan: FactPlan, file_name: str, by: Actor) -> int:
    """The same for a file of facts."""
    told = [*plan.problems, *plan.aside]
    return worklist.note(session, plan.options.source, plan.what, told, plan.numbers, file_name, by)[0]


def _name_of(session: Session, file_id: int | None) -> str:
    stored = session.get(StoredFile, file_id) if file_id is not None else None
    return stored.name if stored is not None else ""


def take_in_facts(
    session: Session, plan: FactPlan, file_id: int | None, by: Actor, *, confirmed: bool = False
) -> ImportRun:
    """Take in a file of licences, duties, leaves or birth months, whole or not at all; timelines follow.

    Raises:
        Invalid: the file has faults.
        Conflict: the fuse holds it back, or something changed since it was looked at. Nothing was taken in.
    """
    run = fact_feed.take_in(session, plan, file_id, by, confirmed=confirmed)
    waiting = worklist.open_numbers(session, plan.options.source, plan.what)
    solved_for = waiting & plan.listed if plan.options.partial else None
    worklist.note(
        session,
        plan.options.source,
        plan.what,
        plan.aside,
        plan.numbers,
        _name_of(session, file_id),
        by,
        solved_for=solved_for,
    )
    people_changed(session, plan.touched, by)
    return run


def undo_import(session: Session, run_id: int, by: Actor) -> None:
    """Take back the last import; timelines and accounts follow.

    Raises:
        Conflict: it is not the last one, or later changes build on it.
    """
    people_changed(session, undoing.undo(session, run_id, by), by)


def _write_in_turn(desk: Desk, steps: Sequence[Callable[[Session], None]], progress: Progress) -> None:
    for number, step in enumerate(steps, 1):
        with desk.writing() as session:
            step(session)
        desk.give_way()
        progress("writing", number, len(steps))


def _accounts_follow(session: Session, by: Actor, returned: Iterable[int]) -> None:
    own = load(session)
    roles.close_ended_accounts(session, local_day(by.now, own.zone if own else "UTC"), by)
    for person_id in returned:
        roles.reopen_rehired(session, person_id, by)


# --- policies ---------------------------------------------------------------------------------------------------------


def publish_policy(
    session: Session,
    code: str,
    title: str,
    note: str,
    from_day: date,
    documents: Mapping[str, StoredFile],
    by: Actor,
    *,
    new: bool | None = None,
) -> PolicyVersion:
    """A policy, or its next version; everybody is worked out again where a requirement asks for it.

    Raises:
        Invalid, NotFound, Conflict: see :func:`lms.policies.actions.publish_version`.
    """
    made = policies.publish_version(session, code, title, note, from_day, documents, by, new=new)
    _policy_changed(session, made, by)
    return made


def withdraw_policy(session: Session, version_id: int, by: Actor, reason: str) -> None:
    """A version that nobody acknowledged was published by mistake.

    Raises:
        Invalid, NotFound, Conflict: see :func:`lms.policies.actions.withdraw_version`.
    """
    _policy_changed(session, policies.withdraw_version(session, version_id, by, reason), by)


def _policy_changed(session: Session, version: PolicyVersion, by: Actor) -> None:
    if asks_for_policy(session, session.get_one(Policy, version.policy_id).code):
        compliance.begin_generation(session, "policy", by.now)


def acknowledge_policy(session: Session, version_id: int, language: str, today: date, by: Actor) -> None:
    """Who asks has read and understood a version; their timeline follows in the same transaction.

    Raises:
        NotFound, Conflict, Invalid: see :func:`lms.policies.actions.acknowledge`.
    """
    assert by.person_id is not None
    policies.acknowledge(session, version_id, by.person_id, language, today, by)
    compliance.rebuild(session, [by.person_id], now=by.now)


# --- accounts ---------------------------------------------------------------------------------------------------------


def invite_by_mail(
    session: Session, person_ids: Iterable[int], link: Callable[[str], str], by: Actor
) -> invitations.Invited:
    """Invite people and write the mails; ``link`` makes the address for a one-time secret."""
    invited = invitations.invite(session, person_ids, by)
    for made in invited.invitations:
        write_mail(
            session,
            "invite",
            made.person,
            by.now,
            link=link(made.secret),
            expires_at=made.expires_at,
            number=made.person.number,
        )
    return invited


def forgotten_password(
    session: Session, name: str, link: Callable[[str], str], now: datetime, address: str | None
) -> None:
    """Mail a link to choose a new password, where the name has an account with an address; otherwise do nothing, in silence."""
    made = invitations.request_reset(session, name, now, address)
    if made is not None:
        write_mail(session, "reset", made.person, now, link=link(made.secret), expires_at=made.expires_at)


def set_up(
    session: Session, own: Organisation, administrator: invitations.Newcomer, by: Actor
) -> invitations.Invitation:
    """Begin for real: the organisation, and a one-time link for its first administrator.

    Raises:
        Conflict: it is set up already; nothing was changed.
    """
    if load(session) is not None:
        raise Conflict(N_("Attune is set up already. Change the settings under Administration."))
    save_organisation(session, own, by.now)
    audit.record(session, by, "organisation.set_up", "organisation", 1, after={"name": own.name, "zone": own.zone})
    return invitations.invite_administrator(session, administrator, by)


def save_settings(session: Session, own: Organisation, by: Actor) -> None:
    """Change the organisation's settings; with a mail server the mails that waited go out. Passwords stay out of the audit log."""
    before = load(session)
    save_organisation(session, own, by.now)
    audit.record(
        session,
        by,
        "organisation.change",
        "organisation",
        1,
        before=_without_secrets(before),
        after=_without_secrets(own),
    )
    if own.mail is not None:
        release_waiting(session, by.now)


def _without_secrets(own: Organisation | None) -> dict[str, Any] | None:
    if own is None:
        return None
    shown = asdict(own)
    if shown["mail"] is not None:
        del shown["mail"]["password"]
    return shown
