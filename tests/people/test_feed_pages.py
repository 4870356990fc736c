"""The feeds through the pages: a source is settled, good lines are taken, the work list is worked off."""

from __future__ import annotations

import io
from typing import Any

from sqlalchemy import select

from lms.db import Database
from lms.people import qualifications, sources
from lms.people.models import FeedProblem
from tests.people.conftest import Office, People
from tests.people.test_feeds import BAD, LICENCES
from tests.support.pages import page_of

MANY = "multipart/form-data"


def test_hr_settles_a_source_takes_the_good_lines_and_works_the_list_off(
    db: Database, signed_in: Any, staffed: Office, hr: int, number: People
) -> None:
    desk = signed_in(hr)
    said = {"source": "hr", "as_of": "2026-06-01", "dates": "iso", "partial": "y"}
    odd = BAD.replace("Job Title", "Stelle")
    upload = desk.page("/people/import/")
    refused = desk.submit(
        upload, {**said, "staff": (io.BytesIO(odd.encode()), "s.csv")}, form="upload", content_type=MANY
    )
    page = page_of(refused, 422)
    assert "no column “job”" in page.text
    settle = desk.page(next(a.get("href") for a in page.all("a") if "reading" in a.get("href", "")))
    place = next(name for name in settle.fields(settle.form("reading")) if name == "column-4")
    answer = desk.submit(
        settle,
        {place: "job", "words-job": "Chief = Head", "owned": ["name", "email", "job", "department_code"]},
        form="reading",
    )
    page = page_of(answer, 422)
    assert "3 faults" not in page.text and "2 faults" in page.text
    with db.session() as session:
        kept = sources.reading(session, "hr")
    assert kept.columns["stelle"] == "job" and kept.values == {"job": {"chief": "Head"}} and "kind" in kept.kept()
    good = page_of(desk.submit(page, form="/again"))
    assert "lines are set aside" in good.text
    done = page_of(desk.submit(good, form="take-in"))
    assert "Lines set aside" in done.text
    waiting = desk.page("/people/import/problems")
    assert "NOWHERE" in waiting.text and "4444" in waiting.text and "3 problems are open" in waiting.text
    first = worklist_ids(db)[0]
    desk.post(
        f"/people/import/problems/{first}/take", data={"csrf_token": waiting.fields(waiting.form(1))["csrf_token"]}
    )
    assert "Give back" in desk.page("/people/import/problems?mine=1").text
    desk.submit(desk.page(f"/people/import/problems/{first}/solve"), {"remark": "The code is right now"}, form="change")
    assert "Solved by HR" in desk.page("/people/import/problems?state=solved").text
    assert "hr" in desk.page("/people/import/sources").text


def worklist_ids(db: Database) -> list[int]:
    with db.session() as session:
        return list(
            session.scalars(select(FeedProblem.id).where(FeedProblem.solved_at.is_(None)).order_by(FeedProblem.id))
        )


def test_a_file_of_licences_goes_through_the_page(
    db: Database, signed_in: Any, staffed: Office, hr: int, number: People
) -> None:
    desk = signed_in(hr)
    said = {"what": "licences", "source": "hr", "as_of": "2026-06-01", "dates": "iso"}
    for text, status in ((LICENCES + "7777,RN,MI,1,2024-01-01,\n", 422), (LICENCES, 200)):
        sent = {**said, "file": (io.BytesIO(text.encode()), "l.csv")}
        page = page_of(desk.submit(desk.page("/people/import/facts"), sent, form="upload", content_type=MANY), status)
    done = page_of(desk.submit(page, form="take-in"))
    assert "Licences and certifications" in done.text
    with db.session() as session:
        assert [t.kind for t in qualifications.terms(session, number("1001"))] == ["RN"]
    page = desk.page("/people/import/history")
    assert "Licences and certifications" in page.text
