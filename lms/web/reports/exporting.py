"""Making the file of a saved view outside a request: the page is asked as its owner would ask it, so its own guard decides, its own
queries read, and its own words name the columns."""

from __future__ import annotations

from typing import Any

from flask import Flask, g, url_for
from flask import session as cookie

from lms.accounts.queries import viewer_of
from lms.reports.saved.actions import Made
from lms.reports.saved.queries import Order
from lms.web.page import SignedIn, now, session
from lms.web.reports.view_pages import PAGES


class Exporter:
    """What a worker is given to make files."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def __call__(self, wanted: Order) -> Made | None:
        """The file; None where the owner may not see the page at this moment, or the page has nothing at this address any more."""
        page = PAGES.get(wanted.page)
        if page is None or page.file is None:
            return None
        args: dict[str, Any] = {"as_of": wanted.day.isoformat(), **wanted.args, **page.route}
        with self.app.test_request_context():
            file = url_for(page.file, kind=wanted.kind, **args)
            address = url_for(page.endpoint, **args)
        with self.app.test_request_context(file):
            owner = viewer_of(session(), wanted.person_id, now())
            if owner is None:
                return None
            g._login_user = SignedIn("", owner)
            cookie["touched"] = int(now().timestamp())  # nobody is here whose session could be in use
            answer = self.app.full_dispatch_request()
            if answer.status_code >= 500:
                raise RuntimeError(f"{file} answered {answer.status}")
            if answer.status_code != 200:
                return None
            data = answer.get_data()
        name = f"{wanted.page}-{wanted.day.isoformat()}.{wanted.kind}"
        return Made(name, answer.mimetype or "application/octet-stream", data, address)
