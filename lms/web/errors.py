"""Error pages: what happened, that nothing was lost, and what to do. The status is always the right one."""

from __future__ import annotations

import errno
import logging

from flask import Flask, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from lms.errors import AttuneError
from lms.web.page import roll_back, tell

log = logging.getLogger("lms.web")

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})


def install(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(AttuneError, _known)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, error_page)
    app.register_error_handler(OSError, _disk)
    app.register_error_handler(OverflowError, _out_of_range)
    app.register_error_handler(DataError, _out_of_range)
    app.register_error_handler(Exception, _unknown)
    app.register_error_handler(500, _unknown)  # also what goes wrong while another error is told


def _answer(status: int, what: str) -> ResponseReturnValue:
    if request.headers.get("X-Requested-With") == "fetch" or request.accept_mimetypes.best == "application/json":
        return jsonify({"error": what}), status
    return render_template("layout/error.html", status=status, what=what), status


def _known(error: AttuneError) -> ResponseReturnValue:
    roll_back()
    return _answer(error.status, tell(error.message))


def _forged(error: CSRFError) -> ResponseReturnValue:
    return _answer(
        419,
        gettext("This form is no longer valid, so nothing was changed. Go back, reload the page and send it again."),
    )


def error_page(error: HTTPException) -> ResponseReturnValue:
    """The page for a status that Werkzeug or ``abort`` raised."""
    if error.code is None or error.code < 400:
        return error.get_response()
    roll_back()
    sentences = {
        401: gettext("Please sign in. What you entered is still here."),
        403: gettext("Your role does not include this page."),
        404: gettext("There is no such page."),
        405: gettext("This address cannot be used that way."),
        413: gettext("What you sent is too large. Nothing was stored."),
        429: gettext("Too many tries in a short time. Please wait a minute."),
    }
    answer = make_response(
        _answer(error.code, sentences.get(error.code, gettext("The request could not be understood.")))
    )
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def _out_of_range(error: Exception) -> ResponseReturnValue:
    """A number that no column holds: nobody chose it on a page."""
    log.warning("%s %s: %s", request.method, request.path, error)
    roll_back()
    return _answer(400, gettext("The request could not be understood."))


def _disk(error: OSError) -> ResponseReturnValue:
    if error.errno not in NO_ROOM:
        return _unknown(error)
    log.error("%s %s: %s", request.method, request.path, error)
    return _answer(
        507,
        gettext("There is no room left to store the file, so nothing was stored. Please tell who looks after Attune."),
    )


def _unknown(error: Exception) -> ResponseReturnValue:
    log.exception("%s %s failed", request.method, request.path)
    try:
        roll_back()
        return _answer(
            500, gettext("Something went wrong on our side. What was saved before is safe; please try again.")
        )
    except Exception:
        log.exception("The error page failed, too")
        return BARE, 500


BARE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Something went wrong · Attune</title></head>
<body><main><h1>Something went wrong on our side</h1>
<p>What was saved before is safe. Wait a moment and try again.</p></main></body></html>
"""
"""For when the database cannot be reached: neither the reader's language nor the organisation's contact is known then."""
