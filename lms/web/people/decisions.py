"""What HR decides about people: a table. Each decision has a page for one person and one for a list, and is the same act on both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from flask import request, url_for
from flask_babel import LazyString, format_date
from flask_babel import lazy_gettext as _l
from wtforms.fields.choices import SelectChoice

from lms.access import Permission
from lms.catalogue import queries as catalogue
from lms.catalogue.models import CourseVersion
from lms.compliance import actions as compliance
from lms.compliance import assignments, more_time, store
from lms.compliance import queries as requirements
from lms.compliance.assignments import Wanted
from lms.compliance.one_person import exempt_on
from lms.errors import N_, AttuneError, Conflict, Invalid, NotFound
from lms.flows import allowing, assigning, certifying, completing, staffing
from lms.flows.sessions import record_attendance
from lms.people import actions as people
from lms.people import queries as staff
from lms.people.models import Person
from lms.records import queries as records
from lms.records import sessions
from lms.records.models import LiveSession, TrainingRecord
from lms.web.forms import Form
from lms.web.page import actor, organisation, session, today
from lms.web.people.decision_forms import (
    AssignForm,
    AttendanceForm,
    CompletionForm,
    ExemptionForm,
    LeaveForm,
    MoreTimeForm,
    RevocationForm,
)
from lms.web.words import gettext, ngettext

EVERY = "all"
"""Every requirement, in the list of an exemption."""

RECENT = 100
"""So many sessions are offered, the latest first; the one whose page one comes from in any case."""


class Decision:
    """One line of the table.

    ``one`` decides about one person; :meth:`act` about all of a list, or about nobody. ``title`` and ``label`` are the page and the
    button, ``several`` the page for a list, ``what`` a sentence about it. ``alone``: it has a page for one person, too, in the tab ``tab``.
    """

    name: ClassVar[str]
    permission: ClassVar[Permission]
    form: ClassVar[type[Form]]
    several: ClassVar[LazyString]
    what: ClassVar[LazyString]
    label: ClassVar[LazyString]
    title: ClassVar[LazyString | str] = ""
    lede: ClassVar[LazyString | str] = ""
    alone: ClassVar[bool] = False
    document: ClassVar[bool] = True
    tab: ClassVar[str] = "people.training"

    def possible(self) -> bool:
        """Whether there is anything to decide about a list of people at all; a page for it is linked only then."""
        return True

    def begins(self) -> dict[str, Any]:
        """What the form holds when it is opened."""
        return {}

    def offer(self, form: Any, person: Person | None) -> None:
        """Fill in what there is to choose from, for one person or (None) for a list."""

    def nothing(self, form: Any) -> str:
        """Why nothing can be decided about this one person, where that is so: said in place of the form."""
        return ""

    def check(self, form: Any) -> None:
        """Refuse what is wrong whoever it is for.

        Raises:
            Invalid: the last day lies before the first.
        """
        first, last = form.data.get("from_day") or form.data.get("first_day"), form.data.get("last_day")
        if first and last and last < first:
            raise Invalid(N_("The last day lies before the first day."))

    def one(self, form: Any, person: Person, file_id: int | None) -> Any:
        """Decide about one person; their timeline is worked out by the caller. Raises what the action refuses."""
        raise NotImplementedError

    def tried(self, form: Any, person: Person) -> Any:
        """The same where it is undone at once, to see what it would do."""
        return self.one(form, person, None)

    def words(self, form: Any, done: Any) -> str:
        """What it would do to somebody, from what ``tried`` gave."""
        raise NotImplementedError

    def warning(self, form: Any, person: Person) -> str:
        """What is to be seen first about somebody to whom it can be done."""
        return ""

    def said(self, form: Any) -> str:
        """What was filled in, in a sentence."""
        raise NotImplementedError

    def act(self, form: Any, chosen: Sequence[Person], files: Mapping[int, int]) -> str:
        """Decide about all of them; gives the page to go to. ``files`` holds a document for each, where there is one.

        Raises:
            Conflict: it cannot be done for one of them; then for nobody.
        """
        ids = [person.id for person in chosen]
        store.lock(session(), ids)  # all at once and in one order, so that two lists never wait for each other
        for person in chosen:
            try:
                self.one(form, person, files.get(person.id))
            except AttuneError as error:
                raise Conflict(
                    N_("%(name)s: %(why)s Nothing was changed for anybody."),
                    name=person.display_name,
                    why=error.message,
                ) from None
        staffing.people_changed(session(), ids, actor())
        return url_for("many.index")

    def done(self, number: int) -> str:
        """What is said when it is done for so many."""
        return ngettext("Done for %(num)s person.", "Done for %(num)s people.", number)


class Assign(Decision):
    """A course for people by name."""

    name = "assignment"
    permission = Permission.ASSIGNMENT_EDIT
    form = AssignForm
    several = _l("Assign a course")
    what = _l("Asked once, by a day, with a reason: after an incident, or to learn it again.")
    label = _l("Assign the course")
    lede = _l("Asked once, from today on. What they did before does not count for it.")

    def begins(self) -> dict[str, Any]:
        return {"course": request.args.get("course", "")[:100] or None}

    def offer(self, form: Any, person: Person | None) -> None:
        form.course.choices = [SelectChoice(course.slug, course.title) for course in catalogue.offered(session())]

    def check(self, form: Any) -> None:
        assignments.check(self._wanted(form), today())

    def tried(self, form: Any, person: Person) -> Any:
        if not staff.employed(session(), person.id, today()):
            raise Conflict(N_("Not employed today, so nothing would be asked."))

    def words(self, form: Any, done: Any) -> str:
        return gettext("To do by %(day)s", day=format_date(form.due.data))

    def warning(self, form: Any, person: Person) -> str:
        asked = assignments.asked_already(session(), person.id, form.course.data, today())
        if asked is not None:
            return gettext("The same course is assigned already, due by %(day)s.", day=format_date(asked.due))
        if assignments.completed_on(session(), person.id, form.course.data, today()):
            return gettext("Completed it today already: what is done on the day of the assignment counts.")
        return ""

    def said(self, form: Any) -> str:
        return gettext(
            "“%(course)s”, due by %(day)s. Reason: %(reason)s",
            course=_chosen(form.course), day=format_date(form.due.data), reason=form.reason.data,
        )  # fmt: skip

    def act(self, form: Any, chosen: Sequence[Person], files: Mapping[int, int]) -> str:
        title = gettext("%(course)s, assigned on %(day)s", course=_chosen(form.course), day=format_date(today()))
        ids = [one.id for one in chosen]
        made = assigning.assign_course(session(), self._wanted(form), title, ids, actor(), files=files)
        return url_for("assignments.show", requirement_id=made.requirement_id)

    def done(self, number: int) -> str:
        return ngettext(
            "The course is assigned to %(num)s person.", "The course is assigned to %(num)s people.", number
        )

    def _wanted(self, form: Any) -> Wanted:
        return Wanted(form.course.data, form.due.data, form.reason.data, form.shown.data or "")


class MoreTime(Decision):
    """Another due day for what is still to be done."""

    name = "more-time"
    permission = Permission.EXTENSION_DECIDE
    form = MoreTimeForm
    title = _l("Give more time")
    several = _l("More time")
    what = _l("Another due day for what is still to be done.")
    label = _l("Move the due day")
    lede = _l("They are told by e-mail. A request that waits for the same is granted by this.")
    alone = True

    def begins(self) -> dict[str, Any]:
        return {"requirement": request.args.get("requirement", "")[:20] or None}

    def offer(self, form: Any, person: Person | None) -> None:
        if person is None:
            form.requirement.choices = _requirements()
            return
        turns = more_time.turns(session(), person.id, today())
        form.requirement.choices = [
            SelectChoice(
                str(turn.requirement_id),
                gettext("%(title)s, due by %(day)s", title=turn.title, day=format_date(turn.due)),
            )
            for turn in turns
        ]

    def nothing(self, form: Any) -> str:
        asked = form.requirement.choices
        return "" if asked else gettext("This person has nothing to do by a day now, so there is no due day to move.")

    def one(self, form: Any, person: Person, file_id: int | None) -> Any:
        link = organisation().base_url.rstrip("/") + url_for("learner.home")
        return allowing.give_more_time(
            session(), person.id, int(form.requirement.data), form.until.data, reason=form.reason.data, link=link,
            actor=actor(), file_id=file_id, follow=False,
        )  # fmt: skip

    def words(self, form: Any, done: Any) -> str:
        return gettext(
            "Due by %(until)s instead of %(due)s", until=format_date(form.until.data), due=format_date(done.due)
        )

    def said(self, form: Any) -> str:
        return gettext(
            "“%(title)s” due by %(day)s. Reason: %(reason)s",
            title=_chosen(form.requirement), day=format_date(form.until.data), reason=form.reason.data,
        )  # fmt: skip


class Exempt(Decision):
    """Excused from a requirement, or from all."""

    name = "exemption"
    permission = Permission.EXEMPTION_EDIT
    form = ExemptionForm
    title = _l("Grant an exemption")
    several = _l("Exemptions")
    what = _l("Excused from a requirement, or from all, from one day to another.")
    label = _l("Grant the exemption")
    alone = True

    def begins(self) -> dict[str, Any]:
        return {"from_day": today(), "requirement": request.args.get("requirement", "")[:20] or None}

    def offer(self, form: Any, person: Person | None) -> None:
        form.requirement.choices = [*_requirements(), SelectChoice(EVERY, gettext("All requirements"))]

    def one(self, form: Any, person: Person, file_id: int | None) -> Any:
        compliance.exempt(
            session(), person.id, self._which(form), form.from_day.data, form.last_day.data, form.reason.data, actor(),
            file_id=file_id, follow=False,
        )  # fmt: skip

    def words(self, form: Any, done: Any) -> str:
        return gettext("Exempt %(days)s", days=_days(form))

    def warning(self, form: Any, person: Person) -> str:
        covered = exempt_on(session(), person.id, self._which(form), form.from_day.data)
        return gettext("Exempt on the first of these days already.") if covered else ""

    def said(self, form: Any) -> str:
        return gettext(
            "Exempt from “%(title)s” %(days)s. Reason: %(reason)s",
            title=_chosen(form.requirement), days=_days(form), reason=form.reason.data,
        )  # fmt: skip

    def _which(self, form: Any) -> int | None:
        return None if form.requirement.data == EVERY else int(form.requirement.data)


class LeaveOfAbsence(Decision):
    """A leave on the same days."""

    name = "leave"
    permission = Permission.PEOPLE_EDIT
    form = LeaveForm
    title = _l("Record a leave")
    several = _l("A leave of absence")
    what = _l("The same days for everybody on the list. Due days wait, as each leave says.")
    label = _l("Record the leave")
    alone = True
    tab = "people.person"

    def begins(self) -> dict[str, Any]:
        return {"from_day": today()}

    def one(self, form: Any, person: Person, file_id: int | None) -> Any:
        people.record_leave(
            session(), person.id, form.kind.data, form.reason.data, form.from_day.data, form.last_day.data, actor(),
            file_id=file_id,
        )  # fmt: skip

    def words(self, form: Any, done: Any) -> str:
        return gettext("On leave %(days)s", days=_days(form))

    def said(self, form: Any) -> str:
        return gettext("On leave %(days)s. Reason: %(reason)s", days=_days(form), reason=form.reason.data)


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
            title=_chosen(form.course), day=format_date(form.day.data), reason=form.reason.data,
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
        return _chosen(form.live)

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
            title=_chosen(form.course), first=format_date(form.first_day.data),
            last=format_date(form.last_day.data), reason=form.reason.data,
        )  # fmt: skip


DECISIONS: tuple[Decision, ...] = (
    Assign(), MoreTime(), Exempt(), LeaveOfAbsence(), CompleteByHand(), Attend(), RevokeRecords(),
)  # fmt: skip


def session_title(live: LiveSession, version: CourseVersion) -> str:
    """A live session as people call it."""
    return gettext("%(course)s on %(day)s", course=version.title, day=format_date(live.day, "long"))


def _requirements() -> list[SelectChoice]:
    asked = requirements.requirements(session(), today(), settled=False)
    return [SelectChoice(str(version.requirement_id), version.title) for version, _ in asked]


def _courses() -> list[SelectChoice]:
    return [SelectChoice(str(course.course_id), course.title) for course in catalogue.offered(session())]


def _chosen(field: Any) -> str:
    """The title of what was chosen in a list."""
    return next(str(choice.label) for choice in field.choices if choice.value == field.data)


def _days(form: Any) -> str:
    first, last = form.from_day.data, form.last_day.data
    if last is None:
        return gettext("from %(first)s on, without an end", first=format_date(first))
    return gettext("from %(first)s to %(last)s", first=format_date(first), last=format_date(last))
