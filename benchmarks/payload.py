"""What a browser loads for the first view of a lesson and of a question: HTML, CSS and script as they travel, compressed; fonts beside
them (at most 40 KiB for each writing system), and how much the page moves while it loads (cumulative layout shift).

    python -m benchmarks.payload [--shift]

Uses the demo hospital's database (``lms demo --no-serve`` makes it). ``--shift`` opens the pages in Chromium, too.
"""

from __future__ import annotations

import argparse
import logging
import re
import sys
import threading
from dataclasses import dataclass
from urllib.parse import urljoin

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.serving import make_server

from config import Config, environment
from lms.accounts.actions import begin_session
from lms.accounts.models import Account
from lms.app import create_app
from lms.catalogue import queries as catalogue
from lms.clock import SystemClock
from lms.db import Database
from lms.learning import actions
from lms.learning.models import Enrolment

LIMIT = 60_000
FONT_LIMIT = 40 * 1024
SHIFT_LIMIT = 0.01

_LOADED = re.compile(r'<(?:link rel="(?:stylesheet|modulepreload)" href|script [^>]*src)="([^"]+)"')
_IMPORTED = re.compile(r'import [^"]*"(\./[^"]+)"')
_FONT = re.compile(r'url\("([^"]+\.woff2)"\)')


@dataclass(frozen=True, slots=True)
class Load:
    """Bytes on the way: the page, its style sheets, its scripts, and each font it may ask for."""

    html: int
    css: int
    script: int
    fonts: dict[str, int]

    @property
    def scripts(self) -> dict[str, int]:
        """Bytes of font for each writing system: upright and italic are asked for by the same page."""
        together: dict[str, int] = {}
        for font, size in self.fonts.items():
            script = font.removesuffix(".woff2").removesuffix("-italic")
            together[script] = together.get(script, 0) + size
        return together

    @property
    def total(self) -> int:
        """HTML, CSS and script."""
        return self.html + self.css + self.script


def measure(client: FlaskClient, address: str) -> Load:
    """Follow what the page names, and what its scripts import."""
    page = _get(client, address)
    left, seen = [urljoin(address, found) for found in _LOADED.findall(page.text)], dict[str, int]()
    fonts: dict[str, int] = {}
    while left:
        url = left.pop()
        if url in seen:
            continue
        answer = _get(client, url)
        seen[url] = answer.size
        left += [urljoin(url, found) for found in _IMPORTED.findall(answer.text)]
        for font in _FONT.findall(answer.text):
            fonts[font.rsplit("/", 1)[1]] = _get(client, urljoin(url, font)).size
    css = sum(size for url, size in seen.items() if url.endswith(".css"))
    return Load(page.size, css, sum(seen.values()) - css, fonts)


@dataclass(frozen=True, slots=True)
class _Answer:
    size: int
    text: str


def _get(client: FlaskClient, address: str) -> _Answer:
    plain = client.get(address)
    assert plain.status_code == 200, f"{address}: {plain.status_code}"
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    return _Answer(len(packed.data), plain.get_data(as_text=True) if "font" not in (plain.mimetype or "") else "")


def learner(app: Flask, database: Database) -> tuple[FlaskClient, list[str], str]:
    """A signed-in learner of the demo; the addresses of a lesson and of a question; the session's cookie."""
    clock = SystemClock()
    with database.transaction() as session:
        account = session.scalars(select(Account).where(Account.closed_at.is_(None)).order_by(Account.id)).first()
        assert account is not None, "no demo: lms demo --no-serve"
        offered = catalogue.offered(session)[0]
        content = catalogue.content(session, offered.version_id)
        enrolment = actions.enrol(
            session, account.person_id, offered.course_id, offered.version_id, now=clock.now(), by=account.person_id
        )
        content = catalogue.content(session, session.get_one(Enrolment, enrolment.id).version_id)
        first = {kind: next(s.id for s in content.steps if s.kind == kind) for kind in ("lesson", "check")}
        attempt = actions.start(session, enrolment, content, first["check"], language="en", seed="s", now=clock.now())
        token = begin_session(session, account, clock.now())
        pages = [f"/learn/{enrolment.id}/{first['lesson']}", f"/attempt/{attempt.id}?item=1"]
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie.update({"_user_id": token, "_fresh": True, "touched": int(clock.now().timestamp())})
    found = client.get_cookie(str(app.config["SESSION_COOKIE_NAME"]))
    assert found is not None
    return client, pages, found.value


def shift(app: Flask, cookie: str, addresses: list[str]) -> dict[str, float]:
    """How much each page moves while it loads and is scrolled through, in Chromium at 360 by 740 on a slow line."""
    from playwright.sync_api import sync_playwright

    from tests.support import chromium

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base, found = f"http://127.0.0.1:{server.port}", {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.provide(), args=chromium.ARGUMENTS)
        for address in addresses:
            context = browser.new_context(base_url=base, viewport={"width": 360, "height": 740})
            context.add_cookies([{"name": str(app.config["SESSION_COOKIE_NAME"]), "value": cookie, "url": base}])
            page = context.new_page()
            page.add_init_script(
                "window.moved = 0; new PerformanceObserver((list) => { for (const one of list.getEntries()) "
                "if (!one.hadRecentInput) window.moved += one.value; }).observe({type: 'layout-shift', buffered: true});"
            )
            slow = context.new_cdp_session(page)
            slow.send("Network.enable")
            slow.send(
                "Network.emulateNetworkConditions",
                {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000},
            )
            page.goto(address, wait_until="networkidle")
            for _ in range(20):
                page.evaluate("scrollBy(0, 400)")
                page.wait_for_timeout(100)
            found[address] = float(page.evaluate("window.moved"))
            context.close()
        browser.close()
    server.shutdown()
    return found


def main() -> int:
    """Print the figures; 1 when one is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shift", action="store_true", help="measure layout shift in Chromium, too")
    wanted = parser.parse_args()
    config = Config.from_environ(environment())
    url = environment().get("LMS_DATABASE_URL") or f"sqlite:///{config.data_dir / 'demo' / 'demo.sqlite'}"
    data_dir = config.data_dir if environment().get("LMS_DATA_DIR") else config.data_dir / "demo"
    config = config.with_(database_url=url, data_dir=data_dir, demo=True, secure_cookies=False)
    database = Database(config.database_url)
    app = create_app(config, SystemClock(), database)
    client, addresses, cookie = learner(app, database)
    over = False
    for name, address in zip(("lesson", "question"), addresses, strict=True):
        load = measure(client, address)
        over |= load.total > LIMIT
        print(
            f"{name:9} html {load.html:6,}  css {load.css:6,}  script {load.script:6,}  total {load.total:6,} of {LIMIT:,} bytes"
        )
    for script, size in sorted(load.scripts.items()):
        over |= size > FONT_LIMIT
        print(f"  {script:32} {size:6,} of {FONT_LIMIT:,}")
    if wanted.shift:
        for name, moved in zip(("lesson", "question"), shift(app, cookie, addresses).values(), strict=True):
            over |= moved > SHIFT_LIMIT
            print(f"{name:9} layout shift {moved:.4f} of {SHIFT_LIMIT}")
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
