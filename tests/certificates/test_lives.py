"""What becomes of a certificate, and what the public page says of it."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pikepdf
import pypdfium2
import pytest
from sqlalchemy import func, select

from lms.audit import Actor, AuditEntry
from lms.certificates import queries
from lms.certificates.models import Certificate, CertificateStatus
from lms.certificates.pdf import certificate_pdf
from lms.certificates.wording import certificate_fields
from lms.db import Database
from lms.errors import Conflict, Invalid
from lms.files import StoredFile
from lms.flows import admitting, certifying
from lms.notices.models import Mail
from lms.organisation import MailServer as Server
from lms.records.models import TrainingRecord
from lms.worker import Worker
from lms.worker.jobs import certify
from tests.accounts.conftest import Hospital
from tests.certificates.conftest import Passed
from tests.support.clocks import SetClock
from tests.support.mail import MailServer
from tests.support.pages import PageClient

Passes = Callable[[int], Passed]


@pytest.fixture
def ana(hospital: Hospital, passes: Passes) -> Passed:
    """A nurse who passed today."""
    return passes(hospital.person("1001", email="ana@mercy.test", department=hospital.department("ED")))


@pytest.fixture
def hr(hospital: Hospital) -> int:
    """Somebody who may correct and revoke."""
    return hospital.person("9001")


def shown(client: PageClient, number: str, status: int = 200) -> str:
    return client.page(f"/verify/{number}", status=status).text


# --- delivery ---------------------------------------------------------------------------------------------------------


def test_the_job_run_twice_makes_one_pdf_and_one_mail(
    ana: Passed, worker: Worker, db: Database, hospital: Hospital, smtp: MailServer
) -> None:
    hospital.mail_to(smtp)
    assert worker.drain() == 2, "certificate, then mail"
    certify({"certificate": ana.certificate}, worker.bench)
    assert worker.drain() == 0
    (message,) = smtp.wait_for(1)
    (attached,) = message.iter_attachments()
    assert attached.get_content().startswith(b"%PDF") and attached.get_filename() == f"{ana.number}.pdf"
    with db.session() as session:
        assert session.scalar(select(func.count(Mail.id))) == 1
        assert session.scalar(select(func.count()).where(StoredFile.purpose == "certificate")) == 1


def test_without_a_mail_server_the_mail_waits_until_one_is_set_up(
    ana: Passed, worker: Worker, db: Database, hospital: Hospital, smtp: MailServer, clock: SetClock
) -> None:
    worker.drain()
    with db.session() as session:
        assert session.scalars(select(Mail)).one().sent_at is None
    ready = replace(hospital.own, mail=Server(smtp.host, smtp.port, sender="training@mercy.test"))
    with db.transaction() as session:
        admitting.save_settings(session, ready, Actor(None, clock.now()))
    worker.drain()
    assert smtp.wait_for(1)[0]["To"] == "ana@mercy.test"


def test_somebody_without_an_address_gets_the_pdf_on_the_transcript(
    hospital: Hospital, passes: Passes, worker: Worker, db: Database, signed_in: Callable[[int], PageClient]
) -> None:
    bo = passes(hospital.person("1002"))
    worker.drain()
    with db.session() as session:
        assert session.scalar(select(func.count(Mail.id))) == 0
    client = signed_in(bo.person)
    assert bo.number in client.page("/transcript").text
    assert client.get(f"/certificates/{bo.number}.pdf").data.startswith(b"%PDF")


def test_the_pdf_is_tagged_and_names_the_person(
    ana: Passed, worker: Worker, db: Database, signed_in: Callable[[int], PageClient]
) -> None:
    data = signed_in(ana.person).get(f"/certificates/{ana.number}.pdf").data
    text = " ".join(pypdfium2.PdfDocument(data)[0].get_textpage().get_text_range().split())
    for words in (
        "Test Person 1001",
        "Asking before advising",
        "TEA-101",
        ana.number,
        "June 15, 2026",
        "20 min",
        "100%",
    ):
        assert words in text, words
    with pikepdf.open(io.BytesIO(data)) as document:
        assert document.Root.MarkInfo.Marked and document.Root.Lang == "en"
    worker.drain()
    assert signed_in(ana.person).get(f"/certificates/{ana.number}.pdf").data == data, "always the same bytes"


@pytest.mark.parametrize(
    ("minutes", "said"), [(60, "1 contact hour"), (120, "2 contact hours"), (45, "0.75 contact hours")]
)
def test_contact_hours_are_counted_in_words(
    ana: Passed, db: Database, hospital: Hospital, minutes: int, said: str
) -> None:
    with db.session() as session:
        held = session.get_one(Certificate, ana.certificate)
        held.snapshot = held.snapshot | {"minutes": minutes}
        data = certificate_pdf(certificate_fields(held, hospital.own))
    text = " ".join(pypdfium2.PdfDocument(data)[0].get_textpage().get_text_range().split())
    assert f" {said} " in text


def test_another_persons_certificate_does_not_exist(
    ana: Passed, hospital: Hospital, signed_in: Callable[[int], PageClient], client: PageClient
) -> None:
    other = signed_in(hospital.person("1002"))
    assert other.get(f"/certificates/{ana.number}.pdf").status_code == 404
    assert other.get("/certificates/2026-NONE1-NONE2.pdf").status_code == 404
    assert client.get(f"/certificates/{ana.number}.pdf").location.startswith("/sign-in")


# --- verification -----------------------------------------------------------------------------------------------------


def test_a_valid_certificate_says_what_was_certified_and_nothing_else(ana: Passed, client: PageClient) -> None:
    text = shown(client, ana.number)
    for words in (
        "This certificate is valid.",
        "Test Person 1001",
        "Asking before advising",
        "20 minutes",
        "Mercy Test",
    ):
        assert words in text, words
    assert "Score" not in text and "ana@" not in text and "Nurse" not in text, "no score, no address, no job"


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{1}", "{2}", "{3}", "{4}", "{5}"])
def test_a_number_is_found_as_people_type_it(ana: Passed, client: PageClient, typed: str) -> None:
    n = ana.number
    dashes, slashes = n.replace("-", "–"), n.replace("-", "/")
    number = typed.format(n, n.lower(), n.replace("-", " "), n.replace("-", ""), dashes, slashes)
    found = client.submit(client.page("/verify"), {"number": number}, form="verify")
    assert found.status_code == 200 and "This certificate is valid." in found.page.text


@pytest.mark.parametrize("typed", ["", "   ", "/", "?", "–"])
def test_no_number_asks_again(hospital: Hospital, client: PageClient, typed: str) -> None:
    assert client.submit(client.page("/verify"), {"number": typed}, form="verify").page.h1 == "Verify a certificate"


def test_an_unknown_number_says_so(hospital: Hospital, client: PageClient) -> None:
    assert "There is no certificate with the number 2026-AAAAA-AAAAA" in shown(client, "2026-AAAAA-AAAAA", 404)
    assert client.get("/verify/" + "9" * 3000).status_code == 404
    assert client.get("/verify/%01%27%22%3Cscript%3E").status_code == 404


def test_trying_numbers_is_slowed_down_and_finds_nothing(ana: Passed, client: PageClient, clock: SetClock) -> None:
    for _ in range(30):
        assert client.get("/verify/2026-AAAAA-AAAAA").status_code == 404
    refused = client.get("/verify/2026-AAAAA-AAAAA")
    assert refused.status_code == 429 and "wait" in refused.page.text
    assert client.get(f"/verify/{ana.number}").status_code == 429, "a hit would tell as much"
    clock.advance(minutes=11)
    assert "valid" in shown(client, ana.number)


def test_it_expires_the_day_after_its_last_good_day(ana: Passed, client: PageClient, clock: SetClock) -> None:
    clock.moment = clock.moment.replace(year=2027, month=6, day=14)
    assert "is valid" in shown(client, ana.number)
    clock.advance(days=1)
    text = shown(client, ana.number)
    assert "has expired" in text and "June 14, 2027" in text


def test_a_correction_supersedes(
    ana: Passed, hr: int, db: Database, worker: Worker, client: PageClient, clock: SetClock, hospital: Hospital,
    smtp: MailServer, signed_in: Callable[[int], PageClient],
) -> None:  # fmt: skip
    hospital.mail_to(smtp)
    worker.drain()
    clock.advance(days=3)
    with db.transaction() as session:
        old = session.get_one(Certificate, ana.certificate)
        new = certifying.reissue_certificate(
            session, old, person_name="  Ana Łukasiewicz ", reason="Name misspelt", actor=Actor(hr, clock.now())
        )
        number = new.number
        assert (new.valid_until, new.issued_on) == (date(2027, 6, 14), date(2026, 6, 18)), (
            "it lasts no longer than the old"
        )
    worker.drain()
    assert len(smtp.wait_for(2)) == 2
    old_page = client.page(f"/verify/{ana.number}")
    assert "replaced by a corrected one" in old_page.text and "Test Person 1001" in old_page.text
    assert "Ana Łukasiewicz" in client.page(old_page.link(number)).text
    data = signed_in(ana.person).get(f"/certificates/{number}.pdf").data
    text = " ".join(pypdfium2.PdfDocument(data)[0].get_textpage().get_text_range().split())
    assert "Ana Łukasiewicz" in text and f"Replaces certificate {ana.number}" in text
    transcript = signed_in(ana.person).page("/transcript")
    assert number in transcript.text and ana.number not in transcript.text
    with db.session() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "certificate.reissue")).one()
        assert entry.reason == "Name misspelt"
        assert session.scalar(select(func.count(TrainingRecord.id))) == 1, "the record is one and the same"


def test_what_is_superseded_or_revoked_is_not_issued_again(ana: Passed, hr: int, db: Database, clock: SetClock) -> None:
    by = Actor(hr, clock.now())
    with db.transaction() as session:
        old = session.get_one(Certificate, ana.certificate)
        for name, reason in (("  ", "why"), ("Ana", " ")):
            with pytest.raises(Invalid):
                certifying.reissue_certificate(session, old, person_name=name, reason=reason, actor=by)
        new = certifying.reissue_certificate(session, old, person_name="Ana", reason="typo", actor=by)
        with pytest.raises(Conflict):
            certifying.reissue_certificate(session, old, person_name="Anna", reason="typo", actor=by)
        certifying.revoke_record(session, session.get_one(TrainingRecord, ana.record), reason="Cheated", actor=by)
        with pytest.raises(Conflict):
            certifying.reissue_certificate(session, new, person_name="Anna", reason="typo", actor=by)


def test_a_revoked_record_takes_its_certificate_along(
    ana: Passed, hr: int, db: Database, client: PageClient, clock: SetClock, signed_in: Callable[[int], PageClient]
) -> None:
    clock.advance(hours=13)  # 23:00 in New York, the next day already in UTC
    with db.transaction() as session:
        held = session.get_one(TrainingRecord, ana.record)
        with pytest.raises(Invalid):
            certifying.revoke_record(session, held, reason=" ", actor=Actor(hr, clock.now()))
        certifying.revoke_record(session, held, reason="Cheated", actor=Actor(hr, clock.now()))
    text = shown(client, ana.number)
    assert "has been revoked" in text and "June 15, 2026" in text
    assert "Cheated" not in text, "the reason is not for the public"
    assert "Cheated" in signed_in(ana.person).page("/transcript").text
    clock.moment = clock.moment.replace(year=2028)
    assert "has been revoked" in shown(client, ana.number), "revoked is graver than expired"


@pytest.mark.postgres
def test_two_who_correct_at_the_same_time_make_one_correction(
    ana: Passed, hr: int, db: Database, clock: SetClock
) -> None:
    gate, outcomes = threading.Barrier(4, timeout=20), []

    def correct() -> None:
        gate.wait()
        try:
            with db.transaction() as session:
                old = session.get_one(Certificate, ana.certificate)
                certifying.reissue_certificate(
                    session, old, person_name="Ana", reason="typo", actor=Actor(hr, clock.now())
                )
            outcomes.append("done")
        except Conflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=correct) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict"] * 3 + ["done"]


def test_every_fate_has_its_word(ana: Passed, hr: int, db: Database, clock: SetClock) -> None:
    today = date(2026, 6, 15)
    with db.transaction() as session:
        held = queries.by_number(session, ana.number, today)
        assert held is not None and held.status is CertificateStatus.VALID
        certifying.reissue_certificate(
            session, held.certificate, person_name="A", reason="r", actor=Actor(hr, clock.now())
        )
        assert [v.status for v in queries.of_person(session, ana.person, today)] == ["valid", "superseded"]
        certifying.revoke_record(
            session, session.get_one(TrainingRecord, ana.record), reason="r", actor=Actor(hr, clock.now())
        )
        assert [v.status for v in queries.of_person(session, ana.person, today)] == ["revoked", "revoked"]
