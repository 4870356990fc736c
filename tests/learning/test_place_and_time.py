"""Where the learner is, and how long they have been at it: kept by the server, for going on elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.db import Database
from lms.learning import actions, pace, queries
from lms.learning.models import Enrolment
from lms.learning.saving import Saved
from tests.learning.conftest import COURSES  # noqa: F401 - the fixtures beside it
from tests.learning.test_taking_a_course import CONTENT, begin_test, enrol, finish_all_but_the_test
from tests.support.clocks import SetClock
from tests.support.pages import PageClient


@pytest.mark.parametrize(
    ("claimed", "passed", "counts"),
    [(30, 30.4, 30), (30, 12.0, 12), (86_400, 86_400.0, 120), (-5, 30.0, 0), (30, -3.0, 0)],
)
def test_no_report_counts_more_than_the_time_that_passed(claimed: int, passed: float, counts: int) -> None:
    assert pace.credit(claimed, passed) == counts


def test_two_windows_make_no_more_time_than_there_is(nurse: PageClient, db: Database, clock: SetClock) -> None:
    enrol(nurse)
    with db.transaction() as session:
        enrolment = session.scalars(select(Enrolment)).one()
        one, two = CONTENT.steps[0].id, CONTENT.steps[1].id
        for _ in range(10):
            clock.advance(seconds=30)
            pace.beat(session, enrolment, one, 30, now=clock.now())
            pace.beat(session, enrolment, two, 30, now=clock.now())
        assert pace.minutes_spent(session, [enrolment.id]) == {enrolment.id: 5}


def test_an_answer_given_earlier_that_arrives_later_does_not_take_the_place_of_the_newer_one(
    nurse: PageClient, db: Database, clock: SetClock, hospital: Callable[..., object]
) -> None:
    enrolment = finish_all_but_the_test(nurse, db, clock)
    begin_test(nurse, enrolment)
    clock.advance(minutes=10)
    with db.transaction() as session:
        attempt = queries.attempts(session, enrolment.id, "post-test")[0]
        item = next(i for i in CONTENT.items("post-test") if i.id == attempt.drawn[0]["item"])
        old, new = ({"options": [option.id]} for option in item.options[:2])

        def give(response: dict[str, object], key: str, age: int) -> Saved:
            return actions.answer(
                session, attempt, CONTENT, item.id, response,
                language="en", key=key, now=clock.now(), age=timedelta(seconds=age),
            )  # fmt: skip

        give(new, "from the phone", 0)
        clock.advance(seconds=5)
        late = give(old, "waited on the ward", 300)
        assert late.given_at == clock.now() - timedelta(seconds=300) and late.saved_at == clock.now()
        assert queries.responses(session, attempt.id) == {item.id: new}
        assert give(old, "waited on the ward", 0).id == late.id, "the same key is the same answer"
        clock.advance(seconds=5)
        ancient = give(old, "a clock that jumped", 10**7)
        assert ancient.given_at == attempt.started_at, "never before the attempt began"
        assert queries.responses(session, attempt.id) == {item.id: new}
