"""Saved views: a page of figures under a name, to open again, to share, or to get by mail. Each opens as the page it is of, so it shows
everybody what they may see there and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from lms.access import Permission, Role, may, scope
from lms.compliance import queries as compliance
from lms.errors import N_, AttuneError, NotFound
from lms.people.queries import tree as tree_of
from lms.people.tree import Tree
from lms.reports.saved import actions, queries
from lms.reports.saved.models import ExportSchedule, SavedView
from lms.reports.saved.plan import Every
from lms.web.form_page import form_page
from lms.web.forms import Form
from lms.web.page import actor, commit, needs, organisation, say, session, tell, today, viewer
from lms.web.reports import figures
from lms.web.reports.view_pages import PAGES, ViewPage, asked_in, page_of
from lms.web.words import gettext

blueprint = Blueprint("views", __name__, url_prefix="/views")

SHARING = {
    Role.HR: Permission.COMPLETION_VIEW,
    Role.AUDITOR: Permission.COMPLETION_VIEW,
    Role.MANAGER: Permission.TEAM_VIEW,
}
"""The roles that views are shared with, and what they see by."""


class ViewForm(Form):
    """A name, which day, and whether colleagues see it."""

    name = StringField(_l("Name"), [InputRequired(_l("Give it a name.")), Length(max=actions.LONGEST)])
    when = SelectField(_l("Which day"))
    shared = BooleanField(_l("Share it with everybody in my role; they see only their own people"))


class MailForm(Form):
    """How often a view is mailed, as what, and from when on."""

    every = SelectField(
        _l("How often"),
        choices=[
            SelectChoice(Every.DAY, _l("Every day")),
            SelectChoice(Every.WEEK, _l("Every week")),
            SelectChoice(Every.MONTH, _l("Every month")),
        ],
    )
    kind = SelectField(_l("As"), choices=[SelectChoice("xlsx", _l("Excel")), SelectChoice("csv", _l("CSV"))])
    first = DateField(
        _l("First on"),
        [InputRequired(_l("Choose a day."))],
        description=_l("Every week means this weekday, every month this day of the month."),
    )


@blueprint.app_context_processor
def _saving() -> dict[str, Any]:
    """For the pages that can be saved: the address at which that is done."""

    def save_url() -> str | None:
        word = page_of(request.endpoint or "", request.view_args or {})
        return (
            None
            if word is None
            else url_for("views.new", page=word, query=request.query_string.decode("ascii", "ignore"))
        )

    return {"save_url": save_url}


@blueprint.get("")
@needs(Permission.LEARN)
def index() -> ResponseReturnValue:
    """One's own views, and those that colleagues share."""
    tree = tree_of(session(), today())
    titles = {version.requirement_id: version.title for version, _ in compliance.requirements(session(), today())}
    own = [(view, planned, _told(view, tree, titles)) for view, planned in queries.own(session(), viewer().person_id)]
    shared = [
        (view, who, _told(view, tree, titles))
        for view, who in queries.shared_with(session(), viewer())
        if _visible(view, tree)
    ]
    days = {view.id: _fixed(view.args) for view, _, _ in [*own, *shared]}
    return render_template("views/index.html", own=own, shared=shared, pages=PAGES, every=every_words(), days=days)


def every_words() -> dict[str, str]:
    """How often, in words."""
    return {Every.DAY: gettext("every day"), Every.WEEK: gettext("every week"), Every.MONTH: gettext("every month")}


def _page(view: SavedView) -> ViewPage | None:
    page = PAGES.get(view.page)
    return page if page is not None and may(viewer(), page.permission) else None


def _visible(view: SavedView, tree: Tree) -> bool:
    """Whether a shared view is one that the viewer could have made: the page is allowed, and its department lies within their grant."""
    page = _page(view)
    if page is None:
        return False
    department, seen = str(view.args.get("department", "")), scope(viewer(), page.permission)
    return seen is None or not department or (department.isdecimal() and int(department) in tree.subtree(seen))


