"""The public page that says what was certified, and whether it is good today."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.accounts import throttle
from lms.certificates.queries import as_issued, by_number
from lms.errors import N_, AttuneError
from lms.web.page import house, now, public, session, today

blueprint = Blueprint("verify", __name__, url_prefix="/verify")


UNKNOWN = throttle.Limit(30, timedelta(minutes=10))
"""Unknown numbers from one address."""


class TooMany(AttuneError):
    """Somebody is trying numbers."""

    status = 429


@blueprint.get("")
@public
def ask() -> ResponseReturnValue:
    """Enter a number."""
    if number := as_issued(request.args.get("number", "")):
        return redirect(url_for("verify.show", number=number))
    return render_template("verify/ask.html")


@blueprint.get("/<number>")
@public
def show(number: str) -> ResponseReturnValue:
    """What stands behind a number: always an answer in words, also for one that was revoked or replaced.

    Who has tried too many unknown numbers is told nothing about known ones either.
    """
    who = f"verify:{request.remote_addr}"
    found = None if throttle.spent(session(), who, UNKNOWN, now()) else by_number(session(), number, today())
    if found is None:
        with house().database.transaction() as own:
            within = throttle.hit(own, who, UNKNOWN, now())
        if not within:
            raise TooMany(N_("Too many unknown numbers in a short time. Please wait a few minutes."))
        return render_template("verify/unknown.html", number=as_issued(number) or "–"), 404
    return render_template("verify/show.html", found=found, snapshot=found.certificate.snapshot, today=today())
