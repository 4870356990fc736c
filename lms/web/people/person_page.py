"""What the pages about one person share: who may be seen, the tabs, and the form that changes something about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select

from lms.access import Permission, refuse_own
from lms.errors import N_, NotFound
from lms.flows import staffing
from lms.people import queries
from lms.people.models import Person
from lms.web.form_page import form_page
from lms.web.page import actor, session, today, viewer

Act = Callable[[], object]


def change(
    one: Person,
    form: Any,
    title: str,
    label: str,
    act: Act,
    *,
    returned: bool = False,
    tab: str = "people.person",
    **how: Any,
) -> ResponseReturnValue:
    """A form that changes one person; their timeline and account follow."""
    person_id, name = one.id, one.display_name
    back = url_for(tab, person_id=person_id)

    def whole() -> str:
        act()
        staffing.people_changed(session(), [person_id], actor(), returned=[person_id] if returned else [])
        return back

    return form_page(form, whole, title, label, back, crumb=(name, back), **how)


def found(person_id: int, permission: Permission) -> Person:
    """A person whom the viewer may see with this permission."""
    visible = queries.visible_to(session(), viewer(), permission, today())
    one = session().scalar(select(Person).where(Person.id == person_id, Person.id.in_(visible)))
    if one is None:
        raise NotFound(N_("There is no such person, or they are not in the departments you look after."))
    return one


def decides_about(person_id: int, permission: Permission) -> Person:
    """A person about whom the viewer may decide: somebody in reach, and never oneself.

    Raises:
        NotFound: there is no such person in reach.
        Denied: it is oneself.
    """
    one = found(person_id, permission)
    refuse_own(viewer().person_id, person_id)
    return one


def tabs(person_id: int) -> list[dict[str, Any]]:
    """The tabs of the pages about a person, the current one marked."""
    shown = (
        ("people.person", gettext("Overview")),
        ("qualifications.index", gettext("Licences and duties")),
        ("people.training", gettext("Training")),
        ("people.changes", gettext("Account and changes")),
    )
    return [
        {"label": label, "url": url_for(target, person_id=person_id), "current": request.endpoint == target}
        for target, label in shown
    ]
