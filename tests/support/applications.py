"""Applications for tests: what a test left as it was serves the next one, newly wired; the others share what Werkzeug compiled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from config import Config
from lms.accounts.actions import begin_session
from lms.accounts.models import Account
from lms.app import create_app
from lms.clock import Clock
from lms.db import Database
from lms.files import FileStore
from lms.web.page import House
from tests.support.pages import PageClient

_compile = Rule._compile_builder
_builders: dict[tuple[str, tuple[tuple[bool, str], ...], bool], Callable[..., tuple[str, str]]] = {}


def _compiled_once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    """The function that builds the address of a rule. It depends on the rule's words alone, and compiling those of all pages takes
    most of the time in which an application is made."""
    if rule.defaults:
        return _compile(rule, append_unknown)
    words = (rule.rule, tuple(rule._trace), append_unknown)
    if words not in _builders:
        _builders[words] = _compile(rule, append_unknown)
    return _builders[words]


Rule._compile_builder = _compiled_once  # type: ignore[method-assign]


class Applications:
    """Those of one worker. An application to which a test added something, or whose settings it changed, is not used again."""

    def __init__(self) -> None:
        self._free: dict[Config, Flask] = {}

    def lend(self, config: Config, clock: Clock, database: Database) -> Flask:
        """An application for ``config`` that nobody else has."""
        app = self._free.pop(_alike(config), None)
        if app is None:
            app = create_app(config, clock, database)
            app.test_client_class = PageClient
            return app
        app.extensions["attune"] = House(config, clock, database, FileStore(config.data_dir / "files"))
        app._got_first_request = False  # a test may add pages of its own
        return app

    def give_back(self, app: Flask, made: tuple[Any, ...]) -> None:
        """Keep it for the next test, if it is as it was ``made``."""
        if state(app) == made:
            self._free[_alike(app.extensions["attune"].config)] = app


def _alike(config: Config) -> Config:
    """What two configurations must share for one application to do for both: all but where the data and the courses lie."""
    return replace(config, database_url="", data_dir=Path(), courses_dir=Path())


def state(app: Flask) -> tuple[Any, ...]:
    """What a test could change about an application."""
    hooks = (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs)
    listed = [{key: repr(value) for key, value in hook.items() if value} for hook in hooks]
    handlers = {
        (part, code): dict(known)  # a look-up leaves an empty one behind
        for part, codes in app.error_handler_spec.items()
        for code, known in codes.items()
        if known
    }
    return (
        dict(app.config),
        dict(app.view_functions),
        dict(app.blueprints),
        list(app.extensions),
        app.wsgi_app,
        listed,
        handlers,
    )


def signed_in(app: Flask, database: Database, now: datetime, person_id: int) -> PageClient:
    """A client with a session of that person's account, without asking for the password."""
    with database.transaction() as session:
        account = session.scalars(select(Account).where(Account.person_id == person_id)).one()
        token = begin_session(session, account, now)
    made = app.test_client()
    assert isinstance(made, PageClient)
    with made.session_transaction() as cookie:
        cookie.update({"_user_id": token, "_fresh": True, "touched": int(now.timestamp())})
    return made
