"""My team: who needs a manager this week, everybody with their duties, the figures by department, and what waits for a decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext
from sqlalchemy import select

from lms.access import Permission, may, scope
from lms.catalogue import queries as catalogue
from lms.clock import FOR_EVER
from lms.compliance import more_time
from lms.compliance import queries as compliance
from lms.compliance.one_person import LATENESS
from lms.errors import N_, Invalid, NotFound
from lms.flows import allowing
from lms.learning.models import Enrolment
from lms.people import queries as people_queries
from lms.people.models import Person
from lms.people.tree import Tree
from lms.records.outside.queries import waiting_count
from lms.reports import queries
from lms.reports.attempts import UsedUp, used_up
from lms.reports.today import CHANGES
from lms.reports.waiting import Look
from lms.web.page import actor, commit, needs, now, organisation, say, session, tell, today, viewer
from lms.web.people import reminding
from lms.web.people.timeline_picture import picture
from lms.web.reports import figures, matrix, people_behind, sheets, team_day, why
from lms.web.reports.asked import Asked, asked, person_url
from lms.web.reports.place import Place
from lms.web.words import gettext, ngettext

blueprint = Blueprint("team", __name__, url_prefix="/team")

FIRST = 100
"""So many people stand on the first page."""


def roots() -> frozenset[int] | None:
    """The departments that the viewer's grants cover; None means all."""
    return scope(viewer(), Permission.TEAM_VIEW)


def tabs(question: Asked, here: str) -> list[dict[str, Any]]:
    """The three views of a team."""
    views = (
        ("team.index", gettext("Who needs you")),
        ("team.people", gettext("Everybody")),
        ("team.departments", gettext("By department")),
    )
    return [
        {"label": label, "url": question.url(view, state="", q="", sort=""), "current": view == here}
        for view, label in views
    ]


@blueprint.get("")
@needs(Permission.TEAM_VIEW)
def index() -> ResponseReturnValue:
    """A manager's first page: what waits for a decision, what changed, who is late and who falls due soon."""
    question = asked(today(), reports=True)
    tree = people_queries.tree(session(), question.as_of)
    departments = queries.covered(tree, roots(), question.department)
    titles = {v.requirement_id: v.title for v, _ in compliance.requirements(session(), question.as_of)}
    found = compliance.needing(
        session(),
        question.as_of,
        departments=departments,
        visible=queries.only(question.wish, question.as_of),
        size=FIRST,
    )
    why = queries.reasons(session(), found.rows, titles)
    lines = people_behind.people_lines(found.rows, why, tree, question, person_url)
    late, look = min(found.late, len(lines)), _look(tree if question.as_of == question.today else None)
    columns = [{"label": head["label"]} for head in people_behind.people_headings(question, "team.people")]
    return render_template(
        "team/index.html",
        asked=question,
        lede=_lede(found.late, found.soon),
        tabs=tabs(question, "team.index"),
        reports=_reports_chip(question, "team.index"),
        **people_behind.with_reminders(columns, lines, question),
        here=question.url("team.index"),
        late=lines[:late],
        soon=lines[late:],
        more=found.late + found.soon > len(lines),
        work=team_day.waits(_asking(look), _stuck(look), _outside(look)),
        **team_day.what_changed(question, departments),
        status=compliance.rebuild_status(session()),
    ), 422 if question.problem else 200


@blueprint.get("/changed/<what>")
@needs(Permission.TEAM_VIEW)
def changed_people(what: str) -> ResponseReturnValue:
    """The people behind a figure of what changed."""
    if what not in CHANGES:
        abort(404)
    question = replace(asked(today(), reports=True), as_of=today())
    tree = people_queries.tree(session(), question.as_of)
    return team_day.people_page(what, question, tree, queries.covered(tree, roots(), question.department))


def _lede(late: int, soon: int) -> str:
    if not late and not soon:
        return gettext("Nobody in your team is late, and nobody falls due soon.")
    return gettext(
        "%(late)s, and %(soon)s.",
        late=ngettext("%(num)s person is late", "%(num)s people are late", late),
        soon=ngettext(
            "%(num)s person falls due within %(days)s days",
            "%(num)s people fall due within %(days)s days",
            soon,
            days=organisation().due_soon_days,
        ),
    )


def _reports_chip(question: Asked, here: str) -> list[dict[str, Any]]:
    label = gettext("My direct reports")
    return [{"label": label, "url": question.url(here, reports=not question.reports), "on": question.reports}]


