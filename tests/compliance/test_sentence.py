"""A rule read back: for every shape of rule, the words that somebody who never saw the form reads."""

from __future__ import annotations

from typing import Any

import pytest

from lms.compliance.rules import Rule
from lms.compliance.sentence import sentences

DEPARTMENTS = {"ED": "Emergency Department", "ICU": "Intensive Care"}
COURSES = {"cc-101": "Foundations", "la-110": "Language Access"}
PLAIN: dict[str, Any] = {"audience": {"everyone": True}, "courses": ["cc-101"], "first": {"within": {"days": 30}}}


def read(**changes: Any) -> list[str]:
    return [str(said) for said in sentences(Rule.parse({**PLAIN, **changes}), DEPARTMENTS, COURSES)]


def test_the_plainest_rule() -> None:
    assert read() == [
        "For everyone.",
        "To do: Foundations.",
        "First due 30 days after hire or after it begins to apply, whichever is later.",
        "Once is enough.",
    ]


def test_a_rule_with_everything() -> None:
    audience = {
        "all": [
            {"field": "department", "in": ["ICU", "ED"]},
            {"field": "patient_contact", "is": True},
            {"not": {"field": "job", "in": ["Volunteer"]}},
        ]
    }
    assert read(
        audience=audience, courses=["la-110", "cc-101"], needs="any",
        first={"within": {"months": 1}, "incumbents_due": "2026-09-30", "opens_before": 14},
        recurs={"kind": "rolling", "every": {"months": 12}, "early_counts": False}, opens_before=60, grace=14,
        grace_counts_as="compliant", align="end_of_month",
    ) == [
        "For everyone in Emergency Department, Intensive Care and below, with patient contact, except those whose job is Volunteer.",
        "To do: one of Foundations, Language Access.",
        "First due 1 month after hire or after it begins to apply, whichever is later.",
        "Those who are here when it begins are due on 2026-09-30.",
        "The first time opens 14 days before it is due.",
        "Due again 1 year after each completion.",
        "Renewal opens 60 days before it is due.",
        "What is done before it opens does not count for it.",
        "Due days move to the end of their month.",
        "Grace: 14 days after the due day, counted as compliant.",
    ]  # fmt: skip


ED = {"field": "department", "in": ["ED"]}
RN = {"field": "profession", "in": ["RN"]}
DESK = {"field": "job", "in": ["Clerk", "Registrar"]}
CONTACT = {"field": "patient_contact"}


@pytest.mark.parametrize(
    ("audience", "words"),
    [
        ({"everyone": True}, "For everyone."),
        (ED, "For everyone in Emergency Department and below."),
        ({"field": "department", "in": ["GONE"]}, "For everyone in GONE and below."),
        (RN, "For everyone whose profession is RN."),
        ({"field": "profession", "in": ["RN", "MD"]}, "For everyone whose profession is one of: MD, RN."),
        (DESK, "For everyone whose job is one of: Clerk, Registrar."),
        (CONTACT, "For everyone with patient contact."),
        ({"field": "patient_contact", "is": False}, "For everyone without patient contact."),
        ({"all": [RN, CONTACT]}, "For everyone whose profession is RN, with patient contact."),
        ({"any": [ED, CONTACT]}, "For everyone in Emergency Department and below or with patient contact."),
        ({"any": [{"everyone": True}, CONTACT]}, "For everyone."),
        ({"all": [{"everyone": True}, CONTACT]}, "For everyone with patient contact."),
        ({"not": CONTACT}, "For everyone except those with patient contact."),
        ({"not": {"everyone": True}}, "For everyone except everyone."),
        ({"not": {"all": [ED, RN]}}, "For everyone except those in Emergency Department and below, whose profession is RN."),
    ],
)  # fmt: skip
def test_audiences(audience: dict[str, Any], words: str) -> None:
    assert read(audience=audience)[0] == words


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ({"days": 1}, "First due 1 day after hire or after it begins to apply, whichever is later."),
        ({"days": 90}, "First due 90 days after hire or after it begins to apply, whichever is later."),
        ({"months": 24}, "First due 2 years after hire or after it begins to apply, whichever is later."),
        ({"months": 18}, "First due 18 months after hire or after it begins to apply, whichever is later."),
    ],
)
def test_first_times(first: dict[str, int], words: str) -> None:
    assert read(first={"within": first})[2] == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"recurs": {"kind": "once"}}, ["Once is enough."]),
        (
            {"recurs": {"kind": "rolling", "every": {"years": 2}}},
            ["Due again 2 years after each completion.", "Renewal opens 90 days before it is due."],
        ),
        (
            {"recurs": {"kind": "rolling", "every": {"months": 1}}, "opens_before": 1},
            ["Due again 1 month after each completion.", "Renewal opens 1 day before it is due."],
        ),
        (
            {"recurs": {"kind": "cadence", "every": {"months": 12}}, "opens_before": 60},
            [
                "Due again 1 year after each due day, whether done early or late.",
                "Renewal opens 60 days before it is due.",
            ],
        ),
        (
            {"recurs": {"kind": "fixed", "every": {"years": 1}, "month": 1, "day": 31}, "grace": 1},
            [
                "Due on January 31, again after 1 year.",
                "The next time opens the day after the one before was due.",
                "Grace: 1 day after the due day, counted as late.",
            ],
        ),
    ],
)
def test_recurrences(changes: dict[str, Any], words: list[str]) -> None:
    assert read(**changes)[3:] == words


def test_topics_of_hours_have_words_and_parts_say_theirs() -> None:
    data = {
        "satisfied_by": {
            "hours": {"amount": 2, "topics": ["implicit_bias"], "at_least": [{"topics": ["odd-one"], "amount": 1}]}
        },
        "first": {"within": {"days": 30}},
    }
    said = [str(each) for each in sentences(Rule.parse(data), {}, {"topic:implicit_bias": "Implicit bias"})]
    assert said[1] == "To do: 120 minutes on Implicit bias (an hour has 60)."
    assert said[2] == "At least 60 minutes of that on odd one."
