"""Completion by department, counted by hand."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from lms.errors import NotFound
from lms.reports import queries, rollup
from lms.reports.queries import Wish
from lms.reports.rollup import STATES, Figures
from tests.reports.house import TODAY, House


def figures(
    session: Session, day: date = TODAY, wish: Wish | None = None, roots: set[int] | None = None
) -> dict[str, Figures]:
    shown = queries.completion(session, "All", day, wish or Wish(), roots)
    return {row.code or row.name: row.figures for row in [*shown.rows, shown.total]}


def test_each_department_adds_up_what_is_below_it_and_the_total_counts_everybody_once(
    house: House, reading: Session
) -> None:
    for wish in (Wish(), Wish(requirement_id=house.culture)):
        found = figures(reading, wish=wish)
        ed = Figures(compliant=2 + 1, in_grace=1, overdue=1 + 2, open=1, due_soon=2)
        acute = Figures(compliant=6, in_grace=1, overdue=3, open=1, on_leave=1, due_soon=2)
        assert found["TRIAGE"] == Figures(compliant=1, overdue=2)
        assert found["ED"] == ed
        assert found["ICU"] == Figures(compliant=3, on_leave=1)
        assert found["ACUTE"] == acute
        assert found["MAIN"] == acute + Figures(compliant=1)
        assert found["NORTH"] == found["PRIMARY"] == found["CLINICS"] == Figures(compliant=12, overdue=2, due_soon=12)
        assert found["All"] == found["MAIN"] + found["CLINICS"]
        assert found["All"].required == 27


def test_required_is_exactly_the_sum_of_the_columns_on_any_day_past_or_future(house: House, reading: Session) -> None:
    for day in ("2024-07-01", "2025-07-01", "2026-06-15", "2027-01-01", "2030-01-01"):
        shown = queries.completion(reading, "All", date.fromisoformat(day), Wish())
        for row in [*shown.rows, shown.total]:
            assert row.figures.required == sum(getattr(row.figures, name) for name in STATES)
        tops = [row.figures for row in shown.rows if row.level == 1]
        assert sum(tops, rollup.NOBODY) == shown.total.figures
    assert shown.total.figures == Figures(overdue=27), "in 2030 all validity has run out and the leave is over"


def test_the_rate_is_of_those_whose_duty_has_come_due(house: House, reading: Session) -> None:
    shown = queries.completion(reading, "All", TODAY, Wish())
    rates = {row.code: row.rate for row in shown.rows}
    assert rates["ACUTE"] == pytest.approx(6 / 10)
    assert rates["NORTH"] == pytest.approx(12 / 14)
    assert shown.total.rate == pytest.approx(19 / 25)
    early = queries.completion(reading, "All", date(2024, 6, 2), Wish())
    assert {row.rate for row in early.rows} == {None}, "nobody has fallen due: a dash, not 0 % and not 100 %"


def test_grace_counts_as_the_requirement_says(house: House, db: object, reading: Session) -> None:
    assert not queries.completion(reading, "All", TODAY, Wish()).grace_is_compliant
    assert Figures(compliant=6, in_grace=2, overdue=2).rate(True) == pytest.approx(0.8)
    assert Figures(compliant=6, in_grace=2, overdue=2).rate() == pytest.approx(0.6)


def test_people_with_a_second_membership_stand_beside_the_row_and_not_in_it(house: House, reading: Session) -> None:
    shown = queries.completion(reading, "All", TODAY, Wish())
    beside = {row.code: row.also_here for row in shown.rows if row.also_here}
    assert beside == {"NORTH": 1, "PRIMARY": 1, "CLINICS": 1}
    assert shown.total.figures.required == 27


def test_a_moved_department_changes_no_past_day(house: House, db: object) -> None:
    from lms.db import Database

    assert isinstance(db, Database)
    with db.transaction() as session:
        house.hospital(session).hang(house.triage, date(2026, 5, 1), under=house.icu, name="Rapid Triage")
    with db.session() as session:
        before, after = figures(session, date(2026, 4, 30)), figures(session)
    assert before["ED"].required == 7 and before["ICU"].required == 4
    assert after["ED"].required == 5 and after["ICU"].required == 7
    assert before["MAIN"].required == 12 and after["MAIN"].required == 13, "a newcomer came in June"


def test_filters_narrow_to_a_subtree_a_job_or_a_profession(house: House, reading: Session) -> None:
    assert set(figures(reading, wish=Wish(department_id=house.ed))) == {"ED", "TRIAGE", "All"}
    assert figures(reading, wish=Wish(department_id=house.ed))["All"].required == 8
    assert figures(reading, wish=Wish(jobs=("Registrar",)))["All"] == Figures(overdue=1)
    assert figures(reading, wish=Wish(professions=("nursing",)))["All"].required == 26


def test_a_scope_shows_its_own_subtree_and_nothing_else(house: House, reading: Session) -> None:
    found = figures(reading, roots={house.acute})
    assert set(found) == {"ACUTE", "ED", "TRIAGE", "ICU", "All"}
    assert found["All"] == found["ACUTE"]
    with pytest.raises(NotFound):
        figures(reading, wish=Wish(department_id=house.north), roots={house.acute})


def test_people_whose_department_is_gone_are_still_counted_once(house: House, db: object) -> None:
    from sqlalchemy import update

    from lms.db import Database
    from lms.people.models import DepartmentVersion

    assert isinstance(db, Database)
    with db.transaction() as session:
        session.execute(
            update(DepartmentVersion)
            .where(DepartmentVersion.department_id == house.chapel)
            .values(to_day=date(2026, 1, 1))
        )
    with db.session() as session:
        shown = queries.completion(session, "All", TODAY, Wish(), outside="Nowhere")
    assert shown.rows[-1].name == "Nowhere" and shown.rows[-1].figures == Figures(compliant=1)
    assert shown.total.figures.required == 27


def test_rows_sort_among_their_siblings_and_search_keeps_what_is_above(house: House, reading: Session) -> None:
    rows = list(queries.completion(reading, "All", TODAY, Wish()).rows)
    by_rate = [row.code for row in rollup.ordered(rows, "rate")]
    assert by_rate == ["MAIN", "ACUTE", "ED", "TRIAGE", "ICU", "CHAPEL", "CLINICS", "PRIMARY", "NORTH"]
    largest = [row.code for row in rollup.ordered(rows, "required", True)]
    assert largest[0] == "CLINICS" and largest.index("ACUTE") < largest.index("CHAPEL")
    assert [row.code for row in rollup.narrowed(rows, "triage")] == ["MAIN", "ACUTE", "ED", "TRIAGE"]
    assert [row.code for row in rollup.narrowed(rows, column="on_leave")] == ["MAIN", "ACUTE", "ICU"]
