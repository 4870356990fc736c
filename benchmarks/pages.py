"""Server time of the learner's pages against a floor: an ordinary page with the same layout, middleware and signed-in user that does one
primary-key SELECT (for saving an answer: plus one committed INSERT). Medians of 200 warm requests, ratios within one run.

    python -m benchmarks.pages [--requests 200]

Uses the demo hospital's database (``lms demo --no-serve`` makes it).
"""

from __future__ import annotations

import argparse
import secrets
import statistics
import time
from collections.abc import Callable

from flask import render_template_string
from flask.testing import FlaskClient
from sqlalchemy import select

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

    @app.get("/floor")
    @needs(Permission.LEARN)
    def floor() -> str:
        return render_template_string(EMPTY, name=session().get_one(Person, viewer().person_id).display_name)

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
    quick = _median(lambda: client.get("/floor"), wanted)
    print(f"{'page':<16}{'median ms':>10}{'ratio':>8}")
    print(f"{'floor':<16}{quick * 1000:>10.2f}{1:>8.1f}")
    for name, path in (
        ("dashboard", "/learning"),
        ("lesson", f"/learn/{enrolment}/{lesson}"),
        ("quiz page", f"/attempt/{attempt}?item=1"),
    ):
        took = _median(lambda path=path: client.get(path), wanted)  # type: ignore[misc]
        print(f"{name:<16}{took * 1000:>10.2f}{took / quick:>8.1f}")
    save_floor = _median(lambda: client.post("/floor"), wanted)
    print(f"{'floor save':<16}{save_floor * 1000:>10.2f}{1:>8.1f}")

    def save() -> object:
        body = {"item": item, "options": option, "key": secrets.token_hex(12)}
        return client.post(f"/attempt/{attempt}/answer", data=body, headers={"X-Requested-With": "fetch"})

    took = _median(save, wanted)
    print(f"{'save an answer':<16}{took * 1000:>10.2f}{took / save_floor:>8.1f}")
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


def _median(call: Callable[[], object], wanted: int) -> float:
    for _ in range(10):
        answer = call()
    assert getattr(answer, "status_code", 200) in (200, 204), getattr(answer, "status_code", None)
    times = []
    for _ in range(wanted):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


if __name__ == "__main__":
    main()
