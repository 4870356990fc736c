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
    (Permission.SETTINGS_EDIT, "admin.overview", _l("Administration"), "settings"),
    (Permission.AUDIT_VIEW, "admin.audit", _l("Audit log"), "scroll"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu."""

    label: str
    url: str
    current: bool
    icon: str


def menu(viewer: Viewer | None, endpoint: str) -> list[Entry]:
    """The menu of this viewer."""
    known = current_app.view_functions
    return [
        Entry(str(label), url_for(target), endpoint == target, icon)
        for permission, target, label, icon in MENU
        if target in known and may(viewer, permission)
    ]
