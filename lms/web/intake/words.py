"""The words of files that are taken in, in the reader's language."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from lms.people.plan import Verdict

SHOWN = 500
"""So many faults stand on the page; the command line lists them all."""

VERDICTS = {
    Verdict.NEW: _l("New"),
    Verdict.REHIRED: _l("Rehired"),
    Verdict.MOVED: _l("Moved"),
    Verdict.CHANGED: _l("Changed"),
    Verdict.ENDED: _l("Ended"),
    Verdict.UNCHANGED: _l("Unchanged"),
}
ENCODINGS = {
    "": _l("Find out"),
    "utf-8": "UTF-8",
    "cp1252": "Windows-1252",
    "mac_roman": "Mac Roman",
    "utf-16": "UTF-16",
}
DATES = {
    "iso": _l("Year first: 2026-06-30"),
    "us": _l("Month first: 6/30/2026"),
    "eu": _l("Day first: 30/6/2026"),
}


WHATS = {
    "staff": _l("Staff"),
    "licences": _l("Licences and certifications"),
    "duties": _l("Duties"),
    "leaves": _l("Leaves of absence"),
    "birth_months": _l("Birth months"),
    "completions": _l("Completed training"),
}
"""The kinds of files."""
