"""Reviewers decide whether training that was done elsewhere counts, and as what."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from lms.access import Permission, may, refuse_own
from lms.catalogue.models import Course, CourseVersion
from lms.clock import local_day
from lms.compliance import queries as compliance
from lms.compliance.elsewhere import wanted
from lms.compliance.rules import Rule
from lms.db import known
from lms.errors import N_, AttuneError, Conflict, Invalid
from lms.flows.outside import decide_outside, offer
from lms.people.models import Employment
from lms.people.queries import visible_to
from lms.records.outside import queries
from lms.records.outside.judging import Counting, Likeness, doubts, likenesses
from lms.records.outside.models import Outcome
from lms.records.outside.queries import Handed
from lms.web.page import actor, commit, needs, organisation, say, session, tell, today, viewer
from lms.web.people.outside import STATES, paper
from lms.web.topics import topic_name
from lms.web.words import gettext

blueprint = Blueprint("reviewing", __name__, url_prefix="/outside-training/review")

MODALITIES = (
    ("", _l("not known")),
    ("live", _l("live")),
    ("in_person", _l("in person")),
    ("blended", _l("blended")),
    ("asynchronous", _l("at any time")),
    ("independent", _l("independent study")),
)
ANSWERS = {
    "approve": Outcome.APPROVED,
    "reject": Outcome.REJECTED,
    "ask": Outcome.ASKED,
    "revoke": Outcome.REVOKED,
}
FIELDS = ("title", "provider", "completed_on", "hours", "minutes", "modality", "expires_on", "reason")


@dataclass(slots=True)
class Sheet:
    """The form of a decision as it stands: typed values by field, minutes by topic, what is ticked."""

    typed: dict[str, str]
    topics: dict[str, str] = field(default_factory=dict)
    courses: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()

    def counting(self) -> Counting:
        """What an approval would say.

        Raises:
            Invalid: a day or a number that is none.
        """
        return Counting(
            self.typed["title"].strip()[:200],
            self.typed["provider"].strip()[:200],
            _day(self.typed["completed_on"]) or date.max,
            60 * _number(self.typed["hours"]) + _number(self.typed["minutes"]),
            {topic: minutes for topic, text in self.topics.items() if (minutes := _number(text))},
            self.typed["modality"],
            tuple(sorted(self.courses)),
            tuple(sorted(self.names)),
            tuple(sorted(self.lists)),
            _day(self.typed["expires_on"]),
        )


@blueprint.get("/")
@needs(Permission.PEOPLE_VIEW)
def index() -> ResponseReturnValue:
    """What waits for the viewer's decision, the oldest first; for who decides nothing, what waits among those in view."""
    permission = Permission.OUTSIDE_DECIDE if may(viewer(), Permission.OUTSIDE_DECIDE) else Permission.PEOPLE_VIEW
    found = queries.waiting(session(), _visible(permission), not_person=viewer().person_id)
    return render_template("outside/review.html", found=found)


@blueprint.get("/<int:training_id>")
@needs(Permission.PEOPLE_VIEW)
def show(training_id: int) -> ResponseReturnValue:
    """One outside training with its history; who may decide finds the form here, too."""
    return _page(queries.one(session(), training_id, _visible(Permission.PEOPLE_VIEW)))


@blueprint.get("/<int:training_id>/documents/<int:number>")
@needs(Permission.PEOPLE_VIEW)
def document(training_id: int, number: int) -> ResponseReturnValue:
    """The document that was handed in."""
    queries.one(session(), training_id, _visible(Permission.PEOPLE_VIEW))
    return paper(training_id, number)


@blueprint.post("/<int:training_id>")
@needs(Permission.OUTSIDE_DECIDE)
def decide(training_id: int) -> ResponseReturnValue:
    """Approve, reject, ask the learner, or take an approval back."""
    handed = queries.one(session(), training_id, _visible(Permission.OUTSIDE_DECIDE))
    refuse_own(viewer().person_id, handed.person_id)
    sheet = _sent()
    outcome = ANSWERS.get(request.form.get("answer", ""))
    try:
        if outcome is None:
            raise Invalid(N_("Choose what you decide."))
        counting = sheet.counting() if outcome is Outcome.APPROVED else None
        link = organisation().base_url.rstrip("/") + url_for("outside.show", training_id=training_id)
        decide_outside(
            session(), training_id, outcome, reason=sheet.typed["reason"], link=link, actor=actor(), counting=counting,
            seen=request.form.get("seen", ""),
        )  # fmt: skip
    except (Conflict, Invalid) as refused:
        session().rollback()
        return _page(queries.one(session(), training_id), sheet, refused), refused.status
    commit()
    say(_said(outcome, handed))
    if outcome is Outcome.REVOKED:
        return redirect(url_for("people.training", person_id=handed.person_id), 303)
    return redirect(url_for("reviewing.index"), 303)


def _said(outcome: Outcome, handed: Handed) -> str:
    told = {
        Outcome.APPROVED: _l("Approved. %(name)s is told, and the timeline follows."),
        Outcome.REJECTED: _l("Not approved. %(name)s is told why."),
        Outcome.ASKED: _l("%(name)s is asked. It comes back here with the answer."),
        Outcome.REVOKED: _l("The approval is taken back. %(name)s is told why, and the timeline follows."),
    }
    return str(told[outcome]) % {"name": handed.name}


