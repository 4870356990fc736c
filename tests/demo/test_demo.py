"""The demo hospital: the same from the same seed, kept when run again, and never in a database it did not make."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, inspect, select, text

from config import Config
from lms.access import Grant, Permission, Role, Viewer
from lms.accounts.models import Account
from lms.audit import AuditEntry
from lms.catalogue import queries as catalogue
from lms.certificates.models import Certificate
from lms.compliance import queries
from lms.compliance.spans import MET, State
from lms.db import Base, Database
from lms.demo.build import Build, build, unfinished
from lms.demo.lives import lives
from lms.demo.roles import role_lives, stuck_life
from lms.files import FileStore
from lms.learning.models import Attempt, Enrolment
from lms.learning.queries import choices
from lms.learning.scenario import replay
from lms.organisation import load
from lms.people.models import Department, Membership, Person
from lms.people.queries import visible_to
from lms.records.models import TrainingRecord
from lms.reports.attempts import used_up
from tests.demo.conftest import Run
from tests.support.databases import PostgresDatabases, SqliteDatabases
from tests.support.demo import built

TODAY = date(2026, 6, 15)
MAKE = ("demo", "--no-serve", "--staff", "60", "--today", "2026-06-15")
OWN = {("account", "password_hash"), ("sign_in_session", "token_hash")}
"""What differs between two builds and may: the salt of a password, and what a cookie holds."""


def digests(database: Database) -> dict[str, str]:
    """A hash of the rows of each table, in any order."""
    found = {}
    with database.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            columns = [column for column in table.columns if (table.name, column.name) not in OWN]
            rows = sorted(repr(tuple(row)) for row in connection.execute(select(*columns)))
            found[table.name] = f"{len(rows)} {hashlib.sha256(chr(10).join(rows).encode()).hexdigest()[:16]}"
    return found


@pytest.fixture(scope="module")
def small(_databases: SqliteDatabases | PostgresDatabases, demo_template: Path) -> Iterator[Database]:
    """Sixty staff, to be read only."""
    yield from read_only(_databases, demo_template)


@pytest.fixture(scope="module")
def riverbend(
    _databases: SqliteDatabases | PostgresDatabases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """Three hundred staff, to be read only."""
    yield from read_only(_databases, built(tmp_path_factory, _databases, "riverbend", 300))


def read_only(databases: SqliteDatabases | PostgresDatabases, template: Path) -> Iterator[Database]:
    with databases.like(template) as url:
        database = Database(url)
        yield database
        database.close()


def count(database: Database, model: type[Base]) -> int:
    with database.session() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_it_is_built_kept_and_begun_anew_the_same_from_the_same_seed(
    run: Run, empty_database_url: str, small: Database
) -> None:
    first = run(*MAKE)
    assert first.exit_code == 0, first.output
    assert "Building Riverbend Health as of 2026-06-15: 60 staff" in first.output and "100%" in first.output
    for role in ("learner", "manager", "hr", "executive", "author", "auditor", "administrator"):
        assert f"\n  {role} " in first.output, "one sign-in for each role"
    database = Database(empty_database_url)
    made = digests(database)
    assert made == digests(small), "built by another process from the same seed"
    for table in ("person", "membership", "training_record", "certificate", "span", "requirement_version"):
        assert not made[table].startswith("0 "), table
    people = count(database, Person)
    with database.transaction() as session:
        somebody = session.get_one(Person, 20)
        somebody.family_name = "Changed-By-Hand"
    again = run(*MAKE)
    assert again.exit_code == 0 and "keeps its data" in again.output and "Building" not in again.output
    with database.session() as session:
        assert session.get_one(Person, 20).family_name == "Changed-By-Hand"
    assert count(database, Person) == people
    anew = run(*MAKE, "--reset")
    assert anew.exit_code == 0, anew.output
    with database.session() as session:
        assert session.get_one(Person, 20).family_name != "Changed-By-Hand"
        own = load(session)
        assert own is not None and own.demo and own.name == "Riverbend Health" and own.building is None
    assert digests(database) == made
    database.close()


def test_another_seed_makes_other_people() -> None:
    one, other = (
        [(life.given, life.family, life.posts[0].place) for life in lives(60, seed, TODAY)] for seed in (1, 2)
    )
    assert one != other
    longer = [(life.given, life.family, life.posts[0].place) for life in lives(90, 1, TODAY)]
    assert longer[:60] == one[:60], "more staff are added to the same ones"


def test_an_interrupted_build_goes_on_where_it_was(
    run: Run, empty_database_url: str, tmp_path: Path, small: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off among the people, then in the timelines; in the end it is what it would have been."""
    from lms.cli.house import upgrade

    class PowerCut(BaseException):
        pass

    def cut_at(place: str, after: int) -> None:
        def progress(what: str, done: int, total: int) -> None:
            if what == place and done >= after:
                raise PowerCut

        with database.session() as session:
            own = load(session)
        begun = unfinished(own) if own else None
        with pytest.raises(PowerCut):
            build(Build(database, FileStore(config.data_dir / "files"), config, TODAY, 60, 1, progress), begun)

    monkeypatch.setattr("lms.demo.build.BATCH", 20)
    database = Database(empty_database_url)
    upgrade(database)
    config = Config(empty_database_url, tmp_path / "data", "none", demo=True)
    cut_at("People and their training", 40)
    assert count(database, Person) == 40
    cut_at("Compliance timelines", 1)
    made = count(database, Person)
    result = run("demo", "--no-serve")
    assert result.exit_code == 0 and "it goes on as it was begun" in result.output, result.output
    assert count(database, Person) == made
    once, again = digests(small), digests(database)
    assert {name for name in once if once[name] != again[name]} <= {"organisation"}
    with database.session() as session:
        own = load(session)
        assert own is not None and own.name == "Riverbend Health"
    database.close()


