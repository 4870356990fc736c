"""My account: language, password, e-mail address, devices."""

from __future__ import annotations

import re

from sqlalchemy import select

from lms.db import Database
from lms.notices.models import Mail
from lms.people.models import Person
from tests.accounts.conftest import PASSWORD, Hospital, SignIn
from tests.support.pages import PageClient

NEW = "lantern river biscuit"


def browser(client: PageClient) -> PageClient:
    other = client.application.test_client()
    assert isinstance(other, PageClient)
    return other


def test_changing_the_password_signs_out_other_devices(
    hospital: Hospital, client: PageClient, sign_in: SignIn, db: Database
) -> None:
    hospital.person("1001", email="one@mercy.test")
    other = browser(client)
    sign_in("1001")
    sign_in("1001", by=other)
    page = client.page("/account")
    wrong = client.submit(
        page, {"current": "wrong", "new_password": NEW, "repeat": NEW}, form="change-password", budget=None
    )
    assert wrong.status_code == 422 and "current password is not right" in wrong.page.text  # type: ignore[attr-defined]
    weak = client.submit(
        page, {"current": PASSWORD, "new_password": "short", "repeat": "short"}, form="change-password"
    )
    assert weak.status_code == 422 and "at least 12" in weak.page.text  # type: ignore[attr-defined]
    assert other.get("/account").status_code == 200
    client.submit(page, {"current": PASSWORD, "new_password": NEW, "repeat": NEW}, form="change-password", budget=None)
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 302
    assert sign_in("1001", NEW, by=other).status_code == 303  # type: ignore[attr-defined]
    with db.session() as session:
        assert session.scalars(select(Mail.kind)).all() == ["password_changed"]


def test_language_changes_the_pages_at_once(
    hospital: Hospital, client: PageClient, sign_in: SignIn, db: Database
) -> None:
    person = hospital.person("1001")
    sign_in("1001")
    client.set_cookie("language", "en")  # chosen on this device before
    page = client.page("/account")
    answer = client.submit(page, {"language": "es"}, form="choose-language", budget=None)
    assert answer.page.all("html")[0].get("lang") == "es"  # type: ignore[attr-defined]
    with db.session() as session:
        assert session.get_one(Person, person).language == "es"
    tampered = client.post(
        "/account/language",
        data={
            "language": "xx-evil",
            "csrf_token": client.page("/account").fields(page.form("choose-language"))["csrf_token"][0],
        },
    )
    assert tampered.status_code == 422


def test_a_new_address_counts_once_its_link_was_opened(
    hospital: Hospital, client: PageClient, sign_in: SignIn, db: Database
) -> None:
    person = hospital.person("1001", email="old@mercy.test")
    hospital.person("1002", email="taken@mercy.test")
    sign_in("1001")
    page = client.page("/account")
    taken = client.submit(page, {"email": "TAKEN@mercy.test", "password": PASSWORD}, form="change-email", budget=None)
    assert taken.status_code == 422 and "cannot be used" in taken.page.text  # type: ignore[attr-defined]
    nonsense = client.submit(page, {"email": "nonsense", "password": PASSWORD}, form="change-email", budget=None)
    assert nonsense.status_code == 422 and "not an e-mail address" in nonsense.page.text  # type: ignore[attr-defined]
    client.submit(page, {"email": "new@mercy.example", "password": PASSWORD}, form="change-email", budget=None)
    with db.session() as session:
        mail = session.scalars(select(Mail)).one()
        assert mail.recipient == "new@mercy.example" and session.get_one(Person, person).email == "old@mercy.test"
    link = re.search(r"http://localhost(/account/email/\S+)", mail.body)
    assert link
    other = browser(client)
    sign_in("1002", by=other)
    assert other.get(link[1]).status_code == 422, "it is not theirs"
    client.submit(client.page(link[1]), form="/account/email/")
    with db.session() as session:
        assert session.get_one(Person, person).email == "new@mercy.example"
        assert session.scalars(select(Mail.recipient).order_by(Mail.id)).all()[1:] == ["old@mercy.test"], (
            "the old one is told"
        )
    assert client.get(link[1][:-4] + "AAAA").status_code == 422


def test_devices_are_listed_and_signed_out_one_by_one_or_all(
    hospital: Hospital, client: PageClient, sign_in: SignIn
) -> None:
    hospital.person("1001")
    one, two = browser(client), browser(client)
    for each in (client, one, two):
        sign_in("1001", by=each)
    page = client.page("/account")
    assert len(page.rows()) == 4 and page.text.count("This device") == 1 + 0
    client.submit(
        page,
        form=next(
            f.get("action", "")
            for f in page.all("form")
            if "/end" in f.get("action", "") and "/sessions/end" not in f.get("action", "")
        ),
    )
    assert sorted(each.get("/account").status_code for each in (one, two)) == [200, 302]
    answer = client.submit(client.page("/account"), form="/account/sessions/end", budget=None)
    assert "signed out on 2 devices" in answer.page.text  # type: ignore[attr-defined]
    assert {each.get("/account").status_code for each in (client, one, two)} == {302}


def test_nobody_ends_the_session_of_another(hospital: Hospital, client: PageClient, sign_in: SignIn) -> None:
    hospital.person("1001")
    hospital.person("1002")
    other = browser(client)
    sign_in("1001", by=other)
    sign_in("1002")
    token = client.page("/account").fields(client.page("/account").form("change-password"))["csrf_token"][0]
    for session_id in range(1, 4):
        if session_id != 2:
            client.post(f"/account/sessions/{session_id}/end", data={"csrf_token": token})
    assert other.get("/account").status_code == 200
