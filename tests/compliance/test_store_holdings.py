"""Licences, duties, birth months, the employer's size and policies in the stored spans: what the facts say, whatever happens."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.compliance import actions, gathering, queries
from lms.errors import AttuneError, Conflict
from lms.files import StoredFile
from lms.flows import acknowledging, staffing
from lms.people import employer, qualifications
from lms.people.holdings import term
from lms.people.models import Membership, Person
from lms.policies.models import PolicyVersion
from tests.compliance.hospital import NOW, SYSTEM, TODAY, YEARLY, Hospital, d
from tests.compliance.test_store import check, states

DUTY = {"field": "duty", "in": ["perinatal"]}


def document(session: Session) -> StoredFile:
    found = session.scalar(select(StoredFile))
    if found is None:
        found = StoredFile(
            sha256="0" * 64, size=1, media_type="text/plain", name="p.txt", purpose="policy", owner_id=None, created_at=NOW
        )  # fmt: skip
        session.add(found)
        session.flush()
    return found


def policy(session: Session, from_day: date, note: str = "") -> PolicyVersion:
    documents = {"en": document(session)}
    return acknowledging.publish_policy(session, "LA-POL", "Language access", note, from_day, documents, SYSTEM)


def shapes(hospital: Hospital) -> None:
    """One requirement for each of the facts."""
    rules = {
        "STATE": {"audience": {"field": "licence_state", "in": ["MI"]}, "licence": {"states": ["MI"]},
                  "recurs": {"kind": "licence_renewal", "every": {"years": 2}}},
        "HELD": {"satisfied_by": {"licence": "BLS"}, "recurs": {"kind": "while_valid"}, "grace": 10},
        "DUTY": {"audience": DUTY, **YEARLY},
        "ABOVE": {"audience": {"supervises": {"all": [DUTY, {"field": "licence", "in": ["RN:MI"]}]}}},
        "MONTH": {"recurs": {"kind": "birth_month", "every": {"years": 1}}},
        "SIZE": {"audience": {"field": "employer_size", "at_least": 15}},
        "POLICY": {"satisfied_by": {"acknowledgement": "LA-POL"}, "again_on": {"policies": ["LA-POL"], "within": {"days": 30}}},
    }  # fmt: skip
    for code, rule in rules.items():
        if "satisfied_by" in rule:
            rule["courses"] = None
            rule = {name: value for name, value in rule.items() if name != "courses"}
            actions.publish_requirement(
                hospital.session, code, code, {"first": {"within": {"days": 30}}, **rule}, d("2024-01-01"),
                Actor(None, SYSTEM.now - timedelta(days=900)),
            )  # fmt: skip
        else:
            hospital.requirement(code, **rule)
    hospital.build()


@pytest.mark.parametrize("seed", range(2))
def test_whatever_people_hold_the_store_is_what_the_facts_say(session: Session, seed: int) -> None:
    chance = random.Random(seed)
    hospital = Hospital(session)
    site = hospital.department("SITE")
    wards = [hospital.department(code, site) for code in ("ED", "ICU")]
    policy(session, d("2024-05-01"))
    shapes(hospital)
    people = [hospital.hire(chance.choice(wards), "2024-06-01") for _ in range(5)]
    for row in session.scalars(select(Membership).where(Membership.person_id.in_(people[1:]))):
        row.supervisor_id = people[0]
    hospital.rebuild(*people)

    def day() -> date:
        return TODAY - timedelta(days=chance.randrange(-40, 700))

    for step in range(20):
        who = chance.choice(people)
        try:
            with session.begin_nested():
                match chance.randrange(11):
                    case 0 | 1:
                        kind, state = chance.choice([("RN", "MI"), ("RN", "CA"), ("BLS", None)])
                        first = day()
                        last = chance.choice([None, first + timedelta(days=chance.randrange(100, 730))])
                        new = term(kind, state, "1", first, last, renewal=chance.random() < 0.5)
                        qualifications.record_licence(session, who, new, SYSTEM)
                    case 2 | 3:
                        held = qualifications.terms(session, who)
                        if held:
                            old = chance.choice(held)
                            qualifications.end_licence(session, who, old.id or 0, day(), SYSTEM, "surrendered")
                    case 4 | 5:
                        qualifications.give_duty(session, who, "Perinatal", day(), None, SYSTEM)
                    case 6:
                        for tag in qualifications.tags(session, who)[:1]:
                            qualifications.end_duty(session, who, tag.id or 0, day(), SYSTEM, "Over")
                    case 7:
                        qualifications.set_birth_month(session, who, chance.choice([None, 1, 2, 12]), SYSTEM)
                    case 8:
                        place = chance.choice([None, *wards])
                        employer.record_size(session, place, day(), chance.choice([10, 20]), SYSTEM)
                        hospital.build()
                    case 9:
                        newest = session.scalars(select(PolicyVersion).order_by(PolicyVersion.number)).all()[-1]
                        acknowledging.acknowledge_policy(session, newest.id, "en", TODAY, Actor(who, NOW))
                    case 10:
                        policy(session, TODAY - timedelta(days=chance.randrange(0, 200)), "New")
                        hospital.build()
                staffing.people_changed(session, [who], SYSTEM)
        except AttuneError:
            continue  # refused, and nothing half-written
        if step == 9:
            check(session)
    check(session)


def test_each_fact_puts_people_in_and_out(session: Session) -> None:
    hospital = Hospital(session)
    ward, other = hospital.department("ED"), hospital.department("ICU")
    first = policy(session, d("2024-05-01"))
    shapes(hospital)
    nurse, chief = hospital.hire(ward, "2026-01-01"), hospital.hire(other)
    for row in session.scalars(select(Membership).where(Membership.person_id == nurse)):
        row.supervisor_id = chief
    act, changed = qualifications, lambda: staffing.people_changed(session, [nurse], SYSTEM)
    changed()
    assert states(session, nurse, TODAY) == {"HELD": "overdue", "MONTH": "open", "POLICY": "overdue"}
    act.record_licence(session, nurse, term("RN", "MI", "4701", d("2019-04-01"), d("2025-03-31")), SYSTEM)
    renewed = term("RN", "MI", "4701", d("2025-04-01"), d("2027-03-31"), renewal=True)
    act.record_licence(session, nurse, renewed, SYSTEM)
    act.give_duty(session, nurse, "Perinatal", d("2026-06-01"), None, SYSTEM)
    act.set_birth_month(session, nurse, 9, SYSTEM)
    act.record_licence(session, nurse, term("BLS", None, "", d("2026-01-01"), d("2026-12-31")), SYSTEM)
    employer.record_size(session, ward, d("2026-01-01"), 20, SYSTEM)
    employer.record_size(session, None, d("2026-01-01"), 9, SYSTEM)
    acknowledging.acknowledge_policy(session, first.id, "en", TODAY, Actor(nurse, NOW))
    hospital.build()
    duties = {duty.code: duty for duty in queries.duties(session, nurse, TODAY)}
    assert {code: duty.state for code, duty in duties.items()} == {
        "STATE": "open", "HELD": "compliant", "DUTY": "open", "MONTH": "open", "SIZE": "overdue", "POLICY": "compliant",
    }  # fmt: skip
    assert duties["STATE"].due == d("2027-03-31"), "the licence's own renewal"
    assert duties["MONTH"].due == d("2026-09-30")
    assert duties["HELD"].valid_until == d("2026-12-31")
    assert duties["POLICY"].policies == ("LA-POL",)
    assert all(str(duty.why) for duty in duties.values())
    assert "ABOVE" in states(session, chief, TODAY), "supervises a perinatal nurse of Michigan"
    assert "ABOVE" not in states(session, chief, d("2026-05-31"))
    assert "SIZE" not in states(session, chief, TODAY), "the whole house has nine"
    check(session)

    second = policy(session, d("2026-06-16"), "Interpreters by video")
    hospital.build()
    again = {duty.code: duty for duty in queries.duties(session, nurse, d("2026-06-20"))}["POLICY"]
    assert (again.state, again.due) == ("renewal_open", d("2026-07-16"))
    assert str(again.why)
    for version, day in ((first, d("2026-06-20")), (second, TODAY)):
        with pytest.raises(Conflict):  # there is a newer one, or it is not in force yet
            acknowledging.acknowledge_policy(session, version.id, "en", day, Actor(nurse, NOW))
    (held,) = [t for t in act.terms(session, nurse) if t.to_day == d("2027-04-01")]
    act.end_licence(session, nurse, held.id or 0, d("2026-06-10"), SYSTEM, "surrendered")
    changed()
    assert "STATE" not in states(session, nurse, TODAY) and "ABOVE" not in states(session, chief, TODAY)
    check(session)
    then = gathering.people(session, [nurse], NOW)[nurse]
    assert (then.licences, then.birth_month) == ((), None), "as it was known before it was written down"


def test_what_people_hold_is_read_only_where_a_rule_asks(session: Session) -> None:
    from tests.support.queries import statements

    hospital = Hospital(session)
    hospital.requirement("CC", **YEARLY)
    person = hospital.hire(hospital.department("ED"))
    with statements() as seen:
        hospital.rebuild(person)
    tables = ("licence", "duty_tag", "birth_month", "acknowledgement", "policy", "employer_size")
    assert not [sent for sent in seen.all for table in tables if f"FROM {table}" in sent]
    assert session.get(Person, person) is not None
