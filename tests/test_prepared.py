"""Statements that go past SQLAlchemy's execution say the same as through it, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.db import known
from lms.outbox import Job
from lms.people.models import Department, DepartmentVersion
from lms.prepared import AsKnown, Changed, Prepared, among
from tests.support.queries import statements

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


def test_rows_come_out_as_from_sqlalchemy(session: Session) -> None:
    ward = Department(code="ED", created_at=NOW)
    session.add_all([ward, Department(code="ICU", created_at=NOW)])
    session.add(Job(kind="k", payload={"días": [1, None]}, state="waiting", run_at=NOW, created_at=NOW, tries=0))
    query = select(Department.id, Department.code, Department.created_at)
    prepared = Prepared(query.where(among(Department.id, "ids")).order_by(Department.id))
    everywhere = Prepared(query.order_by(Department.id))
    with statements() as sent:
        found = everywhere.rows(session)  # with what was only added so far
    assert any("FROM department" in each for each in sent.all)
    assert found == list(map(tuple, session.execute(query.order_by(Department.id)).all()))
    assert found[0].created_at == NOW
    assert [row.code for row in prepared.rows(session, ids=[ward.id, 10**9])] == ["ED"]
    assert [row.code for row in prepared.rows(session, ids={ward.id})] == ["ED"]  # alone: without a list on PostgreSQL
    assert prepared.rows(session, ids=[]) == []
    assert prepared.rows(session, ids=[ward.id]) == [(ward.id, "ED", NOW)]
    job = Prepared(select(Job.payload, Job.run_at, Job.key).where(Job.kind == bindparam("kind"))).row(session, kind="k")
    assert job is not None and (job.payload, job.run_at, job.key) == ({"días": [1, None]}, NOW, None)


def test_facts_as_they_were_known(session: Session) -> None:
    ward = Department(code="ED", created_at=NOW)
    session.add(ward)
    session.flush()
    session.add(
        DepartmentVersion(
            department_id=ward.id, name="Emergency", kind="department", parent_id=None, from_day=date(2026, 1, 1),
            to_day=date(2027, 1, 1), recorded_at=NOW,
        )
    )  # fmt: skip

    version = DepartmentVersion
    names = AsKnown(lambda at: select(version.name, version.from_day).where(known(version, at)))
    assert names.rows(session, None) == [("Emergency", date(2026, 1, 1))]
    assert names.rows(session, NOW) == []
    assert len(names.rows(session, NOW.replace(hour=9))) == 1


def test_a_change_is_what_the_session_holds(session: Session) -> None:
    ward = Department(code="ED", created_at=NOW)
    session.add(ward)
    session.flush()
    Changed(Department, "code").write(session, ward, code="ER")
    assert ward.code == "ER" and not session.dirty
    session.expire_all()
    assert ward.code == "ER"


def test_a_refusal_is_sqlalchemys(session: Session) -> None:
    add = Prepared(
        insert(Department.__table__).values(
            code=bindparam("name"), created_at=bindparam("at", type_=Department.created_at.type)
        )
    )
    add.rows(session, name="ED", at=NOW)
    with pytest.raises(IntegrityError):
        add.rows(session, name="ED", at=NOW)


def test_rows_are_found_by_an_index_of_their_numbers(session: Session) -> None:
    by_id = Prepared(select(Department.code).where(among(Department.id, "ids"), Department.code != "ED"))
    with statements() as sent:
        by_id.rows(session, ids=[1])
    assert "= 1" not in sent.all[-1]
    if session.get_bind().dialect.name == "sqlite":
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sent.all[-1]}", ("[1]", "ED")).all()
        assert plan[0].detail.startswith("SEARCH department")
