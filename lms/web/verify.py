"""The public page that says what was certified, and whether it is good today."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.accounts import throttle
from lms.certificates.queries import by_number
from lms.errors import N_, AttuneError
from lms.web.page import house, now, public, session, today

blueprint = Blueprint("verify", __name__, url_prefix="/verify")


class TooMany(AttuneError):
    """Somebody is trying numbers."""

    status = 429


@blueprint.get("")
@public
def ask() -> ResponseReturnValue:
    """Enter a number."""
    number = request.args.get("number", "").strip()
    if number:
        return redirect(url_for("verify.show", number="".join(number.split()).upper()[:40]))
    return render_template("verify/ask.html")


@blueprint.get("/<number>")
@public
def show(number: str) -> ResponseReturnValue:
    """What stands behind a number: always an answer in words, also for one that was revoked or replaced."""
    found = by_number(session(), number, today())
    if found is None:
        with house().database.transaction() as own:
            if not throttle.hit(own, f"verify:{request.remote_addr}", throttle.Limit(30, timedelta(minutes=10)), now()):
                raise TooMany(N_("Too many unknown numbers in a short time. Please wait a few minutes."))
        return render_template("verify/unknown.html", number=number), 404
    return render_template("verify/show.html", found=found, snapshot=found.certificate.snapshot, today=today())