PLACE = Place(
    label=lazy_gettext("My team"),
    home="team.index",
    table="team.departments",
    why="team.why_page",
    people="team.people",
    people_file="team.people_file",
    matrix="team.matrix_page",
    matrix_file="team.matrix_file",
    people_template="team/people.html",
    reminding=True,
)


@blueprint.get("/people")
@needs(Permission.TEAM_VIEW)
def people() -> ResponseReturnValue:
    """Everybody in the team, or the people behind a number."""
    question = asked(today(), people_behind.SORTS, reports=True)
    return people_behind.people_page(
        question,
        PLACE,
        roots(),
        team_tabs=tabs(question, PLACE.people),
        reports=_reports_chip(question, PLACE.people),
    )


@blueprint.get("/people.<kind>")
@needs(Permission.TEAM_VIEW)
def people_file(kind: str) -> ResponseReturnValue:
    """The same people, all of them, as a file."""
    question = asked(today(), people_behind.SORTS, reports=True)
    return people_behind.people_file(question, roots(), organisation().name, kind, "team")


@blueprint.get("/matrix")
@needs(Permission.TEAM_VIEW)
def matrix_page() -> ResponseReturnValue:
    """People × requirements."""
    return matrix.matrix_page(asked(today(), matrix.SORTS, reports=True), PLACE, roots())


@blueprint.get("/matrix.<kind>")
@needs(Permission.TEAM_VIEW)
def matrix_file(kind: str) -> ResponseReturnValue:
    """The same, everybody, as a file."""
    return matrix.matrix_file(asked(today(), matrix.SORTS, reports=True), roots(), kind)


@blueprint.get("/why")
@needs(Permission.TEAM_VIEW)
def why_page() -> ResponseReturnValue:
    """What one rate is made of."""
    return why.why_page(asked(today(), reports=True), PLACE, roots(), gettext("My team"))


@blueprint.get("/departments")
@needs(Permission.TEAM_VIEW)
def departments() -> ResponseReturnValue:
    """The figures of the departments that the grant covers."""
    question = asked(today(), figures.SORTS, reports=True)
    shown, rows = figures.table(question, roots(), gettext("My team"))
    here = "team.departments"
    return render_template(
        "team/departments.html",
        asked=question,
        title=figures.requirement_title(shown.requirements, question.requirement),
        lede=figures.lede(shown.total),
        note=figures.table_note(
            question, shown.tree, figures.requirement_title(shown.requirements, question.requirement)
        ),
        team_tabs=tabs(question, here),
        tabs=figures.requirement_tabs(shown, question, here),
        reports=_reports_chip(question, here),
        chips=figures.chips(question, here, shown.tree),
        columns=figures.headings(question, here),
        rows=figures.tree_rows([*rows, shown.total], question, here, "team.people", "team.why_page"),
        definitions=figures.definitions(shown),
        status=compliance.rebuild_status(session()),
    ), 422 if question.problem else 200


@blueprint.get("/departments.<kind>")
@needs(Permission.TEAM_VIEW)
def departments_file(kind: str) -> ResponseReturnValue:
    """The same table as a file."""
    question = asked(today(), figures.SORTS, reports=True)
    return sheets.departments_answer(question, roots(), gettext("My team"), kind, "team")


@blueprint.get("/people/<int:person_id>")
@needs(Permission.TEAM_VIEW)
def person(person_id: int) -> ResponseReturnValue:
    """What is asked of one person of the team, and why each duty is in the state it is in."""
    question = asked(today())
    allowed = people_queries.visible_to(session(), viewer(), Permission.TEAM_VIEW, question.as_of)
    found = session().scalar(select(Person).where(Person.id == person_id, Person.id.in_(allowed)))
    if found is None:
        raise NotFound(N_("There is no such person in your team."))
    lines = compliance.timeline_of(session(), person_id, question.as_of)
    asked_for = [
        (line.title, span, tell(why))
        for line in lines
        for span, why in zip(line.spans, line.sentences, strict=True)
        if why and span.from_day <= question.as_of < span.to_day
    ]
    return render_template(
        "team/person.html",
        asked=question,
        person=found,
        held=people_queries.held(session(), person_id, question.as_of),
        duties=sorted(asked_for, key=lambda duty: (LATENESS.index(duty[1].state), duty[1].due or FOR_EVER)),
        picture=picture(lines, today(), whole=request.args.get("time") == "all"),
        offer=reminding.offered([person_id]).get(person_id) if question.as_of == question.today else None,
    ), 422 if question.problem else 200


# --- what waits for a decision ----------------------------------------------------------------------------------------