def _page(handed: Handed, sheet: Sheet | None = None, refused: AttuneError | None = None) -> str:
    rules = {code: Rule.parse(version.rule) for version, code in compliance.requirements(session(), today())}
    offered = offer(session(), rules.values(), handed.statement.topics)
    meant, subject = _meant(handed, rules)
    deciding = may(viewer(), Permission.OUTSIDE_DECIDE) and handed.person_id != viewer().person_id
    return render_template(
        "outside/decide.html",
        one=handed,
        states=STATES,
        steps=queries.history(session(), handed.training_id),
        meant=_meant_words(handed, offered.courses),
        doubts=[tell(each) for each in _doubts(handed, subject)],
        alike=_alike(handed, tuple(sorted(meant))),
        sheet=sheet or _begun(handed, meant, subject, rules),
        refused=[(tell(refused.message), None)] if refused else [],
        offer=offered,
        topics={topic: topic_name(topic) for topic in sorted(offered.topics)},
        titles=offered.courses,
        modalities=MODALITIES,
        deciding=deciding and handed.state != Outcome.WITHDRAWN,
        today=today(),
    )


def _meant(handed: Handed, rules: dict[str, Rule]) -> tuple[frozenset[str], str]:
    """The courses that it may be meant for, and the one it is meant for, if that is clear."""
    kind, _, name = handed.statement.meant_for.partition(":")
    if kind == "course":
        return frozenset({name}), name
    rule = rules.get(name) if kind == "requirement" else None
    courses = frozenset(course for course in rule.courses if ":" not in course) if rule else frozenset()
    return courses, next(iter(courses)) if len(courses) == 1 else ""


def _meant_words(handed: Handed, titles: dict[str, str]) -> str:
    kind, _, name = handed.statement.meant_for.partition(":")
    if kind == "course":
        return gettext("Course: %(title)s", title=titles.get(name, name))
    if kind == "requirement":
        named = {code: version.title for version, code in compliance.requirements(session(), today())}
        return gettext("Requirement: %(title)s", title=named.get(name, name))
    return gettext("They do not know")


def _begun(handed: Handed, meant: frozenset[str], subject: str, rules: dict[str, Rule]) -> Sheet:
    """The form before anything was typed: as it was approved, else as it was handed in."""
    said, decided = handed.statement, handed.decision
    if decided is not None and decided.outcome == Outcome.APPROVED:
        assert decided.completed_on is not None
        typed = _typed(decided.title, decided.provider, decided.completed_on, decided.minutes, decided.expires_on)
        typed["modality"] = decided.modality
        topics = {topic: str(minutes) for topic, minutes in decided.topics.items()}
        return Sheet(typed, topics, frozenset(decided.courses), frozenset(decided.names), frozenset(decided.lists))
    rule = rules.get(said.meant_for.removeprefix("requirement:"))
    names = frozenset(wanted([rule]).names) if rule else frozenset()
    asked = [topic for topic in said.topics if rule is None or topic in wanted([rule]).topics] or said.topics
    topics = {asked[0]: str(said.minutes)} if len(asked) == 1 else {}
    typed = _typed(said.title, said.provider, said.finished_on, said.minutes, said.expires_on)
    return Sheet(typed, topics, frozenset({subject} - {""}), names)


def _typed(title: str, provider: str, day: date, minutes: int, expires_on: date | None) -> dict[str, str]:
    return {
        "title": title, "provider": provider, "completed_on": day.isoformat(), "hours": str(minutes // 60 or ""),
        "minutes": str(minutes % 60 or ""), "modality": "", "expires_on": expires_on.isoformat() if expires_on else "", "reason": "",
    }  # fmt: skip


def _sent() -> Sheet:
    form = request.form
    return Sheet(
        {name: form.get(name, "")[:2000] for name in FIELDS},
        {key.removeprefix("topic:"): value[:10] for key, value in form.items() if key.startswith("topic:")},
        frozenset(form.getlist("courses")),
        frozenset(form.getlist("names")),
        frozenset(form.getlist("lists")),
    )


def _doubts(handed: Handed, subject: str) -> list[Any]:
    """What to look at twice. One statement."""
    hired = select(func.min(Employment.from_day)).where(Employment.person_id == handed.person_id, known(Employment))
    first = (
        select(func.min(CourseVersion.published_at))
        .join(Course, Course.id == CourseVersion.course_id)
        .where(Course.slug == subject)
    )
    begins, published = session().execute(select(hired.scalar_subquery(), first.scalar_subquery())).one()
    began = local_day(published, organisation().zone) if published else None
    return doubts(queries.claim_of(handed.statement), hired=begins, began=began, today=today())


def _alike(handed: Handed, courses: tuple[str, ...]) -> list[tuple[Likeness, str | None]]:
    """What it may be the same as; the name of whose it is, None where that is not the viewer's to know."""
    others, names = queries.others_like(session(), handed)
    found = likenesses(
        queries.claim_of(handed.statement), handed.statement.paper_sha256, handed.person_id, others, courses
    )
    ids = {each.other.person_id for each in found} - {handed.person_id}
    seen = set()
    if ids:
        visible = _visible(Permission.PEOPLE_VIEW)
        seen = set(session().scalars(visible.where(visible.selected_columns[0].in_(ids))))
    known_names = {handed.person_id: handed.name} | {ident: names[ident] for ident in seen}
    return [(each, known_names.get(each.other.person_id)) for each in found]


def _visible(permission: Permission) -> Any:
    return visible_to(session(), viewer(), permission, today())


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(N_("Write days as year-month-day: 2026-06-30.")) from None


def _number(text: str) -> int:
    if not text.strip():
        return 0
    if not text.strip().isdecimal():
        raise Invalid(N_("Write hours and minutes in digits only."))
    return int(text)
