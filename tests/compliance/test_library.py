"""The library of ready requirements: every file says what stands behind it, and what is late to be read again says so."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from lms.cli import main
from lms.compliance.documents import requirement_from
from lms.compliance.library import Entry, checked, load_library
from lms.compliance.rules import ENFORCED, Recurs
from lms.compliance.sentence import sentences

COURSES = Path(__file__).parents[2] / "courses"
LIBRARY = load_library(COURSES, date(2026, 11, 22))


def test_the_library_holds_the_federal_duties_and_the_states_of_the_table() -> None:
    codes = {entry.document.code for entry in LIBRARY if entry.document}
    assert {"US-1557", "CLAS-4", "TJC-LANGUAGE", "NV-CULTURE", "WA-EQUITY", "MI-BIAS", "CT-RN", "NC-MAY"} <= codes
    states = {entry.document.jurisdiction for entry in LIBRARY if entry.document}
    wanted = "CA CT DC IL MA MD MI MN NJ NM NV NY NC OR PA WA"
    assert {f"US-{state}" for state in wanted.split()} <= states
    assert len(codes) == len(LIBRARY)


@pytest.mark.parametrize("entry", LIBRARY, ids=lambda entry: entry.name)
def test_a_ready_requirement_says_what_stands_behind_it_and_that_it_is_not_legal_advice(entry: Entry) -> None:
    assert entry.ok and entry.document is not None, entry.problems
    text = (COURSES / "requirements" / f"{entry.name}.yaml").read_text()
    assert text.startswith("# Not legal advice")
    for stated in entry.document.versions:
        enforced = stated.about.status in ENFORCED and entry.document.obligation == "learner"
        assert stated.version is not None or not enforced
        if stated.version is not None:
            assert [str(said) for said in sentences(stated.version.rule, {}, {})]


@pytest.mark.parametrize("entry", LIBRARY, ids=lambda entry: entry.name)
def test_hours_asked_in_each_cycle_are_done_in_that_cycle_and_those_of_a_licence_whoever_employed_the_person(
    entry: Entry,
) -> None:
    """No source says that surplus hours count for the next renewal; one long course must not satisfy two of them."""
    assert entry.document is not None
    for stated in entry.document.versions:
        rule = stated.version.rule if stated.version else None
        if rule is not None and rule.hours and rule.calendar:
            assert all(hours.no_carry_over or hours.average_over > 1 for hours in rule.hours)
            assert rule.look_back_term or rule.recurs != Recurs.LICENCE


def test_what_is_past_its_review_warns_and_what_is_missing_is_an_error() -> None:
    text = (COURSES / "requirements" / "wa-health-equity.yaml").read_text()
    late = [str(problem) for problem in checked(requirement_from(text, "x"), date(2028, 1, 1))]
    assert len(late) == 1 and "warning" in late[0] and "2027-06-30" in late[0]
    bare = text.replace("    confidence: high\n", "").replace("jurisdiction: US-WA\n", "")
    found = list(checked(requirement_from(bare, "x"), date(2026, 11, 22)))
    assert {problem.where for problem in found} == {"jurisdiction", "versions[0].confidence"}
    assert all(problem.level == "error" and problem.remedy for problem in found)


def test_the_courses_command_checks_the_library_too(tmp_path: Path) -> None:
    folder = tmp_path / "requirements"
    folder.mkdir()
    good = (COURSES / "requirements" / "wa-health-equity.yaml").read_text()
    (folder / "good.yaml").write_text(good)
    done = CliRunner().invoke(main, ["courses", "check", str(folder)])
    assert done.exit_code == 0 and "1 ready requirements, 0 with errors. They are not legal advice." in done.output
    (folder / "bad.yaml").write_text(good.replace("years: 4", "ages: 4"))
    done = CliRunner().invoke(main, ["courses", "check", str(folder), "--json"])
    assert done.exit_code == 1
    faults = json.loads(done.stdout)["requirements"]["bad"]
    assert any(fault["where"].endswith(".ages") and fault["line"] and fault["remedy"] for fault in faults)
