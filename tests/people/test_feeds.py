"""The HR feed grown up: mappings, ownership, good rows, the work list, and files of licences, duties, leaves and birth months."""

from __future__ import annotations

import io
from typing import Any

import pytest
from sqlalchemy import select

from lms.audit import Actor
from lms.db import Database
from lms.errors import AttuneError, Conflict, Invalid
from lms.files import StoredFile
from lms.flows import staffing
from lms.people import fact_feed, qualifications, queries, sources, undoing, worklist
from lms.people.fact_feed import FactPlan
from lms.people.mapping import Reading, lines_of, words_of
from lms.people.models import BirthMonth, FeedProblem, ImportRun, Leave, Person
from lms.people.plan import Verdict
from lms.people.report import Report
from lms.people.worklist import Wish
from tests.people.conftest import AS_OF, STAFF, Office, People, as_options

HEAD = STAFF.splitlines()[0]


@pytest.fixture
def open_now(db: Database) -> Any:
    def ask(**how: Any) -> list[FeedProblem]:
        with db.session() as session:
            return [row for row, _ in worklist.problems(session, Wish(**how), 1, 50)[0]]

    return ask


def facts(office: Office, what: str, text: str, *, confirmed: bool = False, **how: Any) -> FactPlan:
    """Take a file of facts in."""
    with office.db.desk() as desk:
        with desk.reading() as session:
            plan = fact_feed.look(session, io.BytesIO(text.encode()), what, as_options(how), how.get("fuse", 0.1))
        staffing.import_facts(desk, plan, None, Actor(None, office.clock.now()), confirmed=confirmed)
    return plan


# --- staff ------------------------------------------------------------------------------------------------------------


def test_a_mapping_settles_headings_words_and_what_the_feed_owns(db: Database, staffed: Office, number: People) -> None:
    with db.transaction() as session:
        by = Actor(None, staffed.clock.now())
        made = Reading(
            columns={"nr": "number", "where": "department_code", "what": "job", "dept": ""},
            values={"job": words_of(["RN II = Nurse", "no equals sign"]), "department_code": {"theatre": "OR"}},
            owned=frozenset({"department_code", "name"}), partial=True,
        )  # fmt: skip
        sources.settle(session, "hr", "staff", made, by)
        assert sources.reading(session, "hr") == made
    assert words_of(lines_of(made.values["job"]).splitlines()) == made.values["job"]
    lines = ("Nr,Name,Where,What,Dept,Hire Date", '1001,"Núñez, Ana",theatre,RN II,ED,2020-01-15',
             '1002,"Li, Bo",LAB,Runner,X,2021-02-15', '1009,"New, Ida",ED,Runner,X,2026-05-01', "")  # fmt: skip
    text = "\n".join(lines)
    found = staffed.look(text, reading=made, partial=True)
    assert (found.faults, found.unused) == (0, ()), found.problems
    assert found.counts == {Verdict.UNCHANGED: 1, Verdict.MOVED: 1, Verdict.NEW: 1}
    assert [(one.number, str(one.detail)) for one in found.kept] == [("1002", "Kept as HR wrote it: job.")]
    staffed.take_in(text, reading=made, partial=True, confirmed=True)
    with db.session() as session:
        held = {n: queries.held(session, number(n), AS_OF) for n in ("1001", "1002", "1009")}
    assert (held["1001"].job, held["1002"].job, held["1009"].job) == ("Nurse", "Clerk", "Runner")


BAD = f"""{HEAD}
1001,Ana,Núñez,OR,Nurse,2020-01-15,,1003,ana@mercy.test,yes
1002,Bo,Li,NOWHERE,Clerk,2021-02-15,,1003,bo@mercy.test,no
1003,Cy,Oh,ED,Chief,2019-02-15,,,,yes
1010,Di,Po,ED,Clerk,2026-05-01,,4444,,no
1011,Ed,Qu,LAB,Clerk,2026-05-01,,1010,,no
"""


