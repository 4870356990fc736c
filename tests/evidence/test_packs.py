"""What a pack holds: everything about its people and nothing about others; the same bytes for the same question."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from sqlalchemy import delete, select

from config import Config
from lms.audit import Actor
from lms.catalogue import queries as catalogue
from lms.catalogue.actions import publish
from lms.catalogue.disk import load_course
from lms.compliance import queries as compliance
from lms.compliance.equivalencies import actions as equivalencies
from lms.compliance.equivalencies.actions import Stated
from lms.db import Database
from lms.evidence.folder import manifest, zipped
from lms.evidence.people import found
from lms.evidence.scope import Scope
from lms.evidence.summary import come_due
from lms.evidence.verification import verify
from lms.files import FileStore, StoredFile
from lms.learning import actions as learning
from lms.learning.models import Answer, Attempt, Enrolment
from lms.people import qualifications
from lms.people.holdings import term
from lms.people.models import Employment, Person
from lms.people.pasted import entries
from lms.policies import actions as policies
from lms.policies.models import Acknowledgement, Policy, PolicyDocument, PolicyVersion
from lms.records.models import TrainingRecord
from lms.records.outside import actions as outside
from lms.records.outside.judging import Claim, Counting
from lms.records.outside.models import Outcome
from tests.support.clocks import SetClock
from tests.support.demo import TODAY

PackOf = Callable[..., bytes]


def opened(data: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(data))


def people(data: bytes) -> list[dict[str, Any]]:
    with opened(data) as pack:
        return [json.loads(pack.read(name)) for name in pack.namelist() if name.startswith("people/")]


def table(data: bytes, name: str) -> list[dict[str, str]]:
    with opened(data) as pack:
        return list(csv.DictReader(io.StringIO(pack.read(f"tables/{name}.csv").decode())))


def test_the_same_question_gives_the_same_bytes(pack_of: PackOf) -> None:
    assert pack_of(numbers=("learner", "manager")) == pack_of(numbers=("learner", "manager"))


def test_what_happens_later_changes_nothing(
    pack_of: PackOf, hospital: Database, clock: SetClock, worker: Any, who: Callable[[str], int]
) -> None:
    """A pack that is asked for again with the moment it knew of is the same, whatever was written down since."""
    from lms.audit import Actor
    from lms.compliance import actions
    from lms.evidence.building import build
    from lms.organisation import Organisation, load

    moment = clock.now()
    before = pack_of(numbers=("learner",))
    clock.advance(hours=1)
    with hospital.transaction() as session:
        row, _ = compliance.exemptions(session, who("learner"))[0]
        actions.end_exemption(session, row.id, TODAY, "back in care", Actor(who("hr"), clock.now(), "10.1.1.1"))
    worker.drain()
    with hospital.session() as session:
        scope = Scope(TODAY, moment, numbers=("learner",))
        again = build(session, scope, found(session, scope), load(session) or Organisation(name="")).data
    assert again == before
    assert pack_of(numbers=("learner",)) != before


def test_sha256sum_repeats_the_check(pack_of: PackOf, tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    with opened(pack_of(numbers=("learner",))) as pack:
        pack.extractall(folder)
    run = subprocess.run(
        ["sha256sum", "-c", "--strict", "MANIFEST"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count(": OK") == sum(path.is_file() for path in folder.rglob("*")) - 1


def test_a_person_in_full(pack_of: PackOf, hospital: Database, who: Callable[[str], int]) -> None:
    learner = who("learner")
    told = people(pack_of(numbers=("learner",)))
    assert [person["number"] for person in told] == ["learner"]
    person = told[0]
    with hospital.session() as session:
        records = session.scalars(select(TrainingRecord).where(TrainingRecord.person_id == learner)).all()
        attempts = session.scalars(
            select(Attempt).join(Enrolment, Enrolment.id == Attempt.enrolment_id).where(Enrolment.person_id == learner)
        ).all()
        duties = {duty.code: duty for duty in compliance.duties(session, learner, TODAY)}
        answers = session.scalars(select(Answer).where(Answer.attempt_id.in_([a.id for a in attempts]))).all()
    assert {record["id"] for record in person["records"]} == {record.id for record in records} != set()
    assert all(len(record["content_sha256"]) == 64 and record["language"] for record in person["records"])
    assert {a["id"] for a in person["attempts"]} == {attempt.id for attempt in attempts}
    asked = [question for attempt in person["attempts"] for question in attempt.get("questions", [])]
    assert sum(len(question["answers"]) for question in asked) + sum(
        len(attempt.get("scenes", [])) for attempt in person["attempts"]
    ) == len(answers)
    shown = next(question for question in asked if question["answers"])
    assert shown["question"] and shown["order_shown"] and shown["answers"][0]["in_words"]
    assert not any("feedback" in key or "explanation" in key for key in shown["texts"]), (
        "only what was shown before the answer"
    )
    for each in person["assignments"]:
        duty = duties.pop(each["requirement"])
        assert (each["state"], each["due"]) == (duty.state, duty.due.isoformat() if duty.due else None)
        assert each["rule_version"] and each["why_assigned"] and each["why_this_state"]
    assert duties == {}
    decision = next(d for d in person["decisions"] if d["kind"] == "exemption")
    assert (decision["reason"], decision["decided_by"]) == ("Research only this summer", _name(hospital, who("hr")))
    assert person["certificates"] and person["certificates"][0]["number"]


def _name(db: Database, person_id: int) -> str:
    with db.session() as session:
        return session.get_one(Person, person_id).display_name


def test_its_own_audit_entries_and_only_digests_of_others(pack_of: PackOf) -> None:
    data = pack_of(numbers=("learner",))
    with opened(data) as pack:
        entries = json.loads(pack.read("audit/entries.json"))
        chain = pack.read("audit/chain.csv").decode().splitlines()
        everything = b"".join(pack.read(name) for name in pack.namelist())
    actions = [entry["content"]["action"] for entry in entries]
    assert {"exemption.grant", "record.award"} <= set(actions)
    assert not any(action.startswith("session.") for action in actions), "when somebody signed in proves no training"
    granted = entries[actions.index("exemption.grant")]
    assert granted["reason"] == "Research only this summer" and granted["origin_value"] == "10.1.1.1"
    assert len(chain) > 2 and all(len(line.split(",")[1]) == 64 for line in chain[1:])
    assert b"10.2.2.2" not in everything, "where the manager came from is nobody's business here"


def test_a_requirement_takes_those_to_whom_it_applies(pack_of: PackOf, hospital: Database) -> None:
    told = people(pack_of(requirement="LANG-ACCESS"))
    with hospital.session() as session:
        required = {row.person_id for row in _everybody(session, "LANG-ACCESS")}
    assert {person["id"] for person in told} == required
    assert {each["requirement"] for person in told for each in person["assignments"]} == {"LANG-ACCESS"}
    courses = {record["course"] for person in told for record in person["records"]}
    assert courses == {"LA-110"}, "records of other courses are nobody's business here"


def _everybody(session: Any, code: str) -> list[Any]:
    ident = next(version.requirement_id for version, each in compliance.requirements(session, TODAY) if each == code)
    return list(compliance.people_in(session, compliance.Who(TODAY, ident), size=1000).rows)


def test_a_surveyors_list_with_leavers_and_unknown_numbers(pack_of: PackOf, hospital: Database) -> None:
    with hospital.session() as session:
        here = select(Employment.person_id).where(Employment.to_day > TODAY)
        gone = session.scalars(
            select(Person.number)
            .join(Employment, Employment.person_id == Person.id)
            .where(Employment.to_day < TODAY, Person.id.not_in(here))
            .order_by(Person.id)
        ).first()
    assert gone is not None
    numbers = entries(f"learner\r\n{gone}, 000-nobody;\tLEARNER\n\n")
    data = pack_of(numbers=numbers)
    assert {person["number"] for person in people(data)} == {"learner", gone}
    with opened(data) as pack:
        assert json.loads(pack.read("pack.json"))["unknown_numbers"] == ["000-nobody"]
    leaver = next(person for person in people(data) if person["number"] == gone)
    assert leaver["on_the_day"] is None and leaver["employments"][-1]["to"] is not None
    assert len(table(data, "people")) == 2


def test_tables_hold_what_the_files_hold(pack_of: PackOf) -> None:
    data = pack_of(department="ED")
    told = people(data)
    for part in ("assignments", "records", "attempts", "decisions", "certificates"):
        assert len(table(data, part)) == sum(len(person[part]) for person in told), part
    assert len(told) > 3 and verify(data).faults == []


def test_the_summary_counts_as_the_rates_of_the_pages_do() -> None:
    states = ["compliant", "renewal_open", "in_grace", "overdue", "overdue", "open", "upcoming", "on_leave", "exempt"]
    assert come_due(states) == (2, 5)
    assert come_due(["exempt"]) == (0, 0)


def test_the_summary_is_a_tagged_document(pack_of: PackOf) -> None:
    with opened(pack_of(numbers=("learner", "nobody-has-this"))) as pack:
        data = pack.read("summary.pdf")
    with pikepdf.open(io.BytesIO(data)) as document:
        assert document.Root.MarkInfo.Marked and document.Root.Lang == "en"
        assert "/StructTreeRoot" in document.Root
        assert "Evidence of training" in str(document.docinfo["/Title"])


def test_the_summary_is_in_the_language_asked_for_and_the_files_are_the_same(pack_of: PackOf) -> None:
    english, spanish = (opened(pack_of(numbers=("learner",), language=language)) for language in ("en", "es"))
    with english, spanish:
        other = {name for name in english.namelist() if english.read(name) != spanish.read(name)}
        assert other == {"MANIFEST", "pack.json", "summary.pdf"}
        assert json.loads(spanish.read("pack.json"))["language"] == "es"
        with pikepdf.open(io.BytesIO(spanish.read("summary.pdf"))) as document:
            assert document.Root.Lang == "es"


def test_what_people_hold_and_acknowledged(
    hospital: Database, who: Callable[[str], int], clock: SetClock, pack_of: PackOf
) -> None:
    """Licences and duties with who wrote them down, acknowledgements with the digest of the document that was read, as of the day."""
    by = Actor(who("hr"), clock.now(), "10.1.1.1")
    rn = term("RN", "MI", "4704-1", date(2024, 4, 1), date(2027, 3, 31))
    gone = term("BLS", None, "b-9", date(2020, 1, 1), date(2021, 12, 31))
    later = term("CCRN", None, "c-1", TODAY + timedelta(days=1), None)
    with hospital.transaction() as session:
        for each in (rn, gone, later):
            qualifications.record_licence(session, who("learner"), each, by)
        qualifications.give_duty(session, who("learner"), "perinatal-care", date(2026, 1, 1), None, by)
        version, code, document = session.execute(
            select(PolicyVersion.id, Policy.code, StoredFile.sha256)
            .join(Policy, Policy.id == PolicyVersion.policy_id)
            .join(PolicyDocument, (PolicyDocument.version_id == PolicyVersion.id) & (PolicyDocument.language == "es"))
            .join(StoredFile, StoredFile.id == PolicyDocument.file_id)
            .where(PolicyVersion.from_day <= TODAY)
            .order_by(PolicyVersion.number.desc())
        ).first() or pytest.fail("the demo has a policy in Spanish")
        session.execute(delete(Acknowledgement).where(Acknowledgement.person_id == who("learner")))
        policies.acknowledge(session, version, who("learner"), "es", TODAY, Actor(who("learner"), clock.now()))
    clock.advance(minutes=1)
    data = pack_of(numbers=("learner",))
    [person] = people(data)
    licences = [each for each in person["licences"] if each["licence_number"] in ("4704-1", "b-9", "c-1")]
    assert [(each["kind"], each["to"], each["held_on_the_day"]) for each in licences] == [
        ("BLS", "2021-12-31", False),
        ("RN", "2027-03-31", True),
    ], "one that begins tomorrow is none on the day"
    assert {each["recorded_by"] for each in licences} == {_name(hospital, who("hr"))}
    assert [each["from"] for each in person["duties"] if each["duty"] == "perinatal-care"] == ["2026-01-01"]
    [said] = [each for each in person["acknowledgements"] if each["policy"] == code]
    assert (said["language"], said["document_sha256"]) == ("es", document)
    for part in ("licences", "duties", "acknowledgements"):
        assert len(table(data, part)) == len(person[part]) > 0, part
    assert table(data, "licences")[0]["number"] == "learner"
    [narrow] = people(pack_of(requirement="LANG-ACCESS", numbers=("learner",)))
    assert (narrow["licences"], narrow["duties"], narrow["acknowledgements"]) == ([], [], []), (
        "a rule that asks for no licence is no reason to show them"
    )


def test_what_was_learnt_elsewhere_with_who_decided_and_the_hash_of_the_document(
    pack_of: PackOf, hospital: Database, who: Callable[[str], int], clock: SetClock, config: Config
) -> None:
    """As known before the approval was taken back it counted; afterwards the pack says that it does not. Another rule's pack is silent."""
    files, learner, hr = FileStore(config.data_dir / "files"), who("learner"), Actor(who("hr"), clock.now())
    with hospital.transaction() as session:
        paper = files.put(
            session, io.BytesIO(b"%PDF proof"), name="p.pdf", media_type="application/pdf", purpose="outside training", owner_id=learner,
            now=clock.now(),
        )  # fmt: skip
        claim = Claim("Bias", "State", date(2026, 3, 1), 60, certificate_number="A-7")
        training = outside.hand_in(session, learner, claim, paper, Actor(learner, clock.now()))
        counting = Counting("Bias", "State University", date(2026, 3, 2), 90, {"bias": 60}, courses=("cc-101",))
        outside.decide(session, training.id, Outcome.APPROVED, "", hr, counting)
        said = Stated("cc-101", date(2026, 1, 1), "Same contents", "la-110", rests_on="Compared")
        equivalencies.state(session, said, None, hr)
        digest = paper.sha256
    clock.advance(minutes=1)
    data = pack_of(numbers=("learner",))
    [person] = people(data)
    told = next(each for each in person["outside_training"] if each["title"] == "Bias")
    assert (told["state"], told["finished_on"], told["minutes"], told["document_sha256"]) == (
        "approved",
        "2026-03-02",
        90,
        digest,
    )
    assert told["decided_by"] == _name(hospital, who("hr")) and told["counts_as_courses"] == ["cc-101"]
    assert ("la-110", "cc-101") in [(each["done_as"], each["counts_as"]) for each in person["equivalencies"]]
    assert "A-7" in [row["certificate_number"] for row in table(data, "outside_training")]
    [narrow] = people(pack_of(numbers=("learner",), requirement="LANG-ACCESS"))
    assert "Bias" not in [each["title"] for each in narrow["outside_training"]]
    assert "cc-101" not in [each["counts_as"] for each in narrow["equivalencies"]]
    with hospital.transaction() as session:
        outside.decide(session, training.id, Outcome.REVOKED, "Forged", Actor(who("hr"), clock.now()))
    clock.advance(minutes=1)
    [person] = people(pack_of(numbers=("learner",)))
    later = next(each for each in person["outside_training"] if each["title"] == "Bias")
    assert (later["state"], later["reason"], later["document_sha256"]) == ("revoked", "Forged", digest)