def _told(view: SavedView, tree: Tree, titles: Mapping[int, str]) -> str:
    """What a view asks, in words."""
    args, words = view.args, figures.column_words()
    number = str(args.get("department", ""))
    parts = []
    if (
        title := titles.get(int(args["requirement"])) if str(args.get("requirement", "")).isdecimal() else None
    ) is not None:
        parts.append(title)
    if number.isdecimal() and int(number) in tree.nodes:
        parts.append(tree.path(int(number)))
    parts += [str(args[name]) for name in ("job", "profession") if args.get(name)]
    if args.get("state") in words:
        parts.append(words[args["state"]])
    if args.get("q") and view.owner_id == viewer().person_id:
        parts.append(gettext("Search: %(term)s", term=args["q"]))
    return " · ".join(parts)


def _days(fixed: date | None) -> list[SelectChoice]:
    today_words = SelectChoice("", gettext("Always the day on which it is opened"))
    if fixed is None:
        return [today_words]
    return [SelectChoice(fixed.isoformat(), gettext("Always %(day)s", day=figures.long_day(fixed))), today_words]


def _fixed(args: Mapping[str, Any]) -> date | None:
    try:
        return date.fromisoformat(str(args.get("as_of", "")))
    except ValueError:
        return None


def _address(page: ViewPage, args: Mapping[str, Any]) -> str:
    everything: dict[str, Any] = {**args, **page.route}
    return url_for(page.endpoint, **everything)


def _role(page: ViewPage) -> Role | None:
    """The role of the viewer with which a view of this page is shared."""
    roles = {grant.role for grant in viewer().grants}
    return next(
        (role for role, permission in SHARING.items() if role in roles and permission == page.permission), None
    ) or next((role for role in SHARING if role in roles), None)


def _form(page: ViewPage, fixed: date | None, view: SavedView | None = None) -> tuple[ViewForm, tuple[str, ...]]:
    form = ViewForm()
    form.when.choices = _days(fixed)
    if view is not None and not form.is_submitted():
        form.name.data, form.shared.data = view.name, view.shared_role is not None
    fields = ["name"]
    if fixed is not None:
        fields.append("when")
    else:
        del form.when
    if _role(page) is not None:
        fields.append("shared")
    else:
        del form.shared
    return form, tuple(fields)


def _chosen(form: ViewForm, args: dict[str, str], page: ViewPage) -> tuple[dict[str, str], Role | None]:
    if "when" in form and not form.when.data:
        args.pop("as_of", None)
    elif _fixed(args) is None:
        args.pop("as_of", None)
    return args, _role(page) if "shared" in form and form.shared.data else None


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.LEARN)
def new() -> ResponseReturnValue:
    """Save the page that was open under a name."""
    word = request.args.get("page", "")
    page = PAGES.get(word)
    if page is None or not may(viewer(), page.permission):
        raise NotFound(N_("There is no such page to save."))
    args = asked_in(word, request.args.get("query", ""))
    form, order = _form(page, _fixed(args))

    def act() -> str:
        kept, role = _chosen(form, args, page)
        actions.save(session(), word, kept, form.name.data or "", role, actor())
        return url_for("views.index")

    back = _address(page, args)
    return form_page(
        form, act, gettext("Save this view"), gettext("Save"), back,
        lede=gettext("%(page)s with its filters and its order, to be opened again by name.", page=str(page.label)),
        order=order, top=(gettext("Saved views"), url_for("views.index")),
    )  # fmt: skip


@blueprint.get("/<int:view_id>")
@needs(Permission.LEARN)
def show(view_id: int) -> ResponseReturnValue:
    """Open a view: go to its page, which shows what this viewer may see."""
    view = queries.openable(session(), view_id, viewer())
    page = _page(view)
    if page is None or (view.owner_id != viewer().person_id and not _visible(view, tree_of(session(), today()))):
        raise NotFound(N_("There is no such view, or it is no longer shared."))
    args = view.args if view.owner_id == viewer().person_id else {**view.args, "q": ""}
    return redirect(_address(page, args))


