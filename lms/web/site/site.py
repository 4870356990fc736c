"""Pages for everybody: the front door, help, language, search, the style page, health."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from lms.access import Permission, may
from lms.web.page import LANGUAGES, house, needs, public, safe_next, session, viewer_or_none
from lms.web.site.sample_form import sample_form
from lms.web.site.sample_items import sample_items

blueprint = Blueprint("site", __name__)


@blueprint.get("/")
@public
def front() -> ResponseReturnValue:
    """Send everybody where their work is."""
    asking = viewer_or_none()
    if asking is None:
        return redirect(url_for("auth.sign_in"))
    for permission, target in (
        (Permission.COMPLETION_VIEW, "today.index"),
        (Permission.LEADERSHIP_VIEW, "leadership.overview"),
        (Permission.TEAM_VIEW, "team.index"),
        (Permission.SETTINGS_EDIT, "admin.overview"),
        (Permission.COURSE_PUBLISH, "authoring.courses"),
    ):
        if may(asking, permission):
            return redirect(url_for(target))
    return redirect(url_for("learner.home"))


@blueprint.get("/help")
@public
def help() -> ResponseReturnValue:
    """Help for each role, also when signed out."""
    return render_template("site/help.html")


@blueprint.post("/language")
@public
def set_language() -> ResponseReturnValue:
    """Choose the language on this device, and stay on the page."""
    wanted = request.form.get("language", "")
    answer = redirect(safe_next(request.form.get("next")) or url_for("site.front"))
    if wanted in LANGUAGES or (wanted == "xx" and (house().config.demo or house().config.testing)):
        answer.set_cookie(
            "language",
            wanted,
            max_age=timedelta(days=365),
            httponly=True,
            samesite="Lax",
            secure=house().config.secure_cookies,
        )
    return answer


@blueprint.get("/search")
@needs(Permission.LEARN)
def search() -> ResponseReturnValue:
    """One box: people, departments, courses, requirements; only what the viewer may see."""
    from lms.web.site.finding import find

    term = request.args.get("q", "").strip()[:100]
    return render_template("site/search.html", term=term, groups=find(term) if term else [])


@blueprint.get("/style")
@public
def style() -> ResponseReturnValue:
    """The living style page: every component in every state."""
    return render_template("style/index.html", form=sample_form(), items=sample_items())


@blueprint.get("/healthz")
@public
def health() -> ResponseReturnValue:
    """Whether the application answers and reaches its database."""
    session().execute(text("select 1"))
    return {"status": "ok"}
