"""Requirements: what is asked of whom, read back as sentences; versions compared, and retiring. They are built under ``drafts``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from lms.access import Permission, may
from lms.catalogue import queries as catalogue
from lms.compliance import actions, queries
from lms.compliance.drafts import queries as drafts
from lms.compliance.models import RequirementVersion
from lms.compliance.rulebook import assigned
from lms.compliance.rules import ENFORCED, Rule, Status
from lms.compliance.sentence import sentences
from lms.compliance.spans import State
from lms.errors import N_, Conflict, Invalid, Message, NotFound
from lms.people import queries as people
from lms.reports import rollup
from lms.web.page import actor, commit, needs, roll_back, say, session, tell, today, viewer
from lms.web.topics import topic_words

blueprint = Blueprint("requirements", __name__, url_prefix="/requirements")


STATUS_NAMES = {
    Status.ENACTED: _l("Enacted"),
    Status.OWN_POLICY: _l("Own policy"),
    Status.PENDING: _l("Pending, not enforced"),
    Status.PERMISSIVE: _l("Recommended or permitted, not enforced"),
    Status.SUPERSEDED: _l("Superseded, not enforced"),
    Status.LITIGATED: _l("Before the courts, not enforced"),
}


def read_back(rule: dict[str, Any]) -> list[str]:
    """The rule as sentences in the reader's language. What departments and courses are called is read once for a request."""
    if "called" not in g:
        tree = people.tree(session(), today())
        departments = {node.code: node.name for node in tree.nodes.values()}
        titles = {course.slug: course.title for course in catalogue.offered(session())}
        g.called = departments, {**topic_words(), **titles}
    return [tell(sentence) for sentence in sentences(Rule.parse(rule), *g.called)]


@dataclass(frozen=True, slots=True)
class Shown:
    """A version, the days [from_day, to_day) on which it is in force (none: it never was), and what it says."""

    version: RequirementVersion
    from_day: date
    to_day: date
    words: list[str]

    @property
    def status(self) -> Status:
        """What stands behind it."""
        return status_of(self.version)

    @property
    def enforced(self) -> bool:
        """Whether it asks anything of anybody."""
        return self.status in ENFORCED

    @property
    def read_on(self) -> date | None:
        """The day on which its source was read."""
        return _day_in(self.version, "as_of")

    @property
    def review_by(self) -> date | None:
        """The day by which somebody reads its source again."""
        return review_by(self.version)


def _day_in(version: RequirementVersion, name: str) -> date | None:
    said = version.about.get(name)
    return date.fromisoformat(said) if said else None


def review_by(version: RequirementVersion) -> date | None:
    """The day by which somebody reads the source of a version again; None where nobody said."""
    return _day_in(version, "review_by")


def status_of(version: RequirementVersion) -> Status:
    """What stands behind a version; own policy where nothing is said."""
    return Status(version.about.get("status") or Status.OWN_POLICY)


@blueprint.get("")
@needs(Permission.REQUIREMENT_VIEW)
def index() -> ResponseReturnValue:
    """Every requirement with what it says today, those that are not in force, and what is being built."""
    by_name = assigned(session())
    found = [
        (version, code, read_back(version.rule), status_of(version))
        for version, code in queries.requirements(session(), today())
        if version.requirement_id not in by_name
    ]
    others = [(version, code, status_of(version)) for version, code in queries.not_in_force(session(), today())]
    building = drafts.open_drafts(session()) if may(viewer(), Permission.DRAFT_VIEW) else ()
    return render_template(
        "requirements/index.html",
        requirements=found, others=others, today=today(), drafts=building, statuses=STATUS_NAMES, enforced=ENFORCED,
        asking=sum(status in ENFORCED for *_, status in found), pending=Status.PENDING, review_by=review_by,
        standing=_standing(), nobody=rollup.NOBODY,
    )  # fmt: skip


def _standing() -> dict[int, rollup.Figures]:
    """requirement id -> how the people stand today whom the viewer sees, each once."""
    within = people.visible_departments(session(), viewer(), Permission.REQUIREMENT_VIEW, today())
    cells = [each for each in queries.counts(session(), today()) if within is None or each.department_id in within]
    return {asked: rollup.total(alone) for asked, alone in rollup.by_department(cells).items()}


@blueprint.get("/<int:requirement_id>")
@needs(Permission.REQUIREMENT_VIEW)
def show(requirement_id: int) -> ResponseReturnValue:
    """One requirement with all its versions."""
    if requirement_id in assigned(session()):
        return redirect(url_for("assignments.show", requirement_id=requirement_id))
    return _versions_page(requirement_id)


def _versions_page(requirement_id: int) -> str:
    code, versions = queries.requirement_versions(session(), requirement_id)
    building = drafts.open_drafts(session(), requirement_id) if may(viewer(), Permission.DRAFT_VIEW) else ()
    return render_template(
        "requirements/show.html",
        requirement_id=requirement_id, code=code, versions=_shown(versions), today=today(), drafts=building, statuses=STATUS_NAMES,
    )  # fmt: skip


