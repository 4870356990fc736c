"""My team: who needs a manager this week, everybody with their duties, the figures by department, and another attempt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select

from lms.access import Permission, scope
from lms.audit import record
from lms.compliance import queries as compliance
from lms.compliance.spans import CAN_FALL_DUE, State
from lms.db import day_in, known
from lms.errors import N_, Invalid, NotFound
from lms.learning.actions import grant_attempts
from lms.learning.models import Enrolment
from lms.people import queries as people_queries
from lms.people.models import Membership, Person
from lms.reports import queries, rollup
from lms.reports.attempts import used_up
from lms.reports.queries import Completion
from lms.web import figures
from lms.web.asked import Asked, asked, person_url
from lms.web.page import actor, commit, needs, now, organisation, say, session, tell, today, viewer
from lms.web.words import gettext, ngettext

blueprint = Blueprint("team", __name__, url_prefix="/team")

PEOPLE = 50
FIRST = 100
"""So many people stand on the first page."""
LATE = (State.OVERDUE, State.IN_GRACE)


def roots() -> frozenset[int] | None:
    """The departments that the viewer's grants cover; None means all."""
    return scope(viewer(), Permission.TEAM_VIEW)


def direct_reports(question: Asked) -> Select[int] | None:
    """The people whose supervisor the viewer is on the day, as a subquery, where only they are asked for."""
    if not question.reports:
        return None
    return select(Membership.person_id).where(
        known(Membership),
        Membership.supervisor_id == viewer().person_id,
        day_in(question.as_of, Membership.from_day, Membership.to_day),
    )


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
    """Who is late, who falls due soon, and who cannot go on without another attempt."""
    question = asked(today())
    tree = people_queries.tree(session(), question.as_of)
    departments = queries.covered(tree, roots(), question.department)
    titles = {v.requirement_id: v.title for v, _ in compliance.requirements(session(), question.as_of)}
    found = _first(question, departments)
    lines = figures.people_lines(found, queries.reasons(session(), found, titles), tree, question, person_url)
    late = sum(row.state in LATE for row in found)
    totals = _totals(question, departments) if len(found) == FIRST else (late, len(found) - late)
    return render_template(
        "team/index.html",
        asked=question,
        lede=_lede(*totals),
        tabs=tabs(question, "team.index"),
        reports=_reports_chip(question, "team.index"),
        columns=[{"label": head["label"]} for head in figures.people_headings(question, "team.people")],
        late=lines[:late],
        soon=lines[late:],
        more=len(found) == FIRST,
        stuck=used_up(session(), _may_grant(), not_person=viewer().person_id),
        status=compliance.rebuild_status(session()),
    ), 422 if question.problem else 200


def _first(question: Asked, departments: frozenset[int] | None) -> list[compliance.Found]:
    """Who is late, the longest first, then who falls due soon, the nearest first: all that lies due until then, in one list."""
    listed = compliance.people_in(
        session(),
        question.as_of,
        departments=departments,
        states=[*LATE, *CAN_FALL_DUE],
        visible=direct_reports(question),
        sort="due",
        size=FIRST,
    )
    until = question.as_of + timedelta(days=organisation().due_soon_days)
    near = [row for row in listed.rows if row.state in LATE or (row.due is not None and row.due <= until)]
    return sorted(near, key=lambda row: row.state not in LATE)


def _totals(question: Asked, departments: frozenset[int] | None) -> tuple[int, int]:
    """How many are late, and how many fall due soon, in the departments."""
    cells = compliance.counts(session(), question.as_of, requirement_id=compliance.OVERALL)
    everybody = [cell for cell in cells if departments is None or cell.department_id in departments]
    whole = rollup.total(rollup.by_department(everybody).get(compliance.OVERALL, {}))
    return whole.late, whole.due_soon


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


