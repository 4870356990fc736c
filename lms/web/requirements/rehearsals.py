"""The rehearsal of a draft: what it would do to whom before it goes live, and publishing it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date, gettext, ngettext

from lms.access import Permission
from lms.compliance.calendar import add_months
from lms.compliance.drafts import actions, queries
from lms.compliance.drafts.doubting import judge
from lms.compliance.drafts.models import Rehearsal, RequirementDraft
from lms.compliance.drafts.rehearsing import CASES, LATE, MONTHS, people_in
from lms.compliance.drafts.sheet import sheet_of
from lms.compliance.spans import State
from lms.errors import Conflict, Invalid
from lms.people import queries as people
from lms.people.tree import Tree
from lms.web.page import actor, commit, needs, roll_back, say, session, tell, today
from lms.web.requirements import rule_choices
from lms.web.requirements.requirements import read_back
from lms.web.requirements.rule_choices import said, said_in_form, said_where

blueprint = Blueprint("rehearsals", __name__, url_prefix="/requirements/drafts")

ORDER = (
    State.OVERDUE, State.IN_GRACE, State.OPEN, State.UPCOMING, State.RENEWAL_OPEN, State.COMPLIANT, State.ON_LEAVE, State.EXEMPT,
)  # fmt: skip
PAGE = 50


@blueprint.get("/<int:draft_id>/rehearsal")
@needs(Permission.DRAFT_VIEW)
def show(draft_id: int) -> ResponseReturnValue:
    """What was rehearsed of a draft, or how far it is."""
    return _page(queries.draft(session(), draft_id))


@blueprint.post("/<int:draft_id>/rehearsal")
@needs(Permission.REQUIREMENT_EDIT)
def ask(draft_id: int) -> ResponseReturnValue:
    """Rehearse a draft as it stands now."""
    return begin(queries.draft(session(), draft_id))


@blueprint.post("/<int:draft_id>/publish")
@needs(Permission.REQUIREMENT_EDIT)
def publish(draft_id: int) -> ResponseReturnValue:
    """Publish what was rehearsed."""
    draft = queries.draft(session(), draft_id)
    try:
        version = actions.publish(session(), draft, actor(), confirmed=request.form.get("confirmed") == "yes")
    except (Invalid, Conflict) as refused:
        roll_back()
        problems = refused.problems if isinstance(refused, Invalid) else ()
        told = [tell(refused.message), *(said_where(problem) for problem in problems)]
        return _page(queries.draft(session(), draft_id), told), refused.status
    commit()
    done = gettext(
        "The requirement is published. It is being worked out for everybody; the pages say so until it is done."
    )
    say(done, "done")
    return redirect(url_for("requirements.show", requirement_id=version.requirement_id), 303)


@blueprint.get("/<int:draft_id>/people")
@needs(Permission.DRAFT_VIEW)
def names(draft_id: int) -> ResponseReturnValue:
    """The people behind a figure, by name: the audience on the first day, or those to whom something happens."""
    draft = queries.draft(session(), draft_id)
    rehearsal = queries.rehearsal_of(session(), draft.id)
    if rehearsal is None:
        return redirect(url_for("rehearsals.show", draft_id=draft_id), 303)
    move = request.args.get("move", "")
    move = move if move in queries.MOVES else ""
    late, department = request.args.get("late") == "1", request.args.get("department", None, type=int)
    page = min(max(request.args.get("page", 1, type=int), 1), 100_000)
    found, total = queries.names(
        session(), rehearsal.id, move=move, department_id=department, late=late, page=page, size=PAGE
    )
    own: dict[str, Any] = {"draft_id": draft_id, "late": 1 if late else None, "department": department}
    return render_template(
        "drafts/people.html",
        draft=draft, rehearsal=rehearsal, found=found, total=total, page=page, pages=max(1, -(-total // PAGE)), move=move, late=late,
        tree=people.tree(session(), rehearsal.first_day), department=department, words=rule_choices.MOVES,
        url_of=lambda number: url_for("rehearsals.names", **own, move=move or None, page=number),
        url_of_move=lambda other: url_for("rehearsals.names", **own, move=other or None),
    )  # fmt: skip


def begin(draft: RequirementDraft) -> ResponseReturnValue:
    """Rehearse: at once where there are few people, beside the pages where there are many."""
    try:
        rehearsal = actions.rehearse(session(), draft, actor())
    except Invalid as refused:
        told = [said_where(problem) for problem in refused.problems] or [tell(refused.message)]
        roll_back()
        return _page(queries.draft(session(), draft.id), told), 422
    small = rehearsal.people <= actions.AT_ONCE
    if not small:
        actions.ask_worker(session(), rehearsal, actor())
    commit()
    while small and not actions.step(session(), rehearsal.id, actor()):
        commit()
    commit()
    return redirect(url_for("rehearsals.show", draft_id=draft.id), 303)


def _page(draft: RequirementDraft, told: list[str] | None = None) -> str:
    rehearsal = queries.rehearsal_of(session(), draft.id)
    judged, sheet = judge(session(), draft.document, draft.requirement_id, today()), sheet_of(draft.document)
    page: dict[str, Any] = {
        "draft": draft, "rehearsal": rehearsal, "problems": told or [], "title": draft.document.get("title") or gettext("Draft"),
        "stale": rehearsal is not None and rehearsal.document != draft.document,
        "refused": [said_in_form(each, sheet) or said_where(each) for each in judged.refused],
        "sentences": read_back(judged.stated.data) if judged.stated and judged.stated.data else [],
    }  # fmt: skip
    if rehearsal is None or rehearsal.finished_at is None:
        return render_template("drafts/rehearsal.html", **page)
    tree = people.tree(session(), rehearsal.first_day)
    page["strange"] = list(dict.fromkeys(said(each) for each in (*judged.told, *queries.strange(rehearsal))))
    page["shown"] = _shown(rehearsal, tree)
    page["cases"] = list(_cases(rehearsal))
    return render_template("drafts/rehearsal.html", **page)


def _shown(rehearsal: Rehearsal, tree: Tree) -> SimpleNamespace:
    """The figures as the page draws them."""
    figures = rehearsal.figures
    rows = []
    for state in ORDER:
        was, becomes = people_in(figures, "was", {state}), people_in(figures, "becomes", {state})
        if was or becomes:
            rows.append((state.name.lower(), was, becomes, becomes - was))
    first = rehearsal.first_day.replace(day=1)
    months = [add_months(first, number) for number in range(MONTHS + 1)]
    due = {f"{month:%Y-%m}": figures["months"].get(f"{month:%Y-%m}", {}) for month in months}
    if not due[f"{months[-1]:%Y-%m}"]:
        months.pop()
    departments = {int(home) for counts in due.values() for home in counts} | {
        int(home) for home in figures["departments"]
    }
    return SimpleNamespace(
        states=rows,
        was=people_in(figures, "was"), becomes=people_in(figures, "becomes"),
        late=people_in(figures, "becomes", LATE), in_grace=people_in(figures, "becomes", {State.IN_GRACE}),
        overdue=people_in(figures, "becomes", {State.OVERDUE}),
        moves=[(move, label, figures["moves"].get(move, 0)) for move, label in rule_choices.MOVES.items()],
        points=[(format_date(month, "MMM y"), sum(due[f"{month:%Y-%m}"].values())) for month in months],
        month_columns=[{"label": format_date(month, "MMM y"), "numeric": True} for month in months],
        departments=[
            (home, name, figures["departments"].get(str(home), {}), [due[f"{month:%Y-%m}"].get(str(home), 0) for month in months])
            for _, name, home in sorted(_named(tree, departments))
        ],
        all_due=sum(number for counts in due.values() for number in counts.values()),
    )  # fmt: skip


def _named(tree: Tree, ids: set[int]) -> Iterator[tuple[str, str, int]]:
    """Departments with their path, by which they are ordered, and their name."""
    for home in ids:
        name = tree.nodes[home].name if home in tree.nodes else gettext("Without a department")
        yield tree.path(home), name, home


def _cases(rehearsal: Rehearsal) -> Iterator[SimpleNamespace]:
    """Each case that there is among the people, with a few of them and their own days."""
    found = rehearsal.figures["cases"]
    ids = [each["person"] for told in found.values() for each in told["examples"]]
    display = queries.display_names(session(), ids)
    for case in CASES:
        if case not in found:
            continue
        examples = [
            (
                each["person"],
                display.get(each["person"], ""),
                [_span(rehearsal.first_day, *span) for span in each["spans"]],
            )
            for each in found[case]["examples"]
        ]
        number = found[case]["people"]
        people_said = ngettext("%(num)s person", "%(num)s people", number)
        yield SimpleNamespace(title=rule_choices.CASES[case], people=people_said, examples=examples)


def _span(first_day: date, from_day: str, to_day: str, code: int, due: str | None) -> tuple[str, str, str | None]:
    """The days of a span in words, its state, and the day on which it is due."""
    start, end = max(date.fromisoformat(from_day), first_day), date.fromisoformat(to_day)
    when = gettext("From %(first)s", first=format_date(start))
    if end.year < 9999:
        last = format_date(end - timedelta(days=1))
        when = gettext("%(first)s to %(last)s", first=format_date(start), last=last)
    return when, State(code).name.lower(), format_date(date.fromisoformat(due)) if due else None
