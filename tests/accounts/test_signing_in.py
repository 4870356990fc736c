"""Signing in and out as people notice it, guessing included."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Flask
from sqlalchemy import func, select

from config import Config
from lms.accounts import actions, passwords, throttle
from lms.accounts import queries as accounts
from lms.accounts.models import Account, SignInSession
from lms.audit import AuditEntry
from lms.clock import FOR_EVER
from lms.db import Database
from tests.accounts.conftest import DAY, PASSWORD, Hospital, SignIn
from tests.support.clocks import SetClock
from tests.support.pages import PageClient
from tests.support.queries import statements

IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=12)


def shown(answer: object) -> str:
    return answer.page.text  # type: ignore[attr-defined,no-any-return]


def test_number_or_address_in_any_case_signs_in(hospital: Hospital, client: PageClient, sign_in: SignIn) -> None:
    hospital.person("A1001", email="Ana.Test@mercy.test")
    for name in ("a1001", "A1001", "ana.test@MERCY.test", "  A1001 "):
        answer = sign_in(name)
        assert answer.status_code == 303, name  # type: ignore[attr-defined]
        page = client.page("/account")
        assert "Test Person A1001" in page.text
        client.submit(page, form="sign-out")
        assert client.get("/account").status_code == 302


def test_two_people_whose_systems_gave_them_the_same_number_both_sign_in(
    hospital: Hospital, client: PageClient, sign_in: SignIn, db: Database
) -> None:
    ours = hospital.person("1001")
    theirs = hospital.person("1001", source="agency", email="float@agency.test")
    with db.transaction() as session:
        account = session.scalars(select(Account).where(Account.person_id == theirs)).one()
        account.password_hash = passwords.hash_password("copper lantern meadow")
    for password, whose in ((PASSWORD, ours), ("copper lantern meadow", theirs)):
        assert sign_in("1001", password).status_code == 303  # type: ignore[attr-defined]
        with db.session() as session:
            newest = select(Account.person_id).join(SignInSession, SignInSession.account_id == Account.id)
            assert session.scalar(newest.order_by(SignInSession.id.desc()).limit(1)) == whose
        client.submit(client.page("/account"), form="sign-out")
    assert "is not right" in shown(sign_in("1001", "neither of the two"))
    assert hospital.account(ours).failures == hospital.account(theirs).failures == 1


def test_unknown_name_and_wrong_password_read_the_same(hospital: Hospital, sign_in: SignIn, db: Database) -> None:
    hospital.person("1001")
    wrong = sign_in("1001", "not the password")
    unknown = sign_in("9999", "not the password")
    never = hospital.person("1002", password=False)
    invited = sign_in("1002", "not the password")
    assert shown(wrong) == shown(unknown) == shown(invited)
    assert wrong.status_code == 422  # type: ignore[attr-defined]
    assert "is not right" in shown(wrong)
    assert hospital.account(never).failures == 1
    with db.session() as session:
        assert session.scalar(select(func.count()).where(AuditEntry.action == "session.refused")) == 2


def test_account_locks_after_many_failures_and_opens_again(
    hospital: Hospital, client: PageClient, sign_in: SignIn, clock: SetClock
) -> None:
    person = hospital.person("1001", email="one@mercy.test")
    for guess in range(actions.FAILURES):
        name = "1001" if guess % 2 else "one@mercy.test"  # two names are one account
        answer = sign_in(name, "guess")
    assert "too many wrong tries" in shown(answer)
    assert "too many wrong tries" in shown(sign_in("1001"))
    assert hospital.account(person).locked_until == clock.now() + actions.LOCKED_FOR
    clock.advance(minutes=16)
    assert sign_in("1001").status_code == 303  # type: ignore[attr-defined]
    assert hospital.account(person).failures == 0


def test_a_name_that_nobody_has_is_slowed_down_just_the_same(hospital: Hospital, sign_in: SignIn) -> None:
    answers = [shown(sign_in("nobody", "guess")) for _ in range(actions.FAILURES + 1)]
    assert "is not right" in answers[0] and "too many wrong tries" in answers[-1]


def test_a_whole_hospital_behind_one_address_signs_in_at_shift_change(
    hospital: Hospital, db: Database, clock: SetClock
) -> None:
    hospital.person("1001")
    home = "203.0.113.9"

    def sign_in_as(name: str, correct: bool) -> actions.SignInResult:
        with db.transaction() as session:
            challenge = actions.open_sign_in(session, name, clock.now(), home)
            proved = [account_id for account_id, _ in challenge.accounts] if correct else []
            return actions.finish_sign_in(session, challenge, proved, now=clock.now(), address=home, agent=None)

    for _ in range(throttle.PER_ADDRESS.times + 20):
        assert sign_in_as("1001", True).token
    for number in range(throttle.PER_ADDRESS.times):
        assert sign_in_as(f"guess{number}", False).message is actions.WRONG
    assert sign_in_as("1001", True).message is actions.WAIT, "guessing many names from one address is slowed down"
    clock.advance(minutes=16)
    assert sign_in_as("1001", True).token


def test_session_ends_by_idling_and_by_age(
    hospital: Hospital, sign_in: SignIn, client: PageClient, clock: SetClock
) -> None:
    hospital.person("1001")
    sign_in("1001")
    for _ in range(4):
        clock.advance(minutes=29)
        assert client.get("/account").status_code == 200, "using it keeps it alive"
    clock.advance(minutes=31)
    assert client.get("/account").status_code == 302
    sign_in("1001")
    for _ in range(25):
        clock.advance(minutes=29)
        last = client.get("/account").status_code
    assert last == 302, "twelve hours are the end"


def test_signing_out_makes_the_cookie_worthless(
    hospital: Hospital, sign_in: SignIn, client: PageClient, app: Flask
) -> None:
    hospital.person("1001")
    sign_in("1001")
    stolen = client.get_cookie("attune")
    assert stolen is not None
    client.submit(client.page("/account"), form="sign-out")
    thief = app.test_client()
    thief.set_cookie("attune", stolen.value)
    assert thief.get("/account").status_code == 302


def test_employment_that_ends_shuts_out_the_same_day(
    hospital: Hospital, sign_in: SignIn, client: PageClient, clock: SetClock
) -> None:
    # 15 June, 10:00 in New York; the last day of work is the 15th, so the 16th is the first day outside.
    hospital.person("1001", employed=(date(2021, 3, 1), date(2026, 6, 16)))
    clock.advance(hours=13, minutes=40)  # 23:40 on the 15th, already the 16th in UTC
    assert sign_in("1001").status_code == 303  # type: ignore[attr-defined]
    assert client.get("/account").status_code == 200
    clock.advance(minutes=25)  # five past midnight
    assert client.get("/account").status_code == 302
    assert "is not right" in shown(sign_in("1001"))


def test_coming_back_and_coming_first() -> None:
    today = date(2026, 6, 15)
    former, again = (date(2020, 1, 1), date(2022, 1, 1)), (date(2026, 6, 15), FOR_EVER)
    assert accounts.employment_over([former], today)
    assert not accounts.employment_over([former, again], today)
    assert accounts.employment_over([former, again], today - DAY)
    assert not accounts.employment_over([again], today - 30 * DAY), "invited before the first day"
    assert not accounts.employment_over([], today), "the first administrator"


def test_demo_accounts_exist_only_in_the_demo(
    hospital: Hospital, sign_in: SignIn, client: PageClient, config: Config, clock: SetClock, db: Database
) -> None:
    from lms.app import create_app

    hospital.person("demo-nurse", demo=True)
    assert "is not right" in shown(sign_in("demo-nurse")), "neither the program nor the organisation is a demo"
    demo_app = create_app(config.with_(demo=True), clock, db)
    demo_app.test_client_class = PageClient
    in_demo_program = demo_app.test_client()
    assert "is not right" in shown(sign_in("demo-nurse", by=in_demo_program)), "a real organisation"
    assert "Look around as" not in in_demo_program.get("/sign-in").text, "nor are any offered there"
    hospital.change(demo=True)
    assert "is not right" in shown(sign_in("demo-nurse")), "`lms serve` on a demo database"
    assert "Look around as" in in_demo_program.get("/sign-in").text
    assert sign_in("demo-nurse", by=in_demo_program).status_code == 303  # type: ignore[attr-defined]
    brought = in_demo_program.get_cookie("attune")
    assert brought is not None and in_demo_program.get("/account").status_code == 200
    client.set_cookie("attune", brought.value)
    assert client.get("/account").status_code == 302, "nor does a session that began in the demo go on elsewhere"
    hospital.change(demo=False)
    assert in_demo_program.get("/account").status_code == 302, "the session ends with the demo"


def test_next_stays_on_this_site(hospital: Hospital, client: PageClient) -> None:
    hospital.person("1001")
    for target, lands in (
        ("/account?x=1", "/account?x=1"),
        ("//evil.example/a", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
    ):
        page = client.page("/sign-in", query_string={"next": target})
        answer = client.submit(page, {"name": "1001", "password": PASSWORD}, form="sign-in", follow=False)
        assert answer.location == lands
        client.submit(client.page("/account"), form="sign-out")


def test_who_is_asking_takes_one_statement(hospital: Hospital, db: Database, clock: SetClock) -> None:
    person = hospital.person("1001")
    with db.transaction() as session:
        account = session.scalars(select(Account).where(Account.person_id == person)).one()
        token = actions.begin_session(session, account, clock.now())
        stored = session.scalars(select(SignInSession.token_hash)).one()
    assert stored == passwords.digest(token) and token not in stored
    with db.session() as session, statements() as sent:
        viewer = accounts.viewer_for_token(session, token, clock.now(), IDLE, LONGEST)
    assert viewer is not None and viewer.person_id == person
    assert len([one for one in sent.all if one.lower().startswith("select")]) == 1


def test_forms_without_a_csrf_token_are_refused(hospital: Hospital, client: PageClient) -> None:
    hospital.person("1001")
    answer = client.post("/sign-in", data={"name": "1001", "password": PASSWORD})
    assert answer.status_code in {400, 419}
    assert client.get("/account").status_code == 302