@blueprint.route("/<int:view_id>/edit", methods=["GET", "POST"])
@needs(Permission.LEARN)
def edit(view_id: int) -> ResponseReturnValue:
    """Another name, the day, shared or not."""
    view = queries.mine(session(), view_id, viewer().person_id)
    page = PAGES[view.page]
    form, order = _form(page, _fixed(view.args), view)

    def act() -> str:
        args, role = _chosen(form, dict(view.args), page)
        view.args = args
        actions.change(session(), view, form.name.data or "", role, actor())
        return url_for("views.index")

    return form_page(
        form, act, gettext("Change a saved view"), gettext("Save"), url_for("views.index"), order=order,
        top=(gettext("Saved views"), url_for("views.index")),
    )  # fmt: skip


@blueprint.post("/<int:view_id>/remove")
@needs(Permission.LEARN)
def remove(view_id: int) -> ResponseReturnValue:
    """Take a view away."""
    view = queries.mine(session(), view_id, viewer().person_id)
    actions.remove(session(), view, actor())
    commit()
    say(gettext("“%(name)s” is deleted.", name=view.name))
    return redirect(url_for("views.index"), 303)


@blueprint.route("/<int:view_id>/mail", methods=["GET", "POST"])
@needs(Permission.LEARN)
def mail(view_id: int) -> ResponseReturnValue:
    """Get a view by mail, see what was sent, and stop it."""
    view = queries.mine(session(), view_id, viewer().person_id)
    page = PAGES[view.page]
    if page.file is None:
        raise NotFound(N_("This page has no file that could be mailed."))
    planned = actions.schedule_of(session(), view.id)
    form = MailForm()
    if not form.is_submitted():
        form.first.data = today() + timedelta(days=1)
        if planned is not None:
            form.every.data, form.kind.data, form.first.data = (
                planned.every,
                planned.kind,
                max(planned.next_on, today()),
            )
    refused: list[tuple[str, None]] = []
    if form.validate_on_submit():
        try:
            actions.mail_it(
                session(), view, Every(form.every.data), form.kind.data, form.first.data or today(), today(), actor()
            )
        except AttuneError as error:
            session().rollback()
            refused = [(tell(error.message), None)]
        else:
            commit()
            say(gettext("Saved."))
            return redirect(url_for("views.mail", view_id=view.id), 303)
    return render_template(
        "views/mail.html", view=view, page=page, planned=planned, form=form, refused=refused, every=every_words(),
        sent=queries.sent(session(), view.id), outcomes=outcome_words(), mail_waits=organisation().mail is None,
    ), 422 if form.errors or refused else 200  # fmt: skip


def outcome_words() -> dict[str, tuple[str, str, str]]:
    """What became of a day: in words, with tone and sign."""
    return {
        "attached": (gettext("Attached"), "ok", "circle-check"),
        "linked": (gettext("Sent as a link, too large to attach"), "ok", "link"),
        "refused": (gettext("Not sent: you may not open this page any more"), "late", "octagon-alert"),
        "no_address": (gettext("Not sent: no e-mail address at which mail arrives"), "late", "octagon-alert"),
    }


@blueprint.post("/<int:view_id>/mail/stop")
@needs(Permission.LEARN)
def stop(view_id: int) -> ResponseReturnValue:
    """Get a view by mail no longer."""
    view = queries.mine(session(), view_id, viewer().person_id)
    planned: ExportSchedule | None = actions.schedule_of(session(), view.id)
    if planned is not None:
        actions.stop(session(), planned, "owner", actor())
        commit()
    say(gettext("“%(name)s” is no longer mailed.", name=view.name))
    return redirect(url_for("views.mail", view_id=view.id), 303)
