"""The rollup: one question, and the same answer on the page, in the document, in files and from the command line."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from lms import organisation
from lms.access import Role
from lms.organisation import Organisation
from lms.people.tree import Node, Tree
from lms.reports import queries
from lms.reports.attention import attention
from lms.reports.export import completion_json, leadership_json
from lms.reports.leadership import Leadership, leadership, trend_days
from lms.reports.rollup import Figures
from tests.reports.house import NOW, TODAY, House
from tests.support.pages import PageClient

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"


def rollup(session: Session, day: date = TODAY, roots: set[int] | None = None) -> Leadership:
    own = organisation.load(session) or Organisation(name="")
    return leadership(session, own, day, NOW, roots)


def fits(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> None:
    """Hold a value against the part of JSON Schema that our schemas use."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    names = {dict: "object", list: "array", str: "string", int: "integer", float: "number", type(None): "null"}
    if kinds:
        kind = names[type(value)]
        assert kind in kinds or (kind == "integer" and "number" in kinds), (value, schema)
    if "const" in schema:
        assert value == schema["const"]
    if isinstance(value, dict):
        assert set(schema["required"]) == set(schema["properties"]) == set(value)
        for key, each in value.items():
            fits(each, schema["properties"][key], root)
    elif isinstance(value, list):
        assert schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 10**9)
        for each in value:
            fits(each, schema["items"], root)
    elif isinstance(value, str):
        assert re.search(schema.get("pattern", ""), value)
        if schema.get("format") == "date":
            date.fromisoformat(value)
    elif isinstance(value, int | float):
        assert schema.get("minimum", value) <= value <= schema.get("maximum", value)


def test_the_reports_fit_their_schemas_and_overall_is_the_total(house: House, reading: Session) -> None:
    report = queries.report(reading, "Mercy Test Hospital", TODAY)
    completion = json.loads(json.dumps(completion_json(report, NOW)))
    rolled = json.loads(json.dumps(leadership_json(rollup(reading))))
    for name, value in (("completion", completion), ("leadership", rolled)):
        schema = json.loads((SCHEMAS / f"report-{name}.schema.json").read_text(encoding="utf-8"))
        fits(value, schema, schema)
    assert rolled["overall"] == completion["total"]
    assert completion["total"]["required"] == 27
    keys = set(completion["total"])
    assert all(set(division) == keys for division in rolled["divisions"])
    by_code = {(row["department_code"], row["requirement"]): row for row in completion["rows"]}
    assert by_code["ED", None]["required"] == by_code["ED", "CULTURE"]["required"] == 8


def test_divisions_take_what_hangs_below_them_and_facilities_the_rest(house: House, reading: Session) -> None:
    from lms.people.queries import tree
    from lms.reports import rollup as adding

    shown = queries.completion(reading, "All", TODAY, queries.Wish())
    found = adding.divisions(tree(reading, TODAY), shown.alone)
    assert {row.code: row.figures.required for row in found} == {"ACUTE": 12, "MAIN": 1, "PRIMARY": 14}
    assert sum((row.figures for row in found), adding.NOBODY) == shown.total.figures


def test_small_divisions_are_suppressed_and_the_trend_goes_through_the_trees_of_its_days(
    house: House, reading: Session
) -> None:
    found = rollup(reading)
    shown = {division.shown.code: division.shown for division in found.divisions}
    assert shown["MAIN"].hidden, "one person"
    assert sum(each.hidden for each in shown.values()) >= 2, "else the total would say how that one person stands"
    assert [point.day for point in found.trend] == trend_days(TODAY)
    assert found.trend[-1].day == TODAY and len(found.trend) == 24 and found.trend[-2].day == date(2026, 5, 31)
    assert found.trend[-1].rate == found.overall.rate
    past = rollup(reading, date(2026, 5, 31))
    assert past.overall.rate == found.trend[-2].rate, "the same query, whatever the day"


def test_what_lapses_is_what_the_future_shows(house: House, reading: Session) -> None:
    found = rollup(reading)
    assert found.lapses == 13, "twelve in North whose year ends, and the renewal in the emergency department"
    assert len(found.weeks) == 13 and found.weeks[-1].last == date(2026, 9, 13)
    assert found.weeks[0].first == date(2026, 6, 16)


def test_a_scoped_rollup_is_about_its_own_subtree(house: House, reading: Session) -> None:
    assert rollup(reading, roots={house.north}).overall.counts["required"] == 14
    assert rollup(reading, roots={house.chapel}).overall.counts["required"] is None, "one person is not shown"


def test_attention_names_reasons_and_never_speaks_of_small_groups() -> None:
    tree = Tree(
        {
            1: Node(1, "F", "Facility", "facility", None),
            2: Node(2, "A", "Alpha", "department", 1),
            3: Node(3, "B", "Beta", "department", 1),
            4: Node(4, "S", "Small", "department", 1),
        }
    )
    now = {
        2: Figures(compliant=50, overdue=50),
        3: Figures(compliant=95, overdue=5, due_soon=40),
        4: Figures(compliant=2, overdue=8),
    }
    before = {2: Figures(compliant=90, overdue=10), 3: Figures(compliant=95, overdue=5)}
    overall = Figures(compliant=147, overdue=63)
    first, second = attention(tree, now, before, overall, 30)
    assert first.name == "Alpha" and [str(reason.msgid).split(" ", 1)[0] for reason in first.reasons] == [
        "%(rate)s",
        "Down",
        "%(people)s",
    ]
    assert second.name == "Beta" and second.reasons[0].params["people"] == 40
    assert second.rate == 0.95 and second.rounded, "5 of 100 are late: it is said roughly"


