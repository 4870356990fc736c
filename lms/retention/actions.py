"""Pseudonymising: names, numbers, addresses, free words and the values of the audit log go; days, states, scores and counts stay."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.orm import Session

from lms.accounts.models import Account, KeptPost, OneTimeToken, SignInSession
from lms.audit import Actor, record
from lms.audit import actions as audit
from lms.audit.chain import FORGET
from lms.certificates.models import Certificate
from lms.clock import FOR_EVER
from lms.compliance.equivalencies.models import Equivalency
from lms.compliance.models import AssignedPerson, Exemption, Extension, ExtensionDecision, ExtensionRequest
from lms.errors import N_, Conflict
from lms.evidence.models import EvidencePack
from lms.files import StoredFile
from lms.learning.models import (
    Accommodation,
    Answer,
    Attempt,
    Attestation,
    Enrolment,
    FollowUpChoice,
    Remark,
    SurveyAnswer,
)
from lms.notices.models import FailingAddress, Mail, MailBounce, NoticeChoice, NoticeLine
from lms.people import dry_runs, worklist
from lms.people.folding import folded
from lms.people.models import BirthMonth, Employment, ImportChange, ImportRun, Leave, Licence, Person
from lms.records.models import ManualCompletion, RecordRevocation, TrainingRecord
from lms.records.outside.models import OutsideDecision, OutsideStatement, OutsideTraining
from lms.reports.saved.actions import let_go
from lms.reports.saved.models import ExportSchedule, SavedView
from lms.retention.kept_files import forget_lines, last_sheets, old_history_files
from lms.retention.queries import SOURCE, Due

GONE = "–"
"""What stands where free words about a person were."""


REMOVED = "Removed, because somebody in it may have been pseudonymised since. Ask for it again."
"""Why a finished pack has no file any more."""


def pseudonym(person_id: int) -> str:
    """What somebody is called afterwards."""
    return f"Person {person_id}"


def pseudonymise(session: Session, people: Sequence[Due], by: Actor) -> list[str]:
    """Take away who these people are. Gives the SHA-256 of files that nobody has any more, to be removed after the commit.

    Raises:
        Conflict: one of them is employed again; nothing is changed.
    """
    ids = [each.person_id for each in people]
    here = select(Employment.person_id).where(
        Employment.person_id.in_(ids), Employment.superseded_at.is_(None), Employment.to_day >= FOR_EVER
    )
    if session.scalar(here.limit(1)) is not None:
        raise Conflict(N_("Somebody of them is employed again. Nothing was changed."))
    numbers = set(session.scalars(select(Person.number).where(Person.id.in_(ids))))
    _views(session, ids, by)
    for person in session.scalars(select(Person).where(Person.id.in_(ids))):
        person.source, person.number = SOURCE, str(person.id)
        person.given_name, person.family_name = "", pseudonym(person.id)
        person.email = person.language = person.zone = None
    worklist.forget_people(session, numbers)
    _accounts(session, ids, by)
    _words(session, ids, by)
    _answers(session, ids)
    dry_runs.forget_old(session, by.now)  # somebody in it may be one of them; it can be looked at anew
    files = let_go(session, by.now) + _documents(session, ids) + _packs(session, numbers)
    audit.forget(session, ids)
    for each in people:
        told = {"kept_until": str(each.verdict.until), "clock": each.verdict.clock.code if each.verdict.clock else None}
        record(session, by, FORGET, "person", each.person_id, after=told)
    session.flush()
    return unused(session, files)


def old_staff_files(session: Session, imported_before: datetime) -> list[str]:
    """Let go of staff files that were taken in before a moment: they name everybody who was here then. Gives their SHA-256."""
    old = select(ImportRun).where(ImportRun.file_id.is_not(None), ImportRun.imported_at < imported_before)
    ids = []
    for run in session.scalars(old).all():
        ids.append(run.file_id)
        run.file_id = None
    ids += old_history_files(session, imported_before)
    dry_runs.forget_files(session, [ident for ident in ids if ident is not None])
    session.flush()
    return unused(session, _drop(session, StoredFile.id.in_(ids)))


def drop_files(session: Session, ids: Collection[int]) -> list[str]:
    """Remove the rows of these files, to which nothing leads any more. Gives the SHA-256 of those that nobody else has."""
    return unused(session, _drop(session, StoredFile.id.in_(ids)))


def unused(session: Session, hashes: Collection[str]) -> list[str]:
    """Those of these files of which no row is left."""
    still = set(session.scalars(select(StoredFile.sha256).where(StoredFile.sha256.in_(hashes))))
    return sorted(set(hashes) - still)


def _accounts(session: Session, ids: list[int], by: Actor) -> None:
    accounts = select(Account.id).where(Account.person_id.in_(ids)).scalar_subquery()
    for theirs in (SignInSession, OneTimeToken, KeptPost):
        session.execute(delete(theirs).where(theirs.account_id.in_(accounts)))
    closed = func.coalesce(Account.closed_at, by.now)
    session.execute(
        update(Account).where(Account.person_id.in_(ids)).values(password_hash=None, closed_at=closed, demo=False),
        execution_options={"synchronize_session": False},
    )


def _words(session: Session, ids: list[int], by: Actor) -> None:
    """Free words and numbers: reasons, licences, birth months, remarks, mails, and names kept for undoing an import."""
    for fact in (Leave, Exemption, Extension, ExtensionRequest, Accommodation, AssignedPerson):
        session.execute(update(fact).where(fact.person_id.in_(ids)).values(reason=GONE))
    named = update(AssignedPerson).where(AssignedPerson.person_id.in_(ids))
    session.execute(named.values(shown=""))
    session.execute(named.where(AssignedPerson.withdrawal.is_not(None)).values(withdrawal=GONE))
    asked = select(ExtensionRequest.id).where(ExtensionRequest.person_id.in_(ids)).scalar_subquery()
    session.execute(update(ExtensionDecision).where(ExtensionDecision.request_id.in_(asked)).values(reason=GONE))
    session.execute(update(Licence).where(Licence.person_id.in_(ids)).values(number=GONE))
    session.execute(delete(BirthMonth).where(BirthMonth.person_id.in_(ids)))
    records = select(TrainingRecord.id).where(TrainingRecord.person_id.in_(ids)).scalar_subquery()
    for why in (RecordRevocation, ManualCompletion):
        session.execute(update(why).where(why.record_id.in_(records)).values(reason=GONE))
    session.execute(update(Remark).where(Remark.person_id.in_(ids)).values(text=GONE))
    waiting = Mail.sent_at.is_(None) & Mail.failed_at.is_(None)
    never = case((waiting, by.now), else_=Mail.failed_at)
    blank: dict[str, Any] = {
        "recipient": GONE,
        "subject": GONE,
        "body": GONE,
        "attachments": [],
        "failed_at": never,
        "error": None,
        "unsubscribe": None,
        "events": None,
    }
    session.execute(
        update(Mail).where(Mail.person_id.in_(ids)).values(blank), execution_options={"synchronize_session": False}
    )
    asked = select(NoticeLine.mail_id).where(NoticeLine.asked_by.in_(ids)).scalar_subquery()
    ended = Mail.sent_at.is_not(None) | Mail.failed_at.is_not(None)
    session.execute(update(Mail).where(Mail.id.in_(asked), ended).values(body=GONE))  # it names who asked
    session.execute(delete(FailingAddress).where(FailingAddress.person_id.in_(ids)))
    theirs = select(Mail.id).where(Mail.person_id.in_(ids)).scalar_subquery()
    session.execute(update(MailBounce).where(MailBounce.mail_id.in_(theirs)).values(said=GONE))
    session.execute(delete(NoticeChoice).where(NoticeChoice.person_id.in_(ids)))
    session.execute(delete(FollowUpChoice).where(FollowUpChoice.person_id.in_(ids)))
    session.execute(update(Attestation).where(Attestation.person_id.in_(ids)).values(signed_as=GONE))
    kept = (ImportChange.table_name == "person") & ImportChange.row_id.in_(ids)
    for change in session.scalars(select(ImportChange).where(kept)):
        if change.before is not None:
            change.before = {name: "" if name in ("given_name", "family_name") else None for name in change.before}


def _answers(session: Session, ids: list[int]) -> None:
    """Words of one's own in answers; which options were chosen stays."""
    query = (
        select(Answer)
        .join(Attempt, Attempt.id == Answer.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Enrolment.person_id.in_(ids))
    )
    for answer in session.scalars(query):
        if isinstance(answer.response.get("text"), str):
            answer.response = {**answer.response, "text": GONE}
    said = select(SurveyAnswer).join(Enrolment, Enrolment.id == SurveyAnswer.enrolment_id)
    for survey in session.scalars(said.where(Enrolment.person_id.in_(ids))):
        survey.response = {
            question: {"text": GONE} if isinstance(answer, dict) and "text" in answer else answer
            for question, answer in survey.response.items()
        }


