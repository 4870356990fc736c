"""Rules and facts as files: what a fault says, the schemas, and the calendar against another library's."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from lms.catalogue.yaml_text import read
from lms.cli import main
from lms.compliance.calendar import Length
from lms.compliance.documents import requirement_from, scene_from
from lms.compliance.requirement_file import plain
from lms.compliance.schemas import schemas
from lms.errors import Invalid

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = DOCS / "examples" / "requirements"

RULE = """requirement: X
title: A rule
versions:
  - from: 2026-01-01
    rule:
      courses: [cc-101]
      first: {within: {days: 30}}
"""

ODD_FIELD = "courses: [a]\n      audience: {field: shoe, in: [x]}"
ODD_HOUR = "{hours: {amount: 1, hour: 45}}"
SAME_DAY = """      first: {within: {days: 30}}
  - from: 2026-01-01
    rule: {courses: [cc-102], first: {within: {days: 30}}}
"""
TWICE = """courses: [a]
      recurs: {kind: cadence, every: {years: 1}}
      again_on: {policies: [p], within: {days: 9}}"""


@pytest.mark.parametrize(
    ("change", "line", "where", "says"),
    [
        (("days: 30", "weeks: 4"), 7, "versions[0].rule.first.within.weeks", "no such field"),
        (("courses: [cc-101]", "courses: cc-101"), 6, "versions[0].rule.courses", "list of names"),
        (("from: 2026-01-01", "from: 2026-02-30"), 4, "versions[0].from", "no day"),
        (("from: 2026-01-01", "from: soon"), 4, "versions[0].from", "calendar day"),
        (("from: 2026-01-01", "status: enforced"), 4, "versions[0].from", "missing"),
        (("    rule:", "    authority: statute\n    rule:"), 4, "versions[0].citation", "citation"),
        (("title: A rule", "title:"), 2, "title", "must be a text"),
        (("first:", "recurs: {kind: look_back_window, every: {months: 24}}\n      first:"), 7, "versions[0].rule.recurs", "hours"),
        (("courses: [cc-101]", "satisfied_by: {hours: {per_year: 1}}"), 6, "versions[0].rule.satisfied_by", "known length"),
        (("courses: [cc-101]", f"satisfied_by: {ODD_HOUR}"), 6, "versions[0].rule.satisfied_by.hours.hour", "50 or 60"),
        (("courses: [cc-101]", "satisfied_by: {course: a, attestation: b}"), 6, "versions[0].rule.satisfied_by", "exactly one"),
        (("courses: [cc-101]", TWICE), 8, "versions[0].rule.again_on", "once or recur"),
        (("      first: {within: {days: 30}}\n", SAME_DAY), 8, "versions[1].from", "only one of them"),
        (("courses: [cc-101]", ODD_FIELD), 7, "versions[0].rule.audience.field", "no such value"),
    ],
)  # fmt: skip
def test_a_fault_in_a_rule_names_file_line_field_and_remedy(
    change: tuple[str, str], line: int, where: str, says: str
) -> None:
    with pytest.raises(Invalid) as caught:
        requirement_from(RULE.replace(*change), "rule.yaml")
    faults = [p for p in caught.value.problems if p.where == where]
    assert [(p.file, p.line) for p in faults] == [("rule.yaml", line)], caught.value.problems
    assert says in str(faults[0].message) and faults[0].remedy


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("employments: [{from: 2026-01-01, until: 2025-01-01}]", 1, "ends before it begins"),
        ("zone: Mars/Olympus\nemployments: [{from: 2026-01-01}]", 1, "no such time zone"),
        ("employments: [{from: 2026-01-01}]\nrecords:\n  - {course: a}", 3, "day is missing"),
        ('employments: [{from: 2026-01-01}]\nrecords:\n  - {course: a, completed_at: "noon"}', 3, "no moment"),
        ("employments: [{from: 2026-01-01}]\nbirth_month: 13", 2, "from 1 to 12"),
        ("employments: []", 1, "at least one entry"),
        ("employments: [{from: 2026-01-01}]\nshoes: 2", 2, "no such field"),
        ("- a\n- b", None, "JSON object"),
        ("employments: &a [{from: 2026-01-01}]", 1, "Anchors"),
    ],
)
def test_a_fault_in_the_facts_names_its_line(text: str, line: int | None, says: str) -> None:
    with pytest.raises(Invalid) as caught:
        scene_from(text, "facts.yaml")
    said = [str(caught.value), *(str(p.message) for p in caught.value.problems)]
    assert any(says in each for each in said), said
    if line is not None:
        assert line in [p.line for p in caught.value.problems]


def test_the_command_says_what_is_wrong_and_fails(tmp_path: Path) -> None:
    (tmp_path / "rule.yaml").write_text(RULE.replace("days: 30", "days: soon"))
    (tmp_path / "facts.yaml").write_text("employments: [{from: 2026-01-01}]")
    files = ["--rule", str(tmp_path / "rule.yaml"), "--facts", str(tmp_path / "facts.yaml")]
    done = CliRunner().invoke(main, ["requirements", "explain", *files, "--as-of", "2026-02-01"])
    assert done.exit_code == 1 and "rule.yaml:7" in done.output and "whole number" in done.output
    (tmp_path / "rule.yaml").write_text(RULE)
    done = CliRunner().invoke(main, ["requirements", "explain", *files, "--as-of", "2026-02-01"])
    assert done.exit_code == 0 and "overdue" in done.output


def fits(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """The part of JSON Schema that our schemas use."""
    if "$ref" in schema:
        return fits(value, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    if "oneOf" in schema:
        return sum(fits(value, each, root) for each in schema["oneOf"]) == 1
    if "const" in schema or "enum" in schema:
        return value in schema.get("enum", [schema.get("const")])
    kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}
    wanted = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if not any(
        isinstance(value, kinds[kind]) and not (isinstance(value, bool) and kind != "boolean") for kind in wanted
    ):
        return False
    if isinstance(value, list):
        return len(value) >= schema.get("minItems", 0) and all(fits(each, schema["items"], root) for each in value)
    if isinstance(value, dict):
        known, other = schema.get("properties", {}), schema.get("additionalProperties", False)
        return all(name in value for name in schema.get("required", ())) and all(
            fits(each, known[name], root) if name in known else other is not False and fits(each, other, root)
            for name, each in value.items()
        )
    return True


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*/*.yaml")), ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_example_fits_its_schema(file: Path) -> None:
    schema = schemas()["requirement" if file.name == "rule.yaml" else "requirement-facts"]
    assert fits(plain(read(file.read_text(), file.name).data), schema, schema)


def test_the_schemas_in_the_documents_are_those_of_the_code() -> None:
    for name, schema in schemas().items():
        assert json.loads((DOCS / "schemas" / f"{name}.schema.json").read_text()) == schema


def test_a_version_may_correct_one_from_the_same_day_when_it_is_adopted_later_or_only_pending() -> None:
    more = SAME_DAY.removeprefix("      first: {within: {days: 30}}\n")
    later = more.replace("    rule:", "    adopted_on: 2026-02-01\n    rule:")
    pending = more.replace("    rule:", "    status: pending\n    rule:")
    for each in (later, pending):
        assert len(requirement_from(RULE + each, "rule.yaml").versions) == 2


def test_a_schema_refuses_what_the_reader_refuses() -> None:
    schema = schemas()["requirement"]
    data = plain(read(RULE, "rule.yaml").data)
    assert fits(data, schema, schema)
    data["versions"][0]["rule"]["colour"] = "red"
    assert not fits(data, schema, schema)


@given(st.dates(date(1950, 1, 1), date(2150, 12, 31)), st.integers(-600, 600), st.integers(-5000, 5000))
def test_adding_months_and_days_agrees_with_dateutil(day: date, months: int, days: int) -> None:
    assert Length(months=months).after(day.toordinal()) == (day + relativedelta(months=months)).toordinal()
    assert Length(days=days).after(day.toordinal()) == (day + relativedelta(days=days)).toordinal()


@given(st.dates(date(1950, 1, 1), date(2050, 12, 31)), st.integers(1, 36), st.integers(1, 20))
def test_the_nth_of_a_cadence_is_first_plus_n_periods(day: date, months: int, times: int) -> None:
    """Never step by step: 31 January + 1 month + 1 month is 28 March, but 31 January + 2 months is 31 March."""
    expected = day + relativedelta(months=months * times)
    assert Length(months=months).after(day.toordinal(), times) == expected.toordinal()
