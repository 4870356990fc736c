"""What stands on a training record: completions by hand, attendance, revocations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request, url_for
from flask_babel import format_date
from flask_babel import lazy_gettext as _l
from wtforms.fields.choices import SelectChoice

from lms.access import Permission
from lms.catalogue import queries as catalogue
from lms.catalogue.models import CourseVersion
from lms.errors import N_, Conflict, NotFound
from lms.flows import certifying, completing
from lms.flows.sessions import record_attendance
from lms.people.models import Person
from lms.records import queries as records
from lms.records import sessions
from lms.records.models import LiveSession, TrainingRecord
from lms.web.page import actor, session, today
from lms.web.people.decision_forms import AttendanceForm, CompletionForm, RevocationForm
from lms.web.people.decisions.decision import Decision, chosen_title
from lms.web.words import gettext, ngettext

RECENT = 100
"""So many sessions are offered, the latest first; the one whose page one comes from in any case."""


class CompleteByHand(Decision):
    """A completion for which HR vouches."""

    name = "completion"
    permission = Permission.RECORD_ADD
    form = CompletionForm
    title = _l("Record a completion")
    several = _l("Completions by hand")
    what = _l("What was done on paper or shown to you.")
    label = _l("Record the completion")
    lede = _l("For what was done on paper or shown to you. It counts like a passed course of that day.")
    alone = True

    def begins(self) -> dict[str, Any]:
        return {"day": today()}

    def offer(self, form: Any, person: Person | None) -> None:
        form.course.choices = _courses()

    def one(self, form: Any, person: Person, file_id: int | None) -> Any:
        completing.complete_by_hand(
            session(), person, int(form.course.data), form.day.data, form.reason.data, actor(), file_id=file_id, follow=False
        )  # fmt: skip

    def words(self, form: Any, done: Any) -> str:
        return gettext("Completed on %(day)s", day=format_date(form.day.data))

    def said(self, form: Any) -> str:
        return gettext(
            "“%(title)s” completed on %(day)s. Reason: %(reason)s",
            title=chosen_title(form.course), day=format_date(form.day.data), reason=form.reason.data,
        )  # fmt: skip


class Attend(Decision):
    """Who was at a live session."""

    name = "attendance"
    permission = Permission.RECORD_ADD
    form = AttendanceForm
    several = _l("Attendance of a live session")
    what = _l("They were at a live session: each of them gets a training record of its course.")
    label = _l("Record it")
    document = False

    def possible(self) -> bool:
        return bool(sessions.held(session(), today(), RECENT, 0))

    def begins(self) -> dict[str, Any]:
        return {"live": request.args.get("live", "")[:20] or None}

    def offer(self, form: Any, person: Person | None) -> None:
        asked = form.live.data or ""
        number = int(asked) if asked.isdecimal() and len(asked) < 10 else 0
        held = sessions.held(session(), today(), RECENT, number)
        form.live.choices = [SelectChoice(str(live.id), session_title(live, version)) for live, version in held]
        if not held:
            raise NotFound(N_("No live session has taken place yet. Write the session down first."))
        if form.live.data and form.live.data not in {choice.value for choice in form.live.choices}:
            raise Conflict(
                N_("Who was there is written down from the day of a session on, and not of one that was called off.")
            )

    def tried(self, form: Any, person: Person) -> Any:
        why = sessions.refusal(session(), self._live(form), person, today())
        if why is not None:
            raise Conflict(why.msgid, **why.params)

    def words(self, form: Any, done: Any) -> str:
        live = self._live(form)
        return ngettext(
            "Gets a record of %(course)s with %(num)s minute.", "Gets a record of %(course)s with %(num)s minutes.", live.minutes,
            course=session().get_one(CourseVersion, live.version_id).code,
        )  # fmt: skip

    def said(self, form: Any) -> str:
        return chosen_title(form.live)

    def act(self, form: Any, chosen: Sequence[Person], files: Mapping[int, int]) -> str:
        live = self._live(form)
        record_attendance(session(), live, chosen, actor())
        return url_for("sessions.show", session_id=live.id)

    def done(self, number: int) -> str:
        return ngettext("%(num)s person has a record now.", "%(num)s people have a record now.", number)

    def _live(self, form: Any) -> LiveSession:
        return sessions.one(session(), int(form.live.data))


class RevokeRecords(Decision):
    """Records of a course that no longer count."""

    name = "revocation"
    permission = Permission.RECORD_REVOKE
    form = RevocationForm
    several = _l("Revoke records")
    what = _l("What was recorded wrongly no longer counts; its certificates say so.")
    label = _l("Revoke the records")

    def begins(self) -> dict[str, Any]:
        return {"last_day": today()}

    def offer(self, form: Any, person: Person | None) -> None:
        form.course.choices = _courses()

    def one(self, form: Any, person: Person, file_id: int | None) -> Any:
        wrong: Sequence[TrainingRecord] = records.standing(
            session(), person.id, int(form.course.data), form.first_day.data, form.last_day.data
        )
        if not wrong:
            raise Conflict(N_("Has no record of this course from these days that counts."))
        for record in wrong:
            certifying.revoke_record(
                session(), record, reason=form.reason.data, actor=actor(), file_id=file_id, follow=False
            )
        return wrong

    def words(self, form: Any, done: Any) -> str:
        days = ", ".join(format_date(record.completed_on) for record in done)
        return gettext("Revokes what was completed on %(days)s", days=days)

    def said(self, form: Any) -> str:
        return gettext(
            "“%(title)s”, completed from %(first)s to %(last)s, no longer counts. Reason: %(reason)s",
            title=chosen_title(form.course), first=format_date(form.first_day.data),
            last=format_date(form.last_day.data), reason=form.reason.data,
        )  # fmt: skip


def session_title(live: LiveSession, version: CourseVersion) -> str:
    """A live session as people call it."""
    return gettext("%(course)s on %(day)s", course=version.title, day=format_date(live.day, "long"))


def _courses() -> list[SelectChoice]:
    return [SelectChoice(str(course.course_id), course.title) for course in catalogue.offered(session())]