@pytest.mark.parametrize("reset", [(), ("--reset",)])
def test_a_database_of_its_own_or_none(run: Run, empty_database_url: str, reset: tuple[str, ...]) -> None:
    """Somebody's real hospital, and a database with other things in it: both stay as they are."""
    made = run(
        "setup", "--name", "Mercy", "--zone", "America/Denver", "--languages", "en", "--base-url", "https://t.mercy.test/",
        "--admin-number", "E-1", "--admin-name", "Nia Test", "--admin-email", "nia@mercy.test",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    database = Database(empty_database_url)
    before = digests(database)
    refused = run(*MAKE, *reset)
    assert refused.exit_code == 1
    assert "was not made by lms demo, so it is left alone" in refused.output and "Traceback" not in refused.output
    assert digests(database) == before
    database.close()


@pytest.mark.parametrize("reset", [(), ("--reset",)])
def test_somebody_elses_tables_are_left_alone(run: Run, empty_database_url: str, reset: tuple[str, ...]) -> None:
    database = Database(empty_database_url)
    with database.transaction() as session:
        session.execute(text("create table recipes (name varchar(20))"))
        session.execute(text("insert into recipes values ('soup')"))
    assert run(*MAKE, *reset).exit_code == 1
    assert inspect(database.engine).get_table_names() == ["recipes"]
    database.close()


def test_options_that_make_no_sense(run: Run) -> None:
    for wrong in (("--staff", "3"), ("--staff", "many"), ("--today", "31/02/2026"), ("--seed", "x")):
        result = run("demo", "--no-serve", *wrong)
        assert result.exit_code == 2 and "Error: Invalid value" in result.output


# --- what stands in it ------------------------------------------------------------------------------------------------


LATE = frozenset({State.IN_GRACE, State.OVERDUE})


def rate(cells: list[queries.Cell]) -> float:
    """Compliant of those whose duty has fallen due or been met."""
    late = sum(cell.people for cell in cells if cell.state in LATE)
    good = sum(cell.people for cell in cells if cell.state in MET)
    return good / (good + late)


def test_its_figures_are_plausible(riverbend: Database) -> None:
    with riverbend.session() as session:
        now = [cell for cell in queries.counts(session, TODAY) if cell.requirement_id == 0]
        assert 0.75 <= rate(now) <= 0.95
        for days in (date(2025, 3, 1), date(2025, 9, 1), date(2026, 1, 15)):
            then = [cell for cell in queries.counts(session, days) if cell.requirement_id == 0]
            assert 0.5 <= rate(then) <= 0.97, days
        places = {cell.department_id for cell in now}
        rates = {place: rate(own) for place in places if _due(own := [c for c in now if c.department_id == place])}
        assert len(rates) >= 10 and max(rates.values()) - min(rates.values()) > 0.15, "departments differ"
        assert {State.COMPLIANT, State.OVERDUE, State.IN_GRACE, State.OPEN} <= {cell.state for cell in now}


def _due(cells: list[queries.Cell]) -> bool:
    return sum(cell.people for cell in cells if cell.state in LATE | MET) >= 4


def test_its_histories_make_every_page_interesting(riverbend: Database) -> None:
    with riverbend.session() as session:
        assert session.scalar(select(func.count(Department.id))) in range(38, 60)
        days = select(func.min(TrainingRecord.completed_on), func.max(TrainingRecord.completed_on))
        first, last = session.execute(days).one()
        assert first < date(2024, 9, 1) and date(2026, 6, 1) <= last <= TODAY
        assert session.scalar(select(func.count()).where(Membership.primary.is_(False))), "secondary memberships"
        assert (session.scalar(select(func.count(Person.id))) or 0) > 300, "leavers, too"
        assert session.scalar(select(func.count(Certificate.id))) == session.scalar(
            select(func.count(TrainingRecord.id))
        )
        told = select(Attempt).join(Enrolment).where(Attempt.kind == "scenario", Enrolment.version_id == 1)
        story = session.scalars(told.order_by(Attempt.id)).first()
        assert story is not None and len(choices(session, story.id)) > 1, "authors see how people choose"
        scenario = catalogue.content(session, 1).scenario(story.step_id)
        assert replay(scenario, choices(session, story.id)).score == story.score
        assert session.scalar(select(func.count(Account.id)).where(Account.password_hash.is_not(None))) == 7
        assert session.scalar(select(func.count(Account.id)).where(Account.demo.is_(False))) == 0
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        done = {entry.action for entry in entries}
        assert {
            "session.begin",
            "session.refused",
            "role.grant",
            "exemption.grant",
            "membership.move",
            "people.import",
        } <= done
        own = [entry.at for entry in entries if entry.origin is not None and entry.origin.startswith("10.")]
        assert len(own) > 50 and own == sorted(own), "as it happened"


@pytest.mark.parametrize("hospital", ["small", "riverbend"])
def test_somebody_is_on_leave_and_somebody_exempt_today_and_nothing_lies_in_the_future(
    request: pytest.FixtureRequest, hospital: str
) -> None:
    """However small the hospital is, and at whatever hour of the day it is built."""
    database: Database = request.getfixturevalue(hospital)
    midnight = datetime.combine(TODAY, time(), ZoneInfo("America/Chicago")).astimezone(UTC)
    with database.session() as session:
        overall = {cell.state for cell in queries.counts(session, TODAY) if cell.requirement_id == 0}
        assert {State.ON_LEAVE, State.EXEMPT} <= overall
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, type(Attempt.__table__.c.started_at.type)):
                    latest = session.scalar(select(func.max(column)))
                    assert latest is None or latest <= midnight, f"{table.name}.{column.name}"


