"""Bulk changes: built beside what readers see, resumed after a crash, switched at once; and writers who do not wait."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from lms.cli.doctor import examine, mend
from lms.cli.house import Opened
from lms.compliance import actions, building, queries
from lms.compliance.models import Generation, Span, TallyBase, TallyPending
from lms.db import Database
from lms.files import FileStore
from lms.outbox import Job
from lms.worker import Worker
from tests.compliance.hospital import NOW, SYSTEM, TODAY, YEARLY, Hospital, d
from tests.compliance.test_store import check
from tests.support.clocks import SetClock


@pytest.fixture
def people(db: Database) -> list[int]:
    """Twelve people in two departments with one requirement, everything built and committed."""
    with db.transaction() as session:
        hospital = Hospital(session)
        hospital.course("cc-101")
        wards = [hospital.department("ED"), hospital.department("ICU")]
        hospital.requirement("CC", **YEARLY)
        found = [hospital.hire(wards[number % 2], "2026-06-01") for number in range(12)]
        session.execute(Job.__table__.delete())
    return found


def seen(db: Database) -> list[queries.Cell]:
    with db.session() as session:
        return sorted(queries.counts(session, TODAY))


def bulk(db: Database) -> int:
    """A rule for everybody is published; nothing is worked out yet."""
    with db.transaction() as session:
        rule = {"courses": ["la-110"], "first": {"within": {"days": 20}}}
        actions.publish_requirement(session, "LA", "Language access", rule, TODAY, SYSTEM)
        return session.scalars(select(Generation.id).where(Generation.building)).one()


def steps(db: Database, generation: int) -> Iterator[None]:
    """One committed step after the other, few people at a time."""
    finished = False
    while not finished:
        with db.transaction() as session:
            finished = actions.build_step(session, generation, NOW, batch=3)
        yield


def test_readers_see_the_old_figures_until_one_switch(db: Database, people: list[int]) -> None:
    before = seen(db)
    generation = bulk(db)
    with db.session() as session:
        status = queries.rebuild_status(session)
    assert status is not None and (status.reason, status.people_left) == ("requirement", 12)
    views = [seen(db) for _ in steps(db, generation)]
    assert views[-1] != before and all(view == before for view in views[:-1])
    assert sum(cell.people for cell in views[-1] if cell.state < 9) == 12 * 3
    with db.transaction() as session:
        assert queries.rebuild_status(session) is None
        while not actions.drop_step(session):
            pass
        assert session.scalars(select(func.distinct(Span.generation_id))).all() == [generation]
        assert session.scalars(select(func.distinct(TallyBase.generation_id))).all() == [generation]
        check(session)


def test_what_happens_during_a_build_is_in_both_generations(db: Database, people: list[int]) -> None:
    generation = bulk(db)
    for number, _ in enumerate(steps(db, generation)):
        if number < len(people):
            with db.transaction() as session:
                hospital = Hospital(session)
                hospital.complete(people[-number], TODAY - timedelta(days=number), "cc-101")
                (duty,) = (d for d in queries.duties(session, people[-number], TODAY) if d.code == "CC")
                assert duty.state == "compliant"
    with db.transaction() as session:
        check(session)
        while not actions.fold_pending(session, NOW, limit=7):
            pass
        left = select(func.count()).where(TallyPending.generation_id == generation)
        assert session.scalar(left) == 0
        check(session)


def test_a_killed_build_goes_on_where_it_was(db: Database, people: list[int]) -> None:
    generation = bulk(db)
    walk = steps(db, generation)
    for _ in range(2):
        next(walk)
    with db.open(write=True) as session:  # killed within a step: nothing of it is committed
        actions.build_step(session, generation, NOW, batch=3)
        session.rollback()
    with db.session() as session:
        left = queries.rebuild_status(session)
    assert left is not None and left.people_left == 6
    list(steps(db, generation))
    with db.session() as session:
        check(session)


def test_another_bulk_change_during_a_build_is_taken_in(db: Database, people: list[int]) -> None:
    generation = bulk(db)
    walk = steps(db, generation)
    for _ in range(7):
        next(walk)
    with db.transaction() as session:
        rule = {"courses": ["sc-105"], "first": {"within": {"days": 5}}}
        actions.publish_requirement(session, "SC", "Scripts", rule, TODAY, SYSTEM)
    list(steps(db, generation))
    with db.session() as session:
        assert len(queries.duties(session, people[0], TODAY)) == 3
        check(session)


def test_the_worker_builds_and_clears_up(db: Database, people: list[int], tmp_path: object) -> None:
    bulk(db)
    Worker(db, FileStore(tmp_path), SetClock(NOW)).drain()  # type: ignore[arg-type]
    with db.session() as session:
        assert queries.rebuild_status(session) is None
        assert len(session.scalars(select(func.distinct(Span.generation_id))).all()) == 1
        check(session)


def test_many_changes_are_folded_by_a_job(db: Database, people: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "FOLD_FROM", 5)
    with db.transaction() as session:
        for person in people:
            Hospital(session).complete(person, TODAY)
        assert session.scalars(select(Job.kind)).all() == [building.FOLD]


def test_doctor_finds_and_mends(db: Database, people: list[int], config: object, tmp_path: object) -> None:
    house = Opened(config, db, FileStore(tmp_path), SetClock(NOW))  # type: ignore[arg-type]
    Worker(db, house.files, house.clock).drain()
    assert list(examine(house)) == []
    with db.transaction() as session:
        session.execute(text("UPDATE span SET state = 8 WHERE person_id = :person"), {"person": people[0]})
    told = [str(fault) for fault in examine(house)]
    assert any(f"person {people[0]} " in line for line in told) and any("counts differ" in line for line in told)
    mend(house)
    assert list(examine(house)) == []
    with db.transaction() as session:
        hospital = Hospital(session)
        hospital.membership(people[1], 1, d("2026-06-02"))
        hospital.rebuild(people[1])
    assert any("two primary memberships" in str(fault) for fault in examine(house))


@pytest.mark.postgres
def test_writers_for_different_people_do_not_wait(db: Database, people: list[int]) -> None:
    with db.open(write=True) as first, db.open(write=True) as second:
        Hospital(first).complete(people[0], TODAY)
        second.execute(text("SET lock_timeout = '500ms'"))
        Hospital(second).complete(people[1], TODAY)
        second.commit()
        second.execute(text("SET lock_timeout = '500ms'"))
        with pytest.raises(OperationalError):
            Hospital(second).complete(people[0], TODAY)  # the same person: this one waits
        second.rollback()
        first.commit()
    with db.session() as session:
        check(session)


@pytest.mark.postgres
def test_a_build_and_a_completion_of_the_same_person_wait_for_each_other(db: Database, people: list[int]) -> None:
    """The fact that is not committed yet cannot be missed by the build."""
    generation = bulk(db)
    with db.open(write=True) as writer, db.open(write=True) as builder:
        Hospital(writer).complete(people[0], TODAY)
        builder.execute(text("SET lock_timeout = '500ms'"))
        with pytest.raises(OperationalError):
            actions.build_step(builder, generation, NOW)
        builder.rollback()
        writer.commit()
    list(steps(db, generation))
    with db.session() as session:
        check(session)
