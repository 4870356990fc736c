"""People who were chosen on a list: those who are ticked, or everybody a search finds. An address says whom, so nothing is stored.

``who`` holds the ids that are ticked. With ``everybody`` the search that the list was found by is asked again: ``found`` says which
list it was, the other parts of the address are that list's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from flask import request
from sqlalchemy import select

from lms.access import Permission
from lms.errors import N_, Message
from lms.people import queries
from lms.people.models import Person
from lms.reports.queries import covered
from lms.web.page import session, today, viewer
from lms.web.people.people import found_people
from lms.web.reports import completion, people_behind
from lms.web.reports.asked import asked

MOST = 500
"""People of one list: a few seconds of work."""

NOBODY = Message(N_("Tick somebody on a list of people, or paste at least one employee number or e-mail address."))
TOO_MANY = Message(
    N_(
        "The list has more than %(most)s people, the most that can be decided about at once. Filter it further, or tick people."
    ),
    {"most": MOST},
)
UNTICKED = Message(N_("Nobody was ticked. Go back and tick people, or paste a list here."))
OUT_OF_REACH = Message(N_("Some of them are not among those for whom you may decide this; they are left out."))


@dataclass(frozen=True, slots=True)
class Chosen:
    """The people, by name; ``address`` says the same on another page; ``problem`` is what is to be known about the choice."""

    people: Sequence[Person] = ()
    address: dict[str, Any] | None = None
    problem: Message | None = None


def chosen(permission: Permission) -> Chosen:
    """Whom the address of this page means, as far as the viewer may decide about them."""
    address: dict[str, Any] = {name: values for name, values in request.args.lists() if name != "page"}
    if not address.keys() & {"who", "found", "everybody"}:
        return Chosen()
    ids = _everybody() if request.args.get("everybody") == "1" else row_ids(request.args.getlist("who"))
    if not ids:
        return Chosen(problem=UNTICKED)
    if len(ids) > MOST:
        return Chosen(problem=TOO_MANY)
    people = _people(ids, permission)
    return Chosen(people, address, None if len(people) == len(ids) else OUT_OF_REACH)


def ticked(permission: Permission) -> Chosen:
    """Who is ticked on the form that was sent."""
    return Chosen(_people(row_ids(request.form.getlist("who"))[:MOST], permission))


def _everybody() -> list[int]:
    """Everybody on the list that the address names; one more than :data:`MOST` where there are too many."""
    if request.args.get("found") == "completion":
        question = asked(today(), people_behind.SORTS)
        departments = covered(queries.tree(session(), question.as_of), completion.roots(), question.department)
        return [row.person_id for row in islice(people_behind.everybody(question, departments), MOST + 1)]
    return [row.id for row in found_people(page=1, size=MOST + 1).rows]


def row_ids(texts: Sequence[str]) -> list[int]:
    """The numbers of rows among these texts, each once."""
    return list(dict.fromkeys(int(text) for text in texts if text.isdecimal() and len(text) < 10))


def _people(ids: Sequence[int], permission: Permission) -> list[Person]:
    if not ids:
        return []
    visible = queries.visible_to(session(), viewer(), permission, today())
    query = select(Person).where(Person.id.in_(ids), Person.id.in_(visible))
    return list(session().scalars(query.order_by(Person.family_name, Person.given_name, Person.id)))
