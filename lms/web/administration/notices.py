"""Reminders: the plan, what tomorrow's mail would say, and what people were told and why."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from lms.access import Permission, may, scope
from lms.accounts.queries import names_of
from lms.compliance import queries as compliance
from lms.errors import Invalid
from lms.notices import actions, asking, delivery, failing, nightly, queries
from lms.notices.plan import NoticePlan, Reason
from lms.people import queries as people
from lms.people.models import Person
from lms.reports.saved import actions as saved
from lms.web.forms import Form
from lms.web.page import actor, commit, needs, organisation, safe_next, say, session, tell, today, viewer
from lms.web.people import reminding
from lms.web.people.person_page import decides_about, found

blueprint = Blueprint("notices", __name__, url_prefix="/reminders")

SHOWN = 50
REASONS = {
    Reason.ASSIGNED: _l("can be done now"),
    Reason.BEFORE: _l("falls due"),
    Reason.LATE: _l("is late"),
    Reason.TEAM: _l("weekly list of the team"),
    Reason.ESCALATION: _l("weekly list for HR"),
    Reason.FOLLOW_UP: _l("is asked what has changed since a course"),
    Reason.REVIEW: _l("outside training to decide"),
    Reason.REQUEST: _l("requests for more time to decide"),
    Reason.CALENDAR: _l("due days in the calendar are put right"),
    Reason.ASKED: _l("asked for by a colleague"),
}
WITHHELD = {
    "on_leave": _l("not sent: on leave"),
    "no_address": _l("not sent: no e-mail address"),
    "address_fails": _l("not sent: nothing arrives at the address"),
    "declined": _l("not sent: does not want reminders before a due day"),
    "settled": _l("not sent: not asked any more by the time it could be sent"),
}
OWN_WORDS = delivery.WORDS | {saved.LET_GO}

DAYS = Regexp(r"^\s*\d{1,3}(\s*,\s*\d{1,3})*\s*$", message=_l("Enter days separated by commas, such as 30, 7, 1."))


class PlanForm(Form):
    """The plan, field by field."""

    on = BooleanField(
        _l("Send reminders"), description=_l("One mail a person a day at most, in the person's language.")
    )
    before = StringField(
        _l("Days before the due day"),
        [Optional(), Length(max=60), DAYS],
        description=_l("Such as 30, 7, 1. Leave it empty for none."),
    )
    after = StringField(
        _l("Days after the due day"),
        [Optional(), Length(max=60), DAYS],
        description=_l("Such as 1, 14. Leave it empty for none."),
    )
    every_after = IntegerField(
        _l("After that, again every so many days"), [InputRequired(_l("Enter a number.")), NumberRange(0, 365)],
        description=_l("0 means not again."),
    )  # fmt: skip
    team_weekday = SelectField(_l("Weekly list of who is late, for managers and HR"))
    escalate_after = IntegerField(
        _l("HR's list begins after how many days late"), [InputRequired(_l("Enter a number.")), NumberRange(0, 365)]
    )
    from_hour = IntegerField(
        _l("Mail goes out from this hour"), [InputRequired(_l("Enter an hour.")), NumberRange(0, 23)],
        description=_l("On the clock of the person it goes to."),
    )  # fmt: skip
    to_hour = IntegerField(
        _l("Mail goes out until this hour"), [InputRequired(_l("Enter an hour.")), NumberRange(1, 24)]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [
            _l("Monday"),
            _l("Tuesday"),
            _l("Wednesday"),
            _l("Thursday"),
            _l("Friday"),
            _l("Saturday"),
            _l("Sunday"),
        ]
        self.team_weekday.choices = [
            SelectChoice("", _l("never")), *(SelectChoice(str(number), name) for number, name in enumerate(names))
        ]  # fmt: skip

    def fill(self, plan: NoticePlan) -> None:
        """Show a plan."""
        self.on.data, self.every_after.data, self.escalate_after.data = plan.on, plan.every_after, plan.escalate_after
        self.before.data, self.after.data = _listed(plan.before), _listed(plan.after)
        self.team_weekday.data = "" if plan.team_weekday is None else str(plan.team_weekday)
        self.from_hour.data, self.to_hour.data = plan.from_hour, plan.to_hour

    def plan(self) -> NoticePlan:
        """The plan that was entered.

        Raises:
            Invalid: it cannot be followed.
        """
        chosen = self.team_weekday.data
        return NoticePlan.read(
            {
                "on": self.on.data,
                "before": _days(self.before.data),
                "after": _days(self.after.data),
                "every_after": self.every_after.data,
                "team_weekday": int(chosen) if chosen else None,
                "escalate_after": self.escalate_after.data,
                "from_hour": self.from_hour.data,
                "to_hour": self.to_hour.data,
            }
        )


def _listed(days: tuple[int, ...]) -> str:
    return ", ".join(str(number) for number in days)


def _days(text: str | None) -> list[int]:
    return [int(part) for part in (text or "").split(",") if part.strip()]


def in_words(error: str) -> str:
    """What stands beside a message that did not arrive: Attune's words in the reader's language, those of a mail server as they are."""
    return gettext(error) if error in OWN_WORDS else error


@blueprint.context_processor
def _tabs() -> dict[str, Any]:
    pages = (
        ("notices.plan", _l("Plan")),
        ("notices.tomorrow", _l("Tomorrow's mail")),
        ("notices.told", _l("What people were told")),
        ("notices.addresses", _l("Addresses that fail")),
    )
    shown = [{"label": label, "url": url_for(page), "current": request.endpoint == page} for page, label in pages]
    return {"notice_tabs": shown, "mail_waits": organisation().mail is None}


@blueprint.get("")
@needs(Permission.REQUIREMENT_VIEW)
def plan() -> ResponseReturnValue:
    """The plan; HR may change it."""
    form = PlanForm()
    form.fill(nightly.plan(session()))
    return _plan_page(form, may(viewer(), Permission.REQUIREMENT_EDIT))


@blueprint.post("/plan")
@needs(Permission.REQUIREMENT_EDIT)
def change() -> ResponseReturnValue:
    """Save the plan."""
    form = PlanForm()
    if not form.validate_on_submit():
        return _plan_page(form, True), 422
    try:
        actions.agree(session(), form.plan(), actor())
    except Invalid as error:
        return _plan_page(form, True, tell(error.message)), 422
    commit()
    say(gettext("The plan is saved. It counts from the next mail on."))
    return redirect(url_for("notices.plan"), 303)


def _plan_page(form: PlanForm, may_change: bool, problem: str | None = None) -> str:
    agreed = nightly.plan(session())
    return render_template("notices/plan.html", form=form, plan=agreed, may_change=may_change, problem=problem)


@blueprint.get("/tomorrow")
@needs(Permission.REQUIREMENT_VIEW)
def tomorrow() -> ResponseReturnValue:
    """What tomorrow's mail would say as the facts are now, whether the plan is on or not: to people about their own training, or (``to``)
    to those who decide."""
    deciders = request.args.get("to") == "deciders"
    day = today() + timedelta(days=1)
    everybody = scope(viewer(), Permission.REQUIREMENT_VIEW) is None
    visible = None if everybody else people.visible_to(session(), viewer(), Permission.REQUIREMENT_VIEW, today())
    look = nightly.preview_for_deciders if deciders else nightly.preview
    agreed = nightly.plan(session())
    found = look(session(), agreed, day, today(), visible)
    counts = dict.fromkeys((Reason.ASSIGNED, Reason.BEFORE, Reason.LATE, Reason.FOLLOW_UP), 0)
    for line, withheld in (each for lines in found.values() for each in lines):
        if line.reason in counts and not withheld:
            counts[line.reason] += line.amount if line.reason is Reason.FOLLOW_UP else 1
    written = {person_id for person_id, lines in found.items() if any(not each.withheld for each in lines)}
    ids = sorted(found, key=lambda person_id: (person_id not in written, person_id))[:SHOWN]
    first = session().scalars(select(Person).where(Person.id.in_(ids)).order_by(Person.family_name, Person.given_name))
    duties = () if deciders else compliance.requirements(session(), today())
    titles = {version.requirement_id: version.title for version, _ in duties}
    return render_template(
        "notices/tomorrow.html", day=day, counts=counts, deciders=deciders, reasons=REASONS, withheld=WITHHELD, total=len(written),
        silent=len(found) - len(written), plan=agreed,
        rows=[
            (person, [(line, titles.get(line.requirement_id, ""), why) for line, why in found[person.id]]) for person in first
        ],
    )  # fmt: skip


@blueprint.get("/told")
@needs(Permission.REQUIREMENT_VIEW)
def told() -> ResponseReturnValue:
    """What people were told and why, and what was not sent and why not."""
    page = max(request.args.get("page", 1, type=int) or 1, 1)
    number = request.args.get("number", "").replace("\0", "")[:100]
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        day = None
    visible = people.visible_to(session(), viewer(), Permission.REQUIREMENT_VIEW, today())
    rows = queries.lines(session(), visible, page, day=day, number=number, size=SHOWN)
    titles = {version.requirement_id: version.title for version, _ in compliance.requirements(session(), today())}

    def url_of(other: int) -> str:
        return url_for("notices.told", page=other, number=number or None, day=day.isoformat() if day else None)

    return render_template(
        "notices/told.html", rows=rows[:SHOWN], more=len(rows) > SHOWN, page=page, number=number, url_of=url_of,
        day=day, titles=titles, askers=names_of(session(), {line.asked_by for line, _, _ in rows}),
        reasons=REASONS, withheld=WITHHELD, words=in_words,
    )  # fmt: skip


@blueprint.post("/people/<int:person_id>")
@needs(Permission.REMINDER_SEND)
def remind(person_id: int) -> ResponseReturnValue:
    """Remind somebody now of all that they can do, in the name of whoever asks; what came of it is said on the page they came from."""
    one = decides_about(person_id, Permission.REMINDER_SEND)
    answer = asking.ask(session(), one.id, actor())
    words, kind = reminding.said(one, answer)
    commit()
    say(words, kind)
    return redirect(safe_next(request.form.get("next")) or url_for("site.front"), 303)


@blueprint.get("/addresses")
@needs(Permission.REQUIREMENT_VIEW)
def addresses() -> ResponseReturnValue:
    """The addresses at which nothing arrives, until somebody has looked at each."""
    page = max(request.args.get("page", 1, type=int) or 1, 1)
    visible = people.visible_to(session(), viewer(), Permission.REQUIREMENT_VIEW, today())
    editable = people.visible_to(session(), viewer(), Permission.PEOPLE_EDIT, today())
    rows = failing.listed(session(), visible, page, size=SHOWN)
    ids = [person.id for _, person in rows[:SHOWN]]
    return render_template(
        "notices/addresses.html", rows=rows[:SHOWN], more=len(rows) > SHOWN, page=page, total=failing.count(session(), visible),
        mine=set(session().scalars(select(Person.id).where(Person.id.in_(ids), Person.id.in_(editable)))),
        url_of=lambda other: url_for("notices.addresses", page=other),
    )  # fmt: skip


@blueprint.post("/addresses/<int:person_id>/<int:address_id>/works")
@needs(Permission.PEOPLE_EDIT)
def works(person_id: int, address_id: int) -> ResponseReturnValue:
    """HR has looked: the address is right, so it is written to again."""
    one = found(person_id, Permission.PEOPLE_EDIT)
    failing.works_again(session(), address_id, one.id, actor())
    commit()
    say(gettext("%(name)s is written to again.", name=one.display_name))
    return redirect(safe_next(request.form.get("next")) or url_for("notices.addresses"), 303)
