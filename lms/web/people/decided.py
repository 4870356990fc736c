"""What HR decides about one person: a page for each line of the table of decisions, what ends or takes back one, and who decided what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import format_date

from lms.access import Permission
from lms.certificates import queries as certificates
from lms.compliance import actions as compliance
from lms.compliance import assignments, more_time
from lms.compliance import queries as requirements
from lms.errors import N_, NotFound
from lms.flows import certifying
from lms.people import actions as people
from lms.people import queries as staff
from lms.records import queries as records
from lms.records.models import TrainingRecord
from lms.web.form_page import days
from lms.web.page import actor, needs, say, session, today
from lms.web.people import documents
from lms.web.people.decision_forms import CertificateForm, Documented, EndForm, RevokeOneForm
from lms.web.people.decisions import DECISIONS, Decision
from lms.web.people.person_page import change, decides_about
from lms.web.words import gettext

blueprint = Blueprint("decided", __name__, url_prefix="/people")


@dataclass(frozen=True, slots=True)
class About:
    """What was decided about a person, each with who decided it: moved due days, assignments by name, completions by hand (by record)."""

    extensions: Sequence[Any]
    assigned: Sequence[Any]
    by_hand: Mapping[int, Any]


def about(person_id: int) -> About:
    """Everything that was decided about a person beside exemptions and leaves. Three statements."""
    return About(
        more_time.moved(session(), person_id),
        assignments.of_person(session(), person_id),
        records.by_hand(session(), person_id),
    )


def _register(decision: Decision) -> None:
    @needs(decision.permission)
    def view(person_id: int) -> ResponseReturnValue:
        one = decides_about(person_id, decision.permission)
        form = type("ForOne", (decision.form, Documented), {})(**decision.begins())
        decision.offer(form, one)

        def act() -> None:
            decision.check(form)
            warning = decision.warning(form, one)
            decision.one(form, one, documents.kept_for(form, person_id))
            if warning:
                say(warning, "warning")

        return change(
            one, form, str(decision.title), str(decision.label), act, tab=decision.tab, files=True, lede=str(decision.lede),
            nothing=decision.nothing(form),
        )  # fmt: skip

    blueprint.add_url_rule(f"/<int:person_id>/{decision.name}", decision.name, view, methods=["GET", "POST"])


for each in DECISIONS:
    if each.alone:
        _register(each)


@blueprint.route("/<int:person_id>/leave/<int:leave_id>", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def end_leave(person_id: int, leave_id: int) -> ResponseReturnValue:
    """A leave ends on another day, or never was."""
    one = decides_about(person_id, Permission.PEOPLE_EDIT)
    leave = next((row for row in staff.leaves(session(), person_id) if row.id == leave_id), None)
    if leave is None:
        raise NotFound(N_("There is no such leave, or it was corrected already."))
    form = EndForm(last_day=today() - timedelta(days=1))
    return change(
        one, form, gettext("End the leave"), gettext("End the leave"),
        lambda: people.end_leave(session(), person_id, leave_id, form.last_day.data, form.reason.data, actor()),
        lede=f"{leave.reason} · {days(leave)}",
    )  # fmt: skip


@blueprint.route("/<int:person_id>/exemption/<int:exemption_id>", methods=["GET", "POST"])
@needs(Permission.EXEMPTION_EDIT)
def end_exemption(person_id: int, exemption_id: int) -> ResponseReturnValue:
    """An exemption ends, or never was."""
    one = decides_about(person_id, Permission.EXEMPTION_EDIT)
    standing = {row.id: row for row, _ in requirements.exemptions(session(), person_id)}
    if exemption_id not in standing:
        raise NotFound(N_("There is no such exemption."))
    form = EndForm(last_day=today())
    return change(
        one, form, gettext("End the exemption"), gettext("End the exemption"),
        lambda: compliance.end_exemption(session(), exemption_id, form.last_day.data, form.reason.data, actor()),
        tab="people.training", lede=f"{standing[exemption_id].reason} · {days(standing[exemption_id])}",
    )  # fmt: skip


@blueprint.route("/<int:person_id>/records/<int:record_id>/revoke", methods=["GET", "POST"])
@needs(Permission.RECORD_REVOKE)
def revoke_record(person_id: int, record_id: int) -> ResponseReturnValue:
    """A record no longer counts."""
    one = decides_about(person_id, Permission.RECORD_REVOKE)
    record = session().get(TrainingRecord, record_id)
    if record is None or record.person_id != person_id:
        raise NotFound(N_("There is no such record of this person."))
    form = RevokeOneForm()
    return change(
        one, form, gettext("Revoke a training record"), gettext("Revoke the record and its certificate"),
        lambda: certifying.revoke_record(
            session(), record, reason=form.reason.data, actor=actor(), file_id=documents.kept_for(form, person_id), follow=False
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
    one = decides_about(person_id, Permission.RECORD_REVOKE)
    found = certificates.by_number(session(), number, today())
    if found is None or found.certificate.person_id != person_id:
        raise NotFound(N_("There is no such certificate of this person."))
    form = CertificateForm(name=one.display_name)
    return change(
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
