"""The library of ready requirements: HR reads what the law and the accreditors ask, and adopts what applies here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from lms.access import Permission
from lms.compliance import library, queries
from lms.compliance.drafts import actions as drafts
from lms.compliance.library import Entry
from lms.compliance.requirement_file import Document, Stated
from lms.compliance.rules import Status
from lms.errors import N_, Message, NotFound
from lms.web.page import actor, commit, house, needs, roll_back, say, session, tell, today
from lms.web.requirements.requirements import read_back

blueprint = Blueprint("library", __name__, url_prefix="/requirements/library")

STATUS = {
    Status.ENACTED: _l("Enacted"),
    Status.OWN_POLICY: _l("Own policy"),
    Status.PENDING: _l("Pending, not enforced"),
    Status.PERMISSIVE: _l("Recommended or permitted, no duty"),
    Status.SUPERSEDED: _l("Superseded, not enforced"),
    Status.LITIGATED: _l("Before the courts, not enforced"),
}
CONFIDENCE = {"high": _l("the text was seen"), "medium": _l("a reliable second source"), "low": _l("uncertain")}
WHOSE = {
    "course_content": _l("A duty of those who make courses: there is nothing to adopt for learners."),
    "employer": _l("A duty of the employer, not of single learners: there is nothing to adopt here."),
    "none": _l("No duty was found. It is kept so that nobody looks for it again."),
}
ADOPTABLE = frozenset({Status.ENACTED, Status.OWN_POLICY, Status.PERMISSIVE})


@dataclass(frozen=True, slots=True)
class Shown:
    """A file of the library with its newest version; ``words`` is its rule as sentences, empty where there is none."""

    entry: Entry
    document: Document
    newest: Stated
    words: list[str]
    late: bool

    @property
    def adoptable(self) -> bool:
        return self.newest.version is not None and self.newest.about.status in ADOPTABLE


@lru_cache(maxsize=4)
def _read(folder: Path, day: date, stamps: tuple[tuple[str, int], ...]) -> tuple[Entry, ...]:
    return tuple(library.load_library(folder, day))


def _entries() -> tuple[Entry, ...]:
    """The library; its files are read again only when one of them has changed."""
    folder = house().config.courses_dir
    stamps = tuple((path.name, path.stat().st_mtime_ns) for path in sorted((folder / library.FOLDER).glob("*.yaml")))
    return _read(folder, today(), stamps)


def _shown(entry: Entry, with_words: bool = False) -> Shown | None:
    if entry.document is None:
        return None
    newest = max(entry.document.versions, key=lambda stated: stated.from_day)
    words = read_back(newest.data) if with_words and newest.data else []
    late = newest.about.review_by is not None and newest.about.review_by < today()
    return Shown(entry, entry.document, newest, words, late)


@blueprint.get("")
@needs(Permission.REQUIREMENT_VIEW)
def index() -> ResponseReturnValue:
    """What is in the library, by jurisdiction, and what of it is adopted already."""
    found = [shown for entry in _entries() if (shown := _shown(entry)) is not None]
    places = sorted({shown.document.jurisdiction for shown in found})
    wanted = request.args.get("where", "")
    return render_template(
        "library/index.html",
        shown=[each for each in found if not wanted or each.document.jurisdiction == wanted],
        place_choices=[("", gettext("Everywhere")), *((place, place) for place in places)],
        wanted=wanted,
        adopted=queries.codes(session()),
        statuses=STATUS,
    )


@blueprint.get("/<name>")
@needs(Permission.REQUIREMENT_VIEW)
def show(name: str) -> ResponseReturnValue:
    """One ready requirement: what it asks in plain words and as a rule, where it stands, and adopting it."""
    return _page(name)


@blueprint.post("/<name>")
@needs(Permission.REQUIREMENT_EDIT)
def adopt(name: str) -> ResponseReturnValue:
    """Adopt it: it becomes a draft, to be looked at, changed where it must be, rehearsed and published."""
    shown = _find(name)
    stated = shown.newest
    if not shown.adoptable or stated.data is None:
        return _page(name, Message(N_("There is nothing here that can be adopted.")))
    version = {"from": today().isoformat(), **_about(stated), "rule": stated.data}
    document = {"requirement": shown.document.code, "title": shown.document.title, "versions": [version]}
    draft = drafts.begin(session(), document, actor(), library=name)
    commit()
    say(gettext("This is a draft of it. Change what must be different here, rehearse it, and publish it."), "done")
    return redirect(url_for("drafts.edit", draft_id=draft.id), 303)


def _about(stated: Stated) -> dict[str, Any]:
    """What stands behind the version. What is only recommended becomes own policy by being adopted."""
    about = stated.about
    status = Status.OWN_POLICY if about.status == Status.PERMISSIVE else about.status
    said = {
        "authority": about.authority, "citation": about.citation, "status": status.value, "source": about.source,
        "confidence": about.confidence,
    }  # fmt: skip
    days = {name: day.isoformat() for name in ("as_of", "review_by") if (day := getattr(about, name))}
    return {name: value for name, value in (said | days).items() if value}


def _find(name: str) -> Shown:
    for entry in _entries():
        if entry.name == name and (shown := _shown(entry, with_words=True)) is not None:
            return shown
    raise NotFound(N_("There is no such requirement in the library."))


def _page(name: str, refused: Message | None = None) -> ResponseReturnValue:
    shown = _find(name)
    if refused is not None:
        roll_back()
        say(refused, "error")
    doubts = queries.doubts(session(), shown.newest.data, today()) if shown.newest.data else ()
    page = render_template(
        "library/show.html", shown=shown, doubts=[tell(doubt.message) for doubt in doubts],
        adopted=shown.document.code.casefold() in queries.codes(session()), statuses=STATUS, confidences=CONFIDENCE,
        whose=WHOSE, today=today(),
    )  # fmt: skip
    return page, 200 if refused is None else 422
