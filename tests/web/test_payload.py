"""What travels: text compressed, static files under addresses that never change their meaning, a first lesson under 60 kB."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from benchmarks.payload import FONT_LIMIT, LIMIT, measure
from lms.web.compression import fingerprint
from tests.learning.conftest import hospital, nurse, published  # noqa: F401
from tests.learning.test_taking_a_course import enrol
from tests.support.pages import PageClient


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A client that reads what is compressed, too (the other one checks every page as text)."""
    return FlaskClient(app, app.response_class, use_cookies=True)


def test_the_first_load_of_a_lesson_is_small(nurse: PageClient, browser: FlaskClient) -> None:  # noqa: F811
    lesson = enrol(nurse).url
    cookie = nurse.get_cookie("attune")
    assert cookie is not None
    browser.set_cookie("attune", cookie.value)
    load = measure(browser, lesson)
    assert load.total < LIMIT, load
    assert load.scripts and max(load.scripts.values()) <= FONT_LIMIT, load.scripts


def test_pages_are_compressed_for_who_reads_it(browser: FlaskClient) -> None:
    plain = browser.get("/style")
    packed = browser.get("/style", headers={"Accept-Encoding": "br, gzip;q=0.8"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in packed.headers["Vary"]
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 3
    assert gzip.decompress(packed.data).startswith(b"<!doctype html>")
    assert "Content-Encoding" not in browser.get("/style", headers={"Accept-Encoding": "gzip;q=0"}).headers


@pytest.mark.parametrize("file", ["css/attune.css", "js/queue.js", "fonts/noto-sans-latin.woff2"])
def test_static_files_may_be_kept_for_ever(client: PageClient, app: Flask, file: str) -> None:
    answer = client.get(f"{app.static_url_path}/{file}", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"]
    assert ("Content-Encoding" in answer.headers) == (not file.endswith("woff2"))


def test_another_file_makes_another_address(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a {}")
    before = fingerprint(tmp_path)
    (tmp_path / "a.css").write_text("b {}")
    assert fingerprint(tmp_path) != before