def test_private_reflections_are_left_out_and_the_question_is_not(
    hospital: Database, config: Config, who: Callable[[str], int], clock: SetClock, pack_of: PackOf
) -> None:
    """Who wrote it was told that nobody else is shown it: it is in no file of the pack."""
    folder = Path(__file__).resolve().parents[1] / "courses" / "every-type"
    with hospital.transaction() as session:
        files = FileStore(config.data_dir / "files")
        version = publish(session, load_course(folder), files, by=Actor(who("hr"), clock.now())).version
        content = catalogue.content(session, version.id)
        own = learning.enrol(session, who("learner"), version.course_id, version.id, now=clock.now(), by=who("learner"))
        attempt = learning.start(session, own, content, "every-check", language="en", seed="1", now=clock.now())
        for item, response in (
            ("your-ward", {"text": "Afraid of the screen"}),
            ("how-sure", {"options": ["a-little"]}),
        ):
            learning.answer(session, attempt, content, item, response, language="en", key=item, now=clock.now())
    clock.advance(minutes=1)
    data = pack_of(numbers=("learner",))
    with opened(data) as pack:
        everything = b"".join(pack.read(name) for name in pack.namelist())
    assert b"Afraid of the screen" not in everything
    [told] = [each for each in people(data)[0]["attempts"] if each["course"] == "ALL-1"]
    shown = {question["item"]: question for question in told["questions"]}
    assert "without an interpreter" in shown["your-ward"]["question"]
    [answer] = shown["your-ward"]["answers"]
    assert answer["at"] and (answer["response"], answer["in_words"]) == ({}, ""), "that it was answered is told"
    assert shown["how-sure"]["answers"][0]["in_words"] == "A little", "other answers stand in full"


def test_a_name_that_is_a_path_or_a_formula_does_no_harm() -> None:
    from lms.evidence.building import _file_name
    from lms.evidence.folder import csv_file

    assert _file_name({"number": "../../etc/passwd", "id": 3}) == ".._.._etc_passwd-3"
    assert csv_file(("a",), [["=HYPERLINK(1)"]]) == b"a\r\n'=HYPERLINK(1)\r\n"


def test_files_are_in_order_and_without_moments() -> None:
    data = zipped({"b": b"2", "a": b"1"})
    with opened(data) as pack:
        assert pack.namelist() == ["MANIFEST", "a", "b"]
        assert {entry.date_time for entry in pack.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert pack.read("MANIFEST") == manifest({"a": b"1", "b": b"2"})


@pytest.mark.parametrize("about", [{"requirement": "NO-SUCH"}, {"department": "NO-SUCH"}])
def test_what_does_not_exist_is_said(pack_of: PackOf, about: dict[str, str]) -> None:
    from lms.errors import NotFound

    with pytest.raises(NotFound, match="NO-SUCH"):
        pack_of(**about)
