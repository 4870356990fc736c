"""People, as HR sees and changes them. What a scoped grant covers is asked for every person and every department."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date, gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms.fields.choices import SelectChoice

from lms.access import Permission, may
from lms.accounts import queries as accounts
from lms.accounts.queries import AccountState
from lms.certificates import queries as certificates
from lms.compliance import actions as compliance_actions
from lms.compliance import more_time
from lms.compliance import queries as compliance
from lms.errors import N_, Denied, NotFound
from lms.flows import certifying, staffing
from lms.notices import failing
from lms.people import actions, listing, queries
from lms.people.listing import Wish
from lms.people.models import Person
from lms.people.plan import Holding
from lms.people.tree import Tree
from lms.records import queries as records
from lms.records.models import TrainingRecord
from lms.records.outside import queries as outside
from lms.reports.attempts import used_up
from lms.web.form_page import days, form_page
from lms.web.page import actor, needs, now, session, today, viewer
from lms.web.people import decided, documents
from lms.web.people.outside import STATES as OUTSIDE_STATES
from lms.web.people.people_forms import (
    KIND_NAMES,
    LEAVE_NAMES,
    AddForm,
    AlsoForm,
    CertificateForm,
    CorrectEmploymentForm,
    CorrectMembershipForm,
    EndForm,
    ExemptionForm,
    HoldingForm,
    LastDayForm,
    LeaveForm,
    MoveForm,
    OwnDataForm,
    RehireForm,
    RevokeForm,
    department_choices,
    department_names,
    last_of,
)
from lms.web.people.person_page import change as _change
from lms.web.people.person_page import found as _person
from lms.web.people.person_page import tabs as _tabs
from lms.web.people.timeline_picture import picture

blueprint = Blueprint("people", __name__, url_prefix="/people")

PAGE = 50

STANDINGS = {
    "now": _l("Employed today"),
    "ended": _l("Have left"),
    "coming": _l("Still to begin"),
    "all": _l("Everybody"),
}
ACCOUNT_STATES = {
    AccountState.NONE: (_l("No account"), "quiet", "circle"),
    AccountState.INVITED: (_l("No password yet"), "info", "mail"),
    AccountState.ACTIVE: (_l("Can sign in"), "ok", "circle-check"),
    AccountState.LOCKED: (_l("Locked for a while"), "soon", "lock"),
    AccountState.CLOSED: (_l("Closed"), "away", "circle-minus"),
}
NO_REQUIREMENT = "all"

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
    "extension.ask": _l("More time asked for"),
    "extension.take_back": _l("Request for more time taken back"),
    "extension.grant": _l("Due day extended"),
    "extension.refuse": _l("More time refused"),
    "attempt.grant": _l("Another attempt given"),
    "accommodation.grant": _l("Accommodation for tests given"),
    "accommodation.end": _l("Accommodation for tests ended"),
}


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {"days": days, "said": lambda action: ACTIONS.get(action, action)}


# --- the list ---------------------------------------------------------------------------------------------------------


@blueprint.get("/")
@needs(Permission.PEOPLE_VIEW)
def index() -> ResponseReturnValue:
    """Everybody the viewer may see: search, filter, sort."""
    tree = queries.tree(session(), today())
    allowed = queries.visible_departments(session(), viewer(), Permission.PEOPLE_VIEW, today())
    chosen = request.args.get("department", type=int)
    if chosen is not None and (chosen not in tree.nodes or (allowed is not None and chosen not in allowed)):
        chosen = None
    asked = request.args.get("sort", "name")
    descending, sort = asked.startswith("-"), asked.lstrip("-")
    wish = Wish(
        term=request.args.get("q", "").strip()[:100],
        departments=tree.subtree([chosen]) if chosen is not None else None,
        kind=_one_of(KIND_NAMES, request.args.get("kind")),
        standing=_one_of(STANDINGS, request.args.get("standing")) or "now",
        sort=sort if sort in listing.SORTS else "name",
        descending=descending,
    )
    number = min(max(request.args.get("page", 1, type=int), 1), 100_000)
    visible = queries.visible_to(session(), viewer(), Permission.PEOPLE_VIEW, today())
    rows, count = listing.people(session(), visible, wish, today(), page=number, size=PAGE)

    def address(**changes: Any) -> str:
        kept = {
            "q": wish.term or None, "department": chosen, "kind": wish.kind or None,
            "standing": wish.standing if wish.standing != "now" else None, "sort": asked if asked != "name" else None,
        }  # fmt: skip
        return url_for("people.index", **{**kept, **changes})

    def column(label: str, name: str) -> dict[str, Any]:
        sorted_by = wish.sort == name
        turned = f"-{name}" if sorted_by and not wish.descending else name
        way = ("descending" if wish.descending else "ascending") if sorted_by else None
        return {"label": label, "sort_url": address(sort=turned), "sorted": way}

    return render_template(
        "people/index.html",
        rows=rows, count=count, page=number, pages=max(1, -(-count // PAGE)), wish=wish, chosen=chosen,
        departments=department_names(tree, allowed), kinds=KIND_NAMES, standings=STANDINGS, last_of=last_of,
        url_of=lambda page: address(page=page), column=column,
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
        one=one, tabs=_tabs(person_id), placed=placed, employments=listing.employments(session(), person_id),
        leaves=queries.leaves(session(), person_id), today=today(), names=known_names, last_of=last_of, kinds=KIND_NAMES,
        leave_kinds=LEAVE_NAMES, lines=lines, picture=picture(lines, today()), fails=failing.of_person(session(), one),
    )  # fmt: skip


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
        one=one, tabs=_tabs(person_id), records=records.transcript(session(), person_id), held=held,
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
        account_state=ACCOUNT_STATES[line.state if line else AccountState.NONE],
    )  # fmt: skip


# --- add and change ---------------------------------------------------------------------------------------------------


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def new() -> ResponseReturnValue:
    """Somebody new."""
    form = AddForm(from_day=today())
    form.offer(_departments())
    if request.method == "GET":
        known_sources = listing.sources(session())
        form.source.data = known_sources[0] if len(known_sources) == 1 else "hr"

    def act() -> str:
        made = actions.add_person(
            session(), form.source.data, form.number.data, form.own(), form.kind.data, _allowed(form.holding()),
            form.from_day.data, actor(), form.last_day.data,
        )  # fmt: skip
        staffing.people_changed(session(), [made.id], actor())
        return url_for("people.person", person_id=made.id)

    return form_page(
        form, act, gettext("Add a person"), gettext("Add this person"), url_for("people.index"),
        order=("number", "source", "given_name", "family_name", "email", "kind", "department", "job", "profession",
               "patient_contact", "supervisor", "from_day", "last_day", "language", "zone"),
    )  # fmt: skip


@blueprint.route("/<int:person_id>/edit", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def edit(person_id: int) -> ResponseReturnValue:
    """Correct a name, address, language or time zone."""
    one = _person(person_id, Permission.PEOPLE_EDIT)
    form = OwnDataForm()
    if request.method == "GET":
        form.show(one)
    return _change(
        one, form, gettext("Change name or contact"), gettext("Save"),
        lambda: actions.change_person(session(), person_id, form.own(), actor()),
    )  # fmt: skip


@blueprint.route("/<int:person_id>/move", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def move(person_id: int) -> ResponseReturnValue:
    """Another department or job from a day on."""
    one = _person(person_id, Permission.PEOPLE_EDIT)
    form = MoveForm(from_day=today())
    _offer(form, person_id)
    return _change(
        one, form, gettext("Move, or change the job"), gettext("Move"),
        lambda: actions.move(
            session(), person_id, form.from_day.data, _allowed(form.holding()), actor(), form.reason.data or ""
        ),
        order=("from_day", "department", "job", "profession", "patient_contact", "supervisor", "reason"),
    )  # fmt: skip


@blueprint.route("/<int:person_id>/also", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def also(person_id: int) -> ResponseReturnValue:
    """A second place beside the primary one."""
    one = _person(person_id, Permission.PEOPLE_EDIT)
    form = AlsoForm(from_day=today())
    _offer(form, person_id)
    return _change(
        one, form, gettext("Add a second department"), gettext("Add"),
        lambda: actions.add_secondary(
            session(), person_id, _allowed(form.holding()), form.from_day.data, actor(), form.last_day.data
        ),
    )  # fmt: skip


@blueprint.route("/<int:person_id>/also/<int:department_id>/end", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def end_also(person_id: int, department_id: int) -> ResponseReturnValue:
    """A second place ends."""
    one = _person(person_id, Permission.PEOPLE_EDIT)
    _allowed_department(department_id)
    form = LastDayForm(last_day=today())
    return _change(
        one, form, gettext("End the second department"), gettext("End it"),
        lambda: actions.end_secondary(session(), person_id, department_id, form.last_day.data, actor()),
    )  # fmt: skip


@blueprint.route("/<int:person_id>/memberships/<int:membership_id>", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def correct_membership(person_id: int, membership_id: int) -> ResponseReturnValue:
    """A membership was written down wrongly."""
    one = _person(person_id, Permission.PEOPLE_EDIT)
    found = [row for row in listing.memberships(session(), person_id) if row[0].id == membership_id]
    if not found:
        raise NotFound(N_("This entry has been corrected already. Look at the newer one."))
    held, supervisor = found[0]
    form = CorrectMembershipForm()
    form.offer(_departments())
    if request.method == "GET":
        form.show_held(held, supervisor)
        form.from_day.data, form.last_day.data = held.from_day, last_of(held.to_day)
    return _change(
        one, form, gettext("Correct a department or job"), gettext("Save the correction"),
        lambda: actions.correct_membership(
            session(), person_id, membership_id, _allowed(form.holding()), form.from_day.data, form.last_day.data, actor(),
            form.reason.data,
        ),
        order=("department", "job", "profession", "patient_contact", "supervisor", "from_day", "last_day", "reason"),
    )  # fmt: skip


@blueprint.route("/<int:person_id>/employments/<int:employment_id>", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def correct_employment(person_id: int, employment_id: int) -> ResponseReturnValue:
    """An employment was written down wrongly."""
    one = _person(person_id, Permission.PEOPLE_EDIT)
    wrong = next((e for e in listing.employments(session(), person_id) if e.id == employment_id), None)
    if wrong is None:
        raise NotFound(N_("This entry has been corrected already. Look at the newer one."))
    form = CorrectEmploymentForm(kind=wrong.kind, from_day=wrong.from_day, last_day=last_of(wrong.to_day))
    return _change(
        one, form, gettext("Correct the employment"), gettext("Save the correction"),
        lambda: actions.correct_employment(
            session(), person_id, employment_id, form.kind.data, form.from_day.data, form.last_day.data, actor(),
            form.reason.data,
        ),
    )  # fmt: skip


@blueprint.route("/<int:person_id>/end", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def end(person_id: int) -> ResponseReturnValue:
    """Somebody leaves."""
    one = _person(person_id, Permission.PEOPLE_EDIT)
    form = EndForm(last_day=today())
    return _change(
        one, form, gettext("End the employment"), gettext("End the employment"),
        lambda: actions.end_employment(session(), person_id, form.last_day.data, actor(), form.reason.data or ""),
        kind="danger",
    )  # fmt: skip


@blueprint.route("/<int:person_id>/rehire", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def rehire(person_id: int) -> ResponseReturnValue:
    """Somebody comes back, with everything they did."""
    one = _person(person_id, Permission.PEOPLE_EDIT)
    form = RehireForm(from_day=today())
    _offer(form, person_id)
    return _change(
        one, form, gettext("Rehire"), gettext("Rehire"),
        lambda: actions.rehire(
            session(), person_id, form.kind.data, _allowed(form.holding()), form.from_day.data, actor(), form.last_day.data
        ),
        order=("kind", "from_day", "last_day", "department", "job", "profession", "patient_contact", "supervisor"),
        returned=True,
    )  # fmt: skip


@blueprint.route("/<int:person_id>/leave", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def leave(person_id: int) -> ResponseReturnValue:
    """A leave of absence."""
    one = _person(person_id, Permission.PEOPLE_EDIT)
    form = LeaveForm(from_day=today())

    def act() -> None:
        actions.record_leave(
            session(), person_id, form.kind.data, form.reason.data, form.from_day.data, form.last_day.data, actor(),
            file_id=documents.kept_for(form, person_id),
        )  # fmt: skip

    return _change(one, form, gettext("Record a leave"), gettext("Record the leave"), act, files=True)


@blueprint.route("/<int:person_id>/leave/<int:leave_id>", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def end_leave(person_id: int, leave_id: int) -> ResponseReturnValue:
    """A leave ends."""
    one = _person(person_id, Permission.PEOPLE_EDIT)
    form = LastDayForm(last_day=today() - timedelta(days=1))
    return _change(
        one, form, gettext("End the leave"), gettext("End the leave"),
        lambda: actions.end_leave(session(), person_id, leave_id, form.last_day.data, actor()),
    )  # fmt: skip


# --- training ---------------------------------------------------------------------------------------------------------


@blueprint.route("/<int:person_id>/exemptions/new", methods=["GET", "POST"])
@needs(Permission.EXEMPTION_EDIT)
def exempt(person_id: int) -> ResponseReturnValue:
    """Excuse somebody from a requirement, or from all."""
    one = _person(person_id, Permission.EXEMPTION_EDIT)
    form = ExemptionForm(from_day=today())
    titles = _requirement_titles()
    form.requirement.choices = [
        *(SelectChoice(str(ident), title) for ident, title in titles.items()),
        SelectChoice(NO_REQUIREMENT, gettext("All requirements")),
    ]

    def act() -> None:
        which = None if form.requirement.data == NO_REQUIREMENT else int(form.requirement.data)
        compliance_actions.exempt(
            session(), person_id, which, form.from_day.data, form.last_day.data, form.reason.data, actor(),
            file_id=documents.kept_for(form, person_id),
        )  # fmt: skip

    return _change(
        one, form, gettext("Grant an exemption"), gettext("Grant the exemption"), act, tab="people.training", files=True
    )


@blueprint.route("/<int:person_id>/exemptions/<int:exemption_id>", methods=["GET", "POST"])
@needs(Permission.EXEMPTION_EDIT)
def end_exemption(person_id: int, exemption_id: int) -> ResponseReturnValue:
    """An exemption ends."""
    one = _person(person_id, Permission.EXEMPTION_EDIT)
    if exemption_id not in {row.id for row, _ in compliance.exemptions(session(), person_id)}:
        raise NotFound(N_("There is no such exemption."))
    form = LastDayForm(last_day=today())
    return _change(
        one, form, gettext("End the exemption"), gettext("End the exemption"),
        lambda: compliance_actions.end_exemption(session(), exemption_id, form.last_day.data, actor()),
        tab="people.training",
    )  # fmt: skip


@blueprint.route("/<int:person_id>/records/<int:record_id>/revoke", methods=["GET", "POST"])
@needs(Permission.RECORD_REVOKE)
def revoke_record(person_id: int, record_id: int) -> ResponseReturnValue:
    """A record no longer counts."""
    one = _person(person_id, Permission.RECORD_REVOKE)
    record = session().get(TrainingRecord, record_id)
    if record is None or record.person_id != person_id:
        raise NotFound(N_("There is no such record of this person."))
    form = RevokeForm()
    return _change(
        one, form, gettext("Revoke a training record"), gettext("Revoke the record and its certificate"),
        lambda: certifying.revoke_record(
            session(), record, reason=form.reason.data, actor=actor(), file_id=documents.kept_for(form, person_id)
        ),
        kind="danger",
        tab="people.training",
        files=True,
        lede=gettext(
            "%(course)s, completed on %(day)s. It never counted then; its certificate says revoked to whoever checks it.",
            course=record.course_title, day=format_date(record.completed_on),
        ),
    )  # fmt: skip


@blueprint.route("/<int:person_id>/certificates/<number>/correct", methods=["GET", "POST"])
@needs(Permission.RECORD_REVOKE)
def correct_certificate(person_id: int, number: str) -> ResponseReturnValue:
    """A certificate with a wrong name is issued again; the old one says that it was replaced."""
    one = _person(person_id, Permission.RECORD_REVOKE)
    found = certificates.by_number(session(), number, today())
    if found is None or found.certificate.person_id != person_id:
        raise NotFound(N_("There is no such certificate of this person."))
    form = CertificateForm(name=one.display_name)
    return _change(
        one, form, gettext("Correct a certificate"), gettext("Issue a corrected certificate"),
        lambda: certifying.reissue_certificate(
            session(), found.certificate, person_name=form.name.data, reason=form.reason.data, actor=actor()
        ),
        tab="people.training",
        lede=gettext(
            "%(number)s was issued to %(name)s. The corrected one goes out by e-mail; the old one says that it was replaced.",
            number=found.certificate.number, name=found.certificate.snapshot["person_name"],
        ),
    )  # fmt: skip


# --- what the views share ---------------------------------------------------------------------------------------------


def _departments() -> list[SelectChoice]:
    allowed = queries.visible_departments(session(), viewer(), Permission.PEOPLE_EDIT, today())
    return department_choices(queries.tree(session(), today()), allowed)


def _allowed_department(department_id: int) -> None:
    allowed = queries.visible_departments(session(), viewer(), Permission.PEOPLE_EDIT, today())
    if allowed is not None and department_id not in allowed:
        raise Denied(N_("This department is not among those you look after. Nothing was changed."))


def _allowed(holding: Holding) -> Holding:
    _allowed_department(holding.department_id)
    return holding


def _offer(form: HoldingForm, person_id: int) -> None:
    """The departments to choose from, and what is held now, filled in."""
    choices = _departments()
    form.offer(choices)
    if request.method == "GET":
        placed = listing.memberships(session(), person_id)
        current = next((row for row in placed if row[0].primary), None)
        if current is not None:
            form.show_held(current[0], current[1])


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
