"""What a manager's first page says of the day: what waits for their decision, with names, and what changed in their departments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from flask import url_for

from lms.access import Permission
from lms.compliance.more_time import Waiting
from lms.people.queries import visible_to
from lms.people.tree import Tree
from lms.reports import queries, today
from lms.reports.attempts import UsedUp
from lms.web.page import now, session, viewer
from lms.web.reports import changed
from lms.web.reports.asked import Asked
from lms.web.reports.waiting import work
from lms.web.words import gettext

NAMED = 3
"""So many of those who wait are named; the page where it is decided names all."""


def waits(asking: Sequence[Waiting], stuck: Sequence[UsedUp], outside: int) -> list[dict[str, Any]]:
    """Lines for the component ``worklist``: requests for more time, attempts that are used up, and training done elsewhere."""
    found = {"more_time": len(asking), "attempts": len(stuck), "outside": outside}
    notes = [
        _named((one.name, one.turn.title) for one in asking),
        _named((one.name, one.course) for one in stuck),
        "",
    ]
    there = [note for note, number in zip(notes, found.values(), strict=True) if number]
    lines = work({name: number for name, number in found.items() if number})
    return [line | {"note": note} for line, note in zip(lines, there, strict=True)]


def _named(pairs: Iterable[tuple[str, str]]) -> str:
    """The first of them, each with what it is about."""
    said = [gettext("%(name)s (%(about)s)", name=name, about=about) for name, about in pairs]
    return gettext("%(names)s …", names=", ".join(said[:NAMED])) if len(said) > NAMED else ", ".join(said)


def what_changed(question: Asked, departments: Collection[int] | None) -> dict[str, Any]:
    """The figures of what changed in these departments, of direct reports only where that is asked; nothing for another day than today."""
    if question.as_of != question.today:
        return {}
    since = changed.since_when()
    visible = queries.only(question.wish, question.as_of)
    found = today.changes(session(), since.first, question.as_of, departments, now(), visible)
    kept = question.kept()
    return {
        "change_tabs": changed.tabs(since, "team.index", kept),
        "changes": changed.stats(found, since, "team.changed_people", kept),
    }


def people_page(what: str, question: Asked, tree: Tree, departments: Collection[int] | None) -> str:
    """The people behind one of these figures. Whoever has left the viewer's departments is named, but their page is not theirs."""
    since = changed.since_when()
    visible = queries.only(question.wish, question.as_of)
    chosen = today.chosen(what, since.first, question.as_of, departments, 0, now())
    shown = changed.List(
        what,
        today.among(chosen, visible),
        changed.since_words(since),
        (gettext("My team"), url_for("team.index", since=since.name, **question.kept())),
        "team.changed_people",
        {"since": since.name} | question.kept(),
        visible_to(session(), viewer(), Permission.TEAM_VIEW, question.as_of),
    )
    return changed.people_page(shown, tree, question.as_of)
