"""The people of a whole cell: the same ones in the same order as when everybody is read, page after page, in every order."""

from __future__ import annotations

from itertools import product

import pytest
from sqlalchemy.orm import Session

from lms.compliance import cells, queries
from lms.compliance.models import OVERALL
from lms.compliance.spans import State
from tests.compliance.hospital import TODAY, YEARLY, Hospital, d

LATE = frozenset({State.OVERDUE, State.IN_GRACE})
SIZE = 4


@pytest.mark.parametrize("share", [0, 10**9], ids=["cell first", "people first"])
def test_pages_of_a_cell_are_those_of_the_whole_list(
    session: Session, share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "SHARE", share)
    hospital = Hospital(session)
    wards = [hospital.department(code) for code in ("ED", "ICU")]
    requirement = hospital.requirement("CC", **YEARLY)
    for number, hired in enumerate(
        ("2024-01-01", "2026-05-01", "2026-05-01", "2026-06-01", "2025-03-01", "2026-06-10") * 2
    ):
        hospital.hire(wards[number % 2], hired)
    for id, states, day in product((OVERALL, requirement), (None, LATE), (TODAY, d("2026-06-05"))):
        for sort in queries.SORTS:
            for order in (sort, f"-{sort}"):
                asked = {"requirement_id": id, "states": states, "sort": order}
                whole = list(queries.everyone_in(session, day, **asked))
                pages = [queries.people_in(session, day, **asked, page=page, size=SIZE) for page in (1, 2, 3, 4)]
                assert [row for page in pages for row in page.rows] == whole, (order, states, day)
                assert {page.total for page in pages} == {len(whole)}
    soon = list(queries.everyone_in(session, TODAY, due_soon=True))
    assert soon and list(queries.people_in(session, TODAY, due_soon=True).rows) == soon
