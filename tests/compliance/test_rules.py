"""Reading rules: what is left out, what is written, and what a fault says."""

from __future__ import annotations

from typing import Any

import pytest

from lms.compliance.calendar import Length
from lms.compliance.facts import LeaveKind
from lms.compliance.rules import ANY_TIME, GraceCountsAs, Recurs, RequirementFacts, Rule
from lms.errors import Invalid

from .making import d, member, rule, version


def test_a_rule_that_says_little_is_for_everyone_one_time_without_grace() -> None:
    parsed = Rule.parse({"courses": ["cc-101"], "first": {"within": {"days": 30}}})
    assert parsed.audience.holds(member("2026-01-01"))
    assert (parsed.recurs, parsed.grace, parsed.look_back) == (Recurs.ONCE, 0, ANY_TIME)
    assert (parsed.rejoin_within, parsed.return_window, parsed.leave) == (90, 30, LeaveKind.STOPS)


def test_everything_a_rule_may_say_is_read() -> None:
    parsed = Rule.parse(
        {
            "audience": {"everyone": True},
            "courses": ["cc-101", "la-110"],
            "needs": "any",
            "first": {"within": {"months": 6}, "incumbents_due": "2026-06-30", "opens_before": 30},
            "recurs": {"kind": "rolling", "every": {"years": 2}, "early_counts": False},
            "opens_before": 60,
            "grace": 14,
            "grace_counts_as": "compliant",
            "look_back": {"days": 100},
            "rejoin_within": 10,
            "return_window": 20,
            "leave": "extends",
            "align": "end_of_month",
        }
    )
    assert parsed.courses == {"cc-101", "la-110"} and not parsed.needs_all
    assert (parsed.first_within, parsed.incumbents_due, parsed.first_opens_before) == (Length(6), d("2026-06-30"), 30)
    assert (parsed.recurs, parsed.every, parsed.early_counts) == (Recurs.ROLLING, Length(24), False)
    assert (parsed.opens_before, parsed.grace, parsed.grace_counts_as) == (60, 14, GraceCountsAs.COMPLIANT)
    assert (parsed.look_back, parsed.rejoin_within, parsed.return_window) == (Length(days=100), 10, 20)
    assert parsed.leave == LeaveKind.EXTENDS and parsed.align_end_of_month


TWO_ACCOUNTS = {"satisfied_by": {"all": [{"hours": {"amount": 1, "topics": [topic]}} for topic in ("one", "other")]}}
PER_YEAR_SECOND = {"satisfied_by": {"any": [{"hours": {"amount": 2}}, {"hours": {"per_year": 1}}]}}


@pytest.mark.parametrize(
    ("change", "where", "says"),
    [
        ({"courses": []}, "courses", "list of names"),
        ({"courses": "cc-101"}, "courses", "list of names"),
        ({"first": None}, "first", "must be an object"),
        ({"first": {}}, "first.within", "must be an object"),
        ({"first": {"within": {}}}, "first.within", "needs days, months or years"),
        ({"first": {"within": {"days": 3, "months": 1}}}, "first.within", "needs days, months or years"),
        ({"first": {"within": {"days": "30"}}}, "first.within.days", "whole number"),
        ({"first": {"within": {"days": 30}, "incumbents_due": "31/02/2026"}}, "first.incumbents_due", "calendar day"),
        ({"first": {"within": {"days": 30}, "incumbents_due": "2026-02-31"}}, "first.incumbents_due", "calendar day"),
        ({"recurs": {"kind": "sometimes"}}, "recurs.kind", "no such value"),
        ({"recurs": {"kind": "rolling"}}, "recurs.every", "must be an object"),
        ({"recurs": {"kind": "fixed", "every": {"years": 1}, "month": 13, "day": 1}}, "recurs.month", "from 1 to 12"),
        ({"recurs": {"kind": "fixed", "every": {"years": 1}, "month": 2, "day": 30}}, "recurs.day", "no such day"),
        ({"recurs": {"kind": "fixed", "every": {"days": 90}, "month": 2, "day": 1}}, "recurs.every", "months or years"),
        ({"grace": -1}, "grace", "whole number"),
        ({"grace": True}, "grace", "whole number"),
        ({"graze": 3}, "graze", "no such field"),
        ({"recurs": {"kind": "once", "early_counts": True}}, "recurs.early_counts", "no such field"),
        ({"audience": {"field": "department"}}, "audience.in", "list of names"),
        ({"audience": {"field": "shoe_size", "in": ["40"]}}, "audience.field", "no such value"),
        ({"audience": {"all": [], "any": []}}, "audience", "exactly one"),
        ({"audience": {"any": [{"field": "job", "in": [""]}]}}, "audience.any[0].in", "list of names"),
        ({"audience": {"field": "patient_contact", "is": "yes"}}, "audience.is", "true or false"),
        ({"leave": "sabbatical"}, "leave", "no such value"),
        (
            {"recurs": {"kind": "look_back_window", "every": {"years": 2}}} | TWO_ACCOUNTS,
            "recurs",
            "one account of hours",
        ),
        ({"recurs": {"kind": "rolling", "every": {"years": 2}}} | PER_YEAR_SECOND, "satisfied_by", "known length"),
    ],
)
def test_a_fault_names_its_field_and_a_remedy(change: dict[str, Any], where: str, says: str) -> None:
    with pytest.raises(Invalid) as caught:
        Rule.parse({"courses": ["cc-101"], "first": {"within": {"days": 30}}} | change)
    problem = next(p for p in caught.value.problems if p.where == where and says in str(p.message))
    assert problem.remedy and str(problem.remedy)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        Rule.parse({"courses": [], "first": {"within": {"days": 30}}, "grace": "x", "colour": "red"})
    assert [p.where for p in caught.value.problems] == ["colour", "courses", "grace"]


