"""Server time of the learner's pages against a floor: an ordinary page with the same layout, middleware and signed-in user that does one
primary-key SELECT (for saving an answer: plus one committed INSERT). Medians of 200 warm requests, ratios within one run.

    python -m benchmarks.pages [--requests 200]

Uses the demo hospital's database (``lms demo --no-serve`` makes it), on SQLite or, with ``LMS_DATA_DIR`` and ``LMS_DATABASE_URL``
set for both commands, on PostgreSQL. Page and floor are asked for in turn. Medians on the wall and of the processor: this process and,
on PostgreSQL on this machine, the server's.
"""

from __future__ import annotations

import argparse
import secrets
import statistics
from collections.abc import Callable

from flask import render_template
from flask.testing import FlaskClient
from sqlalchemy import select

from benchmarks.databases import Cost, Meter
from config import Config, environment
from lms.access import Permission
from lms.accounts.actions import begin_session
from lms.accounts.models import Account
from lms.app import create_app
from lms.catalogue import queries as catalogue
from lms.clock import SystemClock
from lms.db import Database
from lms.learning import actions
from lms.learning.models import Answer, Attempt, Enrolment
from lms.people.models import Person
from lms.web.page import commit, needs, session, viewer

EMPTY = '{% extends "layout/base.html" %}{% block title %}Floor{% endblock %}{% block content %}<p>{{ name }}</p>{% endblock %}'


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=200)
    wanted = parser.parse_args().requests
    config = Config.from_environ(environment())
    url = environment().get("LMS_DATABASE_URL") or f"sqlite:///{config.data_dir / 'demo' / 'demo.sqlite'}"
    data_dir = config.data_dir if environment().get("LMS_DATA_DIR") else config.data_dir / "demo"
    config = config.with_(database_url=url, data_dir=data_dir, demo=True)
    database, clock = Database(config.database_url), SystemClock()
    app = create_app(config, clock, database)
    app.config["WTF_CSRF_ENABLED"] = False  # the token is checked in every test; here it would only need a page more

    page = app.jinja_env.from_string(EMPTY)  # once, as the templates of the other pages

    @app.get("/floor")
    @needs(Permission.LEARN)
    def floor() -> str:
        return render_template(page, name=session().get_one(Person, viewer().person_id).display_name)

    @app.post("/floor")
    @needs(Permission.LEARN)
    def floor_save() -> tuple[str, int]:
        session().get_one(Person, viewer().person_id)
        last = (
            session()
            .scalars(
                select(Answer.sequence).where(Answer.attempt_id == attempt).order_by(Answer.sequence.desc()).limit(1)
            )
            .first()
        )
        session().add(
            Answer(
                attempt_id=attempt,
                sequence=(last or 0) + 1,
                item_id="floor",
                response={},
                language="en",
                key=secrets.token_hex(12),
                saved_at=clock.now(),
                given_at=clock.now(),
            )
        )
        commit()
        return "", 204

    client, enrolment, attempt, lesson, item, option = _learner(app.test_client(), database, clock)
    with database.session() as own:
        meter = Meter(
            own
        )  # of the connection that lies uppermost in the pool, which every request of this one client uses
    print(f"{'page':<16}{'wall ms':>9}{'floor':>8}{'ratio':>7}{'processor ms':>15}{'floor':>8}{'ratio':>7}")
    for name, path in (
        ("dashboard", "/learning"),
        ("lesson", f"/learn/{enrolment}/{lesson}"),
        ("quiz page", f"/attempt/{attempt}?item=1"),
    ):
        _told(name, lambda path=path: client.get(path), lambda: client.get("/floor"), meter, wanted)  # type: ignore[misc]

    def save() -> object:
        body = {"item": item, "options": option, "key": secrets.token_hex(12)}
        return client.post(f"/attempt/{attempt}/answer", data=body, headers={"X-Requested-With": "fetch"})

    _told("save an answer", save, lambda: client.post("/floor"), meter, wanted)
    with database.transaction() as own:
        for row in own.scalars(select(Answer).where(Answer.attempt_id == attempt, Answer.item_id == "floor")):
            own.delete(row)


def _learner(
    client: FlaskClient, database: Database, clock: SystemClock
) -> tuple[FlaskClient, int, int, str, str, str]:
    """The demo's learner, signed in, with an open attempt at the test."""
    with database.transaction() as own:
        person = own.scalars(select(Person).where(Person.number == "learner")).one()
        account = own.scalars(select(Account).where(Account.person_id == person.id)).one()
        token = begin_session(own, account, clock.now())
        course = catalogue.offered_by_slug(own, "cc-101")
        enrolment = actions.enrol(own, person.id, course.course_id, course.version_id, now=clock.now(), by=person.id)
        content = catalogue.content(own, enrolment.version_id)
        test = content.test
        assert test is not None
        attempt = actions.start(
            own, own.get_one(Enrolment, enrolment.id), content, test.id, language="en", seed="bench", now=clock.now()
        )
        asked = own.get_one(Attempt, attempt.id).drawn[0]
        lesson = content.steps[0].id
        ids = (enrolment.id, attempt.id, lesson, asked["item"], asked["options"][0])
    with client.session_transaction() as cookie:
        cookie.update({"_user_id": token, "_fresh": True, "touched": int(clock.now().timestamp()) + 3600})
    return client, *ids


def _told(name: str, page: Callable[[], object], floor: Callable[[], object], meter: Meter, wanted: int) -> None:
    """Print a line: the medians of so many warm requests in turn with the floor."""
    took: dict[bool, list[Cost]] = {True: [], False: []}
    for number in range(-10, wanted):
        for bare, call in ((True, floor), (False, page)):
            meter.read()
            answer = call()
            cost = meter.read()
            assert getattr(answer, "status_code", 200) in (200, 204), getattr(answer, "status_code", None)
            if number >= 0:
                took[bare].append(cost)
    line = f"{name:<16}"
    for width, seconds in ((9, lambda cost: cost.wall), (15, lambda cost: cost.processor)):
        own, least = (statistics.median(map(seconds, took[bare])) * 1000 for bare in (False, True))
        line += f"{own:>{width}.2f}{least:>8.2f}{own / least:>7.1f}"
    print(line, flush=True)


if __name__ == "__main__":
    main()
