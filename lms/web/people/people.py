"""People, as HR sees them: the list, and the pages about one person. What a scoped grant covers is asked for every one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from lms.access import Permission, may
from lms.accounts import queries as accounts
from lms.accounts.queries import AccountState
from lms.certificates import queries as certificates
from lms.compliance import more_time
from lms.compliance import queries as compliance
from lms.notices import failing
from lms.people import listing, queries
from lms.people.listing import Wish
from lms.people.models import Person
from lms.people.tree import Tree
from lms.records import queries as records
from lms.records.outside import queries as outside
from lms.reports.attempts import used_up
from lms.web.administration.admin import STATE_NAMES
from lms.web.form_page import days
from lms.web.page import needs, now, session, today, viewer
from lms.web.people import decided, reminding
from lms.web.people.decision_forms import LEAVE_NAMES
from lms.web.people.outside import STATES as OUTSIDE_STATES
from lms.web.people.people_forms import KIND_NAMES, department_names, last_of
from lms.web.people.person_page import found as _person
from lms.web.people.person_page import tabs as _tabs
from lms.web.people.timeline_picture import picture
from lms.web.words import language_words

blueprint = Blueprint("people", __name__, url_prefix="/people")

PAGE = 50

STANDINGS = {
    "now": _l("Employed today"),
    "ended": _l("Have left"),
    "coming": _l("Still to begin"),
    "all": _l("Everybody"),
}

ACTIONS = {
    "person.add": _l("Added"),
    "person.change": _l("Name or contact changed"),
    "membership.move": _l("Moved, or job changed"),
    "membership.add": _l("Second department added"),
    "membership.end": _l("Second department ended"),
    "membership.correct": _l("Department or job corrected"),
    "employment.correct": _l("Employment corrected"),
    "employment.end": _l("Employment ended"),
    "employment.rehire": _l("Rehired"),
    "leave.record": _l("Leave recorded"),
    "leave.end": _l("End of a leave changed"),
    "leave.withdraw": _l("Leave withdrawn"),
    "licence.record": _l("Licence recorded"),
    "licence.correct": _l("Licence corrected"),
    "licence.end": _l("End of a licence changed"),
    "duty.give": _l("Duty given"),
    "duty.end": _l("End of a duty changed"),
    "birth_month.set": _l("Birth month changed"),
    "policy.acknowledge": _l("Policy acknowledged"),
    "outside.hand_in": _l("Outside training handed in"),
    "outside.answer": _l("Question about outside training answered"),
    "outside.approve": _l("Outside training approved"),
    "outside.reject": _l("Outside training not approved"),
    "outside.ask": _l("Question about outside training asked"),
    "outside.revoke": _l("Approval of outside training taken back"),
    "outside.withdraw": _l("Outside training withdrawn"),
    "equivalency.state": _l("Equivalency stated"),
    "equivalency.end": _l("Equivalency ended"),
    "equivalency.withdraw": _l("Equivalency withdrawn"),
    "assignment.give": _l("Course assigned"),
    "assignment.withdraw": _l("Assignment withdrawn"),
    "exemption.grant": _l("Exemption granted"),
    "exemption.end": _l("Exemption ended"),
    "exemption.withdraw": _l("Exemption withdrawn"),
    "extension.ask": _l("More time asked for"),
    "extension.take_back": _l("Request for more time taken back"),
    "extension.grant": _l("Due day extended"),
    "extension.refuse": _l("More time refused"),
    "reminder.ask": _l("Reminded"),
    "attempt.grant": _l("Another attempt given"),
    "accommodation.grant": _l("Accommodation for tests given"),
    "accommodation.end": _l("Accommodation for tests ended"),
}


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {"days": days, "said": lambda action: ACTIONS.get(action, action)}


# --- the list ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of people whom an address asks for, how many there are in all, and what was asked: ``chosen`` is a department."""

    rows: Sequence[listing.Found]
    count: int
    wish: Wish
    chosen: int | None
    departments: list[tuple[str, str]]

    def address(self) -> dict[str, Any]:
        """The parts of an address that ask for the same; what is as usual is left out."""
        wish = self.wish
        asked = f"-{wish.sort}" if wish.descending else wish.sort
        said = {
            "q": wish.term, "department": self.chosen, "kind": wish.kind, "standing": wish.standing if wish.standing != "now" else "",
            "sort": asked if asked != "name" else "",
        }  # fmt: skip
        return {name: value for name, value in said.items() if value}


def found_people(*, page: int, size: int) -> Listed:
    """The people whom the address of the request asks for, as far as the viewer may see them."""
    tree = queries.tree(session(), today())
    allowed = queries.visible_departments(session(), viewer(), Permission.PEOPLE_VIEW, today())
    chosen = request.args.get("department", type=int)
    if chosen is not None and (chosen not in tree.nodes or (allowed is not None and chosen not in allowed)):
        chosen = None
    asked = request.args.get("sort", "name")
    sort = asked.removeprefix("-")
    wish = Wish(
        term=request.args.get("q", "").strip()[:100],
        departments=tree.subtree([chosen]) if chosen is not None else None,
        kind=_one_of(KIND_NAMES, request.args.get("kind")),
        standing=_one_of(STANDINGS, request.args.get("standing")) or "now",
        sort=sort if sort in listing.SORTS else "name",
        descending=asked.startswith("-") and sort in listing.SORTS,
    )
    visible = queries.visible_to(session(), viewer(), Permission.PEOPLE_VIEW, today())
    rows, count = listing.people(session(), visible, wish, today(), page=page, size=size)
    return Listed(rows, count, wish, chosen, department_names(tree, allowed))