def test_good_rows_are_taken_and_bad_ones_wait_until_a_file_is_right(
    db: Database, staffed: Office, number: People, open_now: Any
) -> None:
    with pytest.raises(Invalid):
        staffed.take_in(BAD)  # whole or not at all, unless HR chooses
    looked = staffed.look(BAD, good_rows=True)
    assert looked.faults == 0 and {p.line for p in looked.aside} == {3, 5, 6}, (
        "1011 stands below somebody who is set aside"
    )
    assert looked.counts[Verdict.ENDED] == 0, "a bad line is no absence"
    staffed.take_in(BAD, good_rows=True)
    waiting = {(p.number, p.column, p.value) for p in open_now()}
    assert waiting == {
        ("1002", "department_code", "NOWHERE"), ("1010", "supervisor_number", "4444"), ("1011", "supervisor_number", "1010"),
    }  # fmt: skip
    staffed.take_in(BAD, good_rows=True)
    assert {p.seen for p in open_now()} == {2}, "seen again, not opened again"

    with db.transaction() as session:
        by = Actor(number("1003"), staffed.clock.now())
        first = open_now(term="4444")[0]
        worklist.assign(session, first.id, number("1003"), by)
    assert [p.id for p in open_now(mine=number("1003"))] == [first.id]
    delta = f"{HEAD}\n1010,Di,Po,ED,Clerk,2026-05-01,,1003,,no\n"
    staffed.clock.advance(minutes=5)
    run_id = staffed.take_in(delta, partial=True)
    assert {p.number for p in open_now()} == {"1002", "1011"}, "a delta solves the problems of those it lists"
    staffed.undo(run_id)
    assert {p.number for p in open_now()} == {"1002", "1010", "1011"}, "and what is taken back solves nothing"
    assert [p.id for p in open_now(mine=number("1003"))] == [first.id], "whoever had taken it on has it again"
    staffed.clock.advance(minutes=5)
    run_id = staffed.take_in(delta, partial=True)
    with db.transaction() as session:
        again = Actor(None, staffed.clock.now())
        staffing.note_faults(session, "hr", "staff", Report.of_staff(looked), "staff.csv", again)
        assert worklist.open_again(session, session.get_one(ImportRun, run_id), again) == 0, "it is open anew by now"
    staffed.take_in(delta, partial=True)
    with db.transaction() as session:
        with pytest.raises(Invalid):
            worklist.solve(session, open_now(term="NOWHERE")[0].id, " ", by)
        worklist.solve(session, open_now(term="NOWHERE")[0].id, "HR corrects the code", by)
        with pytest.raises(Conflict):
            worklist.solve(session, first.id, "twice", by)
    staffed.take_in(BAD.replace("NOWHERE", "ED").replace("4444", "1003"), confirmed=True)
    assert open_now() == []
    assert sorted(p.solved_how or "" for p in open_now(state="solved")) == ["file", "file", "file", "hand"]
    assert staffed.look(BAD.replace(",NOWHERE", ",ED").replace("4444", "1003")).counts[Verdict.UNCHANGED] == 5


def test_a_bad_line_without_a_number_ends_nobody(staffed: Office) -> None:
    text = "\n".join([*STAFF.splitlines()[:2], ",Bo,Li,ED,Clerk,2021-02-15,,,,no", ""])
    found = staffed.look(text, good_rows=True)
    assert found.spares_missing and found.counts[Verdict.ENDED] == 0
    with pytest.raises(Invalid):
        staffed.look(f"{HEAD}\n1001,Ana,Núñez,NOWHERE,Nurse,,,,,\n", good_rows=True)  # nothing is left


# --- facts ------------------------------------------------------------------------------------------------------------

LICENCES = """Employee ID,License Type,State,License Number,Issue Date,Expiration Date
1001,RN,MI,4701,2020-04-01,2026-03-31
1002,CNA,mi,99,2024-01-01,2027-12-31
"""


