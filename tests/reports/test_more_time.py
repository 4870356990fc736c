"""A learner asks for more time; somebody else decides, once, within bounds; the learner is told."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from lms.access import Role
from lms.audit.models import AuditEntry
from lms.compliance import queries as compliance
from lms.compliance.models import Extension
from lms.compliance.more_time import bounds
from lms.compliance.rules import Rule
from lms.db import Database
from lms.notices.models import Mail
from lms.people.models import Person
from tests.reports.conftest import Enter
from tests.reports.house import RULE, TODAY, House
from tests.support.pages import page_of

YEARLY = Rule.parse({"courses": ["cc-101"], "first": {"within": {"days": 30}}, **RULE})
ONCE = Rule.parse({"courses": ["cc-101"], "first": {"within": {"days": 30}}})


def test_a_due_day_moves_on_and_stays_before_the_next() -> None:
    table = [
        (YEARLY, date(2026, 8, 1), date(2026, 8, 2), date(2027, 7, 31)),
        (YEARLY, TODAY, date(2026, 6, 16), date(2027, 6, 14)),
        (YEARLY, date(2024, 3, 1), TODAY, date(2027, 2, 28)),  # long overdue: before it would be due the next time
        (ONCE, date(2026, 5, 1), TODAY, date(2027, 4, 30)),
    ]
    for rule, due, first, last in table:
        assert bounds(rule, due, TODAY) == (first, last), due


def test_what_a_learner_asks_for_others_decide_and_the_learner_is_told(
    house: House, enter: Enter, db: Database
) -> None:
    with db.transaction() as session:
        session.get_one(Person, house.overdue).email = "late@house.test"
    learner = enter(Role.EXECUTIVE, person_id=house.overdue)
    ask = f"/more-time/{house.culture}"
    said = {"wished": "2026-07-31", "reason": "Night shifts"}
    for wrong in ({"wished": "2026-06-14"}, {"wished": "2031-01-01"}, {"reason": " "}):
        assert learner.submit(learner.page(ask), said | wrong, form="change", follow=False).status_code == 422
    page = learner.page(ask)
    assert "Nobody has decided yet" in learner.submit(page, said, form="change").text
    assert learner.submit(page, said, form="change", follow=False).status_code == 409, "one open request for a duty"
    assert enter(Role.MANAGER, house.north).page("/team/attempts").text.count("Nobody is waiting") == 1
    manager = enter(Role.MANAGER, house.acute)
    assert "1 person asks for more time." in manager.page("/team").text
    page = manager.page("/team/attempts")
    assert "Night shifts" in page.text
    refused = manager.submit(page, {"answer": "refuse", "reason": " "}, form="more-time", follow=False)
    assert refused.status_code == 422 and "Say why not" in page_of(refused, 422).text
    beyond = manager.submit(page, {"answer": "grant", "until": "2031-01-01"}, form="more-time", follow=False)
    assert beyond.status_code == 422
    manager.submit(page, {"answer": "refuse", "reason": "The ward is well staffed"}, form="more-time")
    twice = manager.submit(page, {"answer": "grant"}, form="more-time", follow=False)
    assert twice.status_code == 404
    assert "The ward is well staffed" in learner.page("/learning").text
    learner.submit(learner.page(ask), said, form="change")
    hr = enter(Role.HR)
    hr.submit(hr.page("/team/attempts"), {"answer": "grant", "until": "2026-07-15"}, form="more-time")
    with db.session() as session:
        (duty,) = compliance.duties(session, house.overdue, TODAY)
        (given,) = session.scalars(select(Extension)).all()
        mails = session.execute(select(Mail.kind, Mail.body).order_by(Mail.id)).all()
        noted = session.scalars(
            select(AuditEntry.action).where(AuditEntry.action.like("extension.%")).order_by(AuditEntry.id)
        )
        assert list(noted) == ["extension.ask", "extension.refuse", "extension.ask", "extension.grant"]
    assert (duty.state, duty.due, given.reason) == ("open", date(2026, 7, 15), "Night shifts")
    assert [kind for kind, _ in mails] == ["more_time_refused", "more_time_granted"]
    assert "The ward is well staffed" in mails[0].body and "July 15, 2026" in mails[1].body
    assert "until Jul 15, 2026" in learner.page("/learning").text
    kept = hr.page(f"/people/{house.overdue}/training").text
    assert "Refused by" in kept and "Granted until Jul 15, 2026" in kept
    nothing_due = hr.page(f"/people/{house.compliant}/more-time")
    assert "nothing to do by a day now" in nothing_due.text and "Move the due day" not in nothing_due.text


def test_nobody_decides_their_own_and_a_duty_that_is_met_waits_for_nobody(
    house: House, enter: Enter, db: Database
) -> None:
    manager = enter(Role.MANAGER, house.acute, person_id=house.renewing)
    page = manager.page(f"/more-time/{house.culture}")
    manager.submit(page, {"wished": "2026-07-31", "reason": "Exams"}, form="change")
    assert "Nobody is waiting" in manager.page("/team/attempts").text
    own = manager.page(f"/people/{house.renewing}/training", status=403)
    assert own
    hr = enter(Role.HR)
    waiting = hr.page("/team/attempts")
    with db.transaction() as session:
        house.hospital(session).complete(house.renewing, TODAY)
    assert "Nobody is waiting" in hr.page("/team/attempts").text
    assert hr.submit(waiting, {"answer": "grant"}, form="more-time", follow=False).status_code == 404


def test_whoever_moves_the_day_unasked_grants_the_request_that_waits(house: House, enter: Enter) -> None:
    learner = enter(Role.EXECUTIVE, person_id=house.overdue)
    ask = f"/more-time/{house.culture}"
    learner.submit(learner.page(ask), {"wished": "2026-07-31", "reason": "Night shifts"}, form="change")
    hr = enter(Role.HR)
    assert "Night shifts" in hr.page("/team/attempts").text
    moving = hr.page(f"/people/{house.overdue}/more-time")
    hr.submit(moving, {"until": "2026-07-20", "reason": "The ward was flooded"}, form="change")
    assert "Nobody is waiting" in hr.page("/team/attempts").text
    assert "until Jul 20, 2026" in learner.page("/learning").text
