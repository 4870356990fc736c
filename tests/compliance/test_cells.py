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
SIZE = 4


@pytest.mark.parametrize(("probes", "share"), [(1, 1), (10**9, 10**9)], ids=["people first", "cell first"])
def test_pages_of_a_cell_are_those_of_the_whole_list(
    session: Session, probes: int, share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "PROBES", probes)
    monkeypatch.setattr(cells, "SHARE", share)
    hospital = Hospital(session)
    wards = [hospital.department(code) for code in ("ED", "ICU")]
    requirement = hospital.requirement("CC", **YEARLY)
    for number, hired in enumerate(
        ("2024-01-01", "2026-05-01", "2026-05-01", "2026-06-01", "2025-03-01", "2026-06-10") * 2
    ):
        hospital.hire(wards[number % 2], hired, ("RN", "MD", "CNA")[number % 3])
    for id, states, day in product((OVERALL, requirement), (None, LATE), (TODAY, d("2026-06-05"))):
        for sort in queries.SORTS:
            for order in (sort, f"-{sort}"):
                who = queries.Who(day, id, states=states)
                whole = list(queries.everyone_in(session, who, sort=order))
                pages = [queries.people_in(session, who, sort=order, page=page, size=SIZE) for page in (1, 2, 3, 4)]
                assert [row for page in pages for row in page.rows] == whole, (order, states, day)
                assert {page.total for page in pages} == {len(whole)}
                if day != TODAY:
                    continue
                narrowed = replace(who, visible=select(Person.id))
                same = [queries.people_in(session, narrowed, sort=order, page=page, size=SIZE) for page in (1, 2, 3, 4)]
                assert same == pages, (order, states, day)
    for more in ({"jobs": ("RN",)}, {"professions": ("nursing",), "search": "1"}, {"search": "2"}, {"jobs": ("none",)}):
        for id, sort in product((OVERALL, requirement), ("name", "-job", "due")):
            some = queries.Who(TODAY, id, states=None if sort == "name" else LATE, **more)
            whole = list(queries.everyone_in(session, some, sort=sort))
            pages = [queries.people_in(session, some, sort=sort, page=page, size=SIZE) for page in (1, 2, 3, 4)]
            assert [row for page in pages for row in page.rows] == whole, (more, sort)
            assert {page.total for page in pages} == {len(whole)}
            assert whole or sort != "name" or "none" in more.get("jobs", ()), more
    soon = queries.Who(TODAY, due_soon=True)
    found = list(queries.everyone_in(session, soon))
    assert found and list(queries.people_in(session, soon).rows) == found
