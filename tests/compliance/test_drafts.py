"""A draft as form and as text says the same: whatever rule there is, it comes back from both as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lms.catalogue.yaml_text import read
from lms.compliance.audience import EVERYONE, FIELDS, NAMED
from lms.compliance.drafts.parts import Part, Sent
from lms.compliance.drafts.sheet import Document, Sheet, blank, read_sheet, sheet_of
from lms.compliance.drafts.text import document_from, text_of
from lms.compliance.facts import Membership
from lms.compliance.requirement_file import plain, read_document
from lms.compliance.rules import Rule
from lms.compliance.sentence import sentences
from lms.errors import Invalid

from .drawing import rich_rules

ROOT = Path(__file__).parents[2]
FILES = sorted(
    [*(ROOT / "docs/examples/requirements").glob("*/rule.yaml"), *(ROOT / "courses/requirements").glob("*.yaml")]
)


def sent_by(sheet: Sheet) -> Sent:
    """What a browser sends of a form that shows this sheet."""
    found: dict[str, list[str]] = {name: [value] for name, value in sheet.values.items()}

    def put(part: Part, name: str) -> None:
        found[f"{name}.kind"] = [part.kind]
        if part.negated:
            found[f"{name}.negated"] = ["yes"]
        found.update({f"{name}.{each}": [value] for each, value in part.values.items()})
        for place, (each, names) in enumerate(part.lists.items()):
            found[f"{name}.{each}" + ("*" if place else "+")] = names if place else ["; ".join(names)]
        for number, below in enumerate(part.parts):
            put(below, f"{name}.{number}")

    put(sheet.audience, "audience")
    put(sheet.satisfied, "satisfied")
    return found


def same(one: Rule, other: Rule) -> None:
    """Both rules say the same; the audience may be nested otherwise."""
    assert replace(one, audience=EVERYONE, satisfied=None) == replace(other, audience=EVERYONE, satisfied=None)
    assert [str(s) for s in sentences(one, {}, {})] == [str(s) for s in sentences(other, {}, {})]


def goes_round(document: Document) -> None:
    """Form, browser and text each give back what went in."""
    rule = Rule.parse(document["versions"][0]["rule"])
    shown = sheet_of(document)
    again = shown.document()
    same(rule, Rule.parse(again["versions"][0]["rule"]))
    assert sheet_of(again).document() == again, "the second time nothing moves"
    assert read_sheet(sent_by(sheet_of(again)), sheet_of(again).kept).document() == again, "as a browser sends it"
    assert document_from(text_of(again)) == again, "as text"


def versions(path: Path) -> list[Document]:
    whole = plain(read(path.read_text(), path.name).data)
    found = [{**whole, "versions": [each]} for each in whole["versions"] if each.get("rule")]
    for each in found:
        each["versions"][0] = {k: v for k, v in each["versions"][0].items() if k not in ("until", "adopted_on")}
    return found if whole.get("obligation", "learner") == "learner" else []


def test_every_rule_there_is_goes_through_the_form() -> None:
    documents = [document for path in FILES for document in versions(path)]
    assert len(documents) > 60
    for document in documents:
        goes_round(document)
        assert {k: v for k, v in sheet_of(document).document().items() if k != "versions"} == {
            k: v for k, v in document.items() if k != "versions"
        }


NAMES = {"department": ["ED", "MAIN"], "job": ["Nurse"], "profession": ["rn"], "duty": ["prn"], "assigned": ["ASSIGNED-1"],
         "employment": ["employee"],
         "licence_state": ["CA"], "licence": ["RN"]}  # fmt: skip


def conditions() -> st.SearchStrategy[dict[str, Any]]:
    named = [st.just({"field": field, "in": NAMES[field]}) for field in NAMED]
    return st.one_of(
        *named, st.just({"everyone": True}), st.booleans().map(lambda yes: {"field": "patient_contact", "is": yes}),
        st.just({"field": "hired", "from": "2024-01-01"}), st.just({"field": "employer_size", "at_least": 15}),
    )  # fmt: skip


AUDIENCES = st.recursive(
    conditions(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
        inner.map(lambda part: {"supervises": part}),
    ),
    max_leaves=6,
)
PLAIN = Membership(date(2024, 3, 1), None, 1, frozenset({"ED", "MAIN"}), "Nurse", "rn", True, duties=frozenset({"prn"}))
OFFICE = replace(
    PLAIN, departments=frozenset({"MAIN"}), job="Clerk", profession="none", patient_contact=False, duties=frozenset()
)
PEOPLE = [
    replace(
        each,
        employment=kind,
        hired=hired,
        licences=frozenset({"RN"}),
        licence_states=states,
        employer_size=20,
        supervised=below,
    )
    for each in (PLAIN, OFFICE)
    for kind, hired, states in (
        ("employee", date(2023, 1, 1), frozenset({"CA"})),
        ("volunteer", date(2025, 1, 1), frozenset()),
    )
    for below in ((), (PLAIN,), (OFFICE,))
]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(AUDIENCES, rich_rules())
@example(
    {"everyone": True},
    {
        "satisfied_by": {"any": [{"course": "a"}, {"course": "a"}]},
        "first": {"within": {"days": 1}, "of": "entering"},
        "recurs": {"kind": "once"},
    },
)
@example(
    {"all": [{"all": [{"field": "department", "in": ["ED"]}]}]},
    {
        "satisfied_by": {"all": [{"any": [{"course": "a"}, {"course": "b"}]}]},
        "first": {"within": {"days": 1}, "of": "entering"},
        "recurs": {"kind": "once"},
    },
)
def test_any_audience_and_rule_go_through_the_form(audience: dict[str, Any], rule: dict[str, Any]) -> None:
    document = {
        "requirement": "X",
        "title": "X",
        "versions": [{"from": "2026-01-01", "rule": {**rule, "audience": audience}}],
    }
    shown = sheet_of(document).document()
    before, after = (Rule.parse(each["versions"][0]["rule"]) for each in (document, shown))
    assert [before.audience.holds(each) for each in PEOPLE] == [after.audience.holds(each) for each in PEOPLE]
    assert replace(before, audience=EVERYONE) == replace(after, audience=EVERYONE)
    assert sheet_of(shown).document() == shown
    assert read_sheet(sent_by(sheet_of(shown)), {}).document() == shown
    assert document_from(text_of(shown)) == shown


def test_the_fields_of_tests_are_all_known_here() -> None:
    assert set(FIELDS) == {*NAMES, "patient_contact", "hired", "employer_size"}


def test_parts_are_added_and_taken_away() -> None:
    sheet = blank("2026-06-15")
    assert sheet.document()["versions"][0]["rule"]["audience"] == {"everyone": True}
    assert sheet.add("audience", "any") == "audience.0"
    assert sheet.add("audience.0", "job") == "audience.0.0"
    assert sheet.add("audience.0", "department") == "audience.0.1"
    sheet.audience.parts[0].parts[0].lists["in"] = ["Nurse"]
    rule = sheet.document()["versions"][0]["rule"]
    assert rule["audience"] == {"any": [{"field": "job", "in": ["Nurse"]}, {"field": "department", "in": []}]}
    assert sheet.remove("audience.0.1") == "audience.0"
    assert sheet.remove("audience.0") == "audience" and sheet.audience.kind == "everyone"
    assert (
        sheet.add("audience.7", "job") is None
        and sheet.remove("nothing.1") is None
        and sheet.remove("audience") is None
    )


def faults(document: Document) -> dict[str | None, str]:
    sheet = sheet_of(document)
    with pytest.raises(Invalid) as refused:
        read_document(sheet.document())
    return {sheet.place(problem.where or ""): str(problem.message) for problem in refused.value.problems}


def test_a_fault_is_shown_at_its_field() -> None:
    sheet = blank("2026-02-31")
    sheet.values |= {"first.within": "soon", "recurs.every": "0", "grace": "many", "authority": "statute"}
    sheet.add("audience", "supervises_any")
    sheet.add("audience.0", "job")
    sheet.add("audience", "none")
    found = faults(sheet.document())
    typed = {"title", "code", "from", "first.within", "recurs.every", "grace", "citation"}
    assert {*typed, "satisfied", "audience.0.0", "audience.1"} <= set(found)
    assert None not in found
    sheet.satisfied = Part("all", parts=[Part("attestation"), Part("hours", {"measure": "amount", "number": "x"})])
    found = faults(sheet.document())
    assert {"satisfied.0", "satisfied.1"} <= set(found)


def test_a_text_is_refused_with_its_lines() -> None:
    good = text_of({**blank("2026-06-15").document(), "requirement": "A", "title": "A"}).replace(
        "courses: []", "courses: [a]"
    )
    assert document_from(good)["versions"][0]["from"] == "2026-06-15"
    for text, line in (
        (good.replace("kind: rolling", "kind: roling"), "roling"),
        (good + "obligation: employer\n", "obligation"),
        (good.replace("  - from: 2026-06-15", "  - from: 2026-06-15\n    until: 2027-01-01"), "until"),
        (good.replace("title: A", "title: [A"), None),
    ):
        with pytest.raises(Invalid) as refused:
            document_from(text)
        lines = [problem.line for problem in refused.value.problems]
        wanted = next((n for n, each in enumerate(text.splitlines(), 1) if line and line in each), None)
        assert wanted in lines if line else lines[0] is not None
