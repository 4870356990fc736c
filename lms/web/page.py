"""What every page shares: the request's session, who is asking and what they may do, language, headers, and error pages.

A view declares one permission with :func:`needs`, or says that it is :func:`public`; a view that does neither answers 403.
Views read through :func:`session` and end a change with :func:`commit`; what is not committed is rolled back.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar, cast
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import flask_babel
from flask import Flask, Request, Response, abort, current_app, flash, g, redirect, request, url_for
from flask import session as cookie
from flask_babel import Babel, gettext
from flask_login import LoginManager, current_user
from flask_wtf import CSRFProtect
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from config import Config
from lms import __version__
from lms.access import Permission, Viewer, may
from lms.accounts import actions as account_actions
from lms.accounts import queries as account_queries
from lms.audit import Actor
from lms.clock import Clock, local_day
from lms.db import Database
from lms.errors import N_, Denied, Message
from lms.files import FileStore
from lms.language import locale_of
from lms.organisation import Organisation
from lms.organisation import load as load_organisation
from lms.pdf.language import runs_rtl
from lms.web import words
from lms.web.icons import icons
from lms.web.navigation import menu
from lms.web.topics import topic_name

FORM = "application/x-www-form-urlencoded"
READING = frozenset({"GET", "HEAD", "OPTIONS"})

View = TypeVar("View", bound=Callable[..., Any])

LANGUAGES = {"en": "English", "es": "Español"}
"""The interface languages that exist, each named in itself. ``xx`` is the pseudo-locale for layout, in demo and tests only."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
    "Vary": "Cookie, Accept-Language",
}
"""What every answer says that does not say otherwise."""


@dataclass(frozen=True, slots=True)
class House:
    """What the application was wired with."""

    config: Config
    clock: Clock
    database: Database
    files: FileStore


class SignedIn:
    """What Flask-Login holds for somebody who is signed in: their session token and the viewer it stands for."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, token: str, viewer: Viewer) -> None:
        self.token = token
        self.viewer = viewer

    def get_id(self) -> str:
        """The session token: signing out on the server ends it, whatever the browser keeps."""
        return self.token


# --- declared permissions ---------------------------------------------------------------------------------------------


def needs(permission: Permission, *, to_send: Permission | None = None) -> Callable[[View], View]:
    """Declare the one permission a view needs; ``to_send``: what its form needs, where more people may read than change."""

    def mark(view: View) -> View:
        view.attune_permission = permission  # type: ignore[attr-defined]
        view.attune_sending = to_send or permission  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Declare that anybody may open a view, signed in or not."""
    view.attune_permission = None  # type: ignore[attr-defined]
    return view


def keeps_post(view: View) -> View:
    """Declare that a form sent to this view after a time-out is kept and applied once its sender has signed in again."""
    view.attune_keeps_post = True  # type: ignore[attr-defined]
    return view


# --- the request ------------------------------------------------------------------------------------------------------

KEPT = "attune.kept"
"""In the WSGI environment of a form that was kept over a time-out and is handed in now."""


_app: Callable[[], Flask] = current_app._get_current_object  # type: ignore[attr-defined]
_asked: Callable[[], Request] = request._get_current_object  # type: ignore[attr-defined]
_held: Callable[[], Any] = g._get_current_object
"""What Flask's proxies stand for. Whatever is asked of a proxy takes five times as long, and every request asks a hundred times."""


def is_kept() -> bool:
    """Whether this form was kept over a time-out: its sender has just signed in again and expects to be where they were."""
    return KEPT in _asked().environ


def house() -> House:
    """The wiring of the running application."""
    return cast(House, _app().extensions["attune"])


def session() -> Session:
    """The request's database session: a writer for requests that may change something, a reader for the others."""
    held = _held()
    opened = held.get("session")
    if opened is None:
        opened = held.session = house().database.open(write=_asked().method not in READING)
    return cast(Session, opened)


def commit() -> None:
    """Make the request's changes durable. Call it last, before answering."""
    session().commit()


def only_read() -> None:
    """Make durable what was written so far, and only read from here on: on SQLite nobody else can write while a form is worked on."""
    commit()
    session().close()
    g.session = house().database.open()


