"""Why this number: what a rate is made of, each person once, every part leading to the people in it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from lms.compliance import queries as compliance
from lms.compliance.exempt import exempt_by_reason
from lms.reports import queries
from lms.reports.queries import Completion
from lms.reports.rollup import STATES
from lms.web.page import session
from lms.web.reports import figures
from lms.web.reports.asked import Asked
from lms.web.reports.place import Place
from lms.web.words import gettext


def why_page(question: Asked, place: Place, roots: Collection[int] | None, name: str) -> ResponseReturnValue:
    """The parts of one rate below ``roots`` (None: all); ``name`` is what everybody together is called.

    Raises:
        NotFound: the department is not there on the day, or the viewer may not see it.
    """
    shown = queries.completion(session(), name, question.as_of, question.wish, roots)
    title = figures.requirement_title(shown.requirements, question.requirement)
    whose = name if question.department is None else shown.tree.nodes[question.department].name
    return render_template(
        "completion/why.html",
        asked=question,
        place=place,
        whose=whose,
        rate=figures.per_cent(shown.total.rate),
        lede=figures.lede(shown.total),
        sum=_sum(shown),
        note=figures.table_note(question, shown.tree, title),
        chips=figures.chips(question, place.why, shown.tree),
        columns=_columns(shown, question, place),
        reasons=exempt_by_reason(
            session(),
            queries.people_of(question.wish, question.as_of, queries.covered(shown.tree, roots, question.department)),
        ),
        required=shown.total.figures.required,
        due_soon={
            "count": shown.total.figures.due_soon,
            "url": question.url(place.people, state="due_soon", sort="", q=""),
        },
        definitions=figures.definitions(shown),
        status=compliance.rebuild_status(session()),
    ), 422 if question.problem else 200


def _sum(shown: Completion) -> str | None:
    """The division as one writes it on paper; None where nobody is in the denominator."""
    counted = shown.total.figures
    if not counted.denominator:
        return None
    done = counted.compliant + (counted.in_grace if shown.grace_is_compliant else 0)
    return gettext(
        "%(done)s ÷ (%(compliant)s + %(in_grace)s + %(overdue)s) = %(rate)s",
        done=figures.number(done),
        compliant=figures.number(counted.compliant),
        in_grace=figures.number(counted.in_grace),
        overdue=figures.number(counted.overdue),
        rate=figures.per_cent(shown.total.rate),
    )


def _columns(shown: Completion, question: Asked, place: Place) -> list[dict[str, Any]]:
    """One for each column that adds up to *required*: its people, the page that lists them, and which side of the rate they are on."""
    good = ("compliant", "in_grace") if shown.grace_is_compliant else ("compliant",)
    late = tuple(name for name in ("in_grace", "overdue") if name not in good)
    side = {name: gettext("Counts as done") for name in good} | {name: gettext("Counts as late") for name in late}
    return [
        {
            "state": name,
            "count": getattr(shown.total.figures, name),
            "url": question.url(place.people, state=name, sort="", q=""),
            "side": side.get(name, gettext("Not in the rate")),
        }
        for name in STATES
    ]
