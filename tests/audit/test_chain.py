"""The chain of the audit log: whatever somebody does to it behind the program's back is found and named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from config import Config
from lms.audit import Actor, AuditEntry, actions, chain, queries, record
from lms.audit.chain import FORGET
from lms.audit.models import AuditKey, AuditSeal
from lms.db import Database
from lms.files import FileStore
from lms.people.models import Person
from lms.worker import Worker
from tests.support.clocks import SetClock

ROWS = 8


@pytest.fixture
def ana(db: Database, clock: SetClock) -> int:
    """Somebody whom the log tells about."""
    return person(db, clock, "1", "Ana")


@pytest.fixture
def worker(db: Database, clock: SetClock, config: Config) -> Worker:
    """What seals."""
    return Worker(db, FileStore(config.data_dir / "files"), clock)


@pytest.fixture
def sealed(db: Database, clock: SetClock, ana: int, worker: Worker) -> Iterator[Database]:
    """A log of eight sealed entries about Ana, by Ana, from two places."""
    with db.transaction() as session:
        for number in range(ROWS):
            by = Actor(ana if number % 2 else None, clock.now(), "10.0.0.7" if number % 2 else "command line")
            told = {"name": f"Ana {number}", "share": 0.5 * number}
            record(
                session,
                by,
                "person.change",
                "person",
                ana,
                before=told,
                after={**told, "job": "RN"},
                reason=f"Because {number}",
            )
    worker.drain()
    yield db


def person(db: Database, clock: SetClock, number: str, name: str) -> int:
    with db.transaction() as session:
        row = Person(source="t", number=number, given_name=name, family_name="B", created_at=clock.now())
        session.add(row)
        session.flush()
        return row.id


def said(db: Database) -> list[str]:
    with db.session() as session:
        return [str(fault) for fault in queries.faults(session)]


def behind_its_back(db: Database, *statements: str) -> None:
    with db.transaction() as session:
        for statement in statements:
            session.execute(text(statement))


def test_entries_are_sealed_in_order_and_the_chain_is_whole(sealed: Database) -> None:
    assert said(sealed) == []
    with sealed.session() as session:
        places = session.execute(select(AuditEntry.id, AuditEntry.sealed_as).order_by(AuditEntry.id)).all()
        assert [place for _, place in places] == list(range(1, ROWS + 1))
        assert queries.head(session)[0] == ROWS
        assert not queries.anything_to_seal(session)


def test_sealing_goes_on_where_it_stopped_in_batches(sealed: Database, clock: SetClock, ana: int) -> None:
    with sealed.transaction() as session:
        for _ in range(5):
            record(session, Actor(None, clock.now()), "person.change", "person", ana)
    for expected in (2, 2, 1, 0):
        with sealed.transaction() as session:
            assert actions.seal(session, clock.now(), size=2) == expected
    assert said(sealed) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("action = 'person.move'", "entry 4, sealed as number 4, was changed"),
        ("actor_id = null", "entry 4, sealed as number 4, was changed"),
        ("about_id = null", "entry 4, sealed as number 4, was changed"),
        ("reason = 'Another reason'", "what entry 4 says"),
        ('after = \'{"name": "Eve"}\'', "what entry 4 says"),
        ("before = null, after = null, reason = null", "what entry 4 says"),
        ("origin = '10.0.0.8'", "where entry 4 says it came from"),
        ("origin = null", "where entry 4 says it came from"),
        ("sealed_as = 99", "entry 4 was moved"),
    ],
)
def test_a_changed_row_is_found_and_named(sealed: Database, change: str, words: str) -> None:
    behind_its_back(sealed, f"update audit_entry set {change} where id = 4")
    found = said(sealed)
    assert any(words in fault for fault in found), found
    assert all(" 4" in fault for fault in found), "and no other one is accused"


@pytest.mark.parametrize(("part", "changed"), [("values", "reason"), ("origin", "origin")])
def test_a_changed_row_is_found_even_if_its_seal_was_made_to_fit(sealed: Database, part: str, changed: str) -> None:
    with sealed.transaction() as session:
        entry, seal = session.get_one(AuditEntry, 4), session.get_one(AuditSeal, 4)
        setattr(entry, changed, "Said later")
        value = chain.values_of(entry.before, entry.after, entry.reason) if part == "values" else entry.origin
        key = queries.keys_of(session, {entry.about_id or 0})[entry.about_id or 0]
        setattr(seal, part, chain.keyed(chain.salt(key, entry.id, part), value))
    assert said(sealed) == ["Audit log: entry 4, sealed as number 4, was changed."]


def test_a_changed_moment_is_found(sealed: Database) -> None:
    with sealed.transaction() as session:
        session.get_one(AuditEntry, 3).at += timedelta(days=1)
    assert said(sealed) == ["Audit log: entry 3, sealed as number 3, was changed."]


def test_a_removed_row_is_found_and_named(sealed: Database) -> None:
    behind_its_back(sealed, "delete from audit_entry where id = 5")
    assert said(sealed) == ["Audit log: entry 5, sealed as number 5, was removed."]


def test_a_row_removed_together_with_its_seal_is_found(sealed: Database) -> None:
    behind_its_back(sealed, "delete from audit_entry where id = 5", "delete from audit_seal where sequence = 5")
    assert said(sealed) == ["Audit log: the seals from 5 to 5 were removed."]


def test_a_seal_that_is_gone_is_missed_by_its_entry(sealed: Database) -> None:
    behind_its_back(sealed, f"delete from audit_seal where sequence = {ROWS}")
    assert said(sealed) == [f"Audit log: the seal of entry {ROWS}, number {ROWS}, was removed."]


def test_rows_in_another_order_are_found(sealed: Database) -> None:
    behind_its_back(
        sealed,
        "update audit_seal set sequence = 1000 where sequence = 3",
        "update audit_seal set sequence = 3 where sequence = 6",
        "update audit_seal set sequence = 6 where sequence = 1000",
        "update audit_entry set sealed_as = 1000 where id = 3",
        "update audit_entry set sealed_as = 3 where id = 6",
        "update audit_entry set sealed_as = 6 where id = 3",
    )
    found = said(sealed)
    assert any("breaks at place 3, entry 6" in fault for fault in found), found
    assert any("breaks at place 6, entry 3" in fault for fault in found), found


def test_a_row_slipped_in_with_a_seal_of_its_own_breaks_the_chain(sealed: Database, clock: SetClock) -> None:
    """Whoever rewrites one link has to rewrite all that follow, and the last link is known elsewhere."""
    with sealed.session() as session:
        before = queries.head(session)
    with sealed.transaction() as session:
        seal = session.get_one(AuditSeal, 2)
        entry = session.get_one(AuditEntry, 2)
        entry.reason = "Rewritten"
        seal.values, seal.origin = actions.digests(
            entry, queries.keys_of(session, {entry.about_id or 0, entry.actor_id or 0})
        )
        from lms.audit import chain

        seal.content = chain.digest(queries.content_of(entry).plain(), seal.values, seal.origin)
        seal.link = chain.link(session.get_one(AuditSeal, 1).link, seal.content)
    assert said(sealed) == [
        "Audit log: the chain breaks at place 3, entry 3: seals were changed, removed or put into another order there."
    ]
    with sealed.session() as session:
        assert queries.head(session) == before


def test_destroying_a_key_takes_the_values_and_leaves_the_chain(
    sealed: Database, clock: SetClock, ana: int, worker: Worker
) -> None:
    bo = person(sealed, clock, "2", "Bo")
    with sealed.transaction() as session:
        record(session, Actor(ana, clock.now(), "10.0.0.7"), "person.change", "person", bo, reason="Told by Ana")
    worker.drain()
    with sealed.session() as session:
        before = queries.head(session)
        assert session.scalar(select(func.count()).select_from(AuditKey)) == 2
    with sealed.transaction() as session:
        actions.forget(session, [ana])
        record(session, Actor(None, clock.now(), "command line"), FORGET, "person", ana)
    worker.drain()
    with sealed.session() as session:
        told = session.scalars(select(AuditEntry).where(AuditEntry.about_id == ana, AuditEntry.action != FORGET)).all()
        assert len(told) == ROWS
        assert not any((entry.before, entry.after, entry.reason) != (None, None, None) for entry in told)
        assert "10.0.0.7" not in session.scalars(select(AuditEntry.origin)).all()
        about_bo = session.scalars(select(AuditEntry).where(AuditEntry.about_id == bo)).one()
        assert (about_bo.reason, about_bo.origin) == ("Told by Ana", None), "only whence Ana came is hers"
        assert session.get_one(AuditSeal, before[0]).link == before[1], "no link changed"
    assert said(sealed) == []


def test_values_that_vanish_without_a_pseudonymisation_are_a_fault(sealed: Database, ana: int) -> None:
    with sealed.transaction() as session:
        actions.forget(session, [ana])
    assert len([fault for fault in said(sealed) if "(before, after or reason)" in fault]) == ROWS


def test_two_who_seal_at_once_make_one_chain(sealed: Database, config: Config, clock: SetClock, ana: int) -> None:
    import threading

    workers = [Worker(sealed, FileStore(config.data_dir / "files"), clock) for _ in range(3)]
    stop = threading.Event()

    def write() -> None:
        for _ in range(40):
            with sealed.transaction() as session:
                record(session, Actor(ana, clock.now()), "person.change", "person", ana)
        stop.set()

    def work(one: Worker) -> None:
        while not stop.is_set():
            one.drain()

    threads = [threading.Thread(target=write), *(threading.Thread(target=work, args=(one,)) for one in workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    workers[0].drain()
    assert said(sealed) == []
    with sealed.session() as session:
        assert queries.head(session)[0] == ROWS + 40


def test_an_entry_that_waits_for_its_seal_too_long_is_noticed(db: Database, clock: SetClock, ana: int) -> None:
    with db.transaction() as session:
        record(session, Actor(None, clock.now()), "person.change", "person", ana)
    with db.session() as session:
        assert queries.unsealed(session, clock.now() + timedelta(minutes=4)) == 0
        assert queries.unsealed(session, clock.now() + timedelta(minutes=6)) == 1


def test_what_is_rolled_back_leaves_no_entry(db: Database, clock: SetClock, session: Session, ana: int) -> None:
    record(session, Actor(None, clock.now()), "person.change", "person", ana)
    session.flush()
    session.rollback()
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0