def _views(session: Session, ids: list[int], by: Actor) -> None:
    """Views of their own, and searches of others that find them; what was mailed to them goes with the files of exports."""
    told = list(session.scalars(select(Person.folded).where(Person.id.in_(ids))))
    for view in session.scalars(select(SavedView)):
        words = folded(str(view.args.get("q", ""))).split()
        if view.owner_id in ids:
            view.name, view.args, view.removed_at = f"{GONE} {view.id}", {}, view.removed_at or by.now
        elif words and any(all(word in text for word in words) for text in told):
            view.args = {**view.args, "q": ""}
    theirs = select(SavedView.id).where(SavedView.owner_id.in_(ids)).scalar_subquery()
    running = ExportSchedule.view_id.in_(theirs) & ExportSchedule.stopped_at.is_(None)
    session.execute(
        update(ExportSchedule).where(running).values(stopped_at=by.now, stopped_why="access"),
        execution_options={"synchronize_session": False},
    )


def _documents(session: Session, ids: list[int]) -> list[str]:
    """Names on records and certificates, and every file of theirs."""
    for row in session.scalars(select(TrainingRecord).where(TrainingRecord.person_id.in_(ids))):
        row.person_name = pseudonym(row.person_id)
    for paper in session.scalars(select(Certificate).where(Certificate.person_id.in_(ids))):
        named: dict[str, Any] = {**paper.snapshot, "person_name": pseudonym(paper.person_id)}
        paper.snapshot, paper.file_id = named, None
    for fact in (Leave, Exemption, Extension, AssignedPerson):
        session.execute(update(fact).where(fact.person_id.in_(ids)).values(file_id=None))
    records = select(TrainingRecord.id).where(TrainingRecord.person_id.in_(ids)).scalar_subquery()
    for why in (RecordRevocation, ManualCompletion):
        session.execute(update(why).where(why.record_id.in_(records)).values(file_id=None))
    _papers(session, ids)
    session.flush()
    forget_lines(session, ids)
    media = StoredFile.purpose.not_in(("media", "import"))
    return _drop(session, (StoredFile.owner_id.in_(ids) & media) | StoredFile.id.in_(last_sheets(session)))