def test_attention_tells_no_small_number_of_those_it_does_not_name() -> None:
    tree = Tree(
        {
            n: Node(n, str(n), f"N{n}", kind, 1 if n > 1 else None)
            for n, kind in ((1, "division"), (2, "department"), (3, "department"))
        }
    )
    rest = Figures(compliant=3, overdue=2)
    now = {2: Figures(compliant=40, overdue=40), 3: rest, 1: Figures(compliant=43, overdue=42)}
    (entry,) = attention(tree, now, {}, Figures(compliant=500, overdue=60), 30)
    assert entry.rounded and entry.rate == 0.5
    assert [reason.params["people"] for reason in entry.reasons] == [80], (
        "42 less 40 overdue would be the 2 of the other"
    )
    tight = {2: Figures(compliant=9, overdue=2), 1: Figures(compliant=64, overdue=24)}
    before = {2: Figures(compliant=11)}
    assert not attention(tree, tight, before, Figures(compliant=500, overdue=60), 30), "82 % of 11 would say 2"


def test_a_part_of_the_organisation_is_shown_like_a_division(house: House, reading: Session) -> None:
    found = rollup(reading, roots={house.north})
    assert found.overall.counts["overdue"] is None and found.overall.counts["exempt"] == 0
    assert found.overall.rate == found.trend[-1].rate == 0.9, (
        "86 % of 14 would say 2 are late; this is 12 or 13 of them"
    )
    assert rollup(reading).overall.counts["overdue"] == 5, "the whole is shown as it is"


def test_page_document_and_workbook_show_the_same_figures(
    house: House, enter: Callable[..., PageClient], reading: Session
) -> None:
    client = enter(Role.EXECUTIVE)
    page = client.page("/leadership")
    divisions = next(rows for rows in map(page.rows, range(1, 3)) if rows[0][0] == "Division")
    north = next(row for row in divisions if row[0].startswith("Primary"))
    overall = next(row for row in divisions if row[0] == "Overall")
    assert overall[3] == "27" and overall[4] == "19"
    document = pypdfium2.PdfDocument(client.get("/leadership/rollup.pdf").data)
    text = " ".join(document[number].get_textpage().get_text_range() for number in range(len(document)))
    assert "76% of staff whose training has come due are compliant" in " ".join(text.split())
    assert "76%" in text and "*" in text
    assert "19 of 25 whose training has come due; 27 are asked" in " ".join(text.split()), (
        "the rate is a share of these"
    )
    rounded = [row for row in divisions if row[1].startswith("~")]
    assert rounded, "a rate that would tell a small number"
    book = openpyxl.load_workbook(io.BytesIO(client.get("/leadership/rollup.xlsx").data))
    rows = [row for row in book.worksheets[0].iter_rows(values_only=True) if row[1] == "Primary"]
    assert [str(value) for value in rows[0][4:6]] == north[3:5]
    rates = {row[1]: row[3] for row in book.worksheets[0].iter_rows(values_only=True)}
    assert {str(rate) for rate in rates.values() if str(rate).startswith("~")} == {row[1] for row in rounded}
    data = client.get("/leadership/rollup.json").get_json()
    assert data == json.loads(json.dumps(leadership_json(rollup(reading))))
    assert client.get("/leadership/rollup.doc").status_code == 404


def test_the_command_line_gives_every_form(
    house: House, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lms.cli import main

    monkeypatch.setenv("LMS_DATABASE_URL", database_url)
    monkeypatch.setenv("LMS_DATA_DIR", str(tmp_path))
    run = CliRunner().invoke
    told = run(main, ["report", "completion", "--as-of", "2026-06-15"])
    assert told.exit_code == 0, told.output
    assert "Mercy Test Hospital" in told.stdout and "76.0%" in told.stdout
    by_requirement = told.stdout.split("\nRequirement ")[1].splitlines()[1:]
    assert by_requirement[0].split() == ["CULTURE", "27", "19", "1", "5", "1", "0", "1", "0", "14", "76.0%"]
    total = json.loads(run(main, ["report", "completion", "--as-of", "2026-06-15", "--format", "json"]).stdout)["total"]
    overall = json.loads(run(main, ["report", "leadership", "--as-of", "2026-06-15"]).stdout)["overall"]
    assert total == overall and total["required"] == 27
    for name, kind, begins in (
        ("completion", "csv", b"\xef\xbb\xbf"),
        ("completion", "xlsx", b"PK"),
        ("leadership", "pdf", b"%PDF-"),
        ("leadership", "xlsx", b"PK"),
    ):
        out = tmp_path / f"{name}.{kind}"
        done = run(main, ["report", name, "--as-of", "2026-06-15", "--format", kind, "--out", str(out)])
        assert done.exit_code == 0, done.output
        assert out.read_bytes().startswith(begins)
    wrong = run(main, ["report", "completion", "--as-of", "31/02/2026"])
    assert wrong.exit_code == 2 and "write it as 2026-06-30" in wrong.output
