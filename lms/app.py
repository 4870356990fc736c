"""The application: wiring only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map
from whitenoise import WhiteNoise

from config import ROOT, Config
from lms.clock import Clock, SystemClock
from lms.db import Database
from lms.files import FileStore
from lms.web import blueprints, errors, page
from lms.web.compression import Compressed, fingerprint

HERE = Path(__file__).resolve().parent


class RowNumber(IntegerConverter):
    """``<int:...>`` in an address: a number that a row can have in either database, so that a longer one is no page, and no fault."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=2**31 - 1)


class Site(Flask):
    """Flask, without looking at each function it calls whether it is a coroutine: none is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself."""
        return func


class SignedCookie(SecureCookieSessionInterface):
    """Flask's session in a signed cookie; what signs it is made once and not twice in each request."""

    _signer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """What signs the cookies of this application, whose key never changes."""
        if self._signer is None:
            self._signer = super().get_signing_serializer(app)
        return self._signer


def create_app(config: Config, clock: Clock | None = None, database: Database | None = None) -> Flask:
    """The WSGI application for ``config``. Opens no connection and changes nothing: migrate first (``lms db upgrade``)."""
    static = f"/static/{fingerprint(HERE / 'static')}"
    app = Site(
        "lms", template_folder=str(ROOT / "templates"), static_folder=str(HERE / "static"), static_url_path=static
    )
    app.config.update(
        SECRET_KEY=config.secret_key,
        MAX_CONTENT_LENGTH=config.upload_limit,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_NAME="attune",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.secure_cookies,
        WTF_CSRF_TIME_LIMIT=None,  # a page left open overnight must still be able to save an answer after signing in again
        TESTING=config.testing,
        BABEL_TRANSLATION_DIRECTORIES=str(HERE / "translations"),
    )
    app.extensions["attune"] = page.House(
        config=config,
        clock=clock or SystemClock(),
        database=database or Database(config.database_url),
        files=FileStore(config.data_dir / "files"),
    )
    app.session_interface = SignedCookie()
    app.url_map.converters["int"] = RowNumber
    page.install(app)
    errors.install(app)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=HERE / "static",
        prefix=f"{static}/",
        immutable_file_test=lambda path, url: url.startswith(static),
        add_headers_function=page.static_headers,
        allow_all_origins=False,
    )
    app.wsgi_app = Compressed(app.wsgi_app, static)  # type: ignore[method-assign]
    if config.base_url and config.base_url.startswith("https://"):
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    return app