def test_a_rule_that_is_no_object_is_refused() -> None:
    with pytest.raises(Invalid):
        Rule.parse(["cc-101"])  # type: ignore[arg-type]


ED_NURSE = member("2026-01-01", codes=("RH", "ED"), job="RN2", profession="nurse", patient_contact=True)
OFFICE = member("2026-01-01", codes=("RH", "FIN"), job="CLERK", profession="none")


@pytest.mark.parametrize(
    ("audience", "nurse", "clerk"),
    [
        ({"everyone": True}, True, True),
        ({"field": "department", "in": ["RH"]}, True, True),
        ({"field": "department", "in": ["ED", "ICU"]}, True, False),
        ({"field": "job", "in": ["CLERK"]}, False, True),
        ({"field": "profession", "in": ["nurse", "physician"]}, True, False),
        ({"field": "patient_contact", "is": True}, True, False),
        ({"field": "patient_contact", "is": False}, False, True),
        ({"not": {"field": "job", "in": ["CLERK"]}}, True, False),
        ({"all": [{"field": "department", "in": ["RH"]}, {"field": "job", "in": ["CLERK"]}]}, False, True),
        ({"any": [{"field": "job", "in": ["CLERK"]}, {"field": "patient_contact", "is": True}]}, True, True),
        ({"all": [{"everyone": True}, {"not": {"any": [{"field": "job", "in": ["RN2"]}]}}]}, False, True),
    ],
)
def test_an_audience_is_a_predicate_over_a_membership(audience: dict[str, Any], nurse: bool, clerk: bool) -> None:
    parsed = Rule.parse({"courses": ["c"], "first": {"within": {"days": 1}}, "audience": audience}).audience
    assert (parsed.holds(ED_NURSE), parsed.holds(OFFICE)) == (nurse, clerk)


def phases(*versions: Any) -> list[tuple[int, str, str]]:
    from datetime import date

    return [
        (p.version_id, str(date.fromordinal(p.from_day)), str(date.fromordinal(p.to_day)))
        for p in RequirementFacts(1, versions).phases
    ]


def test_the_version_that_began_later_binds() -> None:
    old, new = version(rule(), 1, "2024-01-01"), version(rule(), 2, "2025-01-01")
    assert phases(new, old) == [(1, "2024-01-01", "2025-01-01"), (2, "2025-01-01", "9999-12-31")]


def test_a_version_adopted_late_binds_from_its_adoption_and_leaves_no_hole_before_it() -> None:
    old = version(rule(), 1, "2024-01-01", until="2025-01-01")
    new = version(rule(), 2, "2025-01-01", adopted="2025-03-01")
    assert phases(old, new) == [(1, "2024-01-01", "2025-03-01"), (2, "2025-03-01", "9999-12-31")]