@blueprint.get("/")
@needs(Permission.PEOPLE_VIEW)
def index() -> ResponseReturnValue:
    """Everybody the viewer may see: search, filter, sort, and tick those about whom something is to be decided."""
    number = min(max(request.args.get("page", 1, type=int), 1), 100_000)
    listed = found_people(page=number, size=PAGE)
    wish, kept = listed.wish, listed.address()

    def column(label: str, name: str) -> dict[str, Any]:
        sorted_by = wish.sort == name
        turned = f"-{name}" if sorted_by and not wish.descending else name
        way = ("descending" if wish.descending else "ascending") if sorted_by else None
        return {"label": label, "sort_url": url_for("people.index", **kept | {"sort": turned}), "sorted": way}

    return render_template(
        "people/index.html",
        listed=listed, rows=listed.rows, count=listed.count, page=number, pages=max(1, -(-listed.count // PAGE)), wish=wish,
        kinds=KIND_NAMES, standings=STANDINGS, last_of=last_of, kept=kept, column=column,
        url_of=lambda page: url_for("people.index", **kept, page=page),
    )  # fmt: skip


# --- one person -------------------------------------------------------------------------------------------------------


@blueprint.get("/<int:person_id>")
@needs(Permission.PEOPLE_VIEW)
def person(person_id: int) -> ResponseReturnValue:
    """The timeline, and the facts beside it."""
    one = _person(person_id, Permission.PEOPLE_VIEW)
    tree = queries.tree(session(), today())
    placed = listing.memberships(session(), person_id)
    lines = compliance.timeline_of(session(), person_id, today())
    known_names = _department_names(placed, tree)
    return render_template(
        "people/person.html",
        one=one,
        tabs=_tabs(person_id),
        own=person_id == viewer().person_id,
        placed=placed,
        employments=listing.employments(session(), person_id),
        leaves=queries.leaves(session(), person_id),
        today=today(),
        names=known_names,
        last_of=last_of,
        kinds=KIND_NAMES,
        leave_kinds=LEAVE_NAMES,
        lines=lines,
        picture=picture(lines, today(), whole=request.args.get("time") == "all"),
        language=language_words(one.language),
        fails=failing.of_person(session(), one),
        offer=reminding.offered_in_reach(person_id),
    )


@blueprint.get("/<int:person_id>/training")
@needs(Permission.PEOPLE_VIEW)
def training(person_id: int) -> ResponseReturnValue:
    """Records, certificates, exemptions, and attempts that are used up."""
    one = _person(person_id, Permission.PEOPLE_VIEW)
    held = {v.certificate.record_id: v for v in reversed(certificates.of_person(session(), person_id, today()))}
    may_grant = may(viewer(), Permission.ATTEMPT_GRANT) and person_id != viewer().person_id
    waiting = used_up(session(), select(Person.id).where(Person.id == person_id), today()) if may_grant else []
    exemptions, about = compliance.exemptions(session(), person_id), decided.about(person_id)
    asked = more_time.history(session(), person_id)
    return render_template(
        "people/training.html",
        one=one, tabs=_tabs(person_id), own=person_id == viewer().person_id, records=records.transcript(session(), person_id), held=held,
        exemptions=exemptions, decided=about, titles=_requirement_titles() if exemptions or about.extensions or asked else {},
        last_of=last_of, waiting=waiting, today=today(), asked=asked, outside=outside.handed_in(session(), person_id),
        outside_states=OUTSIDE_STATES,
    )  # fmt: skip


@blueprint.get("/<int:person_id>/changes")
@needs(Permission.PEOPLE_VIEW)
def changes(person_id: int) -> ResponseReturnValue:
    """The account, and who changed what about this person."""
    one = _person(person_id, Permission.PEOPLE_VIEW)
    line = accounts.account_line(session(), person_id, now())
    entries = listing.changes(session(), person_id)
    return render_template(
        "people/changes.html",
        one=one, tabs=_tabs(person_id), entries=entries, actors=accounts.names_of(session(), {e.actor_id for e in entries}),
        account=line.account if line else None,
        account_state=STATE_NAMES[line.state if line else AccountState.NONE],
    )  # fmt: skip


# --- what the views share ---------------------------------------------------------------------------------------------


def _department_names(placed: Any, tree: Tree) -> dict[int, str]:
    """What to call the departments of memberships: the path today, or the code of one that is no more."""
    ids = {row[0].department_id for row in placed}
    names = {ident: tree.path(ident) for ident in ids if ident in tree.nodes}
    if ids - names.keys():
        names |= queries.last_names(session(), ids - names.keys())
    return names


def _requirement_titles() -> dict[int, str]:
    return {version.requirement_id: version.title for version, _ in compliance.requirements(session(), today())}


def _one_of(known: Any, value: str | None) -> str:
    return value if value and value in known else ""
