"""People × requirements: every state as the timeline has it, within what the viewer may see."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import openpyxl

from lms.access import Role
from lms.db import Database
from tests.reports.house import House, Writer
from tests.support.pages import PageClient

Enter = Callable[..., PageClient]


def _second_duty(db: Database, house: House) -> None:
    """A duty for the emergency department alone, done by nobody."""
    with db.transaction() as session:
        write: Writer = house.hospital(session)
        write.requirement(
            "ACCESS", courses=["la-110"], audience={"field": "department", "in": ["ED"]}, recurs={"kind": "once"}
        )


def test_everybody_stands_in_one_row_with_each_requirement(db: Database, house: House, enter: Enter) -> None:
    _second_duty(db, house)
    client = enter(Role.HR)
    page = client.page("/completion/matrix")
    head, *rows = page.rows()
    assert head[:3] == ["Name", "Job", "Overall"] and len(head) == 5
    assert len(rows) == 27
    culture, access = (next(at for at, title in enumerate(head) if word in title) for word in ("CULTURE", "ACCESS"))
    by_number = {row[0].split(" · ")[0].split()[-1]: row for row in rows}
    assert sum("Overdue" in row[culture] for row in rows) == 5
    assert sum("In grace" in row[culture] for row in rows) == 1
    outside = [row for row in by_number.values() if row[0].endswith("North")]
    assert len(outside) == 14 and all("Not asked" in row[access] for row in outside)
    assert all("Not asked" not in row[access] for row in by_number.values() if row[0].endswith(("Ed", "Triage")))


def test_filters_narrow_the_matrix_and_its_files(house: House, enter: Enter) -> None:
    client = enter(Role.HR)
    assert len(client.page("/completion/matrix?state=overdue").rows()) == 1 + 5
    assert len(client.page(f"/completion/matrix?department={house.ed}").rows()) == 1 + 8
    lines = list(csv.reader(io.StringIO(client.get("/completion/matrix.csv?state=overdue").text.lstrip("\ufeff"))))
    start = next(at for at, line in enumerate(lines) if "Number" in line)
    assert len(lines[start + 1 :]) == 5 and {line[4] for line in lines[start + 1 :]} == {"Overdue"}
    book = openpyxl.load_workbook(io.BytesIO(client.get("/completion/matrix.xlsx").data))
    assert book.worksheets[0].max_row >= 28
    said = {row[0] for row in book.worksheets[1].iter_rows(values_only=True)}
    assert "Due" in said and "Valid until" not in said, "what stands in the file is explained, and nothing else"
    assert client.get("/completion/matrix.pdf").status_code == 404


def test_a_manager_sees_the_own_departments_only(house: House, enter: Enter) -> None:
    client = enter(Role.MANAGER, house.ed)
    assert len(client.page("/team/matrix").rows()) == 1 + 8
    assert client.get(f"/team/matrix?department={house.icu}").status_code == 404
    assert client.get("/completion/matrix").status_code == 403
