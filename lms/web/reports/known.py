"""As known then: what the figures of a day looked like at an earlier moment, what they are by what is known now, and why they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template, request
from flask.typing import ResponseReturnValue

from lms.accounts.queries import names_of
from lms.compliance import queries as compliance
from lms.compliance.known_then import NOWHERE, Comparison, Difference, Side, pairs, there
from lms.compliance.models import OVERALL
from lms.errors import N_, Message
from lms.people.queries import tree as tree_of
from lms.people.tree import Tree
from lms.reports import queries
from lms.reports.rollup import COLUMN_OF, STATES, Figures
from lms.web.page import organisation, session
from lms.web.reports import figures
from lms.web.reports.asked import Asked, person_url
from lms.web.words import gettext

AT_ONCE = 8000
"""So many pairs of person and requirement are compared while somebody waits: about two seconds."""


NEITHER = (NOWHERE, NOWHERE)


def known_page(question: Asked, roots: Collection[int] | None) -> ResponseReturnValue:
    """The comparison for the departments asked for, below ``roots`` (None: all), or for one person in them.

    Raises:
        NotFound: the department is not there on the day, or the viewer may not see it.
    """
    tree = tree_of(session(), question.as_of)
    departments = queries.covered(tree, roots, question.department)
    day, problem = _known_day(question)
    known_at = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(organisation().zone))
    person = request.args.get("person", type=int)
    people = there(session(), departments, question.as_of, known_at, person)
    too_many = pairs(session(), len(people)) > AT_ONCE
    compared = Comparison(session(), [] if too_many else people, question.as_of, known_at)
    differences = list(compared.differences())
    return render_template(
        "completion/known.html",
        asked=question,
        known_day=day,
        problem=question.problem or problem,
        too_many=too_many,
        may_ask=roots is None and question.department is None and person is None,
        person=person,
        lede=_lede(differences, len(people)),
        departments=figures.department_choices(tree, roots),
        columns=_columns([] if too_many else people, compared, departments),
        differences=list(_lines(differences, tree, question)),
    ), 422 if question.problem or problem else 200


def _known_day(question: Asked) -> tuple[date, Message | None]:
    written = request.args.get("known", "").strip()
    if not written:
        return min(question.as_of, question.today), None
    try:
        return min(date.fromisoformat(written), question.today), None
    except ValueError:
        told = N_("“%(value)s” is not a day. Write it as 2026-06-30; this is what was known on the day of the figures.")
        return min(question.as_of, question.today), Message(told, {"value": written[:40]})


def _columns(people: Iterable[int], compared: Comparison, departments: Collection[int] | None) -> list[dict[str, Any]]:
    """The figures of the overall states, then and now; who counted elsewhere at one of the times is not in its figures."""
    sides: list[Figures] = []
    for at in (0, 1):
        counted = Counter(
            COLUMN_OF[side.state]
            for side in (compared.standing(person).get(OVERALL, NEITHER)[at] for person in people)
            if side.state is not None and (departments is None or side.department_id in departments)
        )
        sides.append(Figures(**counted))
    words = figures.column_words()
    then, now = sides
    rows: list[dict[str, Any]] = [
        {"label": words[name], "then": getattr(then, name), "now": getattr(now, name)} for name in ("required", *STATES)
    ]
    return [
        {"label": words["rate"], "then": figures.per_cent(then.rate()), "now": figures.per_cent(now.rate())},
        *({**row, "change": row["now"] - row["then"]} for row in rows),
    ]


def _lede(differences: Iterable[Difference], people: int) -> str:
    changed = len({each.person_id for each in differences})
    return gettext(
        "%(changed)s of %(people)s people stand elsewhere, or are due on another day, by what is known now.",
        changed=figures.number(changed),
        people=figures.number(people),
    )


def _lines(differences: Iterable[Difference], tree: Tree, question: Asked) -> Iterable[dict[str, Any]]:
    found = list(differences)
    names = names_of(session(), {each.person_id for each in found})
    titles = {v.requirement_id: v.title for v, _ in compliance.requirements(session(), question.as_of)}
    for each in found:
        yield {
            "name": names[each.person_id],
            "url": person_url(each.person_id, question),
            "requirement": titles.get(each.requirement_id, gettext("not in force on this day")),
            "then": _told(each.then, each.now, tree),
            "now": _told(each.now, each.then, tree),
            "later": each.later,
        }


def _told(side: Side, other: Side, tree: Tree) -> Mapping[str, Any]:
    """One of two sides; its due day where the other has another one, since the sentence need not name it."""
    return {
        "state": "not_applicable" if side.state is None else side.state.name.lower(),
        "why": side.why,
        "due": side.due if side.due != other.due else None,
        "department": tree.nodes[side.department_id].name
        if side.department_id is not None and side.department_id in tree.nodes
        else None,
    }
