"""Kept comparisons: what was known of everybody on an earlier day, beside what is known now. A viewer sees their own departments of it."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.access import Permission, scope
from lms.compliance.comparing import actions
from lms.compliance.comparing import queries as comparing
from lms.compliance.known_then import pairs
from lms.errors import N_, Denied, Message, NotFound
from lms.web.page import actor, commit, needs, organisation, session, tell, today, viewer
from lms.web.reports import compared, sheets
from lms.web.reports.asked import YEARS
from lms.web.reports.known import AT_ONCE
from lms.web.reports.people_behind import PEOPLE, summary
from lms.web.words import gettext

blueprint = Blueprint("comparisons", __name__, url_prefix="/completion/kept")

KEPT = 50
"""Comparisons on one page of the list."""


@blueprint.get("")
@needs(Permission.COMPLETION_VIEW)
def index() -> ResponseReturnValue:
    """What is kept, and the form that asks for another."""
    return _list(request.args.get("as_of", today().isoformat()), request.args.get("known", ""), [])


@blueprint.post("")
@needs(Permission.COMPLETION_VIEW)
def ask() -> ResponseReturnValue:
    """Compare the whole organisation, or open what is kept of the same question."""
    _whole_organisation()
    as_of, known = request.form.get("as_of", "").strip(), request.form.get("known", "").strip()
    day, known_on, problems = _days(as_of, known)
    if problems or day is None or known_on is None:
        return _list(as_of, known, problems), 422
    again = request.form.get("again") == "1"
    kept = actions.ask(session(), day, known_on, organisation().zone, actor(), again=again)
    small = pairs(session(), kept.people) <= AT_ONCE
    if kept.finished_at is None and not small:
        actions.ask_worker(session(), kept, actor())
    commit()
    while small and (worked := actions.work_out(session(), kept.id)) is not None:
        actions.keep(session(), worked, actor().now)
        commit()
    return redirect(url_for("comparisons.show", comparison_id=kept.id), 303)


@blueprint.get("/<int:comparison_id>")
@needs(Permission.COMPLETION_VIEW)
def show(comparison_id: int) -> ResponseReturnValue:
    """One comparison: how far it is, or its figures by department."""
    shown = compared.seen(comparison_id)
    if shown.kept.finished_at is None:
        return render_template("completion/comparison.html", shown=shown, may_ask=shown.roots is None)
    then, now = compared.rows(shown)
    moved = comparing.how_many(session(), shown.wanted)
    return render_template(
        "completion/comparison.html",
        shown=shown,
        lede=compared.lede(moved, shown),
        moved=moved,
        figures=compared.sides(then[-1], now[-1]),
        columns=compared.headings(shown.kept),
        rows=[compared.tree_row(shown, *both) for both in zip(then, now, strict=True)],
        may_ask=shown.roots is None,
    )


@blueprint.get("/<int:comparison_id>/people")
@needs(Permission.COMPLETION_VIEW)
def people(comparison_id: int) -> ResponseReturnValue:
    """Who stands elsewhere, and what was learnt since."""
    shown = _finished(comparison_id)
    total = comparing.how_many(session(), shown.wanted)
    pages = max(1, -(-total // PEOPLE))
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    found = comparing.moved(session(), shown.kept, shown.wanted, page, PEOPLE)
    return render_template(
        "completion/comparison_people.html",
        shown=shown,
        lede=compared.lede(total, shown),
        lines=list(compared.lines(found, shown)),
        page=page,
        pages=pages,
        summary=summary(page, PEOPLE, total),
        url_of=lambda number: shown.url("comparisons.people", page=number),
    )


@blueprint.get("/<int:comparison_id>/departments.<kind>")
@needs(Permission.COMPLETION_VIEW)
def departments_file(comparison_id: int, kind: str) -> ResponseReturnValue:
    """Department × requirement × state, then and now, as a file."""
    shown = _finished(comparison_id, kind)
    return sheets.file_answer(compared.departments_sheet(shown), kind, f"{shown.file_name}-departments")


@blueprint.get("/<int:comparison_id>/people.<kind>")
@needs(Permission.COMPLETION_VIEW)
def people_file(comparison_id: int, kind: str) -> ResponseReturnValue:
    """Everybody who stands elsewhere, one line for each requirement, as a file."""
    shown = _finished(comparison_id, kind)
    return sheets.file_answer(compared.people_sheet(shown), kind, f"{shown.file_name}-people")


def _finished(comparison_id: int, kind: str = "csv") -> compared.Seen:
    """What is seen of a comparison that is finished, for a page or a kind of file."""
    if kind not in ("csv", "xlsx"):
        abort(404)
    shown = compared.seen(comparison_id)
    if shown.kept.finished_at is None:
        raise NotFound(N_("This comparison is still being worked out."))
    return shown


def _whole_organisation() -> None:
    if scope(viewer(), Permission.COMPLETION_VIEW) is not None:
        raise Denied(N_("Only somebody who sees the whole organisation can compare all of it."))


def _days(as_of: str, known: str) -> tuple[date | None, date | None, list[str]]:
    found: list[date | None] = []
    problems: list[str] = []
    for written, what in ((as_of, N_("The day of the figures")), (known, N_("The day of knowledge"))):
        try:
            day = date.fromisoformat(written)
            if day.year not in YEARS:
                raise ValueError
            found.append(day)
        except ValueError:
            found.append(None)
            said = N_("%(what)s, “%(value)s”, is not a day. Write it as 2026-06-30.")
            problems.append(tell(Message(said, {"what": gettext(what), "value": written[:40]})))
    as_of_day, known_on = found
    if known_on is not None and known_on > today():
        problems.append(
            gettext("What will be known on a later day cannot be compared. Choose today or an earlier day.")
        )
    return as_of_day, known_on, problems


def _list(as_of: str, known: str, problems: list[str]) -> str:
    page = min(max(request.args.get("page", 1, type=int), 1), 100_000)
    found = comparing.listed(session(), page, KEPT)
    return render_template(
        "completion/comparisons.html",
        as_of=as_of[:40],
        known=known[:40] or as_of[:40],
        problems=problems,
        found=found[:KEPT],
        page=page,
        more=len(found) > KEPT,
        url_of=lambda number: url_for("comparisons.index", page=number),
        may_ask=scope(viewer(), Permission.COMPLETION_VIEW) is None,
    )