def roll_back() -> None:
    """Undo what the request has begun, so that its session can be read again, for instance to tell an error."""
    opened = g.get("session")
    if opened is not None:
        opened.rollback()


def now() -> datetime:
    """The moment of the request: the same for everything in it."""
    held = _held()
    moment = held.get("now")
    if moment is None:
        moment = held.now = house().clock.now()
    return cast(datetime, moment)


def organisation() -> Organisation:
    """The organisation; before set-up, one without a name."""
    held = _held()
    own = held.get("organisation")
    if own is None:
        own = held.organisation = load_organisation(session()) or Organisation(name="")
    return cast(Organisation, own)


def today() -> date:
    """The organisation's local day."""
    return local_day(now(), organisation().zone)


def viewer() -> Viewer:
    """Who is asking, on a page that needs a permission."""
    found = viewer_or_none()
    if found is None:
        abort(401)
    return found


def viewer_or_none() -> Viewer | None:
    """Who is asking, or None when nobody is signed in."""
    holder = _held().get("_login_user")  # where Flask-Login keeps it
    if holder is None:
        holder = current_user._get_current_object()
    return holder.viewer if isinstance(holder, SignedIn) else None


def actor() -> Actor:
    """Who is acting in this request, for actions and the audit log."""
    asking = viewer_or_none()
    return Actor(asking.person_id if asking else None, now(), request.remote_addr)


def say(message: Message | str, kind: str = "done") -> None:
    """Show a sentence on the next page. ``kind`` is done, note, warning or error."""
    flash(tell(message) if isinstance(message, Message) else message, kind)


def tell(message: Message) -> str:
    """A message in the reader's language."""
    text: str = gettext(message.msgid)
    return text % {name: _told(value) for name, value in message.params.items()} if message.params else text


def _told(value: object) -> object:
    if isinstance(value, Message):
        return tell(value)
    if isinstance(value, datetime):
        return flask_babel.format_datetime(value, "medium")
    return flask_babel.format_date(value, "long") if isinstance(value, date) else value


def safe_next(target: str | None) -> str | None:
    """A path on this site, or None: never an address elsewhere."""
    if (
        not target
        or not target.startswith("/")
        or target.startswith("//")
        or "\\" in target
        or not target.isprintable()
    ):
        return None
    return target


# --- language ---------------------------------------------------------------------------------------------------------


def locale() -> str:
    """The interface language: chosen on this device, else the person's, else the browser's, else the organisation's.

    Worked out once for whoever is asking: that changes when they sign in.
    """
    asking, held = viewer_or_none(), _held()
    found = held.get("locale")
    if found is None or found[0] is not asking:
        found = held.locale = (asking, _locale_for(asking))
    return cast(str, found[1])


def _locale_for(asking: Viewer | None) -> str:
    config, asked = house().config, _asked()
    offered = [*LANGUAGES, *(["xx"] if config.demo or config.testing else [])]
    for wanted in (asked.cookies.get("language"), asking.language if asking else None):
        if wanted in offered:
            return wanted
    return asked.accept_languages.best_match(list(LANGUAGES)) or next(
        (tag for tag in organisation().languages if tag in LANGUAGES), "en"
    )


def babel_locale() -> str:
    """The interface language as Babel names it."""
    chosen = locale()
    return "en_150" if chosen == "xx" else str(locale_of(chosen))  # Babel knows en_150, and nobody asks for it


def zone() -> str:
    """Moments are shown in the person's own time zone; days and deadlines are the organisation's all the same."""
    asking = viewer_or_none()
    return asking.zone if asking and asking.zone and _is_zone(asking.zone) else organisation().zone


@lru_cache(maxsize=1000)
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)  # asking for all names reads hundreds of files, each time
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def direction(tag: str) -> str:
    """``rtl`` or ``ltr`` for a language tag."""
    return "rtl" if runs_rtl(tag) else "ltr"


# --- installation -----------------------------------------------------------------------------------------------------

csrf = CSRFProtect()


