"""Pseudonymising people of the demo hospital: their names are nowhere any more, and every report counts what it counted."""

from __future__ import annotations

import io
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Config
from lms.accounts.models import Account
from lms.audit import Actor, record
from lms.audit import queries as log
from lms.audit.chain import FORGET
from lms.certificates.models import Certificate
from lms.cli import main
from lms.cli.doctor import examine
from lms.cli.house import Opened
from lms.clock import FOR_EVER
from lms.compliance import queries as compliance
from lms.compliance.equivalencies import actions as equivalencies
from lms.compliance.equivalencies.actions import Stated
from lms.compliance.models import AssignedPerson, Assignment, Exemption
from lms.db import Base, Database
from lms.errors import Conflict
from lms.evidence import actions as evidence
from lms.evidence import log as packed_log
from lms.evidence.models import EvidencePack
from lms.evidence.scope import Scope
from lms.files import FileStore, StoredFile
from lms.notices.models import Mail, NoticeChoice, NoticeLine
from lms.people.models import Employment, Person
from lms.records.outside import actions as outside
from lms.records.outside.judging import Claim, Counting
from lms.records.outside.models import Outcome
from lms.reports.saved import actions as saved
from lms.reports.saved.models import SavedView
from lms.retention import actions, queries
from lms.retention.queries import Due
from lms.worker import Worker
from tests.support.clocks import SetClock
from tests.support.demo import TODAY

DAYS = [TODAY - timedelta(days=days) for days in (400, 200, 30, 0)] + [TODAY + timedelta(days=200)]
LATER = date(2040, 1, 1)
ZONE = "America/New_York"


def leavers(db: Database) -> list[Due]:
    with db.session() as session:
        return list(queries.due(session, LATER, ZONE))


def test_only_leavers_fall_due_and_only_after_their_clocks(db: Database) -> None:
    found = leavers(db)
    with db.session() as session:
        here = set(session.scalars(select(Employment.person_id).where(Employment.to_day == FOR_EVER)))
        assert found and not {each.person_id for each in found} & here
        assert list(queries.due(session, TODAY, ZONE)) == []
        last = max(each.verdict.until for each in found if each.verdict.until)
        assert len(list(queries.due(session, last, ZONE))) < len(found)


def test_names_are_gone_and_counts_stay(db: Database, config: Config, clock: SetClock) -> None:
    found = leavers(db)
    ids = [each.person_id for each in found]
    files = FileStore(config.data_dir / "files")
    with db.transaction() as session:
        names = {(p.family_name, p.number) for p in session.scalars(select(Person).where(Person.id.in_(ids)))}
        kept = names - {(p.family_name, p.number) for p in session.scalars(select(Person).where(Person.id.not_in(ids)))}
        for who in ids:
            told = session.get_one(Person, who).display_name
            record(session, Actor(who, clock.now(), "10.9.9.9"), "person.change", "person", who, after={"name": told})
        paper = session.scalars(select(Certificate).where(Certificate.person_id.in_(ids))).first()
        assert paper is not None
        stored = files.put(
            session, io.BytesIO(b"%PDF with a name"), name="c.pdf", media_type="application/pdf",
            purpose="certificate", owner_id=paper.person_id, now=clock.now(),
        )  # fmt: skip
        paper.file_id = stored.id
        handed = _handed_in(session, files, ids[0], clock)
        path = files.path(stored.sha256)
        letter = Mail(
            message_id="<1@t>", person_id=ids[0], recipient="x@y.example", kind="due", language="en", subject=told, body=told,
            attachments=[], created_at=clock.now(), sent_at=clock.now(), failed_at=None, error=None,
        )  # fmt: skip
        session.add(letter)
        session.flush()
        session.add(
            NoticeLine(
                day=TODAY, person_id=ids[0], requirement_id=1, reason="due", amount=3, due=None, mail_id=letter.id,
                withheld=None,
            )
        )  # fmt: skip
        session.add(NoticeChoice(person_id=ids[0], declined_at=clock.now()))
        session.add(Account(person_id=ids[0], password_hash="a hash", created_at=clock.now(), closed_at=None))
        memo = files.put(
            session, io.BytesIO(b"A memo about " + told.encode()), name="memo.txt", media_type="text/plain", purpose="document",
            owner_id=ids[0], now=clock.now(),
        )  # fmt: skip
        known = {"recorded_at": clock.now(), "recorded_by": None, "superseded_at": None, "superseded_by": None}
        about = session.scalars(select(Assignment.requirement_id)).first()
        assert about is not None
        session.add_all(
            [
                Exemption(
                    person_id=ids[0], requirement_id=None, reason=f"{told} is away", file_id=memo.id, from_day=TODAY,
                    to_day=TODAY + timedelta(days=9), **known,
                ),
                AssignedPerson(
                    person_id=ids[0], requirement_id=about, reason=f"{told} again", shown=f"You, {told}", file_id=memo.id,
                    withdrawal=f"{told} has left", from_day=TODAY, to_day=TODAY + timedelta(days=9), **known,
                ),
            ]
        )  # fmt: skip
        own = saved.save(session, "people", {}, f"What {told} wants", None, Actor(ids[0], clock.now()))
        hr = session.scalars(select(Person.id).where(Person.number == "hr")).one()
        searched = saved.save(session, "people", {"q": told, "sort": "name"}, "One", None, Actor(hr, clock.now())).id
        named = session.get_one(Person, ids[0]).number
        hr = session.scalars(select(Person.id).where(Person.number == "hr")).one()
        wanted = Scope(TODAY, clock.now(), numbers=(named, "hr"))
        pack = evidence.ask(session, wanted, None, Actor(hr, clock.now()))
        evidence.keep(session, pack.id, evidence.make(session, pack).data, files, clock.now(), None)
        packed = files.path(session.get_one(StoredFile, pack.file_id).sha256)
    worker = Worker(db, files, clock)
    worker.drain()
    with db.session() as session:
        before = [sorted(compliance.counts(session, day)) for day in DAYS]
        link = log.head(session)
    with db.transaction() as session:
        files.remove(actions.pseudonymise(session, found, Actor(None, clock.now(), "command line")))
    worker.drain()
    with db.session() as session:
        assert [sorted(compliance.counts(session, day)) for day in DAYS] == before
        assert log.head(session)[0] == link[0] + len(ids)
        assert session.scalars(select(StoredFile).where(StoredFile.name == "c.pdf")).all() == []
        account = session.scalars(select(Account).where(Account.person_id == ids[0])).one()
        assert account.closed_at is not None and account.password_hash is None
        tables = [
            table for table in Base.metadata.sorted_tables if table.name != "course_version"
        ]  # sources have names
        everything = [str(tuple(row)) for table in tables for row in session.execute(select(table))]
        lost = [name for name, _ in kept if name and any(f"'{name}'" in row or f" {name}" in row for row in everything)]
        shared = {p.family_name for p in session.scalars(select(Person))}
        assert [name for name in lost if name not in shared] == []
        assert not any("10.9.9.9" in row for row in everything)
        assert list(log.faults(session)) == []
        told_of = packed_log.entries(session, ids, log.head(session)[0])
        said = {(each["content"]["action"] == FORGET, each["pseudonymised"]) for each in told_of}
        assert said == {(True, False), (False, True)}, "what came before can be read no more; that it is so, can"
        assert list(queries.due(session, LATER, ZONE)) == [], "nobody is pseudonymised twice"
        assert session.get_one(SavedView, own.id).removed_at is not None
        assert session.get_one(SavedView, searched).args == {"q": "", "sort": "name"}
    assert not path.exists() and not handed.exists(), "the files with the name are removed"
    assert not files.path(memo.sha256).exists(), "a document goes with the person it is about"
    assert not packed.exists(), "a pack that names them is removed"
    with db.session() as session:
        assert session.scalars(select(EvidencePack)).one().scope["numbers"] == ["–", "hr"]
    assert [str(fault) for fault in examine(Opened(config, db, files, clock))] == []