def test_people_learn_in_their_shift(riverbend: Database) -> None:
    """Day, evening and night: whatever somebody began or handed in, they did while they were at work."""
    shifts = {life.number: life.shift for life in [*role_lives(TODAY), stuck_life(TODAY), *lives(300, 1, TODAY)]}
    seen = set()
    with riverbend.session() as session:
        rows = session.execute(
            select(Person.number, Attempt.started_at, Attempt.finished_at)
            .join(Enrolment, Enrolment.person_id == Person.id)
            .join(Attempt, Attempt.enrolment_id == Enrolment.id)
        ).all()
    for number, *moments in rows:
        for moment in moments:
            assert moment is not None
            hour = moment.astimezone(ZoneInfo("America/Chicago")).hour
            assert shifts[number].covers(hour), (number, shifts[number], hour)
        seen.add(shifts[number].name)
    assert seen == {"day", "evening", "night"}


def test_the_manager_has_somebody_who_needs_another_attempt(riverbend: Database) -> None:
    with riverbend.session() as session:
        manager = session.scalars(select(Account.person_id).order_by(Account.person_id)).first()
        own = session.scalars(select(Department.id).where(Department.code == "ED")).one()
        grants = frozenset({Grant(Role.MANAGER, own)})
        visible = visible_to(session, Viewer(manager or 0, 1, "Mateo Okonkwo", grants), Permission.ATTEMPT_GRANT, TODAY)
        waiting = used_up(session, visible, TODAY)
        assert "Imre Vance" in [one.name for one in waiting] and {one.tries for one in waiting} == {3}
