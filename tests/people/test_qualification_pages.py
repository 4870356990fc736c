"""HR writes down what people hold, and people acknowledge a policy: pages, refusals, audit."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

from sqlalchemy import select

from lms.audit import Actor
from lms.audit.models import AuditEntry
from lms.compliance import actions
from lms.db import Database
from lms.files import FileStore
from lms.people import actions as people
from lms.people import qualifications, queries
from lms.people.plan import Holding
from lms.policies.models import Acknowledgement
from lms.web.page import LANGUAGES
from lms.worker import Worker
from tests.people.conftest import Office, People
from tests.support.pages import PageClient, page_of

Enter = Callable[[int], PageClient]


def test_hr_records_corrects_and_ends_what_somebody_holds(
    db: Database, signed_in: Enter, staffed: Office, hr: int, number: People
) -> None:
    desk, person = signed_in(hr), number("1001")
    at = f"/people/{person}/qualifications"
    licence = {"kind": "CPHQ", "number": "7", "issued": "2024-02-01", "last_day": "2026-01-31"}
    desk.submit(desk.page(f"{at}/licences/new"), licence, form="change")
    desk.submit(desk.page(f"{at}/duties/new"), {"tag": "In-home care", "from_day": "2025-01-01"}, form="change")
    desk.submit(desk.page(f"{at}/birth-month"), {"month": "9"}, form="change")
    shown = desk.page(f"{at}/").text
    assert "CPHQ" in shown and "in-home-care" in shown and "September" in shown
    refused = desk.submit(desk.page(f"{at}/licences/new"), licence, form="change", follow=False)
    assert refused.status_code == 409
    with db.session() as session:
        (held,) = qualifications.terms(session, person)
    renewal = {"issued": "2026-02-01", "last_day": "2028-01-31"}
    desk.submit(desk.page(f"{at}/licences/{held.id}/renew"), renewal, form="change")
    correction = {"number": "71", "reason": "Misread"}
    desk.submit(desk.page(f"{at}/licences/{held.id}"), correction, form="change")
    assert desk.get(f"{at}/licences/{held.id}/end").status_code == 404, (
        "superseded: the newer entry is the one to change"
    )
    early = desk.submit(
        desk.page(f"{at}/licences/new"), licence | {"last_day": "2020-01-31"}, form="change", follow=False
    )
    assert early.status_code == 422
    with db.session() as session:
        (duty,) = qualifications.tags(session, person)
    ends = desk.page(f"{at}/duties/{duty.id}/end")
    assert desk.submit(ends, {"last_day": "2026-05-31"}, form="change", follow=False).status_code == 422, "no reason"
    desk.submit(ends, {"last_day": "2026-05-31", "reason": "Left the team"}, form="change")
    with db.session() as session:
        (over,) = qualifications.tags(session, person)
        told = session.scalars(select(AuditEntry).where(AuditEntry.action == "duty.end")).one()
        assert (str(over.to_day), told.reason) == ("2026-06-01", "Left the team")
        days = [(t.number, str(t.from_day), t.basis) for t in qualifications.terms(session, person)]
        noted = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == person)).all()
    assert days == [("71", "2024-02-01", "initial"), ("7", "2026-02-01", "renewal")]
    assert {"licence.record", "licence.correct", "duty.give", "birth_month.set"} <= set(noted)


def test_a_policy_is_published_read_and_acknowledged_once(
    db: Database, signed_in: Enter, staffed: Office, hr: int
) -> None:
    desk, many = signed_in(hr), "multipart/form-data"
    said = {"code": "ID-BADGE", "title": "Badges", "from_day": "2024-01-01"}
    program = {"document_en": (io.BytesIO(b"MZ\x90\x00"), "policy.pdf")}
    answer = desk.submit(desk.page("/policies/new"), said | program, form="change", follow=False, content_type=many)
    assert answer.status_code == 422 and "plain text" in page_of(answer, 422).text
    text = {f"document_{tag}": (io.BytesIO(f"Wear it. {tag}".encode()), "p.txt") for tag in LANGUAGES}
    desk.submit(desk.page("/policies/new"), said | text, form="change", content_type=many)
    page = desk.page("/policies/ID-BADGE?language=es")
    assert "Wear it. es" in page.text
    without = desk.submit(page, form="acknowledge", follow=False)
    assert without.status_code == 422, "not without one's word"
    for _ in range(2):  # sent twice, recorded once
        desk.submit(page, {"read": "y"}, form="acknowledge")
    with db.session() as session:
        (agreed,) = session.scalars(select(Acknowledgement)).all()
    assert (agreed.person_id, agreed.language) == (hr, "es")
    shown = desk.page("/policies/ID-BADGE/versions").text
    assert "Withdraw" not in shown and "es" in shown, "somebody acknowledged it"
    assert desk.page("/policies/").text.count("Acknowledged") == 1
    rule = {
        "satisfied_by": {"acknowledgement": "ID-BADGE"},
        "again_on": {"policies": ["ID-BADGE"], "within": {"days": 30}},
    }
    with db.transaction() as session:
        by, place = Actor(None, staffed.clock.now()), queries.tree(session, date(2026, 6, 1)).by_code["ED"].id
        people.move(session, hr, date(2024, 1, 1), Holding(place, "HR Partner", "", False, None), by)
        first = {"first": {"within": {"days": 30}}}
        actions.publish_requirement(
            session, "BADGE", "Badges", first | rule, date(2024, 1, 1), Actor(None, staffed.clock.now())
        )
    worker = Worker(db, FileStore(Path("unused")), staffed.clock)
    worker.drain()
    assert "Policies to read" not in desk.page("/learning").text
    newer = {"from_day": "2026-06-15", "note": "Worn on the left"}
    again = {"document_en": (io.BytesIO(b"Wear it on the left."), "p.txt")}
    desk.submit(desk.page("/policies/ID-BADGE/versions/new"), newer | again, form="change", content_type=many)
    worker.drain()
    home = desk.page("/learning").text
    assert "Policies to read" in home and "Worn on the left" in home
