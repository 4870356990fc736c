"""The main menu says where one is, also on the pages below a section."""

from __future__ import annotations

from flask import Flask

from lms.access import Grant, Role, Viewer
from lms.web.navigation import MENU, SECTION_OF, UNDER, menu

HR = Viewer(1, 1, "Hannah", frozenset({Grant(Role.LEARNER), Grant(Role.HR)}))


def test_the_line_of_the_section_is_marked_on_every_page_below_it(app: Flask) -> None:
    def marked(endpoint: str) -> dict[str, str]:
        with app.test_request_context():
            return {entry.label: entry.current for entry in menu(HR, endpoint) if entry.current}

    assert marked("people.index") == {"People": "page"}
    for below in ("people.person", "looking.show", "departments.show", "many.leave"):
        assert marked(below) == {"People": "true"}, below
    assert marked("drafts.edit") == {"Requirements": "true"} and marked("learner.course") == {"Courses": "true"}
    assert marked("learner.transcript") == {"Transcript": "page"} and marked("site.help") == {}


def test_sections_name_what_there_is(app: Flask) -> None:
    assert set(SECTION_OF) <= set(app.blueprints) and set(UNDER) <= set(app.view_functions)
    assert {*SECTION_OF.values(), *UNDER.values()} <= {target for _, target, *_ in MENU}
