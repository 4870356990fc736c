"""A rehearsal says what will be: the figures of the first day are those of the completion report once the draft is published."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.clock import FOR_EVER
from lms.compliance import actions, queries
from lms.compliance.drafts import actions as drafts
from lms.compliance.drafts.doubting import NOBODY, judge
from lms.compliance.drafts.models import Rehearsal, RequirementDraft
from lms.compliance.drafts.queries import names, rehearsal_of
from lms.compliance.models import Span
from lms.compliance.spans import State
from lms.errors import Conflict, Invalid
from lms.people.models import Employment
from tests.compliance.hospital import NOW, SYSTEM, TODAY, YEARLY, Hospital, d

FIRST = TODAY + timedelta(days=20)


def document(code: str, rule: dict[str, Any], first: date = FIRST, **more: Any) -> dict[str, Any]:
    whole = {"audience": {"everyone": True}, "first": {"within": {"days": 30}}} | rule
    if "satisfied_by" not in rule:
        whole.setdefault("courses", ["cc-101"])
    return {"requirement": code, "title": code, "versions": [{"from": first.isoformat(), **more, "rule": whole}]}


def rehearsed(session: Session, draft: RequirementDraft, batch: int = 7) -> Rehearsal:
    """In small steps, each as though the worker had died after it."""
    asked = drafts.rehearse(session, draft, SYSTEM)
    while not drafts.step(session, asked.id, SYSTEM, batch):
        session.flush()
        session.expire_all()
    found = rehearsal_of(session, draft.id)
    assert found is not None and found.finished_at is not None
    return found


@pytest.fixture
def hospital(session: Session) -> Hospital:
    """A handful of people to whom most things happen that can happen."""
    made = Hospital(session)
    site = made.department("SITE")
    wards = [made.department(code, site) for code in ("ED", "ICU", "LAB")]
    made.course("cc-101")
    made.requirement("CC", **YEARLY, audience={"field": "department", "in": ["ED", "ICU"]})
    chance = random.Random(4)
    for number in range(13):
        who = made.hire(chance.choice(wards), (TODAY - timedelta(days=chance.randrange(-25, 900))).isoformat())
        if chance.random() < 0.5:
            made.complete(who, TODAY - timedelta(days=chance.randrange(500)))
        match number % 6:
            case 0:
                made.leave(who, TODAY + timedelta(days=chance.randrange(-60, 60)), chance.randrange(5, 120))
            case 1:
                made.move(who, chance.choice(wards), TODAY + timedelta(days=chance.randrange(-200, 60)))
            case 2:
                made.leaves(who, TODAY + timedelta(days=chance.randrange(1, 90)))
            case 3:
                for other in wards:
                    made.membership(who, other, d("2025-06-01"), primary=False)
            case 4:
                requirement = session.scalars(select(Span.requirement_id).where(Span.requirement_id > 0)).first()
                first = TODAY - timedelta(days=chance.randrange(30))
                actions.exempt(session, who, requirement if number > 6 else None, first, None, "a reason", SYSTEM)
            case 5:
                made.leaves(who, TODAY - timedelta(days=5))
                made.employ(who, wards[0], TODAY + timedelta(days=chance.randrange(10)))
        made.rebuild(who)
    made.hire(wards[0], "2024-02-29")
    return made


def on_day(session: Session, requirement_id: int, day: date) -> Counter[int]:
    found: Counter[int] = Counter()
    for cell in queries.counts(session, day, requirement_id=requirement_id):
        if cell.state != queries.DUE_SOON:
            found[cell.state] += cell.people
    return found


VERSIONS: list[tuple[dict[str, Any], bool]] = [
    ({"audience": {"field": "department", "in": ["ED", "LAB"]}, "first": {"within": {"days": 10}}}, True),
    ({"recurs": {"kind": "fixed", "every": {"years": 1}, "month": 9, "day": 30}, "leave": "extends"}, True),
    ({"satisfied_by": {"hours": {"amount": 1}}, "recurs": {"kind": "cadence", "every": {"months": 6}}}, False),
]


@pytest.mark.parametrize(("rule", "running"), VERSIONS)
def test_a_new_version_does_what_was_rehearsed(
    session: Session, hospital: Hospital, rule: dict[str, Any], running: bool
) -> None:
    requirement_id = session.scalars(select(Span.requirement_id).where(Span.requirement_id > 0)).first()
    assert requirement_id is not None
    before = on_day(session, requirement_id, FIRST)
    spans = session.scalar(select(func.count()).select_from(Span))
    said = document("CC", rule, apply_to_running=running)
    draft = drafts.begin(session, said, SYSTEM, requirement_id=requirement_id)
    rehearsal = rehearsed(session, draft)
    figures = rehearsal.figures
    assert on_day(session, requirement_id, FIRST) == before, "nothing live has changed"
    assert session.scalar(select(func.count()).select_from(Span)) == spans
    assert {int(code): number for code, number in figures["was"].items()} == before
    drafts.publish(session, draft, SYSTEM, confirmed=True)
    hospital.build()
    after = on_day(session, requirement_id, FIRST)
    assert {int(code): number for code, number in figures["becomes"].items()} == after
    assert figures["people"] == rehearsal.people
    by_department = {home: counts["required"] for home, counts in figures["departments"].items()}
    live: Counter[str] = Counter()
    for cell in queries.counts(session, FIRST, requirement_id=requirement_id):
        live[str(cell.department_id)] += cell.people if cell.state != queries.DUE_SOON else 0
    assert by_department == live
    listed, total = names(session, rehearsal.id, size=100)
    page = queries.people_in(session, queries.Who(FIRST, requirement_id), size=100)
    assert total == page.total and {(n.person_id, n.becomes, n.due) for n in listed} == {
        (row.person_id, row.state, row.due) for row in page.rows
    }
    moves = sum(names(session, rehearsal.id, move=move)[1] for move in ("enters", "changes", "stays"))
    assert moves == total and names(session, rehearsal.id, late=True)[1] == after[State.OVERDUE] + after[State.IN_GRACE]


def test_a_new_requirement_and_what_falls_due(session: Session, hospital: Hospital) -> None:
    rule = {"recurs": {"kind": "rolling", "every": {"years": 1}}, "look_back": "none"}
    draft = drafts.begin(session, document("NEW", rule, first=TODAY), SYSTEM)
    with pytest.raises(Conflict):
        drafts.publish(session, draft, SYSTEM, confirmed=True)
    figures = rehearsed(session, draft).figures
    assert figures["was"] == {} and figures["moves"].get("leaves") is None
    cases = {"on_leave", "exempt", "rehired", "transferred", "two_memberships", "leap_day", "newly_hired", "leaving"}
    assert cases | {"done_before"} <= set(figures["cases"])
    for told in figures["cases"].values():
        assert 1 <= len(told["examples"]) <= 3 and told["people"] >= len(told["examples"])
    version = drafts.publish(session, draft, SYSTEM, confirmed=True)
    hospital.build()
    live = on_day(session, version.requirement_id, TODAY)
    assert {int(code): number for code, number in figures["becomes"].items()} == live
    assert draft.closed_at is not None and draft.version_id == version.id


def test_each_falls_due_in_the_months_in_which_it_does(session: Session) -> None:
    made = Hospital(session)
    ward = made.department("ED")
    made.course("cc-101")
    steady, leaving = made.hire(ward, "2025-01-01"), made.hire(ward, "2025-01-01")
    made.leaves(leaving, d("2026-09-01"))
    rule = {"recurs": {"kind": "rolling", "every": {"years": 1}}, "look_back": "none"}
    draft = drafts.begin(session, document("NEW", rule, first=TODAY), SYSTEM)
    figures = rehearsed(session, draft).figures
    home = str(ward)
    # due 30 days after 15 June 2026, then a year less a day after each time it was done on its last good day
    assert figures["months"] == {"2026-07": {home: 2}, "2027-07": {home: 1}}
    assert figures["cases"]["leaving"]["examples"][0]["spans"][0][3] == "2026-07-15"
    drafts.save(session, draft, document("NEW", {"recurs": {"kind": "while_valid"}}, first=TODAY), SYSTEM)
    with pytest.raises(Conflict):
        drafts.publish(session, draft, SYSTEM, confirmed=True)
    assert rehearsed(session, draft).figures["months"] == {"2026-07": {home: 2}}
    assert steady


def test_retroactive_hires_are_found(session: Session) -> None:
    made = Hospital(session)
    ward = made.department("ED")
    made.course("cc-101")
    made.hire(ward, "2025-01-01")
    late = made.hire(ward, "2026-06-16")
    row = session.scalars(select(Employment).where(Employment.person_id == late)).one()
    row.recorded_at, row.to_day = NOW + timedelta(days=9), FOR_EVER
    session.flush()
    figures = rehearsed(session, drafts.begin(session, document("NEW", {}, first=d("2026-07-01")), SYSTEM)).figures
    assert [each["person"] for each in figures["cases"]["retroactive"]["examples"]] == [late]


def test_what_cannot_be_and_what_is_strange(session: Session, hospital: Hospital) -> None:
    def refused(said: dict[str, Any], requirement_id: int | None = None) -> list[str]:
        with pytest.raises(Invalid) as fault:
            drafts.rehearse(session, drafts.begin(session, said, SYSTEM, requirement_id=requirement_id), SYSTEM)
        return [str(problem.message) for problem in fault.value.problems]

    assert "Nobody can satisfy this rule" in refused(document("X", {"courses": ["no-such"]}))[0]
    assert "There is a requirement with the code “CC” already." in refused(document("cc", {}))[0]
    either = {"courses": ["no-such", "cc-101"], "needs": "any"}
    drafts.rehearse(session, drafts.begin(session, document("X", either), SYSTEM), SYSTEM)
    nobody = {"all": [{"field": "department", "in": ["ED"]}, {"not": {"field": "department", "in": ["SITE"]}}]}
    draft = drafts.begin(session, document("X", {"audience": nobody}), SYSTEM)
    rehearsed(session, draft)
    with pytest.raises(Invalid, match="strange"):
        drafts.publish(session, draft, SYSTEM, confirmed=False)
    requirement_id = session.scalars(select(Span.requirement_id).where(Span.requirement_id > 0)).first()
    states = {"audience": {"field": "licence_state", "in": ["Kalifornia"]}, "grace": 400, **YEARLY | {"grace": 400}}
    said = document("CC", states, first=d("2024-01-01"), status="pending", authority="statute", citation="§ 1")
    told = " ".join(str(problem.message) for problem in judge(session, said, requirement_id, TODAY).told)
    for words in (
        "postal code",
        "nobody would ever be late",
        "pending version",
        "on the same day",
        "first day has passed",
    ):
        assert words in told, words
    draft = drafts.begin(session, said, SYSTEM, requirement_id=requirement_id)
    figures = rehearsed(session, draft).figures
    assert figures["was"] == figures["becomes"], "a pending version changes nothing"


JOB = {"field": "job", "in": ["Nurse"]}
DUTY = {"field": "duty", "in": ["interpreter"]}


@pytest.mark.parametrize(
    ("audience", "empty"),
    [
        ({"everyone": True}, False),
        ({"field": "department", "in": ["SITE"]}, False),
        ({"field": "department", "in": ["LOST"]}, True),
        ({"not": {"field": "department", "in": ["SITE"]}}, True),
        ({"any": [{"field": "department", "in": ["ICU"]}, {"field": "job", "in": ["Bishop"]}]}, False),
        ({"all": [DUTY, {"not": DUTY}]}, True),
        ({"all": [{"all": [DUTY, JOB]}, {"not": DUTY}]}, True),
        ({"any": [{"all": [DUTY, {"not": DUTY}]}, {"not": {"everyone": True}}]}, True),
        ({"supervises": {"not": {"everyone": True}}}, True),
        (
            {"all": [DUTY, {"not": {"all": [DUTY, JOB]}}]},
            False,
        ),  # only everybody's facts could tell: the rehearsal does
    ],
)
def test_a_rule_for_nobody_is_told_before_it_is_rehearsed(
    session: Session, hospital: Hospital, audience: dict[str, Any], empty: bool
) -> None:
    told = judge(session, document("EMPTY", {"audience": audience}), None, TODAY).told
    assert (NOBODY in told) is empty
