"""How the database is read: nothing a reader does stays, and on PostgreSQL a reader costs no plan and no connection that has died."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import InternalError

from lms import db as house
from lms.db import Database
from lms.learning.models import StepDone
from lms.organisation import Organisation, OrganisationRow, load, save

NOW = datetime(2026, 11, 23, tzinfo=UTC)
on_a_server = pytest.mark.postgres


def test_what_a_reader_leaves_behind_is_gone(db: Database) -> None:
    with db.session() as session:
        session.add(OrganisationRow(id=1, settings={"name": "Nowhere"}, changed_at=NOW))
    with db.session() as session:
        assert load(session) is None


def test_a_session_that_saves_the_organisation_reads_what_it_saved(db: Database) -> None:
    with db.transaction() as session:
        for name in ("Before", "After"):
            save(session, Organisation(name=name), NOW)
            own = load(session)
            assert own is not None and own.name == name


@on_a_server
def test_a_reader_can_change_nothing_even_by_a_statement_of_its_own(db: Database) -> None:
    with db.session() as session, pytest.raises(InternalError, match="read-only"):
        session.execute(text("DELETE FROM organisation"))


@on_a_server
def test_statements_stay_prepared_from_reader_to_reader(db: Database) -> None:
    for _ in range(8):
        with db.session() as session:
            session.scalars(select(StepDone.id)).all()
    with db.session() as session:
        prepared = session.scalars(text("SELECT statement FROM pg_prepared_statements")).all()
    assert any("step_done" in statement for statement in prepared)


@on_a_server
def test_a_connection_that_died_while_it_rested_is_replaced(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "RESTED", -1.0)
    with db.session() as session:
        rested = session.scalar(text("SELECT pg_backend_pid()"))
    other = Database(db.url)
    with other.session() as session:
        assert session.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": rested})
    other.close()
    with db.session() as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) != rested
