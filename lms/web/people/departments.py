"""The departments of a day, as a tree, and what changes them from a day on."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from wtforms.fields.choices import SelectChoice

from lms.access import Permission
from lms.errors import N_, Denied, NotFound
from lms.flows import staffing
from lms.people import departments, listing, queries
from lms.people.tree import Node, Tree
from lms.web.form_page import days, form_page
from lms.web.page import actor, needs, session, today, viewer
from lms.web.people.people_forms import (
    LEVEL_NAMES,
    CloseForm,
    DepartmentForm,
    MergeForm,
    NewDepartmentForm,
    department_choices,
)

blueprint = Blueprint("departments", __name__, url_prefix="/people/departments")


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {"days": days, "levels": LEVEL_NAMES}


@blueprint.get("/")
@needs(Permission.PEOPLE_VIEW)
def index() -> ResponseReturnValue:
    """The tree as it was, is or will be on a day."""
    day = _day(request.args.get("as_of")) or today()
    tree = queries.tree(session(), day)
    allowed = queries.visible_departments(session(), viewer(), Permission.PEOPLE_VIEW, day)
    heads = listing.headcount(session(), day)
    rows = []
    for level, node in tree.walk():
        if allowed is None or node.id in allowed:
            below = sum(heads.get(one, 0) for one in tree.subtree([node.id]))
            rows.append(
                {
                    "level": level + 1,
                    "label": node.name,
                    "url": url_for("departments.show", department_id=node.id),
                    "cells": [node.code, str(LEVEL_NAMES[node.kind]), heads.get(node.id, 0), below],  # type: ignore[index]
                }
            )
    return render_template("people/departments.html", rows=rows, day=day, today=today())


@blueprint.get("/<int:department_id>")
@needs(Permission.PEOPLE_VIEW)
def show(department_id: int) -> ResponseReturnValue:
    """One department: what it is, was and will be."""
    versions = listing.versions(session(), department_id)
    tree = queries.tree(session(), today())
    allowed = queries.visible_departments(session(), viewer(), Permission.PEOPLE_VIEW, today())
    if not versions or (allowed is not None and department_id not in allowed):
        raise NotFound(N_("There is no such department, or it is not among those you look after."))
    parents = {v.parent_id for v in versions if v.parent_id is not None}
    return render_template(
        "people/department.html",
        versions=versions,
        node=tree.nodes.get(department_id),
        code=queries.code_of(session(), department_id),
        name=versions[0].name,
        path=tree.path(department_id),
        parents=queries.last_names(session(), parents),
        people=listing.headcount(session(), today()).get(department_id, 0),
        department_id=department_id,
    )


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def new() -> ResponseReturnValue:
    """A new department."""
    form = NewDepartmentForm(from_day=today())
    tree, allowed = _reach()
    form.parent.choices = _parents(tree, allowed)

    def act() -> str:
        made = departments.create(
            session(), form.code.data, form.name.data, form.kind.data, form.parent_id, form.from_day.data, actor()
        )
        return url_for("departments.show", department_id=made.id)

    title = gettext("Add a department")
    order = ("code", "name", "kind", "parent", "from_day")
    return form_page(form, act, title, title, url_for("departments.index"), order=order)


@blueprint.route("/<int:department_id>/change", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def change(department_id: int) -> ResponseReturnValue:
    """Another name, level or place from a day on."""
    tree, allowed = _reach()
    node = _node(department_id, tree, allowed)
    form = DepartmentForm(
        name=node.name, kind=node.kind, parent=str(node.parent_id) if node.parent_id else "", from_day=today()
    )
    below = tree.subtree([department_id])
    form.parent.choices = [
        choice for choice in _parents(tree, allowed, node) if not choice.value or int(choice.value) not in below
    ]

    def act() -> str:
        day = form.from_day.data
        departments.change(session(), department_id, form.name.data, form.kind.data, form.parent_id, day, actor())
        if form.parent_id != node.parent_id:
            staffing.department_changed(session(), [department_id], day, actor())
        return url_for("departments.show", department_id=department_id)

    return _about(form, act, node, gettext("Rename or move this department"), gettext("Save"))


@blueprint.route("/<int:department_id>/merge", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def merge(department_id: int) -> ResponseReturnValue:
    """Its people and what is below it belong to another one from a day on."""
    tree, allowed = _reach()
    node = _node(department_id, tree, allowed)
    form = MergeForm(from_day=today())
    below = tree.subtree([department_id])
    form.into.choices = [choice for choice in department_choices(tree, allowed) if int(choice.value) not in below]

    def act() -> str:
        into, day = int(form.into.data), form.from_day.data
        moved = departments.merge(session(), department_id, into, day, actor())
        staffing.department_changed(session(), [into], day, actor(), moved=moved)
        return url_for("departments.show", department_id=into)

    heads = listing.headcount(session(), today()).get(department_id, 0)
    lede = ngettext("%(num)s person works here today.", "%(num)s people work here today.", heads)
    return _about(form, act, node, gettext("Merge this department"), gettext("Merge"), lede=lede, kind="danger")


@blueprint.route("/<int:department_id>/close", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def close(department_id: int) -> ResponseReturnValue:
    """The department is no more from a day on."""
    tree, allowed = _reach()
    node = _node(department_id, tree, allowed)
    form = CloseForm(from_day=today())

    def act() -> str:
        departments.close(session(), department_id, form.from_day.data, actor())
        return url_for("departments.show", department_id=department_id)

    return _about(form, act, node, gettext("Close this department"), gettext("Close"), kind="danger")


# --- what the views share ---------------------------------------------------------------------------------------------


def _about(form: Any, act: Any, node: Node, title: str, label: str, **how: Any) -> ResponseReturnValue:
    back = url_for("departments.show", department_id=node.id)
    return form_page(form, act, title, label, back, crumb=(node.name, back), **how)


def _reach() -> tuple[Tree, frozenset[int] | None]:
    tree = queries.tree(session(), today())
    return tree, queries.visible_departments(session(), viewer(), Permission.PEOPLE_EDIT, today())


def _node(department_id: int, tree: Tree, allowed: frozenset[int] | None) -> Node:
    node = tree.nodes.get(department_id)
    if node is None:
        raise NotFound(N_("There is no such department today."))
    if allowed is not None and department_id not in allowed:
        raise Denied(N_("This department is not among those you look after. Nothing was changed."))
    return node


def _parents(tree: Tree, allowed: frozenset[int] | None, node: Node | None = None) -> list[SelectChoice]:
    """Where a department may hang: within reach, or where it hangs already; at the top only for those who see everything."""
    choices = department_choices(tree, allowed)
    if allowed is None:
        return [SelectChoice("", gettext("Nothing: it is at the top")), *choices]
    if node is not None and (node.parent_id is None or node.parent_id not in allowed):
        parent = tree.nodes.get(node.parent_id) if node.parent_id else None
        value, label = (str(parent.id), parent.name) if parent else ("", gettext("Nothing: it is at the top"))
        choices.insert(0, SelectChoice(value, label))
    return choices


def _day(value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        return None
