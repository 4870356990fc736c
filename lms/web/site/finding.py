"""The search box: people, departments, courses, requirements; each only where the viewer may see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for
from sqlalchemy import select

from lms.access import Permission, may, scope
from lms.catalogue import queries as catalogue
from lms.catalogue.localised import localised
from lms.compliance import queries as compliance
from lms.people import queries as people
from lms.people.folding import folded
from lms.people.models import Person
from lms.web.page import locale, session, today, viewer
from lms.web.reports.asked import asked, person_url
from lms.web.words import gettext

MOST = 10
"""Hits of each kind."""

SEES_PEOPLE = (Permission.PEOPLE_VIEW, Permission.COMPLETION_VIEW, Permission.TEAM_VIEW)


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found; ``language`` is that of the label (None: the page's)."""

    label: str
    url: str
    note: str = ""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of one kind."""

    title: str
    hits: list[Hit]


def find(term: str) -> list[Group]:
    """What matches every word of ``term``; groups without hits are left out."""
    words = folded(term).split()
    if not words:
        return []
    kinds: tuple[tuple[str, Callable[[list[str]], Iterator[Hit]]], ...] = (
        (gettext("People"), _people),
        (gettext("Departments"), _departments),
        (gettext("Courses"), _courses),
        (gettext("Requirements"), _requirements),
    )
    groups = [Group(title, list(look(words))) for title, look in kinds]
    return [group for group in groups if group.hits]


def _seeing() -> Permission | None:
    return next((permission for permission in SEES_PEOPLE if may(viewer(), permission)), None)


def _matches(words: list[str], *texts: str) -> bool:
    whole = folded(" ".join(texts))
    return all(word in whole for word in words)


def _people(words: list[str]) -> Iterator[Hit]:
    permission = _seeing()
    if permission is None:
        return
    allowed = people.visible_to(session(), viewer(), permission, today())
    query = select(Person).where(Person.id.in_(allowed), *people.found_by(" ".join(words)))
    shown = asked(today())
    for person in session().scalars(query.order_by(Person.family_name, Person.given_name, Person.id).limit(MOST)):
        url = person_url(person.id, shown)
        if url is None and may(viewer(), Permission.COMPLETION_VIEW):
            url = url_for("completion.people", q=person.number)
        if url is not None:
            yield Hit(person.display_name, url, gettext("Number %(number)s", number=person.number))


def _departments(words: list[str]) -> Iterator[Hit]:
    pages = ((Permission.COMPLETION_VIEW, "completion.index"), (Permission.TEAM_VIEW, "team.departments"))
    where = next(((permission, page) for permission, page in pages if may(viewer(), permission)), None)
    if where is None:
        return
    permission, page = where
    tree = people.tree(session(), today())
    roots = scope(viewer(), permission)
    seen = tree.nodes.keys() if roots is None else tree.subtree(roots)
    found = [node for _, node in tree.walk() if node.id in seen and _matches(words, node.name, node.code)]
    for node in found[:MOST]:
        yield Hit(node.name, url_for(page, department=node.id), tree.path(node.id))


def _courses(words: list[str]) -> Iterator[Hit]:
    """By the title that the reader sees in the catalogue, by the original one, and by the code."""
    offered = catalogue.offered(session())
    known = catalogue.contents(session(), [course.version_id for course in offered])
    titles = {course.version_id: localised(known[course.version_id], locale()).title for course in offered}
    found = [c for c in offered if _matches(words, str(titles[c.version_id]), c.title, c.code)]
    for course in found[:MOST]:
        note = gettext("%(code)s, %(minutes)s minutes", code=course.code, minutes=course.minutes)
        title = titles[course.version_id]
        yield Hit(str(title), url_for("learner.course", slug=course.slug), note, title.language)


def _requirements(words: list[str]) -> Iterator[Hit]:
    if not may(viewer(), Permission.REQUIREMENT_VIEW) or "requirements.show" not in current_app.view_functions:
        return
    in_force: list[Any] = compliance.requirements(session(), today())
    found = [(version, code) for version, code in in_force if _matches(words, version.title, code)]
    for version, code in found[:MOST]:
        yield Hit(version.title, url_for("requirements.show", requirement_id=version.requirement_id), code)
