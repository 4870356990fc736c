"""Reading HR files, by tables: headings, encodings, delimiters, days, and every fault with its place and remedy."""

from __future__ import annotations

import io
from datetime import date

import pytest

from lms.errors import Invalid
from lms.people import headings
from lms.people.csv_text import Table, Unusable, detect_encoding, parse_day
from lms.people.department_file import read_departments
from lms.people.folding import folded
from lms.people.importing import Options, Places, Row, StaffReader

OPTIONS = Options("hr", date(2026, 6, 1), "us")
HEADING = "Employee ID,First Name,Last Name,Dept Code,Job Title"


@pytest.mark.parametrize(
    ("system", "heading"),
    [
        ("Workday", "Worker,Legal First Name,Legal Last Name,Cost Center - ID,Business Title,Hire Date,Email - Work,Manager ID"),
        ("UKG", "Employee Number,First Name,Last Name,Org Level Code,Job,Date of Hire,Email Address,Supervisor ID"),
        ("Oracle", "PERSON_NUMBER,FIRST_NAME,LAST_NAME,DEPARTMENT_CODE,ASSIGNMENT_NAME,START_DATE,WORK_EMAIL,MANAGER_PERSON_NUMBER"),
        ("SAP", "Pers.No.,First name,Last name,Org. unit,Position,Entry date,E-Mail,Line manager number"),
        ("PeopleSoft", "EMPLID,First Name,Last Name,DeptID,Job Title,Hire Date,Business E-mail,Supervisor EMPLID"),
    ],
)  # fmt: skip
def test_headings_of_the_usual_systems_are_understood(system: str, heading: str) -> None:
    found, unused = headings.columns(heading.split(","), headings.STAFF)
    wanted = [
        "number",
        "given_name",
        "family_name",
        "department_code",
        "job",
        "hire_date",
        "email",
        "supervisor_number",
    ]
    assert {name: found.get(name) for name in wanted} == dict(zip(wanted, range(8), strict=True)), unused


def test_the_more_exact_heading_wins_and_the_rest_is_named() -> None:
    found, unused = headings.columns(["Department", "Dept Code", "Shoe size"], headings.STAFF)
    assert found == {"department_code": 1, "department_name": 0} and unused == ["Shoe size"]


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        ("Núñez".encode(), "utf-8"),
        ("Núñez".encode("utf-8-sig"), "utf-8-sig"),
        ("Núñez".encode("utf-16"), "utf-16"),
        ("Núñez – “x”".encode("cp1252"), "cp1252"),
        (b"plain", "utf-8"),
        ("Müller; O’Brien; Smith–Jones; Šimek; KOVAŽ; René – a “chief”; 20 €; naïve café".encode("cp1252"), "cp1252"),
    ],
)
def test_the_encoding_is_found_out(raw: bytes, encoding: str) -> None:
    assert detect_encoding([raw]) == encoding
    assert detect_encoding([raw[:3], raw[3:]]) == encoding


@pytest.mark.parametrize(
    "name",
    [
        "José",
        "Núñez",
        "Muñoz",
        "Müller",
        "Jäger",
        "François",
        "Thérèse",
        "NUÑEZ",
        "JOSÉ",
        "Åse",
        "Sánchez",
        "López-Peña",
    ],
)
def test_mac_roman_is_not_taken_for_windows_1252(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        detect_encoding([f"number,name\n1,Ann Lee\n2,{name}\n".encode("mac_roman")])
    if name not in ("Åse", "Sánchez", "Jäger"):
        assert name in refused.value.message.params["mac"]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Muñoz", "munoz"), ("NGUYỄN Thị", "nguyen thi"), ("Søren Ólafsdóttir", "soren olafsdottir"), ("Łukasz Đặng", "lukasz dang"),
        ("Straße", "strasse"), ("O’Brien", "o'brien"), ("Işık", "isik"), ("محمّد", "محمد"), ("Mun\u0303oz", "muñoz"), ("Ælfred", "aelfred"),
    ],
)  # fmt: skip
def test_a_name_is_found_as_it_is_typed_without_accents(name: str, typed: str) -> None:
    assert folded(name) == folded(typed)