@blueprint.get("/people")
@needs(Permission.TEAM_VIEW)
def people() -> ResponseReturnValue:
    """Everybody in the team, or the people behind a number."""
    question = asked(today(), figures.PEOPLE_SORTS)
    tree = people_queries.tree(session(), question.as_of)
    departments = queries.covered(tree, roots(), question.department)
    required = compliance.requirements(session(), question.as_of)
    listed = _behind(question, departments)
    pages = max(1, -(-listed.total // PEOPLE))
    if question.page > pages:
        question = replace(question, page=pages)
        listed = _behind(question, departments)
    titles = {version.requirement_id: version.title for version, _ in required}
    here = "team.people"
    chips = [chip for chip in figures.chips(question, here, tree) if chip["label"] != gettext("My direct reports")]
    return render_template(
        "team/people.html",
        asked=question,
        heading=figures.people_heading(question),
        team_tabs=tabs(question, here),
        tabs=[
            {"label": label, "url": question.url(here, requirement=id), "current": id == question.requirement}
            for id, label in [(0, figures.requirement_title(required, 0)), *titles.items()]
        ],
        chips=[*_reports_chip(question, here), *chips],
        columns=figures.people_headings(question, here),
        people=figures.people_lines(
            listed.rows, queries.reasons(session(), listed.rows, titles), tree, question, person_url
        ),
        note=figures.table_note(question, tree, figures.requirement_title(required, question.requirement)),
        lede=figures.people_lede(listed.total, figures.requirement_title(required, question.requirement)),
        pages=pages,
        summary=figures.summary(question.page, PEOPLE, listed.total),
        states=figures.state_choices(),
        url_of=lambda number: question.url(here, page=number),
        here=here,
        back="team.index",
        back_label=figures.back_words("team"),
        file="team.people_file",
        status=compliance.rebuild_status(session()),
    ), 422 if question.problem else 200


def _behind(question: Asked, departments: frozenset[int] | None, size: int = PEOPLE) -> compliance.Page:
    states, soon = queries.states_of(question.state)
    return compliance.people_in(
        session(),
        question.as_of,
        requirement_id=question.requirement,
        departments=departments,
        states=states,
        due_soon=soon,
        job=question.job or None,
        profession=question.profession or None,
        search=question.q or None,
        visible=direct_reports(question),
        sort=question.sort or "name",
        page=question.page,
        size=size,
    )


@blueprint.get("/people.<kind>")
@needs(Permission.TEAM_VIEW)
def people_file(kind: str) -> ResponseReturnValue:
    """The same people, all of them, as a file."""
    if kind not in ("csv", "xlsx"):
        abort(404)
    question = asked(today(), figures.PEOPLE_SORTS)
    shown = queries.completion(session(), organisation().name, question.as_of, question.wish, roots())
    departments = queries.covered(shown.tree, roots(), question.department)
    title = figures.requirement_title(shown.requirements, question.requirement)
    everybody = _everybody(question, departments)
    sheet = figures.people_sheet(
        everybody, shown.tree, question, title, figures.state_words(), figures.definitions(shown)
    )
    return figures.file_answer(sheet, kind, f"team-{question.as_of}")


def _everybody(question: Asked, departments: frozenset[int] | None) -> Iterator[compliance.Found]:
    page, batch = 1, 2000
    while True:
        listed = _behind(replace(question, page=page), departments, batch)
        yield from listed.rows
        if page * batch >= listed.total:
            return
        page += 1


@blueprint.get("/departments")
@needs(Permission.TEAM_VIEW)
def departments() -> ResponseReturnValue:
    """The figures of the departments that the grant covers."""
    question = asked(today(), figures.SORTS)
    shown, rows = _table(question)
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
        chips=figures.chips(question, here, shown.tree),
        columns=figures.headings(question, here),
        rows=figures.tree_rows([*rows, shown.total], question, here, "team.people"),
        definitions=figures.definitions(shown),
        status=compliance.rebuild_status(session()),
    ), 422 if question.problem else 200


def _table(question: Asked) -> tuple[Completion, list[rollup.Row]]:
    shown = queries.completion(
        session(), gettext("My team"), question.as_of, question.wish, roots(), outside=figures.outside_words()
    )
    rows = list(shown.rows)
    if question.sort:
        rows = rollup.ordered(rows, question.sort.removeprefix("-"), question.sort.startswith("-"))
    return shown, rows


@blueprint.get("/departments.<kind>")
@needs(Permission.TEAM_VIEW)
def departments_file(kind: str) -> ResponseReturnValue:
    """The same table as a file."""
    if kind not in ("csv", "xlsx"):
        abort(404)
    question = asked(today(), figures.SORTS)
    shown, rows = _table(question)
    return figures.file_answer(figures.departments_sheet(shown, rows, question), kind, f"team-{question.as_of}")


@blueprint.get("/people/<int:person_id>")
@needs(Permission.TEAM_VIEW)
def person(person_id: int) -> ResponseReturnValue:
    """What is asked of one person of the team, and why each duty is in the state it is in."""
    question = asked(today())
    allowed = people_queries.visible_to(session(), viewer(), Permission.TEAM_VIEW, question.as_of)
    found = session().scalar(select(Person).where(Person.id == person_id, Person.id.in_(allowed)))
    if found is None:
        raise NotFound(N_("There is no such person in your team."))
    duties = compliance.duties(session(), person_id, question.as_of)
    return render_template(
        "team/person.html",
        asked=question,
        person=found,
        held=people_queries.held(session(), person_id, question.as_of),
        duties=[(duty, tell(duty.why)) for duty in duties],
    ), 422 if question.problem else 200


# --- another attempt --------------------------------------------------------------------------------------------------


def _may_grant() -> Select[int]:
    return people_queries.visible_to(session(), viewer(), Permission.ATTEMPT_GRANT, today())


@blueprint.get("/attempts")
@needs(Permission.ATTEMPT_GRANT)
def attempts() -> ResponseReturnValue:
    """Everybody in reach whose attempts at a test are used up."""
    stuck = used_up(session(), _may_grant(), not_person=viewer().person_id)
    return render_template("team/attempts.html", stuck=stuck, failed=None, reason="")


@blueprint.post("/attempts/<int:enrolment_id>")
@needs(Permission.ATTEMPT_GRANT)
def grant(enrolment_id: int) -> ResponseReturnValue:
    """Give one more attempt, with a reason. Nobody can give one to themselves."""
    found = used_up(session(), _may_grant(), enrolment_id=enrolment_id, not_person=viewer().person_id)
    if not found:
        raise NotFound(N_("Nobody here waits for this attempt. Perhaps a colleague has given it already."))
    stuck = found[0]
    reason = request.form.get("reason", "")[:500]
    enrolment = session().get_one(Enrolment, enrolment_id)
    by = actor()
    try:
        grant_attempts(session(), enrolment, stuck.step_id, extra=1, reason=reason, now=now(), by=viewer().person_id)
    except Invalid as refused:
        session().rollback()
        waiting = used_up(session(), _may_grant(), not_person=viewer().person_id)
        page = render_template("team/attempts.html", stuck=waiting, failed=enrolment_id, problem=tell(refused.message))
        return page, 422
    after = {"enrolment_id": enrolment_id, "step": stuck.step_id, "extra": 1}
    record(session(), by, "attempt.grant", "person", stuck.person_id, after=after, reason=reason.strip())
    commit()
    say(gettext("%(name)s has one more attempt at %(course)s.", name=stuck.name, course=stuck.course))
    return redirect(url_for("team.attempts"), 303)
