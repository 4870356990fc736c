"""The checks that every fetched page goes through find what they are for: a check that finds nothing proves nothing."""

from __future__ import annotations

import pytest
from flask import Flask, Response, render_template_string
from sqlalchemy import create_engine, text

from tests.support.pages import Page, PageClient

GOOD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Courses</title></head><body><main>
<h1>Courses</h1>{}</main></body></html>"""


def test_a_good_page_has_no_problems() -> None:
    body = """<form method="post" id="f"><input type="hidden" name="csrf_token" value="t"><label for="a">Name</label>
    <input id="a" name="a" value="x"><label>Unit <select name="u"><option value="1">ICU<option value="2" selected>ED</select></label>
    <button name="go" value="1">Save</button></form>"""
    page = Page(GOOD.format(body))
    assert page.problems() == []
    assert page.fields(page.form("f")) == {"csrf_token": ["t"], "a": ["x"], "u": ["2"]}
    assert page.text == "Courses Name Unit ICU ED Save"
    assert Page(GOOD.format(body.replace('value="t"', 'value="other.t-1"'))).problems() == []
    assert Page(GOOD.format(body.replace('value="t"', 'value=""'))).problems() == [
        '<form method="post" id="f"> posts without a CSRF token'
    ]
    assert Page(GOOD.format(body.replace("<label", "<p>None</p><label"))).problems(), (
        "what is alike but not the same is looked at"
    )


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<p>one</div>", "not valid HTML"),
        ("<h1>Again</h1>", "2 h1"),
        ('<p id="a"></p><p id="a"></p>', "occurs 2 times"),
        ('<input name="q">', "has no label"),
        ('<a href="/x"></a>', "has no name"),
        ('<button type="button"><img src="/i.png" alt=""></button>', "has no name"),
        ('<img src="/i.png">', "no alternative text"),
        ('<p style="color: red">x</p>', "inline style"),
        ("<script>go()</script>", "inline script"),
        ('<p onclick="go()">x</p>', "onclick"),
        ('<a href="javascript:go()">x</a>', "javascript address"),
        ('<script src="https://cdn.example/x.js"></script>', "fetched from elsewhere"),
        ('<form method="post"><button>Go</button></form>', "without a CSRF token"),
        ('<label for="gone">x</label>', "which is not there"),
        ("<td>x</td>", "not valid HTML"),
        ("<p>Hello %(name)s</p>", "unfilled place"),
        ("<p>None</p>", "shows 'None'"),
    ],
)
def test_each_fault_is_found(body: str, found: str) -> None:
    problems = Page(GOOD.format(body)).problems()
    assert any(found in problem for problem in problems), problems


def test_a_page_without_language_title_or_heading_is_found() -> None:
    problems = Page("<!doctype html><html><head></head><body><p>x</body></html>").problems()
    assert {p for p in problems if "language" in p or "h1" in p or "main" in p or "title" in p} == set(problems)
    assert len(problems) == 4


def _client(*, policy: str = "default-src 'self'", queries: int = 0, late: bool = False) -> PageClient:
    app = Flask("checked")
    engine = create_engine("sqlite://")

    def ask() -> str:
        with engine.connect() as connection:
            return str(connection.scalar(text("select 1")))

    @app.get("/")
    def page() -> Response:
        for _ in range(queries):
            ask()
        answer = Response(render_template_string(GOOD.format("{{ ask() if late }}"), ask=ask, late=late))
        answer.headers.update({"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"})
        return answer

    app.test_client_class = PageClient
    client = app.test_client()
    assert isinstance(client, PageClient)
    return client


def test_the_query_budget_holds() -> None:
    assert _client(queries=12).page("/").h1 == "Courses"
    assert _client(queries=30).page("/", budget=30).h1 == "Courses"
    with pytest.raises(AssertionError, match="13 SQL statements instead of at most 12"):
        _client(queries=13).get("/")


def test_sql_while_a_template_renders_is_found() -> None:
    with pytest.raises(AssertionError, match="SQL while a template rendered: select 1"):
        _client(late=True).get("/")


def test_a_weak_security_policy_is_found() -> None:
    with pytest.raises(AssertionError, match="Content-Security-Policy"):
        _client(policy="script-src 'unsafe-inline'").get("/")