@pytest.mark.parametrize("raw", [b"PK\x03\x04rest", b"a\0b", b"\x81\x8d neither"])
def test_what_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid):
        detect_encoding([raw])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_seen_in_the_heading(delimiter: str) -> None:
    table = Table(io.StringIO(f'"a,b;c"{delimiter}x\r\n1{delimiter}"two\nlines"\r\n\r\n3{delimiter}4\r\n'), "staff")
    assert table.delimiter == delimiter
    assert [(row.line, row.cells) for row in table.rows()] == [(2, ["1", "two\nlines"]), (5, ["3", "4"])]


def test_an_open_quotation_mark_is_named_with_its_line() -> None:
    table = Table(io.StringIO("a,b\n1,2\n" + '3,"' + "x" * 70_000), "staff")
    with pytest.raises(Invalid) as refused:
        list(table.rows())
    assert refused.value.problems[0].line == 3


@pytest.mark.parametrize(
    ("text", "style", "day"),
    [
        ("2026-06-30", None, date(2026, 6, 30)),
        ("2026/06/30", "us", date(2026, 6, 30)),
        ("20260630", "eu", date(2026, 6, 30)),
        ("6/3/2026", "us", date(2026, 6, 3)),
        ("6/3/2026", "eu", date(2026, 3, 6)),
        ("03.06.2026", "eu", date(2026, 6, 3)),
        ("06-03-2026 00:00:00", "us", date(2026, 6, 3)),
        ("2026-06-30T00:00:00.000", "iso", date(2026, 6, 30)),
        ("29/02/2024", "eu", date(2024, 2, 29)),
    ],
)
def test_days_are_read_in_the_declared_style(text: str, style: str | None, day: date) -> None:
    assert parse_day(text, style) == day


@pytest.mark.parametrize(
    ("text", "style", "said"),
    [
        ("6/3/2026", None, "two ways"),
        ("6/3/2026", "iso", "two ways"),
        ("31/02/2026", "eu", "no such day"),
        ("29/02/2026", "eu", "no such day"),
        ("13/13/2026", "us", "no such day"),
        ("6/3/26", "us", "two digits"),
        ("soon", "us", "not a date"),
        ("0202-01-01", None, "1900"),
    ],
)
def test_days_that_cannot_be_are_refused_with_a_remedy(text: str, style: str | None, said: str) -> None:
    with pytest.raises(Unusable) as refused:
        parse_day(text, style)
    assert said in str(refused.value.message) and str(refused.value.remedy)


def read(heading: str, *lines: str, options: Options = OPTIONS) -> tuple[list[Row | None], list[tuple[object, ...]]]:
    reader = StaffReader(heading.split(","), options, Places({"OR": 7, "ED": 8}), frozenset({"America/Chicago"}))
    rows = [reader.row(number, line.split(",")) for number, line in enumerate(lines, 2)]
    assert all(problem.remedy for problem in reader.problems)
    return rows, [(problem.line, problem.where, problem.value) for problem in reader.problems]


def test_a_full_row_is_understood() -> None:
    heading = (
        HEADING
        + ",Email - Work,Worker Type,Job Family,Patient Contact,Supervisor ID,Hire Date,Last Day Worked,"
        + ("Preferred Language,Time Zone,Secondary Departments")
    )
    line = (
        "1,Ana,Núñez,OR,Nurse,Ana@X.org,Contingent Worker,nursing,Y,3,6/3/2020,6/30/2026,Spanish,America/Chicago,ED|ED"
    )
    (row,), faults = read(heading, line)
    assert faults == []
    assert row == Row(
        2, "1", "Ana", "Núñez", "ana@x.org", "contractor", 7, "Nurse", "nursing", True, "3", "2020-06-03", "2026-07-01", "es",
        "America/Chicago", "8", "ana nunez 1 ana@x.org",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("Employee ID", "", (2, "number", "")),
        ("Dept Code", "NOPE", (2, "department_code", "NOPE")),
        ("Dept Code", "", (2, "department_code", "")),
        ("Email", "ana@", (2, "email", "ana@")),
        ("Worker Type", "robot", (2, "kind", "robot")),
        ("Patient Contact", "perhaps", (2, "patient_contact", "perhaps")),
        ("Hire Date", "31/02/2026", (2, "hire_date", "31/02/2026")),
        ("Hire Date", "7/1/2026", (2, "end_date", "2026-06-30")),
        ("Language", "double dutch", (2, "language", "double dutch")),
        ("Time Zone", "Mars/Base", (2, "time_zone", "Mars/Base")),
        ("Secondary Departments", "ED;X9", (2, "secondary_departments", "X9")),
    ],
)
def test_each_fault_names_line_column_and_value(column: str, value: str, fault: tuple[object, ...]) -> None:
    good = {
        "Employee ID": "1", "First Name": "A", "Last Name": "B", "Dept Code": "OR", "Job Title": "N", "Email": "", "Worker Type": "",
        "Patient Contact": "", "Hire Date": "1/1/2020", "End Date": "6/30/2026", "Language": "", "Time Zone": "",
        "Secondary Departments": "",
    }  # fmt: skip
    cells = {**good, column: value}
    assert read(",".join(cells), ",".join(cells.values()))[1] == [fault]


