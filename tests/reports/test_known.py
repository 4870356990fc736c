"""As known then and as known now: each state of knowledge gives its own figures, and the difference is told.

The facts are read twice: more statements than on other pages, but always as many.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.access import Role
from lms.audit import Actor
from lms.compliance import actions
from lms.compliance.known_then import Comparison, there
from lms.compliance.models import RequirementVersion, Span
from lms.compliance.spans import State
from lms.db import Database, day_in
from lms.people.models import DepartmentVersion, Employment, Leave, Membership
from lms.records.models import TrainingRecord
from tests.reports.house import NOW, TODAY, House
from tests.support.pages import PageClient

Enter = Callable[..., PageClient]
WEEK_AGO = NOW - timedelta(days=7)


def _learnt_since(db: Database, house: House) -> None:
    """Everything was known long ago but two facts: somebody's completion, handed in late, and an exemption."""
    with db.transaction() as session:
        for model in (DepartmentVersion, Employment, Leave, Membership, RequirementVersion, TrainingRecord):
            session.execute(update(model).values(recorded_at=NOW - timedelta(days=300)))
        write = house.hospital(session)
        write.complete(house.overdue, TODAY - timedelta(days=20))
        actions.exempt(session, house.grace, None, date(2026, 6, 1), None, "No patient contact", Actor(None, NOW))
        write.rebuild(house.overdue, house.grace)


def test_what_was_learnt_since_is_told_person_by_person(db: Database, house: House, enter: Enter) -> None:
    _learnt_since(db, house)
    page = enter(Role.HR).page(f"/completion/known?department={house.ed}&known={WEEK_AGO.date()}", budget=40)
    figures, differences = page.rows(0), page.rows(1)
    shown = {row[0]: row[1:] for row in figures[1:]}
    assert shown["Rate"] == ["43%", "67%", ""]
    assert shown["Overdue"] == ["3", "2", "−1"] and shown["Compliant"] == ["3", "4", "+1"]
    assert shown["In grace"] == ["1", "0", "−1"] and shown["Exempt"] == ["0", "1", "+1"]
    assert shown["Required"] == ["8", "8", "0"]
    assert len(differences) == 1 + 2
    text = " ".join(cell for row in differences[1:] for cell in row)
    assert "A completion of May 26, 2026 was recorded later." in text
    assert "An exemption from June 1, 2026 was written down later." in text
    assert "2 of 8 people stand elsewhere" in page.text


def test_nothing_learnt_means_no_difference(house: House, enter: Enter) -> None:
    client = enter(Role.HR)
    assert "No difference" in client.page(f"/completion/known?department={house.icu}&as_of={TODAY}", budget=40).text
    assert client.get(f"/completion/known?department={house.icu}&known=31/02/2026", budget=40).status_code == 422
    assert enter(Role.MANAGER, house.ed).get("/completion/known").status_code == 403


def test_known_now_is_what_the_spans_say(reading: Session, house: House) -> None:
    people = there(reading, None, TODAY, NOW)
    compared = Comparison(reading, people, TODAY, NOW + timedelta(days=1))
    assert not list(compared.differences())
    query = select(Span.person_id, Span.state).where(
        Span.requirement_id == 0, day_in(TODAY, Span.from_day, Span.to_day)
    )
    stored = {person: State(state) for person, state in reading.execute(query)}
    assert {person: compared.standing(person)[0][1].state for person in people if compared.standing(person)} == stored
