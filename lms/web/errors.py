"""Error pages: what happened, that nothing was lost, and what to do. The status is always the right one."""

from __future__ import annotations

import errno
import logging

from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from lms.errors import AttuneError
from lms.web.page import tell

log = logging.getLogger("lms.web")

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})


def install(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(AttuneError, _known)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OSError, _disk)
    app.register_error_handler(Exception, _unknown)


def _answer(status: int, what: str) -> ResponseReturnValue:
    if request.headers.get("X-Requested-With") == "fetch" or request.accept_mimetypes.best == "application/json":
        return jsonify({"error": what}), status
    return render_template("layout/error.html", status=status, what=what), status


def _known(error: AttuneError) -> ResponseReturnValue:
    return _answer(error.status, tell(error.message))


def _forged(error: CSRFError) -> ResponseReturnValue:
    return _answer(
        419,
        gettext("This form is no longer valid, so nothing was changed. Go back, reload the page and send it again."),
    )


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    sentences = {
        401: gettext("Please sign in. What you entered is still here."),
        403: gettext("Your role does not include this page."),
        404: gettext("There is no such page."),
        405: gettext("This address cannot be used that way."),
        413: gettext("What you sent is too large. Nothing was stored."),
        429: gettext("Too many tries in a short time. Please wait a minute."),
    }
    return _answer(error.code, sentences.get(error.code, gettext("The request could not be understood.")))


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
    return _answer(500, gettext("Something went wrong on our side. What was saved before is safe; please try again."))
