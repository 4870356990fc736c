"""The stored spans and counts, on a real database: whatever happens, they are what the facts say."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.compliance import actions, cells, queries, store
from lms.compliance.models import OVERALL, Generation, Span
from lms.compliance.spans import State
from lms.compliance.tallies import active, grouped
from lms.db import Database
from lms.people.models import Person
from lms.records.models import RecordRevocation, TrainingRecord
from tests.compliance.hospital import NOW, SYSTEM, TODAY, YEARLY, Hospital, d
from tests.support.queries import statements

DAYS = [TODAY + timedelta(days=days) for days in (-2000, -700, -366, -200, -31, -1, 0, 1, 30, 45, 200, 500, 3000)]


def check(session: Session) -> None:
    """Spans are a fresh computation, and the counts of any day are a GROUP BY over the spans."""
    session.flush()
    people = session.scalars(select(Person.id)).all()
    fresh = {row for rows in store.work_out(session, people).values() for row in rows}
    generation = session.scalars(select(Generation.id).where(Generation.active)).one()
    assert store.stored(session, generation, people) == fresh
    for day in DAYS:
        direct = queries._cells(session.execute(grouped(day, Span.generation_id == active())))
        assert sorted(queries.counts(session, day)) == sorted(direct), day


def states(session: Session, person_id: int, day: date) -> dict[str, str]:
    return {duty.code: duty.state for duty in queries.duties(session, person_id, day)}


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_the_store_is_what_the_facts_say(session: Session, seed: int) -> None:
    chance = random.Random(seed)
    hospital = Hospital(session)
    site = hospital.department("SITE")
    wards = [hospital.department(code, site) for code in ("ED", "ICU", "LAB")]
    hospital.requirement("CC", **YEARLY)
    hospital.requirement("LA", courses=["la-110"], audience={"field": "department", "in": ["ED"]}, grace=10)
    people = [hospital.hire(chance.choice(wards), "2024-06-01") for _ in range(4)]
    hr = people[0]

    def day() -> date:
        return TODAY - timedelta(days=chance.randrange(-40, 700))

    for step in range(24):
        who = chance.choice(people)
        match chance.randrange(11):
            case 0:
                people.append(hospital.hire(chance.choice(wards), day().isoformat()))
            case 1:
                hospital.move(who, chance.choice(wards), day(), chance.choice(["RN", "MD"]))
            case 2 | 3 | 4:
                hospital.complete(who, min(day(), TODAY), chance.choice(["cc-101", "la-110"]))
            case 5:
                gone = select(RecordRevocation.record_id)
                left = session.scalars(select(TrainingRecord).where(TrainingRecord.id.not_in(gone))).all()
                if left:
                    hospital.revoke(chance.choice(left), hr)
            case 6:
                requirement = chance.choice(
                    [None, *[r.requirement_id for r, _ in queries.requirements(session, TODAY)]]
                )
                first = day()
                last = chance.choice([None, first + timedelta(days=60)])
                actions.exempt(session, who, requirement, first, last, "decided", SYSTEM)
            case 7:
                hospital.leave(who, day(), chance.randrange(1, 120))
            case 8:
                hospital.hang(chance.choice(wards), day(), under=chance.choice([None, site]), name="Moved")
                hospital.build()
            case 9:
                hospital.leaves(who, day())
            case 10:
                actions.fold_pending(session, NOW, limit=chance.choice([3, 1000]))
        if step % 6 == 5:
            check(session)
    hospital.build()
    check(session)


def test_a_completion_changes_the_duty_and_the_count_at_once(session: Session) -> None:
    hospital = Hospital(session)
    ward = hospital.department("ED")
    requirement = hospital.requirement("CC", **YEARLY)
    person = hospital.hire(ward, "2026-06-01")
    (duty,) = queries.duties(session, person, TODAY)
    assert (duty.state, duty.due, duty.courses, duty.can_be_done) == ("open", d("2026-07-01"), ("cc-101",), True)
    assert str(duty.why)
    assert queries.counts(session, TODAY, requirement_id=requirement) == [
        (requirement, ward, State.OPEN, 1),
        (requirement, ward, queries.DUE_SOON, 1),
    ]
    hospital.complete(person, TODAY)
    (duty,) = queries.duties(session, person, TODAY)
    assert (duty.state, duty.valid_until, duty.can_be_done) == ("compliant", d("2027-06-14"), False)
    assert queries.counts(session, TODAY, requirement_id=requirement) == [(requirement, ward, State.COMPLIANT, 1)]
    assert queries.counts(session, TODAY - timedelta(days=1), requirement_id=OVERALL)[0].state == State.OPEN
    assert queries.counts(session, d("2027-07-01"), requirement_id=OVERALL)[0].state == State.OVERDUE


def test_unchanged_spans_are_left_alone(session: Session) -> None:
    hospital = Hospital(session)
    person = hospital.hire(hospital.department("ED"), "2026-06-01")
    hospital.requirement("CC", **YEARLY)
    with statements() as seen:
        hospital.rebuild(person)
    assert not [sent for sent in seen.all if sent.startswith(("INSERT INTO span", "DELETE FROM span", "COPY"))]


def test_the_number_of_statements_does_not_depend_on_the_number_of_people(session: Session) -> None:
    hospital = Hospital(session)
    ward = hospital.department("ED")
    hospital.requirement("CC", **YEARLY)
    people = [hospital.person() for _ in range(40)]
    for person in people:
        hospital.employ(person, ward, d("2026-06-01"))
    with statements() as few:
        hospital.rebuild(people[0])
    with statements() as many:
        hospital.rebuild(*people[1:])
    assert len(many.all) <= len(few.all)
    with statements() as seen:
        queries.duties(session, people[0], TODAY)
    assert len(seen.all) <= 3
    with pytest.raises(ValueError):
        hospital.rebuild(*range(1, 300))


def test_renaming_and_moving_a_department_changes_no_past_figure(session: Session) -> None:
    hospital = Hospital(session)
    north, south = hospital.department("NORTH"), hospital.department("SOUTH")
    ward = hospital.department("ED", north)
    hospital.requirement("N", audience={"field": "department", "in": ["NORTH"]}, **YEARLY)
    for _ in range(3):
        hospital.hire(ward, "2025-01-01")
    past = [d("2025-02-01"), d("2025-12-31"), TODAY - timedelta(days=1)]
    before = [queries.counts(session, day) for day in past]
    hospital.hang(ward, TODAY, under=south, name="Emergency")
    hospital.build()
    assert [queries.counts(session, day) for day in past] == before
    assert queries.counts(session, TODAY) == []  # the requirement was for the north
    check(session)


def test_a_person_who_moves_counts_where_they_were_then(session: Session) -> None:
    hospital = Hospital(session)
    here, there = hospital.department("ED"), hospital.department("ICU")
    hospital.requirement("CC", **YEARLY)
    person = hospital.hire(here, "2025-01-01")
    hospital.move(person, there, d("2026-03-01"))
    assert {cell.department_id for cell in queries.counts(session, d("2026-02-28"))} == {here}
    assert {cell.department_id for cell in queries.counts(session, d("2026-03-01"))} == {there}
    page = queries.people_in(session, queries.Who(d("2026-02-28"), departments={here}, states={State.OVERDUE}))
    assert [(found.person_id, found.department_id) for found in page.rows] == [(person, here)]


def test_people_behind_a_number(session: Session) -> None:
    hospital = Hospital(session)
    here, there = hospital.department("ED"), hospital.department("ICU")
    requirement = hospital.requirement("CC", **YEARLY)
    nurse, doctor = hospital.hire(here, "2026-05-01"), hospital.hire(here, "2026-06-01", "MD", profession="medicine")
    hospital.hire(there, "2026-06-01")
    late = queries.people_in(session, queries.Who(TODAY, requirement, states={State.OVERDUE, State.IN_GRACE}))
    assert [(row.person_id, row.job, row.due) for row in late.rows] == [(nurse, "RN", d("2026-05-31"))]
    cell = queries.people_in(session, queries.Who(TODAY, requirement, {here}), sort="-due", size=1)
    assert cell.total == 2 and [row.person_id for row in cell.rows] == [doctor]
    assert [
        r.person_id for r in queries.people_in(session, queries.Who(TODAY, due_soon=True, departments={here})).rows
    ] == [doctor]
    assert [row.person_id for row in queries.people_in(session, queries.Who(TODAY, jobs=("MD",))).rows] == [doctor]
    everybody = queries.Who(TODAY, requirement, professions=("nursing", "medicine"), jobs=("RN", "MD"))
    assert cells.kept_out(session, everybody) == [] and queries.people_in(session, everybody).total == 3
    hospital.membership(doctor, there, d("2026-06-10"), primary=False)
    assert cells.kept_out(session, everybody) == [], "who is somewhere else, too, is still among them"
    assert cells.kept_out(session, replace(everybody, jobs=("RN",))) is None, "one of three is too many"
    assert queries.people_in(session, queries.Who(TODAY, search="person 00002")).total == 1
    assert (
        queries.people_in(session, queries.Who(TODAY, visible=select(Person.id).where(Person.id == nurse))).total == 1
    )
    jobs = queries.filtered_counts(session, queries.Who(TODAY, requirement, jobs=("MD",)))
    assert [(cell.department_id, cell.state) for cell in jobs] == [(here, State.OPEN), (here, queries.DUE_SOON)]


def test_somebody_with_two_memberships_is_counted_once_and_stands_beside(session: Session) -> None:
    hospital = Hospital(session)
    here, there = hospital.department("ED"), hospital.department("ICU")
    hospital.requirement("CC", **YEARLY)
    person = hospital.hire(here, "2026-06-01")
    hospital.membership(person, there, d("2026-06-05"), primary=False)
    hospital.rebuild(person)
    assert sum(c.people for c in queries.counts(session, TODAY, requirement_id=OVERALL) if c.state < 9) == 1
    assert queries.also_here(session, TODAY) == [(there, here, 1)]
    assert queries.also_here(session, TODAY, [here]) == []


def test_what_lapses_is_counted_in_the_week_in_which_it_does(session: Session) -> None:
    hospital = Hospital(session)
    ward = hospital.department("ED")
    hospital.requirement("CC", **YEARLY)
    person = hospital.hire(ward, "2025-06-01")
    hospital.complete(person, d("2025-07-01"))  # valid until 30 June 2026, in grace from 1 July
    hospital.hire(ward, "2026-06-10")
    assert queries.lapsing(session, TODAY, 90) == [(d("2026-06-30"), ward, 1)]
    assert queries.lapsing(session, TODAY, 10) == []


def test_exemptions_and_extensions_are_facts_about_one_person(session: Session) -> None:
    hospital = Hospital(session)
    requirement = hospital.requirement("CC", **YEARLY)
    person = hospital.hire(hospital.department("ED"), "2026-05-01")
    assert states(session, person, TODAY) == {"CC": "overdue"}
    actions.extend(session, person, requirement, 1, d("2026-06-20"), "busy", SYSTEM)
    assert states(session, person, TODAY) == {"CC": "open"}
    exemption = actions.exempt(session, person, None, TODAY, None, "research only", SYSTEM)
    (duty,) = queries.duties(session, person, TODAY)
    assert duty.state == "exempt" and "research only" in str(duty.why)
    actions.end_exemption(session, exemption.id, d("2026-06-16"), "back in care", SYSTEM)
    assert states(session, person, TODAY) == {"CC": "exempt"}
    assert states(session, person, d("2026-06-17")) == {"CC": "open"}
    line = queries.timeline_of(session, person, TODAY)
    assert [entry.code for entry in line] == ["", "CC"] and all(line[1].sentences)
    check(session)


def test_a_requirement_that_ends_keeps_its_past(session: Session) -> None:
    hospital = Hospital(session)
    person = hospital.hire(hospital.department("ED"), "2025-01-01")
    requirement = hospital.requirement("CC", **YEARLY)
    before = queries.counts(session, d("2026-01-01"))
    actions.retire_requirement(session, requirement, d("2026-06-14"), SYSTEM)
    hospital.build()
    assert queries.counts(session, d("2026-01-01")) == before
    assert queries.duties(session, person, TODAY) == []
    assert queries.requirements(session, TODAY) == []
    code, versions = queries.requirement_versions(session, requirement)
    assert code == "CC" and [version.to_day for version in versions] == [TODAY]


def test_what_a_rule_names_and_nobody_knows_is_a_warning(session: Session) -> None:
    hospital = Hospital(session)
    hospital.hire(hospital.department("ED"), "2025-01-01")
    hospital.course("cc-101")
    audience = {"any": [{"field": "department", "in": ["ED", "XX"]}, {"not": {"field": "job", "in": ["RN", "ZZ"]}}]}
    rule = {"courses": ["cc-101", "no-9"], "first": {"within": {"days": 30}}, "audience": audience}
    assert sorted(problem.value or "" for problem in queries.doubts(session, rule, TODAY)) == ["XX", "ZZ", "no-9"]
    hours = {"satisfied_by": {"hours": {"amount": 1, "topics": ["health_equity", "heath_equity"]}}}
    told = [str(problem.message) for problem in queries.doubts(session, {"first": rule["first"]} | hours, TODAY)]
    assert told == ["No course counts minutes on “heath_equity”: only outside training can satisfy this."]
    with pytest.raises(actions.Invalid) as refused:
        actions.publish_requirement(session, "X", "X", rule | {"grace": -1}, TODAY, SYSTEM)
    assert [problem.where for problem in refused.value.problems] == ["grace"]
    assert session.scalar(select(Span.person_id).limit(1)) is None


def test_spans_are_written_on_a_kept_connection_as_well(db: Database) -> None:
    with db.desk() as desk, desk.writing() as session:
        hospital = Hospital(session)
        hospital.requirement("CC", **YEARLY)
        person = hospital.hire(hospital.department("ED"), "2026-06-01")
    with db.session() as session:
        assert [duty.state for duty in queries.duties(session, person, TODAY)] == ["open"]