def _handed_in(session: Session, files: FileStore, who: int, clock: SetClock) -> Path:
    """An outside training with its certificate, and an equivalency for the same person; gives where the certificate lies."""
    name, by = session.get_one(Person, who).display_name, Actor(None, clock.now())
    stored = files.put(
        session, io.BytesIO(b"%PDF handed in"), name=f"{name}.pdf", media_type="application/pdf", purpose="outside training",
        owner_id=who, now=clock.now(),
    )  # fmt: skip
    claim = Claim("Bias", "State", date(2019, 3, 1), 60, certificate_number=name, attested=f"I, {name}", note=name)
    training = outside.hand_in(session, who, claim, stored, by)
    counting = Counting("Bias", "State", date(2019, 3, 1), 60)
    outside.decide(session, training.id, Outcome.APPROVED, f"As {name} says", by, counting)
    said = Stated("la-110", date(2019, 1, 1), f"For {name}", "cc-101", person_id=who, rests_on=name)
    equivalencies.state(session, said, stored, by)
    return files.path(stored.sha256)


def test_somebody_who_came_back_stops_everything(db: Database, clock: SetClock) -> None:
    found = leavers(db)
    with db.transaction() as session:
        session.add(
            Employment(
                person_id=found[0].person_id, kind="employee", from_day=TODAY, to_day=FOR_EVER, recorded_at=clock.now(),
                recorded_by=None, superseded_at=None, superseded_by=None, import_id=None,
            )
        )  # fmt: skip
    with db.session(write=True) as session, pytest.raises(Conflict):
        actions.pseudonymise(session, found, Actor(None, clock.now()))


def test_the_command_says_who_and_asks_to_be_confirmed(
    db: Database, database_url: str, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LMS_DATABASE_URL", database_url)
    monkeypatch.setenv("LMS_DATA_DIR", str(config.data_dir))
    with db.transaction() as session:
        who = leavers(db)[0].person_id
        for stretch in session.scalars(select(Employment).where(Employment.person_id == who)):
            stretch.from_day, stretch.to_day = date(2001, 1, 1), date(2002, 1, 1)
        session.get_one(Person, who).created_at = session.get_one(Person, who).created_at.replace(year=2001)
        from lms.records.models import TrainingRecord

        for row in session.scalars(select(TrainingRecord).where(TrainingRecord.person_id == who)):
            row.completed_on = row.completed_on.replace(year=2001, day=1)
    run = CliRunner()
    dry = run.invoke(main, ["people", "pseudonymise", "--dry-run"])
    assert dry.exit_code == 0 and f"Person {who}, kept until" in dry.output, dry.output
    assert run.invoke(main, ["people", "pseudonymise"]).exit_code == 2
    assert run.invoke(main, ["people", "pseudonymise", "--as-of", "2090-01-01", "--dry-run"]).exit_code == 2
    done = run.invoke(main, ["people", "pseudonymise", "--confirm"])
    assert done.exit_code == 0 and "1 people are pseudonymised" in done.output, done.output
    with db.session() as session:
        assert session.get_one(Person, who).display_name == f"Person {who}"
