"""The pages of Angoff panels: begin one, enter what each judge says of each question, see the cut score, adopt it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.access import Permission
from lms.catalogue import angoff, panels
from lms.catalogue.content import CourseContent
from lms.catalogue.items import Item
from lms.catalogue.models import AngoffPanel
from lms.catalogue.steps import TestStep
from lms.errors import N_, AttuneError, Denied, Invalid, NotFound
from lms.web.authoring.authoring import draft_content
from lms.web.page import actor, commit, needs, roll_back, say, session, tell
from lms.web.words import gettext

blueprint = Blueprint("panels", __name__, url_prefix="/authoring/courses/<slug>/pass-mark")

SHEET = 200_000
"""Characters of a sheet."""


def _test(content: CourseContent) -> TestStep:
    if content.test is None:
        raise Invalid(N_("This course has no test yet."))
    return content.test


@blueprint.get("")
@needs(Permission.COURSE_PREVIEW)
def index(slug: str) -> ResponseReturnValue:
    """The panels of a course, and a form to begin one."""
    return _index(slug)


def _index(slug: str, refused: str | None = None, status: int = 200) -> ResponseReturnValue:
    content = draft_content(slug)
    return render_template(
        "authoring/panels.html",
        slug=slug,
        content=content,
        test=_test(content),
        count=len(panels.judged_items(content, _test(content).id)),
        rows=[(each, panels.result(each)) for each in panels.panels(session(), slug)],
        refused=[(refused, None)] if refused else [],
        title_given=request.form.get("title", ""),
        judges_given=request.form.get("judges", ""),
        source=angoff.SOURCE,
    ), status


@blueprint.post("")
@needs(Permission.COURSE_PUBLISH)
def begin(slug: str) -> ResponseReturnValue:
    """Begin a panel with the questions as they are now."""
    content = draft_content(slug)
    try:
        made = panels.begin(
            session(),
            content,
            _test(content).id,
            request.form.get("title", ""),
            request.form.get("judges", "").splitlines(),
            actor(),
        )
    except Invalid as refused:
        roll_back()
        return _index(slug, tell(refused.message), 422)
    commit()
    return redirect(url_for("panels.show", slug=slug, panel_id=made.id), 303)


@dataclass(frozen=True, slots=True)
class Line:
    """A question of the table: its number, id and beginning, what each judge says, whether its words have changed since."""

    number: int
    item_id: str
    stem: str
    cells: list[str]
    judged: angoff.JudgedItem | None
    changed: bool


@blueprint.get("/<int:panel_id>")
@needs(Permission.COURSE_PREVIEW)
def show(slug: str, panel_id: int) -> ResponseReturnValue:
    """What the judges say, and what follows."""
    return _page(slug, panels.panel_of(session(), slug, panel_id))


def _page(
    slug: str,
    panel: AngoffPanel,
    refused: list[str] | None = None,
    status: int = 200,
    filled: Mapping[str, Mapping[str, str]] | None = None,
    sheet: str = "",
) -> ResponseReturnValue:
    content = draft_content(slug)
    cut = panels.result(panel)
    first = panels.result(panel, 1) if panel.round > 1 else None
    return render_template(
        "authoring/panel.html",
        slug=slug,
        content=content,
        panel=panel,
        lines=_lines(content, panel, cut, filled),
        cut=cut,
        first=first,
        missing=angoff.missing(list(panel.items), panel.judges, panel.ratings[str(panel.round)]),
        wide=[item for item in cut.items if item.wide] if cut else [],
        few=len(panel.judges) < angoff.USUAL,
        usual=angoff.USUAL,
        refused=[(text, None) for text in refused or []],
        sheet=sheet,
        fits=set(panel.items) == set(panels.judged_items(content, panel.step_id)),
    ), status


def _lines(
    content: CourseContent, panel: AngoffPanel, cut: angoff.Cut | None, filled: Mapping[str, Mapping[str, str]] | None
) -> list[Line]:
    written = filled if filled is not None else panel.ratings[str(panel.round)]
    judged = {item.item_id: item for item in cut.items} if cut else {}
    known: dict[str, Item] = {item.id: item for item in content.banks.get(panel.step_id, ())}
    now = panels.judged_items(content, panel.step_id)
    return [
        Line(
            number,
            item_id,
            known[item_id].stem if item_id in known else gettext("This question is no longer in the test."),
            [written.get(item_id, {}).get(judge, "") for judge in panel.judges],
            judged.get(item_id),
            now.get(item_id) != was,
        )
        for number, (item_id, was) in enumerate(panel.items.items(), 1)
    ]


def _change(slug: str, panel_id: int, act: Any, said: str, **kept: Any) -> ResponseReturnValue:
    """Do it, or show the panel again with what was refused and what had been filled in."""
    panel = panels.panel_of(session(), slug, panel_id)
    try:
        act(panel)
    except (Denied, NotFound):
        raise
    except AttuneError as refused:
        roll_back()
        told = [tell(refused.message)]
        for problem in getattr(refused, "problems", ()):
            told.append(gettext("Line %(line)s: %(what)s", line=problem.line, what=tell(problem.message)))
        return _page(slug, panels.panel_of(session(), slug, panel_id), told, refused.status, **kept)
    commit()
    say(said)
    return redirect(url_for("panels.show", slug=slug, panel_id=panel_id), 303)


@blueprint.post("/<int:panel_id>/ratings")
@needs(Permission.COURSE_PUBLISH)
def save(slug: str, panel_id: int) -> ResponseReturnValue:
    """Keep what was entered in the table; what is still empty can come later."""
    panel = panels.panel_of(session(), slug, panel_id)
    filled = {
        item: {judge: request.form.get(f"r-{row}-{column}", "")[:20] for column, judge in enumerate(panel.judges, 1)}
        for row, item in enumerate(panel.items, 1)
    }
    said = gettext("Saved.")
    return _change(slug, panel_id, lambda row: panels.save(session(), row, filled, actor()), said, filled=filled)


@blueprint.post("/<int:panel_id>/sheet")
@needs(Permission.COURSE_PUBLISH)
def sheet(slug: str, panel_id: int) -> ResponseReturnValue:
    """Take in a sheet that was pasted or uploaded, in place of what the round held."""
    upload = request.files.get("file")
    pasted = request.form.get("sheet", "")[:SHEET]
    text = upload.read(SHEET).decode("utf-8-sig", "replace") if upload and upload.filename else pasted

    def take(panel: AngoffPanel) -> None:
        judges, ratings = angoff.read_sheet(text, list(panel.items))
        panels.save(session(), panel, ratings, actor(), judges)

    return _change(slug, panel_id, take, gettext("The sheet is taken in."), sheet=pasted)


@blueprint.post("/<int:panel_id>/round")
@needs(Permission.COURSE_PUBLISH)
def again(slug: str, panel_id: int) -> ResponseReturnValue:
    """Judge once more after talking."""
    said = gettext("The second round begins with what was said in the first.")
    return _change(slug, panel_id, lambda row: panels.second_round(session(), row, actor()), said)


@blueprint.post("/<int:panel_id>/adopt")
@needs(Permission.COURSE_PUBLISH)
def adopt(slug: str, panel_id: int) -> ResponseReturnValue:
    """Take the result as the pass mark of the next version."""
    content = draft_content(slug)
    said = gettext("Adopted. The next version that is published with `pass_mark: angoff` has this pass mark.")
    return _change(slug, panel_id, lambda row: panels.adopt(session(), row, content, actor()), said)
