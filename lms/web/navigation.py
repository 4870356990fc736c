"""The main menu: what each role sees, in the order it is needed."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, url_for
from flask_babel import lazy_gettext as _l

from lms.access import Permission, Viewer, may

MENU = (
    (Permission.LEARN, "learner.home", _l("My learning"), "book-open"),
    (Permission.LEARN, "learner.catalogue", _l("Courses"), "library"),
    (Permission.LEARN, "learner.transcript", _l("Transcript"), "award"),
    (Permission.TEAM_VIEW, "team.index", _l("My team"), "users"),
    (Permission.COMPLETION_VIEW, "today.index", _l("Today"), "house"),
    (Permission.COMPLETION_VIEW, "completion.index", _l("Completion"), "chart"),
    (Permission.PEOPLE_VIEW, "people.index", _l("People"), "id-card"),
    (Permission.REQUIREMENT_VIEW, "requirements.index", _l("Requirements"), "clipboard"),
    (Permission.REQUIREMENT_VIEW, "notices.plan", _l("Reminders"), "bell"),
    (Permission.EVIDENCE_BUILD, "evidence.index", _l("Evidence"), "file-text"),
    (Permission.LEADERSHIP_VIEW, "leadership.overview", _l("Leadership"), "compass"),
    (Permission.COURSE_PREVIEW, "authoring.courses", _l("Authoring"), "pencil"),
    (Permission.ADMINISTRATION_VIEW, "admin.overview", _l("Administration"), "settings"),
    (Permission.AUDIT_VIEW, "admin.audit", _l("Audit log"), "scroll"),
)


SECTIONS = {
    "people.index": ("people", "departments", "employer", "many", "decided", "qualifications", "sessions", "imports", "looking", "feeds",
                     "history"),
    "requirements.index": ("requirements", "library", "drafts", "rehearsals", "policies", "equivalencies", "assignments"),
    "completion.index": ("completion", "comparisons", "employer_report"),
    "today.index": ("today", "reviewing"),
    "team.index": ("team",),
    "notices.plan": ("notices",),
    "evidence.index": ("evidence",),
    "leadership.overview": ("leadership",),
    "authoring.courses": ("authoring", "panels", "answers"),
    "admin.overview": ("admin",),
    "learner.home": ("more_time", "surveys"),
    "learner.transcript": ("outside",),
}  # fmt: skip
"""Which line of the menu the pages of a blueprint stand under."""

SECTION_OF = {blueprint: target for target, blueprints in SECTIONS.items() for blueprint in blueprints}
UNDER = {"learner.course": "learner.catalogue"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu. ``current`` as ARIA has it: page (this very page), true (a page below it), or empty."""

    label: str
    url: str
    current: str
    icon: str


def menu(viewer: Viewer | None, endpoint: str) -> list[Entry]:
    """The menu of this viewer."""
    known = current_app.view_functions
    exact = any(endpoint == target for _, target, *_ in MENU)
    section = endpoint if exact else UNDER.get(endpoint) or SECTION_OF.get(endpoint.partition(".")[0])
    here = "page" if exact else "true"
    return [
        Entry(str(label), url_for(target), here if target == section else "", icon)
        for permission, target, label, icon in MENU
        if target in known and may(viewer, permission)
    ]
