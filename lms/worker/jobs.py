"""What each kind of job does. Handlers are edges: they open short transactions, so that nobody waits while a mail server answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from time import sleep
from typing import Any

from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.certificates.models import Certificate
from lms.certificates.pdf import certificate_pdf
from lms.compliance import actions as compliance
from lms.compliance import building
from lms.compliance.comparing import actions as comparing
from lms.compliance.drafts import actions as drafts
from lms.errors import AttuneError
from lms.evidence import actions as evidence
from lms.flows import assessing, certifying, intake, staffing
from lms.flows.history import how_far_history, step_history
from lms.notices import actions as notices
from lms.notices import delivery, failing, nightly
from lms.notices import mail as smtp
from lms.outbox import HowFar, tell
from lms.people import dry_runs, import_log, undoing
from lms.people.prepared import Progress
from lms.records.history import staging as history
from lms.records.history.taking import TAKE
from lms.worker.bench import Bench
from lms.worker.exports import EXPORT, send_export
from lms.worker.packs import build_pack


def send_mail(payload: dict[str, Any], bench: Bench) -> None:
    """Send one mail. It was sent when the server said so; a crash while it was handed over leaves it to somebody to decide."""
    mail_id = payload["mail"]
    with bench.database.transaction() as session:
        if not delivery.may_go(session, mail_id, bench.clock.now()):
            return
        prepared = notices.prepare(session, mail_id, bench.files)
    if prepared is None:
        return
    server, message = prepared

    def handing() -> None:
        with bench.database.transaction() as session:
            notices.note_handing(session, mail_id, bench.clock.now())

    error: smtp.Refused | smtp.Unreachable | None = None
    try:
        smtp.send(server, message, handing)
    except (smtp.Refused, smtp.Unreachable) as raised:
        error = raised
    with bench.database.transaction() as session:
        now = bench.clock.now()
        if error is None:
            notices.note_sent(session, mail_id, now)
        elif isinstance(error, smtp.Refused):
            failing.refused(session, mail_id, str(error), now)
        else:
            notices.note_unreachable(session, mail_id, str(error), now)


def certify(payload: dict[str, Any], bench: Bench) -> None:
    """Make the PDF of a certificate and mail it. It is drawn between two transactions: the worker stands back for pages, and who stands
    back holds nothing that they may wait for."""
    certificate_id = payload["certificate"]
    with bench.database.open(write=True) as session:
        certificate = session.get_one(Certificate, certificate_id)
        words = None if certificate.file_id is not None else certifying.certificate_words(session, certificate)
        session.commit()
        drawn = certificate_pdf(words) if words is not None else None
        certifying.deliver_certificate(session, certificate_id, bench.files, bench.clock.now(), drawn)
        session.commit()


def close_attempt(payload: dict[str, Any], bench: Bench) -> None:
    """End an attempt whose time is over."""
    with bench.database.transaction() as session:
        assessing.close_when_over(session, payload["attempt"], Actor(None, bench.clock.now()))


BREATHER = 0.1
"""Seconds between two steps on SQLite, whose lock is not fair: who waits for it looks again ten times a second."""


def _in_steps(
    bench: Bench,
    step: Callable[[Session], bool],
    *,
    breather: bool = False,
    how_far: Callable[[Session], HowFar | None] = lambda session: None,
) -> None:
    """Run ``step`` in one short transaction after the other until it says that all is done, so that nobody waits for long; after each
    step, in its transaction, the job is told how far it has come."""
    finished = False
    while not finished:
        with bench.database.transaction() as session:
            finished = step(session)
            come = how_far(session) if bench.job_id is not None and not finished else None
            if come is not None and bench.job_id is not None:
                tell(session, bench.job_id, come)
        if breather and bench.database.is_sqlite and not finished:
            sleep(BREATHER)


def build_spans(payload: dict[str, Any], bench: Bench) -> None:
    """Work a bulk change into the spans."""
    generation_id = payload["generation"]
    _in_steps(
        bench, lambda session: building.build_step(session, generation_id, bench.clock.now()), breather=True,
        how_far=lambda session: building.how_far(session, generation_id),
    )  # fmt: skip


def rehearse(payload: dict[str, Any], bench: Bench) -> None:
    """Rehearse a draft of a requirement: nothing live is touched."""
    _in_steps(
        bench, lambda session: drafts.step(session, payload["rehearsal"], Actor(None, bench.clock.now())), breather=True
    )


def compare_knowledge(payload: dict[str, Any], bench: Bench) -> None:
    """Work out what was known then and what is known now of everybody, and keep it; one that was cut off goes on where it stopped."""
    while True:
        with bench.database.session() as session:
            worked = comparing.work_out(session, payload["comparison"])
        if worked is None:
            return
        with bench.database.transaction() as session:
            comparing.keep(session, worked, bench.clock.now())


def fold_tallies(payload: dict[str, Any], bench: Bench) -> None:
    """Fold the pending changes of the counts."""
    _in_steps(bench, lambda session: compliance.fold_pending(session, bench.clock.now()))


def drop_old_spans(payload: dict[str, Any], bench: Bench) -> None:
    """Throw away the spans of generations that nobody reads any more."""
    _in_steps(bench, building.drop_step)


def write_notices(payload: dict[str, Any], bench: Bench) -> None:
    """The run of reminders of one local day; a run that was cut off goes on where it stopped."""
    day = date.fromisoformat(payload["day"])
    _in_steps(
        bench, lambda session: nightly.step(session, day, bench.clock.now()), breather=True,
        how_far=lambda session: nightly.how_far(session, day),
    )  # fmt: skip


def read_history(payload: dict[str, Any], bench: Bench) -> None:
    """Read a file of completions into rows to look at; nothing of it is known until somebody takes it in."""
    by = Actor(None, bench.clock.now(), "worker")
    _in_steps(bench, lambda session: history.step(session, payload["run"], bench.files, by), breather=True)


def take_history(payload: dict[str, Any], bench: Bench) -> None:
    """Take a file of completions in, or take it back, slice by slice; one that was cut off goes on where it stopped."""
    run_id, origin = payload["run"], payload["origin"]
    _in_steps(
        bench, lambda session: step_history(session, run_id, bench.clock.now(), origin), breather=True,
        how_far=lambda session: how_far_history(session, run_id),
    )  # fmt: skip


def look_at_file(payload: dict[str, Any], bench: Bench) -> None:
    """Look at a large file about people, and keep what it would do."""
    with bench.database.desk() as desk:
        intake.look(desk, payload["dry_run"], bench.files, _telling(bench))


def take_file_in(payload: dict[str, Any], bench: Bench) -> None:
    """Take a large file about people in; where it cannot be, nothing of it is left, and its page says why."""
    by = Actor(payload["by"], bench.clock.now(), payload["origin"])
    try:
        with bench.database.desk() as desk:
            intake.take_in(
                desk, payload["dry_run"], bench.files, by, confirmed=payload["confirmed"], progress=_telling(bench)
            )
    except AttuneError as error:
        with bench.database.transaction() as session:
            dry_runs.refuse(session, payload["dry_run"], error.message)


def take_import_back(payload: dict[str, Any], bench: Bench) -> None:
    """Take a large import back: all of it in one short step, what it wrote is cleared away in others. One that was cut off goes on."""
    run_id, by = payload["run"], Actor(payload["by"], bench.clock.now(), payload["origin"])
    try:
        with bench.database.session() as session:  # looked at before anybody has to wait, and again when it counts
            if undoing.in_force(session, run_id):
                undoing.refuse_if_built_on(session, run_id)
        _in_steps(
            bench, lambda session: staffing.step_undo(session, run_id, by), breather=True,
            how_far=lambda session: undoing.how_far(session, run_id),
        )  # fmt: skip
    except AttuneError as error:
        with bench.database.transaction() as session:
            staffing.refuse_undo(session, run_id, error.message)


def _telling(bench: Bench) -> Progress:
    """Says with the job how far it has come: 0 in all where that is not known."""

    def telling(phase: str, done: int, total: int | None) -> None:
        if bench.job_id is not None:
            with bench.database.transaction() as session:
                tell(session, bench.job_id, HowFar(phase, done, total or 0))

    return telling


def tell_import(payload: dict[str, Any], bench: Bench) -> None:
    """Write into the audit log what an import changed for each person."""
    _in_steps(bench, lambda session: import_log.step(session, payload), breather=True)


HANDLERS: dict[str, Callable[[dict[str, Any], Bench], None]] = {
    notices.SEND: send_mail,
    certifying.CERTIFY: certify,
    assessing.CLOSE: close_attempt,
    building.BUILD: build_spans,
    drafts.REHEARSE: rehearse,
    comparing.COMPARE: compare_knowledge,
    building.FOLD: fold_tallies,
    building.DROP: drop_old_spans,
    nightly.RUN: write_notices,
    import_log.TELL: tell_import,
    history.READ: read_history,
    TAKE: take_history,
    dry_runs.LOOK: look_at_file,
    dry_runs.TAKE: take_file_in,
    undoing.UNDO: take_import_back,
    evidence.BUILD: build_pack,
    EXPORT: send_export,
}
