"""Decisions for several people: what can be decided, and a page for each line of the table of decisions."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from lms.access import Permission
from lms.web.page import needs
from lms.web.people import several
from lms.web.people.chosen import chosen
from lms.web.people.decisions import DECISIONS, Decision

blueprint = Blueprint("many", __name__, url_prefix="/people/list")


@blueprint.get("/")
@needs(Permission.EXEMPTION_EDIT)
def index() -> ResponseReturnValue:
    """What can be decided for several people: for those who were chosen on a list, or whom one pastes."""
    possible = [decision for decision in DECISIONS if decision.possible()]
    return render_template("people/list.html", decisions=possible, meant=chosen(Permission.EXEMPTION_EDIT))


def _register(decision: Decision) -> None:
    @needs(decision.permission)
    def view() -> ResponseReturnValue:
        return several.page(decision)

    blueprint.add_url_rule(f"/{decision.name}", decision.name, view, methods=["GET", "POST"])


for each in DECISIONS:
    _register(each)
