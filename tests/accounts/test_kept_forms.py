"""A form that arrives after its session has ended loses nothing: it is handed in once its sender has signed in again."""

from __future__ import annotations

import pytest
from flask import Blueprint, Flask, redirect, render_template_string, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from lms.access import Permission
from lms.accounts.models import KeptPost
from lms.audit import AuditEntry, record
from lms.db import Database
from lms.errors import Conflict
from lms.web.page import actor, commit, keeps_post, needs, session, viewer
from tests.accounts.conftest import Hospital, SignIn
from tests.support.clocks import SetClock
from tests.support.pages import PageClient, page_of

PAGE = """{% extends "layout/base.html" %}{% block title %}Question{% endblock %}{% block content %}
<form method="post" action="/question/{{ number }}" id="answer"><input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
<label for="a">Answer</label><input id="a" name="answer"><label for="b">More</label><input id="b" name="answer">
<label for="p">Word</label><input id="p" name="password"><button>Save</button></form>{% endblock %}"""


@pytest.fixture
def app(app: Flask) -> Flask:
    """The application with a question of its own, written as the pages of courses are."""
    blueprint = Blueprint("question", __name__)

    @blueprint.get("/question/<int:number>")
    @needs(Permission.LEARN)
    def show(number: int) -> ResponseReturnValue:
        return render_template_string(PAGE, number=number)

    @blueprint.post("/question/<int:number>")
    @needs(Permission.LEARN)
    @keeps_post
    def save(number: int) -> ResponseReturnValue:
        if number == 13:
            raise Conflict("The test is closed.")
        given = {"answer": request.form.getlist("answer"), "password": request.form.get("password")}
        record(session(), actor(), "test.answer", "question", number, after=given | {"by": viewer().person_id})
        commit()
        return redirect(f"/question/{number + 1}")

    app.register_blueprint(blueprint)
    return app


def answers(db: Database) -> list[tuple[int | None, dict[str, object] | None]]:
    with db.session() as opened:
        rows = opened.scalars(select(AuditEntry).where(AuditEntry.action == "test.answer").order_by(AuditEntry.id))
        return [(row.subject_id, row.after) for row in rows]


def test_the_answer_is_kept_and_the_way_goes_on(
    hospital: Hospital, client: PageClient, sign_in: SignIn, clock: SetClock, db: Database
) -> None:
    person = hospital.person("1001")
    sign_in("1001")
    page = client.page("/question/1")
    clock.advance(hours=2)
    late = client.submit(
        page,
        {"answer": ["ä", "b"], "password": "secret"},
        form="answer",
        headers={"Referer": "http://localhost/question/1"},
    )
    shown = page_of(late)
    assert shown.h1 == "Sign in" and "Your answer is kept" in shown.text
    assert answers(db) == []
    with db.session() as opened:
        assert "secret" not in str(opened.scalars(select(KeptPost.form)).all()), "secrets are not kept"
    back = client.submit(shown, {"name": "1001", "password": "violet kettle orchard"}, form="sign-in", follow=False)
    assert back.location == "/question/2", "where the answer would have led"
    assert answers(db) == [(1, {"answer": ["ä", "b"], "password": None, "by": person})]
    client.submit(client.page("/account"), form="sign-out")
    sign_in("1001")
    assert len(answers(db)) == 1, "once"
    old = client.submit(page, {"answer": ["x", "y"]}, form="answer", follow=False)
    assert old.status_code in {302, 400, 419}


def test_a_page_left_open_still_saves_after_signing_in_elsewhere(
    hospital: Hospital, client: PageClient, sign_in: SignIn, clock: SetClock, db: Database
) -> None:
    hospital.person("1001")
    sign_in("1001")
    page = client.page("/question/1")  # in one tab
    clock.advance(hours=2)
    sign_in("1001")  # in another
    assert client.submit(page, {"answer": ["a", "b"]}, form="answer", follow=False).location == "/question/2"
    assert len(answers(db)) == 1


def test_another_person_never_gets_it(
    hospital: Hospital, client: PageClient, sign_in: SignIn, clock: SetClock, db: Database
) -> None:
    owner = hospital.person("1001")
    hospital.person("1002")
    sign_in("1001")
    page = client.page("/question/1")
    clock.advance(hours=2)
    client.submit(page, {"answer": ["mine", ""]}, form="answer")
    sign_in("1002")  # the same ward computer
    assert answers(db) == []
    client.submit(client.page("/account"), form="sign-out")
    sign_in("1001")
    assert [after["by"] for _, after in answers(db) if after] == [owner]


def test_who_signed_out_on_purpose_left_nothing(
    hospital: Hospital, client: PageClient, sign_in: SignIn, clock: SetClock, db: Database, app: Flask
) -> None:
    hospital.person("1001")
    sign_in("1001")
    page = client.page("/question/1")
    stolen = client.get_cookie("attune")
    assert stolen is not None
    client.submit(client.page("/account"), form="sign-out")
    client.set_cookie("attune", stolen.value)
    client.submit(page, {"answer": ["a", "b"]}, form="answer")
    with db.session() as opened:
        assert opened.scalars(select(KeptPost)).all() == []


def test_what_is_not_kept_is_said_to_be_lost(
    hospital: Hospital, client: PageClient, sign_in: SignIn, clock: SetClock
) -> None:
    hospital.person("1001")
    sign_in("1001")
    page = client.page("/account")
    clock.advance(hours=2)
    late = client.submit(page, {}, form="choose-reminders", headers={"Referer": "http://localhost/account"})
    shown = page_of(late)
    assert shown.h1 == "Sign in" and "what you sent was not saved. Sign in and send it again." in shown.text
    back = client.submit(shown, {"name": "1001", "password": "violet kettle orchard"}, form="sign-in", follow=False)
    assert back.location == "/account"


def test_an_answer_that_came_too_late_is_explained(
    hospital: Hospital, client: PageClient, sign_in: SignIn, clock: SetClock, db: Database
) -> None:
    hospital.person("1001")
    sign_in("1001")
    page = client.page("/question/13")
    clock.advance(hours=2)
    shown = page_of(
        client.submit(page, {"answer": ["a", "b"]}, form="answer", headers={"Referer": "http://localhost/question/13"})
    )
    answer = client.submit(shown, {"name": "1001", "password": "violet kettle orchard"}, form="sign-in", follow=False)
    assert answer.location == "/question/13"
    assert "The test is closed." in client.page("/question/13").text
    assert answers(db) == []
