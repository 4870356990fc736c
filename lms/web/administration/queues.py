"""Mail and background jobs: what waits, what became of it, and trying again. Pages of Administration."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from lms import outbox
from lms.access import Permission
from lms.errors import N_, NotFound
from lms.notices import actions as notices
from lms.notices import queries as mails
from lms.outbox import JobState
from lms.web.administration import admin
from lms.web.administration.notices import in_words
from lms.web.page import commit, needs, now, organisation, say, session

MAIL_STATES = {
    mails.MailState.WAITING: (_l("Waiting"), "info", "hourglass"),
    mails.MailState.SENT: (_l("Sent"), "ok", "circle-check"),
    mails.MailState.FAILED: (_l("Not sent"), "late", "octagon-alert"),
    mails.MailState.BOUNCED: (_l("Came back"), "late", "undo-2"),
}
JOB_STATES = {
    JobState.WAITING: (_l("Waiting"), "info", "hourglass"),
    JobState.RUNNING: (_l("Running"), "info", "refresh-cw"),
    JobState.DONE: (_l("Done"), "ok", "circle-check"),
    JobState.FAILED: (_l("Failed"), "late", "octagon-alert"),
}
JOB_PHASES = {
    "people": _l("Timelines: person %(done)s of %(total)s"),
    "days": _l("Counts of each day: piece %(done)s of %(total)s"),
    "checkpoints": _l("Counts to begin from: %(done)s of %(total)s"),
    "lines": _l("What is to be said: duty %(done)s of %(total)s"),
    "lists": _l("Weekly lists"),
    "calendars": _l("Calendars to put right: person %(done)s of %(total)s"),
    "mails": _l("Messages: person %(done)s of %(total)s"),
    "facts": _l("People of a file taken in: %(done)s of %(total)s"),
    "taking": _l("Completions taken in: %(done)s of %(total)s"),
    "undoing": _l("Completions taken back: %(done)s of %(total)s"),
}
"""How far a long job has come, in the words of its phase (``outbox.HowFar``)."""


@admin.blueprint.get("/mail")
@needs(Permission.ADMINISTRATION_VIEW)
def mail() -> ResponseReturnValue:
    """Every message and what became of it."""
    only = admin.one_of(mails.MailState, request.args.get("state"))
    page = admin.page_number()
    found = mails.listed(session(), only, page)
    return render_template(
        "admin/mail.html",
        rows=[(one, MAIL_STATES[mails.state(one)], mails.state(one).value) for one in found[: admin.PAGE]],
        more=len(found) > admin.PAGE,
        counts=mails.counts(session()),
        states=MAIL_STATES,
        only=only,
        page=page,
        url_of=lambda other: url_for("admin.mail", state=only, page=other),
        waits=organisation().mail is None,
        words=in_words,
    )


@admin.blueprint.post("/mail/<int:mail_id>/retry")
@needs(Permission.SETTINGS_EDIT)
def retry_mail(mail_id: int) -> ResponseReturnValue:
    """Try a message again at once."""
    notices.retry(session(), mail_id, now())
    commit()
    say(gettext("The message is tried again."))
    return redirect(url_for("admin.mail"), 303)


@admin.blueprint.post("/mail/retry")
@needs(Permission.SETTINGS_EDIT)
def retry_all_mail() -> ResponseReturnValue:
    """Try all waiting messages again at once."""
    count = notices.release_waiting(session(), now())
    commit()
    say(ngettext("%(num)s message is tried again.", "%(num)s messages are tried again.", count))
    return redirect(url_for("admin.mail"), 303)


@admin.blueprint.get("/jobs")
@needs(Permission.ADMINISTRATION_VIEW)
def jobs() -> ResponseReturnValue:
    """Work that runs beside the pages."""
    only = admin.one_of(JobState, request.args.get("state"))
    page = admin.page_number()
    found = outbox.listed(session(), only, page)
    return render_template(
        "admin/jobs.html",
        rows=[(one, JOB_STATES[JobState(one.state)]) for one in found[: admin.PAGE]],
        phases=JOB_PHASES,
        more=len(found) > admin.PAGE,
        counts=outbox.counts(session()),
        states=JOB_STATES,
        only=only,
        page=page,
        url_of=lambda other: url_for("admin.jobs", state=only, page=other),
    )


@admin.blueprint.post("/jobs/<int:job_id>/retry")
@needs(Permission.SETTINGS_EDIT)
def retry_job(job_id: int) -> ResponseReturnValue:
    """Run a failed job again."""
    if outbox.again(session(), job_id, now()) is None:
        raise NotFound(N_("There is no such failed job; perhaps it runs already."))
    commit()
    say(gettext("The job is tried again."))
    return redirect(url_for("admin.jobs"), 303)
