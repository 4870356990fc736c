"""Requirements: what is asked of whom, read back as sentences; new ones, new versions, and retiring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, IntegerField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from lms.access import Permission
from lms.catalogue import queries as catalogue
from lms.compliance import actions, queries
from lms.compliance.models import RequirementVersion
from lms.compliance.rules import Rule
from lms.compliance.sentence import sentences
from lms.errors import N_, Conflict, Invalid, Message
from lms.people import queries as people
from lms.web.forms import Form
from lms.web.page import actor, commit, needs, roll_back, say, session, tell, today

blueprint = Blueprint("requirements", __name__, url_prefix="/requirements")


CODE_HINT = _l("Use letters, digits, dots and hyphens, at most 40.")


class RequirementForm(Form):
    """One requirement, field by field."""

    title = StringField(_l("Title"), [InputRequired(_l("Give it a title.")), Length(max=200)])
    code = StringField(
        _l("Code"),
        [InputRequired(_l("Give it a code.")), Regexp(r"^[A-Za-z0-9][A-Za-z0-9.-]{0,39}$", message=CODE_HINT)],
        description=_l("Short and lasting, such as LANG-ACCESS."),
    )  # fmt: skip
    courses = SelectMultipleField(_l("Courses"), [InputRequired(_l("Choose at least one course."))])
    needs = RadioField(_l("Of these courses"), choices=[("all", _l("all")), ("any", _l("any one"))], default="all")
    departments = SelectMultipleField(
        _l("Departments"), description=_l("With everything below them. None chosen: all.")
    )
    jobs = StringField(
        _l("Jobs"), [Optional(), Length(max=1000)], description=_l("Separated by semicolons. Empty: all.")
    )
    professions = StringField(
        _l("Professions"), [Optional(), Length(max=1000)], description=_l("Separated by semicolons. Empty: all.")
    )
    contact = RadioField(
        _l("Patient contact"),
        choices=[("", _l("does not matter")), ("yes", _l("only with patient contact")), ("no", _l("only without"))],
        default="",
    )
    within = IntegerField(
        _l("First due within"), [InputRequired(_l("Enter a number.")), NumberRange(0, 3650)], default=30
    )
    within_unit = SelectField(_l("Unit"), choices=[("days", _l("days")), ("months", _l("months"))], default="days")
    incumbents_due = DateField(
        _l("Due day for those who are here already"), [Optional()], description=_l("Empty: as for newcomers.")
    )
    recurs = SelectField(
        _l("Again"),
        choices=[
            ("once", _l("never: once is enough")),
            ("rolling", _l("some time after each completion")),
            ("cadence", _l("in a steady rhythm from the first due day")),
        ],
        default="rolling",
    )
    every = IntegerField(_l("Every how many months"), [Optional(), NumberRange(1, 120)], default=12)
    opens_before = IntegerField(_l("Renewal opens how many days before"), [Optional(), NumberRange(0, 366)], default=60)
    early = RadioField(
        _l("What is done before renewal opens"),
        choices=[("yes", _l("counts: the time runs anew from that day")), ("no", _l("does not count as renewal"))],
        default="yes",
        description=_l("Only where it is due again some time after each completion."),
    )
    grace = IntegerField(_l("Days of grace after the due day"), [Optional(), NumberRange(0, 366)], default=0)
    grace_counts_as = RadioField(
        _l("In grace counts as"), choices=[("late", _l("late")), ("compliant", _l("compliant"))], default="late"
    )
    from_day = DateField(_l("In force from"), [InputRequired(_l("Enter the first day."))])

    def validate(self, extra_validators: Any = None) -> bool:
        """Field by field, and that what comes again says when: no length of time is assumed."""
        good = bool(super().validate(extra_validators))
        if self.recurs.data != "once" and self.every.data is None and not self.every.errors:
            self.every.errors = [gettext("Say after how many months it is due again.")]
            return False
        return good

    def rule(self) -> dict[str, Any]:
        """The rule as data, as :mod:`lms.compliance.rules` reads it."""
        tests: list[dict[str, Any]] = []
        if self.departments.data:
            tests.append({"field": "department", "in": sorted(self.departments.data)})
        for field, typed in (("job", self.jobs.data), ("profession", self.professions.data)):
            if names := [name.strip() for name in (typed or "").split(";") if name.strip()]:
                tests.append({"field": field, "in": names})
        if self.contact.data:
            tests.append({"field": "patient_contact", "is": self.contact.data == "yes"})
        rule: dict[str, Any] = {
            "audience": {"everyone": True} if not tests else tests[0] if len(tests) == 1 else {"all": tests},
            "courses": sorted(self.courses.data or []),
            "needs": self.needs.data,
            "first": {"within": {self.within_unit.data: self.within.data}},
            "grace": self.grace.data or 0,
            "grace_counts_as": self.grace_counts_as.data,
        }
        if self.incumbents_due.data:
            rule["first"]["incumbents_due"] = self.incumbents_due.data.isoformat()
        if self.recurs.data != "once":
            rule["recurs"] = {"kind": self.recurs.data, "every": {"months": self.every.data}}
            if self.recurs.data == "rolling" and self.early.data == "no":
                rule["recurs"]["early_counts"] = False
            if self.opens_before.data is not None:
                rule["opens_before"] = self.opens_before.data
        return rule

    def fill(self, version: RequirementVersion, code: str) -> None:
        """Show a version that was built with this form."""
        rule = version.rule
        first, recurs = rule.get("first", {}), rule.get("recurs", {"kind": "once"})
        unit = "months" if "months" in first.get("within", {}) else "days"
        self.title.data, self.code.data = version.title, code
        self.courses.data, self.needs.data = list(rule.get("courses", [])), rule.get("needs", "all")
        self.within.data, self.within_unit.data = first.get("within", {}).get(unit, 0), unit
        if first.get("incumbents_due"):
            self.incumbents_due.data = date.fromisoformat(first["incumbents_due"])
        self.recurs.data = recurs["kind"]
        self.early.data = "yes" if recurs.get("early_counts", True) else "no"
        self.every.data = recurs.get("every", {}).get("months") or 12 * recurs.get("every", {}).get("years", 1)
        self.opens_before.data, self.grace.data = rule.get("opens_before"), rule.get("grace", 0)
        self.grace_counts_as.data = rule.get("grace_counts_as", "late")
        audience = rule.get("audience", {})
        for test in audience.get("all", [audience] if "field" in audience else []):
            if test.get("field") == "department":
                self.departments.data = test["in"]
            elif test.get("field") == "patient_contact":
                self.contact.data = "yes" if test.get("is", True) else "no"
            elif test.get("field") in {"job", "profession"}:
                getattr(self, f"{test['field']}s").data = "; ".join(test["in"])


def _offer(form: RequirementForm) -> None:
    """The choices that depend on the day: courses, and the department tree with its levels shown."""
    form.courses.choices = [(c.slug, f"{c.code} {c.title}") for c in catalogue.offered(session())]
    tree = people.tree(session(), today())
    form.departments.choices = [(node.code, f"{'– ' * level}{node.name}") for level, node in tree.walk()]


def read_back(rule: dict[str, Any]) -> list[str]:
    """The rule as sentences in the reader's language."""
    tree = people.tree(session(), today())
    names = {node.code: node.name for node in tree.nodes.values()}
    titles = {course.slug: course.title for course in catalogue.offered(session())}
    return [tell(sentence) for sentence in sentences(Rule.parse(rule), names, titles)]