def test_a_line_with_too_many_cells_is_a_fault_and_a_short_one_is_filled_up() -> None:
    rows, faults = read(HEADING, "1,A,B,OR,N,extra", "2,A,B,OR")
    assert rows[0] is None and faults == [(2, "", "6")] and rows[1] is not None and rows[1].job == ""


def test_missing_columns_are_all_named() -> None:
    with pytest.raises(Invalid) as refused:
        StaffReader(["First Name"], OPTIONS, Places({}), frozenset())
    assert [problem.where for problem in refused.value.problems] == [
        "number",
        "department_code",
        "job",
        "given_name, family_name",
    ]


def test_one_column_of_names_is_split() -> None:
    rows, _ = read("Employee ID,Name,Dept Code,Job Title", "1,Núñez Ana,OR,N")
    assert rows[0] is not None and (rows[0].given_name, rows[0].family_name) == ("Núñez", "Ana")


def test_path_columns_bring_departments_along() -> None:
    heading = ["Employee ID", "First Name", "Last Name", "Facility", "Division", "Department Name", "Unit", "Job Title"]
    places = Places({"MAIN": 1}, {("main",): 1})
    reader = StaffReader(heading, OPTIONS, places, frozenset())
    one = reader.row(2, ["1", "A", "B", "Main", "Surgery", "OR", "", "N"])
    two = reader.row(3, ["2", "A", "B", "Main", "Surgery", "OR", "Unit 4", "N"])
    three = reader.row(4, ["3", "A", "B", "MAIN", "surgery", "or", "", "N"])
    assert reader.problems == [] and one and two and three
    assert [(code, name, kind) for _, code, name, kind, _ in places.added] == [
        ("main/surgery", "Surgery", "division"), ("main/surgery/or", "OR", "department"), ("main/surgery/or/unit-4", "Unit 4", "unit"),
    ]  # fmt: skip
    assert one.department_id == three.department_id != two.department_id and places.added[0][4] == 1


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("code,name,parent\nA,Alpha,\nB,Beta,A\n", []),
        ("code,name,parent\nA,Alpha,B\nB,Beta,A\n", [(2, "parent_code"), (3, "parent_code")]),
        ("code,name,parent\nA,Alpha,A\n", [(2, "parent_code")]),
        ("code,name,parent\nA,Alpha,Z\n", [(2, "parent_code")]),
        ("code,name,parent\nA,Alpha,\nA,Again,\n", [(3, "code")]),
        ("code,name,parent\n,Alpha,\nB,,\n", [(2, "code"), (3, "name")]),
        ("code,name,kind\nA,Alpha,galaxy\n", [(2, "kind")]),
        ("code,name,parent\nTOP,Top,A\nA,Alpha,OLD\n", [(2, "parent_code"), (3, "parent_code")]),
    ],
)
def test_a_departments_file_is_checked_whole(text: str, faults: list[tuple[int, str]]) -> None:
    known = {"OLD": "TOP", "TOP": None}
    _, problems, _ = read_departments(Table(io.StringIO(text), "departments"), known)
    assert [(problem.line, problem.where) for problem in problems] == faults


def test_nothing_is_cut_off_in_silence() -> None:
    cells = ["9" * 201, "Ana", "N" * 201, "OR", "Nurse"]
    read = StaffReader(HEADING.split(","), OPTIONS, Places({"OR": 1}), frozenset())
    read.row(2, cells)
    assert [(p.where, str(p.message)) for p in read.problems] == [
        ("number", "This is longer than 200 characters."),
        ("family_name", "This is longer than 200 characters."),
    ]
    rows, problems, _ = read_departments(Table([f"code,name\nA,{'x' * 201}\n"][0].splitlines(keepends=True), "d"), {})
    assert [(p.line, p.where) for p in problems] == [(2, "name")] and rows