def test_licences_come_in_are_renewed_ended_and_taken_back(
    db: Database, staffed: Office, number: People, open_now: Any
) -> None:
    first = facts(staffed, "licences", LICENCES)
    assert first.counts == {Verdict.NEW: 2}
    again = facts(staffed, "licences", LICENCES)
    assert again.counts == {Verdict.UNCHANGED: 2} and not again.touched
    with db.transaction() as session:
        by = Actor(None, staffed.clock.now())
        by_hand = qualifications.holdings.term("BLS", None, "", AS_OF, None)
        qualifications.record_licence(session, number("1003"), by_hand, by)
    renewed = LICENCES.replace("2026-03-31", "2028-03-31").replace("1002,CNA", "1003,CNA")
    with pytest.raises(Conflict):
        facts(staffed, "licences", renewed)  # the fuse: one of two would end
    facts(staffed, "licences", renewed, confirmed=True)
    with db.session() as session:
        terms = {
            n: [(t.kind, str(t.to_day)) for t in qualifications.terms(session, number(n))]
            for n in ("1001", "1002", "1003")
        }
        run = undoing.last_run(session)
    assert terms == {
        "1001": [("RN", "2026-04-01"), ("RN", "2028-04-01")], "1002": [("CNA", str(AS_OF))],
        "1003": [("CNA", "2028-01-01"), ("BLS", "9999-12-31")],
    }, "what HR wrote by hand never ends by being absent"  # fmt: skip
    assert run is not None and run.summary["what"] == "licences"
    staffed.undo(run.id)
    with db.session() as session:
        assert [str(t.to_day) for t in qualifications.terms(session, number("1001"))] == ["2026-04-01"]
        assert [str(t.to_day) for t in qualifications.terms(session, number("1002"))] == ["2028-01-01"]
    wrong = LICENCES + "1003,RN,XX,1,2024-01-01,\n7777,RN,MI,1,2024-01-01,\n1003,RN,MI,1,31.12.2024,\n"
    with pytest.raises(Invalid):
        facts(staffed, "licences", wrong)
    facts(staffed, "licences", wrong, good_rows=True)
    assert {(p.number, p.line) for p in open_now(what="licences")} == {("1003", 4), ("7777", 5), ("1003", 6)}
    staffed.clock.advance(minutes=5)
    facts(staffed, "licences", LICENCES)
    assert open_now() == []
    with db.session() as session:
        run = undoing.last_run(session)
    assert run is not None
    staffed.undo(run.id)
    assert len(open_now(what="licences")) == 3, "the file that solved them is taken back"


def test_duties_leaves_and_birth_months_come_in(db: Database, staffed: Office, number: People) -> None:
    duties = "Number,Duty,From,Until\n1001,Perinatal care,2025-01-01,\n1002,In-home care,2025-01-01,2025-12-31\n"
    assert facts(staffed, "duties", duties).counts == {Verdict.NEW: 2}
    facts(staffed, "duties", duties.replace("2025-12-31", "2026-12-31"), partial=True)
    leaves = "Number,First day,Last day,Leave type\n1001,2026-05-01,2026-07-14,Family leave\n"
    facts(staffed, "leaves", leaves)
    with db.transaction() as session:
        first = session.scalars(select(Leave)).one()
        letter = StoredFile(
            sha256="0" * 64, size=1, media_type="application/pdf", name="letter.pdf", purpose="document",
            owner_id=first.person_id, created_at=first.recorded_at,
        )  # fmt: skip
        session.add(letter)
        session.flush()
        first.file_id = letter.id
    facts(staffed, "leaves", leaves.replace("2026-07-14", "2026-08-31"))
    with db.session() as session:
        stands = session.scalars(select(Leave).where(Leave.superseded_at.is_(None))).one()
        assert stands.file_id == letter.id, "a document stays with its leave when a file moves the end"
    facts(staffed, "birth_months", "Number,Birth month\n1001,Sep\n1002,12\n")
    facts(staffed, "birth_months", "Number,Birth month\n1001,9\n1002,11\n")
    with pytest.raises(AttuneError):
        facts(staffed, "birth_months", "Number,Birth month\n1001,1980-09-12\n")  # day and year are nobody's business
    with pytest.raises(Invalid):
        facts(staffed, "leaves", leaves + "1001,2026-06-01,2026-06-30,Sick leave\n")  # overlaps
    with db.session() as session:
        tags = {n: [(t.tag, str(t.to_day)) for t in qualifications.tags(session, number(n))] for n in ("1001", "1002")}
        days = session.execute(select(Leave.from_day, Leave.to_day).where(Leave.superseded_at.is_(None))).all()
        months = dict(
            session.execute(
                select(Person.number, BirthMonth.month)
                .join(Person, Person.id == BirthMonth.person_id)
                .where(BirthMonth.superseded_at.is_(None))
            ).all()
        )
    assert tags == {"1001": [("perinatal-care", "9999-12-31")], "1002": [("in-home-care", "2027-01-01")]}
    assert [(str(first), str(end)) for first, end in days] == [("2026-05-01", "2026-09-01")]
    assert months == {"1001": 9, "1002": 11}
