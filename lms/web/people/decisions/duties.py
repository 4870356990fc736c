"""What people are asked, and by when: assignments, more time, exemptions, leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import request, url_for
from flask_babel import format_date
from flask_babel import lazy_gettext as _l
from wtforms.fields.choices import SelectChoice

from lms.access import Permission
from lms.catalogue import queries as catalogue
from lms.clock import FOR_EVER
from lms.compliance import actions as compliance
from lms.compliance import assignments, more_time
from lms.compliance import queries as requirements
from lms.compliance.assignments import Wanted
from lms.compliance.one_person import concerned, exempt_on
from lms.errors import N_, Conflict
from lms.flows import allowing, assigning
from lms.people import actions as people
from lms.people import queries as staff
from lms.people.models import Person
from lms.web.page import actor, organisation, session, today
from lms.web.people.decision_forms import AssignForm, ExemptionForm, LeaveForm, MoreTimeForm
from lms.web.people.decisions.decision import Decision, chosen_title, said_days
from lms.web.words import gettext, ngettext

EVERY = "all"
"""Every requirement, in the list of an exemption."""


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
            course=chosen_title(form.course), day=format_date(form.due.data), reason=form.reason.data,
        )  # fmt: skip

    def act(self, form: Any, chosen: Sequence[Person], files: Mapping[int, int]) -> str:
        title = gettext("%(course)s, assigned on %(day)s", course=chosen_title(form.course), day=format_date(today()))
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
            title=chosen_title(form.requirement), day=format_date(form.until.data), reason=form.reason.data,
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
        return gettext("Exempt %(days)s", days=said_days(form))

    def warning(self, form: Any, person: Person) -> str:
        covered = exempt_on(session(), person.id, self._which(form), form.from_day.data)
        if covered:
            return gettext("Exempt on the first of these days already.")
        until = form.last_day.data + timedelta(days=1) if form.last_day.data else FOR_EVER
        if not concerned(session(), person.id, self._which(form), form.from_day.data, until):
            return gettext(
                "As known now, it does not apply to them on any of these days: the exemption changes nothing."
            )
        return ""

    def said(self, form: Any) -> str:
        return gettext(
            "Exempt from “%(title)s” %(days)s. Reason: %(reason)s",
            title=chosen_title(form.requirement), days=said_days(form), reason=form.reason.data,
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
        return gettext("On leave %(days)s", days=said_days(form))

    def said(self, form: Any) -> str:
        return gettext("On leave %(days)s. Reason: %(reason)s", days=said_days(form), reason=form.reason.data)


def _requirements() -> list[SelectChoice]:
    asked = requirements.requirements(session(), today(), settled=False)
    return [SelectChoice(str(version.requirement_id), version.title) for version, _ in asked]