def _look(tree: Tree | None = None) -> Look:
    return Look(viewer(), today(), now(), tree)


def _stuck(look: Look, enrolment_id: int | None = None) -> list[UsedUp]:
    """Whose attempts at a test are used up, of those in reach (of this enrolment only)."""
    visible = look.visible(session(), _deciding_or(Permission.ATTEMPT_GRANT, Permission.ACCOMMODATION_VIEW))
    return used_up(session(), visible, today(), enrolment_id=enrolment_id, not_person=viewer().person_id)


def _asking(look: Look) -> list[more_time.Waiting]:
    """Who in reach asks for more time; one's own request is for others to decide."""
    visible = look.visible(session(), _deciding_or(Permission.EXTENSION_DECIDE, Permission.ACCOMMODATION_VIEW))
    return more_time.waiting(session(), visible, today(), not_person=viewer().person_id)


def _outside(look: Look) -> int:
    """How many trainings done elsewhere wait, of those whom the viewer decides about or may look at."""
    permission = _deciding_or(Permission.OUTSIDE_DECIDE, Permission.PEOPLE_VIEW)
    if not may(viewer(), permission):
        return 0
    return waiting_count(session(), look.visible(session(), permission), not_person=viewer().person_id)


def _deciding_or(deciding: Permission, reading: Permission) -> Permission:
    """Whose requests stand here: of those about whom the viewer decides; for who decides about nobody, of those in view."""
    return deciding if may(viewer(), deciding) else reading


def _to_decide(**refused: Any) -> str:
    """The one list of all that waits; ``refused`` is what was sent back, and why."""
    look = _look()
    return render_template(
        "team/attempts.html", stuck=_stuck(look), asking=_asking(look), outside=_outside(look), **refused
    )


@blueprint.get("/attempts")
@needs(Permission.ACCOMMODATION_VIEW)
def attempts() -> ResponseReturnValue:
    """Everybody in reach who asks for more time, or whose attempts at a test are used up."""
    return _to_decide()


@blueprint.post("/more-time/<int:request_id>")
@needs(Permission.EXTENSION_DECIDE)
def decide(request_id: int) -> ResponseReturnValue:
    """Grant more time for a duty until a day, or refuse it with a reason."""
    one = next((each for each in _asking(_look()) if each.request.id == request_id), None)
    if one is None:
        raise NotFound(N_("Nobody here waits for this decision. Perhaps a colleague has decided it already."))
    granted = request.form.get("answer") == "grant"
    reason = request.form.get("reason", "")[: more_time.LONGEST]
    typed = request.form.get("until", "")
    link = organisation().base_url.rstrip("/") + url_for("learner.home")
    try:
        until = _day(typed) if granted else None
        allowing.decide_more_time(session(), one, until, reason=reason, link=link, actor=actor())
    except Invalid as refused:
        session().rollback()
        field = "until" if granted else "reason"
        problem = {field: tell(refused.message)}
        return _to_decide(asked_for=request_id, problems=problem, typed=typed, reason=reason), 422
    commit()
    if granted:
        say(gettext("%(name)s has more time for %(duty)s and is told so.", name=one.name, duty=one.turn.title))
    else:
        say(gettext("The due day stays. %(name)s is told why.", name=one.name))
    return redirect(url_for("team.attempts"), 303)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(N_("Write it as year-month-day: 2026-06-30.")) from None


@blueprint.post("/attempts/<int:enrolment_id>")
@needs(Permission.ATTEMPT_GRANT)
def grant(enrolment_id: int) -> ResponseReturnValue:
    """Give one more attempt, with a reason. Nobody can give one to themselves."""
    found = _stuck(_look(), enrolment_id)
    if not found:
        raise NotFound(N_("Nobody here waits for this attempt. Perhaps a colleague has given it already."))
    stuck = found[0]
    reason = request.form.get("reason", "")[:500]
    enrolment = session().get_one(Enrolment, enrolment_id)
    content = catalogue.content(session(), enrolment.version_id)
    link = organisation().base_url.rstrip("/") + url_for("learner.course", slug=content.slug)
    try:
        allowing.give_another_attempt(session(), enrolment, content, reason=reason, link=link, actor=actor())
    except Invalid as refused:
        session().rollback()
        return _to_decide(failed=enrolment_id, problem=tell(refused.message)), 422
    commit()
    say(gettext("%(name)s has one more attempt at %(course)s.", name=stuck.name, course=stuck.course))
    return redirect(url_for("team.attempts"), 303)
