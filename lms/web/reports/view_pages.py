"""The pages that can be saved as a view: where each is, what it may be asked, and who may open it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl

from flask_babel import lazy_gettext as _l

from lms.access import Permission

ASKED = frozenset({"as_of", "requirement", "department", "job", "profession", "state", "q", "sort", "reports"})
"""What a page of figures may be asked."""

STAFF = frozenset({"q", "department", "kind", "standing", "sort"})
LONGEST = 200


class ViewPage(NamedTuple):
    """A page at ``endpoint`` (with ``route`` in its path), its file at ``file`` (None: it has none)."""

    label: object
    endpoint: str
    file: str | None
    permission: Permission
    route: Mapping[str, str] = {}
    names: frozenset[str] = ASKED


COMPLETION, TEAM = Permission.COMPLETION_VIEW, Permission.TEAM_VIEW

PAGES = {
    "departments": ViewPage(
        _l("Completion by department"), "completion.index", "completion.departments_file", COMPLETION
    ),
    **{
        f"{group}s": ViewPage(label, "completion.grouped_page", "completion.grouped_file", COMPLETION, {"group": group})
        for group, label in (
            ("requirement", _l("Completion by requirement")),
            ("job", _l("Completion by job")),
            ("site", _l("Completion by site")),
        )
    },
    "people": ViewPage(_l("People behind the figures"), "completion.people", "completion.people_file", COMPLETION),
    "matrix": ViewPage(_l("People × requirements"), "completion.matrix_page", "completion.matrix_file", COMPLETION),
    "team-departments": ViewPage(_l("My team by department"), "team.departments", "team.departments_file", TEAM),
    "team-people": ViewPage(_l("My team"), "team.people", "team.people_file", TEAM),
    "team-matrix": ViewPage(_l("My team × requirements"), "team.matrix_page", "team.matrix_file", TEAM),
    "staff": ViewPage(_l("People"), "people.index", None, Permission.PEOPLE_VIEW, names=STAFF),
}
"""By the word under which a view keeps them."""


def page_of(endpoint: str, route: Mapping[str, object]) -> str | None:
    """The word of the page that is open; None where it cannot be saved."""
    for word, page in PAGES.items():
        if page.endpoint == endpoint and all(route.get(name) == value for name, value in page.route.items()):
            return word
    return None


def asked_in(word: str, query: str) -> dict[str, str]:
    """What a page is asked by a query string; what it does not know, and its page number, is left out."""
    names = PAGES[word].names
    return {name: value[:LONGEST] for name, value in parse_qsl(query) if name in names and value}