def _shown(versions: list[RequirementVersion]) -> list[Shown]:
    """Versions with the days on which they are in force: of two, the one that began later. A pending one ends none."""
    shown: list[Shown] = []
    for version in sorted(versions, key=lambda v: (max(v.from_day, v.adopted_on), v.from_day, v.id), reverse=True):
        start = max(version.from_day, version.adopted_on)
        end = min([version.to_day, *(later.from_day for later in shown if later.status is not Status.PENDING)])
        shown.append(Shown(version, start, end, read_back(version.rule)))
    return shown


@dataclass(frozen=True, slots=True)
class Compared:
    """One of two versions: each sentence with whether the other says it too, and how many people are in each state on its days."""

    shown: Shown
    words: list[tuple[str, bool]]
    figures: list[tuple[date, dict[str, int]]]


@blueprint.get("/<int:requirement_id>/compare")
@needs(Permission.REQUIREMENT_VIEW)
def compare(requirement_id: int) -> ResponseReturnValue:
    """Two versions side by side: what differs in words, and what came of each."""
    code, versions = queries.requirement_versions(session(), requirement_id)
    shown = sorted(_shown(versions), key=lambda each: each.version.number)
    if len(shown) < 2:
        raise NotFound(N_("There is only one version of this requirement."))
    numbers = [each.version.number for each in shown]
    wanted = [
        request.args.get(name, default, type=int) for name, default in (("one", numbers[-2]), ("other", numbers[-1]))
    ]
    pair = [next((each for each in shown if each.version.number == number), shown[-1]) for number in wanted]
    compared = [_compared(pair[place], pair[1 - place], requirement_id) for place in (0, 1)]
    choices = [(number, gettext("Version %(number)s", number=number)) for number in numbers]
    return render_template(
        "requirements/compare.html",
        requirement_id=requirement_id, code=code, compared=compared, choices=choices, today=today(), statuses=STATUS_NAMES,
    )  # fmt: skip


def _compared(one: Shown, other: Shown, requirement_id: int) -> Compared:
    """The figures are of the first day of the version and of its last one, or of today while it is in force."""
    days = (
        [one.from_day, min(one.to_day - timedelta(days=1), max(today(), one.from_day))]
        if one.from_day < one.to_day
        else []
    )
    figures = [(day, _states(requirement_id, day)) for day in sorted(set(days))]
    return Compared(one, [(sentence, sentence in other.words) for sentence in one.words], figures)


def _states(requirement_id: int, day: date) -> dict[str, int]:
    """How many people are in each state on a day, and ``required`` in all."""
    found: Counter[str] = Counter()
    for cell in queries.counts(session(), day, requirement_id=requirement_id):
        if cell.state != queries.DUE_SOON:
            found[State(cell.state).name.lower()] += cell.people
    found["required"] = sum(found.values())
    return dict(found)


@blueprint.get("/<int:requirement_id>/retire")
@needs(Permission.REQUIREMENT_EDIT)
def retiring(requirement_id: int) -> ResponseReturnValue:
    """What retiring it would do: to how many people it would no longer apply, and how they stand on the last day."""
    return _retire_page(requirement_id, request.args.get("last_day", ""))


@blueprint.post("/<int:requirement_id>/retire")
@needs(Permission.REQUIREMENT_EDIT)
def retire(requirement_id: int) -> ResponseReturnValue:
    """No longer required after a last day; the past stays as it was."""
    try:
        last_day = date.fromisoformat(request.form.get("last_day", ""))
        actions.retire_requirement(session(), requirement_id, last_day, actor(), reason=request.form.get("reason", ""))
    except ValueError:
        return _not_retired(requirement_id, Message(N_("Enter the last day on which it is required.")))
    except (Invalid, Conflict) as refused:
        return _not_retired(requirement_id, refused.message)
    commit()
    say(gettext("The requirement ends after that day."), "done")
    return redirect(url_for("requirements.show", requirement_id=requirement_id), 303)


def _not_retired(requirement_id: int, why: Message) -> ResponseReturnValue:
    roll_back()
    say(why, "error")
    return _retire_page(requirement_id, request.form.get("last_day", "")), 422


def _retire_page(requirement_id: int, typed: str) -> str:
    code, versions = queries.requirement_versions(session(), requirement_id)
    try:
        last_day = date.fromisoformat(typed)
    except ValueError:
        last_day = today()
    tree = people.tree(session(), last_day)
    homes: Counter[int] = Counter()
    for cell in queries.counts(session(), last_day, requirement_id=requirement_id):
        if cell.state != queries.DUE_SOON:
            homes[cell.department_id] += cell.people
    return render_template(
        "requirements/retire.html",
        requirement_id=requirement_id, code=code, title=versions[0].title if versions else code, last_day=last_day,
        states=_states(requirement_id, last_day),
        departments=sorted((tree.path(home) or gettext("Without a department"), number) for home, number in homes.items()),
    )  # fmt: skip