@dataclass(frozen=True, slots=True)
class Shown:
    """A version, the days [from_day, to_day) on which it binds (none: it never did), and what it says."""

    version: RequirementVersion
    from_day: date
    to_day: date
    words: list[str]


@blueprint.get("")
@needs(Permission.REQUIREMENT_VIEW)
def index() -> ResponseReturnValue:
    """Every requirement with what it says today."""
    found = [(version, code, read_back(version.rule)) for version, code in queries.requirements(session(), today())]
    others = queries.not_in_force(session(), today())
    return render_template("requirements/index.html", requirements=found, others=others, today=today())


@blueprint.get("/<int:requirement_id>")
@needs(Permission.REQUIREMENT_VIEW)
def show(requirement_id: int) -> ResponseReturnValue:
    """One requirement with all its versions."""
    return _versions_page(requirement_id)


def _versions_page(requirement_id: int) -> str:
    code, versions = queries.requirement_versions(session(), requirement_id)
    return render_template(
        "requirements/show.html", requirement_id=requirement_id, code=code, versions=_shown(versions), today=today()
    )


def _shown(versions: list[RequirementVersion]) -> list[Shown]:
    """Versions with the days on which they bind: where two are in force, the one that began later."""
    shown: list[Shown] = []
    for version in sorted(versions, key=lambda v: (max(v.from_day, v.adopted_on), v.from_day, v.id), reverse=True):
        start = max(version.from_day, version.adopted_on)
        end = min([version.to_day, *(later.from_day for later in shown)])
        shown.append(Shown(version, start, end, read_back(version.rule)))
    return shown


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.REQUIREMENT_EDIT)
def new() -> ResponseReturnValue:
    """Build a requirement; it is read back before it is published."""
    form = RequirementForm()
    _offer(form)
    if request.method == "GET":
        form.from_day.data = today()
    return _build(form, None)


@blueprint.route("/<int:requirement_id>/version", methods=["GET", "POST"])
@needs(Permission.REQUIREMENT_EDIT)
def version(requirement_id: int) -> ResponseReturnValue:
    """A new version of a requirement from a day; what was required before that day stays as it was."""
    code, versions = queries.requirement_versions(session(), requirement_id)
    form = RequirementForm()
    _offer(form)
    if request.method == "GET" and versions:
        newest = _shown(versions)[0].version
        form.fill(newest, code)
        form.from_day.data = today()
        if Rule.parse(form.rule()) != Rule.parse(newest.rule):
            say(
                gettext("This version says more than this form can show. What the form does not show would be lost."),
                "warning",
            )
    elif request.method == "POST":
        form.code.data = code
    return _build(form, requirement_id)


def _build(form: RequirementForm, requirement_id: int | None) -> ResponseReturnValue:
    page: dict[str, Any] = {
        "form": form,
        "requirement_id": requirement_id,
        "read_back": None,
        "problems": [],
        "doubts": [],
    }
    if not form.validate_on_submit():
        return render_template("requirements/form.html", **page), 422 if request.method == "POST" else 200
    try:
        page["read_back"] = read_back(form.rule())
        page["doubts"] = [tell(doubt.message) for doubt in queries.doubts(session(), form.rule(), today())]
        if "publish" not in request.form:
            return render_template("requirements/form.html", **page)
        published = actions.publish_requirement(
            session(), form.code.data or "", form.title.data or "", form.rule(), form.from_day.data or today(), actor(),
            new=requirement_id is None,
        )  # fmt: skip
    except Invalid as refused:
        roll_back()
        page["problems"] = [
            tell(refused.message),
            *(f"{p.where or ''} {tell(p.message)}".strip() for p in refused.problems),
        ]
        return render_template("requirements/form.html", **page), 422
    commit()
    say(
        gettext(
            "The requirement is published. It is being worked out for everybody; the pages say so until it is done."
        ),
        "done",
    )
    return redirect(url_for("requirements.show", requirement_id=published.requirement_id), 303)


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
    return _versions_page(requirement_id), 422
