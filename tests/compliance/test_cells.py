"""The people of a whole cell: the same ones in the same order as when everybody is read, page after page, in every order."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.compliance import cells, queries
from lms.compliance.models import OVERALL
from lms.compliance.spans import State
from lms.people.models import Person
from tests.compliance.hospital import TODAY, YEARLY, Hospital, d

LATE = frozenset({State.OVERDUE, State.IN_GRACE})
SIZE = 5
PEOPLE_FIRST, CELL_FIRST = {"PROBES": 1, "SHARE": 1}, {"PROBES": 10**9, "SHARE": 10**9}
ORDERS = [order for sort in queries.SORTS for order in (sort, f"-{sort}")]


def test_pages_of_a_cell_are_those_of_the_whole_list(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    hospital = Hospital(session)
    wards = [hospital.department(code) for code in ("ED", "ICU")]
    requirement = hospital.requirement("CC", **YEARLY)
    for number, hired in enumerate(
        ("2024-01-01", "2026-05-01", "2026-05-01", "2026-06-01", "2025-03-01", "2026-06-10") * 2
    ):
        hospital.hire(wards[number % 2], hired, ("RN", "MD", "CNA")[number % 3])

    def compare(who: queries.Who, order: str) -> list[queries.Found]:
        """The whole list; its pages, by name with one behind the last, are the same, whichever way they are found."""
        whole = list(queries.everyone_in(session, who, sort=order))
        for way in (PEOPLE_FIRST, CELL_FIRST):
            for name, value in way.items():
                monkeypatch.setattr(cells, name, value)
            pages = [
                queries.people_in(session, who, sort=order, page=page + 1, size=SIZE)
                for page in range(-(-len(whole) // SIZE) + (order == "name" or not whole))
            ]
            assert [row for page in pages for row in page.rows] == whole, (who, order, way)
            assert {page.total for page in pages} == {len(whole)}, (who, order, way)
        return whole

    lists = [
        (queries.Who(TODAY, id, states=states), order)
        for id, states, order in product((OVERALL, requirement), (None, LATE), ORDERS)
    ]
    lists += [
        (queries.Who(d("2026-06-05"), id, states=states), order)
        for id, states, order in product((OVERALL, requirement), (None, LATE), ("name", "-due"))
    ]
    for who, order in lists:
        assert compare(who, order), (who, order)
    seen = queries.Who(TODAY, visible=select(Person.id))
    for order in ORDERS:
        assert compare(seen, order) == list(queries.everyone_in(session, replace(seen, visible=None), sort=order))
    for more in ({"jobs": ("RN",)}, {"professions": ("nursing",), "search": "1"}, {"search": "2"}, {"jobs": ("none",)}):
        for id, sort in product((OVERALL, requirement), ("name", "-job", "due")):
            whole = compare(queries.Who(TODAY, id, states=None if sort == "name" else LATE, **more), sort)
            assert whole or sort != "name" or "none" in more.get("jobs", ()), more
    for id in (OVERALL, requirement):
        assert compare(queries.Who(TODAY, id, due_soon=True), "name")