def install(app: Flask) -> None:
    """Hang everything on the application."""
    csrf.init_app(app)
    Babel(app, locale_selector=babel_locale, timezone_selector=zone)
    logins = LoginManager(app)
    logins.session_protection = None  # sessions are rows; the browser's address may change between wards
    logins.user_loader(_load)
    app.before_request(_guard)
    app.after_request(_headers)
    app.teardown_request(_close)
    app.context_processor(_context)
    app.jinja_env.filters["tell"] = tell
    app.jinja_env.filters["day"] = lambda value, format="medium": (
        flask_babel.format_date(value, format) if value else ""
    )
    app.jinja_env.filters["moment"] = lambda value: to_the_minute(value) if value else ""
    app.jinja_env.filters["instant"] = lambda value: flask_babel.format_datetime(value, "medium") if value else ""
    app.jinja_env.filters["language_words"] = words.language_words
    app.jinja_env.filters["unquoted"] = lambda title: str(title).strip('"“”«»')
    app.jinja_env.filters["percent"] = percent
    app.jinja_env.filters["score"] = score
    app.jinja_env.filters["topic_name"] = topic_name
    app.jinja_env.install_gettext_callables(_translated, _translated_count, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["gettext"] = _plainly(app.jinja_env.globals["gettext"])
    app.jinja_env.globals["ngettext"] = _counting(app.jinja_env.globals["ngettext"])
    app.jinja_env.globals["icons"] = icons
    app.jinja_env.tests["may"] = _may
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def to_the_minute(value: datetime) -> str:
    """A moment as people say it, without seconds; where an order of events matters, ``instant`` has them."""
    locale = flask_babel.get_locale()
    assert locale is not None  # there is one in every request
    day, time = flask_babel.format_date(value, "medium"), flask_babel.format_time(value, "short")
    return str(locale.datetime_formats["medium"]).replace("'", "").replace("{0}", time).replace("{1}", day)


def _texts() -> Any:
    """The texts of the reader's language: looked up once in a request, for a page has a hundred of them."""
    held = _held()
    found = held.get("texts")
    if found is None:
        found = held.texts = flask_babel.get_translations()
    return found


def _translated(message: str) -> str:
    return cast(str, _texts().ugettext(message))


def _translated_count(one: str, many: str, count: int) -> str:
    return cast(str, _texts().ungettext(one, many, count))


def _plainly(filled: Any) -> Callable[..., Markup]:
    """Jinja's own ``gettext``, without looking for places to fill where a sentence has none: most have none."""

    @pass_context
    def gettext(context: Context, message: str, **values: object) -> Markup:
        return filled(context, message, **values) if values else Markup(_translated(message).replace("%%", "%"))

    return gettext


def _counting(plain: Any) -> Callable[..., str]:
    """Jinja's own ``ngettext``, with the number as the reader writes it: 1,218."""

    @pass_context
    def ngettext(context: Context, one: str, many: str, num: int, **values: object) -> str:
        said: str = plain(context, one, many, num, **{"num": words.number(num), **values})
        return said

    return ngettext


@pass_context
def _may(context: Context, permission: str) -> bool:
    """``"people.edit" is may``: asked anew for each page (without the context Jinja would fold the first answer into the template)."""
    return may(viewer_or_none(), Permission(permission))


def percent(value: float | None) -> str:
    """A share from 0 to 1 as a per cent with one decimal; nobody in the denominator is “–”."""
    return "–" if value is None else flask_babel.format_percent(value, "#,##0.0%")


def score(value: float | Decimal) -> str:
    """A score or pass mark from 0 to 100 as a whole per cent, rounded down: 79.6 never reads as the 80 that was needed."""
    return str(flask_babel.format_percent(Decimal(math.floor(value)) / 100))


def _load(token: str) -> SignedIn | None:
    config = house().config
    idle, longest = timedelta(minutes=config.idle_minutes), timedelta(hours=config.session_hours)
    found = account_queries.viewer_for_token(session(), token, now(), idle, longest, demo=config.demo)
    return SignedIn(token, found) if found else None


def _guard() -> AnyResponse | None:
    asked, app = _asked(), _app()
    if asked.mimetype == FORM and (asked.content_length or 0) > app.config["MAX_FORM_MEMORY_SIZE"]:
        abort(413)  # files come as multipart; nobody types this much
    if "\x00" in asked.path or any("\x00" in value for _, value in asked.values.items(multi=True)):
        abort(400)  # PostgreSQL holds no such text; nobody types it
    view = app.view_functions.get(asked.endpoint or "")
    if view is None or asked.endpoint == "static":
        return None
    if not hasattr(view, "attune_permission"):
        raise Denied(N_("This page has no declared permission."))
    permission: Permission | None = getattr(view, "attune_permission", None)
    if permission is None:
        return None
    asking = viewer_or_none()
    if asking is None:
        return _ask_to_sign_in(view)
    if not may(asking, permission if asked.method in READING else getattr(view, "attune_sending", permission)):
        raise Denied(N_("Your role does not include this page."))
    _touch()
    return None


def _touch() -> None:
    """Note that the session is in use, at most once a minute; a reading request does it in a short transaction of its own."""
    if not _stale():
        return
    if request.method in READING:
        with house().database.transaction() as own:
            account_actions.touch(own, current_user.token, now())
    else:
        account_actions.touch(session(), current_user.token, now())


def _stale() -> bool:
    last = cookie.get("touched", 0)
    moment = int(now().timestamp())
    if moment - last < 60:
        return False
    cookie["touched"] = moment
    return True


def _ask_to_sign_in(view: Callable[..., Any]) -> AnyResponse:
    here = request.full_path.rstrip("?")
    lost = False
    if request.method != "GET":
        token = _cookie_token()
        account_id = account_queries.account_of_expired_token(session(), token, now()) if token else None
        if account_id is not None and hasattr(view, "attune_keeps_post"):
            account_actions.keep_post(session(), account_id, request.path, request.form.to_dict(flat=False), now())
            commit()
            flash(
                gettext("You were signed out after a while without activity. Your answer is kept: sign in to go on."),
                "note",
            )
        else:
            lost = account_id is not None and request.endpoint != "auth.sign_out"
        here = _referrer(request) or "/"
    if request.accept_mimetypes.best == "application/json" or request.headers.get("X-Requested-With") == "fetch":
        abort(401)
    if lost:
        flash(
            gettext(
                "You were signed out after a while without activity, so what you sent was not saved. Sign in and send it again."
            ),
            "error",
        )
    return redirect(url_for("auth.sign_in", next=here))


def _cookie_token() -> str | None:
    return cast("str | None", cookie.get("_user_id"))


def _referrer(asked: Request) -> str | None:
    if not asked.referrer or not asked.referrer.startswith(asked.host_url):
        return None
    return "/" + asked.referrer[len(asked.host_url) :]


def _headers(response: Response) -> Response:
    said = {name.lower() for name, _ in response.headers}
    told = dict(HEADERS)
    told["Cache-Control"] = "no-store" if viewer_known() else "no-cache"
    if _asked().is_secure:
        told["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    response.headers.extend([pair for pair in told.items() if pair[0].lower() not in said])
    return response


def viewer_known() -> bool:
    """Whether somebody is signed in, without asking the database again."""
    holder = _held().get("_login_user")
    return holder is not None and bool(holder.is_authenticated)


def static_headers(headers: Any, path: str, url: str) -> None:
    """Headers of static files, which never reach Flask."""
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    headers["Referrer-Policy"] = headers["Cross-Origin-Opener-Policy"] = "same-origin"


def _close(error: BaseException | None) -> None:
    opened = _held().pop("session", None)
    if opened is not None:
        opened.close()


@dataclass(frozen=True, slots=True)
class Site:
    """What the layout shows of the organisation and the program."""

    name: str
    contact: str
    languages: tuple[tuple[str, str], ...]
    version: str
    demo: bool


def _direction(tag: str) -> str:
    """The language's, or the one that a demo or test asks for to look at the layout."""
    asked = request.cookies.get("direction") if house().config.demo or house().config.testing else None
    return asked if asked in {"ltr", "rtl"} else direction(tag)


def _address() -> str:
    """This page's address as a browser writes it: nothing in it needs a second look."""
    asked = request.query_string.decode("ascii", "ignore")
    return quote(request.path) + (f"?{asked}" if asked else "")


def _context() -> dict[str, Any]:
    tag = locale()
    own = organisation()
    asking = viewer_or_none()
    return {
        "site": Site(own.name, own.contact, tuple(LANGUAGES.items()), __version__, own.demo),
        "viewer": asking,
        "nav": menu(asking, request.endpoint or ""),
        "locale": "en" if tag == "xx" else tag,
        "direction": _direction(tag),
        "current_url": _address(),
        "Markup": Markup,
    }