def _papers(session: Session, ids: list[int]) -> None:
    """Documents of outside training and of equivalencies for them, with the words and numbers beside; hashes, days and minutes stay."""
    theirs = select(OutsideTraining.id).where(OutsideTraining.person_id.in_(ids)).scalar_subquery()
    session.execute(
        update(OutsideStatement)
        .where(OutsideStatement.training_id.in_(theirs))
        .values(paper_id=None, certificate_number="", attested=GONE, note=GONE)
    )
    session.execute(update(OutsideDecision).where(OutsideDecision.person_id.in_(ids)).values(reason=GONE))
    session.execute(
        update(Equivalency).where(Equivalency.person_id.in_(ids)).values(reason=GONE, rests_on=GONE, paper_id=None)
    )


def _packs(session: Session, numbers: Collection[str]) -> list[str]:
    """Finished packs may name these people: their files go, and can be asked for again; so do the numbers that were asked for."""
    gone = {number.casefold() for number in numbers}
    files = []
    for pack in session.scalars(select(EvidencePack)):
        files.append(pack.file_id)
        asked = [GONE if number.casefold() in gone else number for number in pack.scope["numbers"]]
        pack.scope, pack.file_id = {**pack.scope, "numbers": asked}, None
        pack.problem = pack.problem or REMOVED
    session.flush()
    return _drop(session, StoredFile.id.in_([ident for ident in files if ident is not None]))


def _drop(session: Session, which: Any) -> list[str]:
    hashes = list(session.scalars(select(StoredFile.sha256).where(which)))
    session.execute(delete(StoredFile).where(which))
    return hashes
