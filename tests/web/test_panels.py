"""A panel from its beginning to the pass mark of a published version; what is refused on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from config import Config
from lms.access import Role
from lms.catalogue.content import from_data
from lms.catalogue.models import AngoffPanel, CourseVersion
from lms.db import Database
from tests.accounts.conftest import Hospital
from tests.catalogue.making import FILES, write
from tests.support.clocks import SetClock
from tests.support.pages import PageClient

PANEL = "/authoring/courses/tea-101/pass-mark"
SHEET = "item;A;B;C\none;0,6;0,5;0,7\ntwo;0,7;0,8;0,6\nthree;0,65;0,75;0,55\n"


@pytest.fixture
def config(config: Config, tmp_path: Path) -> Config:
    files = {**FILES, "course.yaml": FILES["course.yaml"].replace("pass_mark: 80", "pass_mark: angoff")}
    write(tmp_path / "courses", files)
    return replace(config, courses_dir=tmp_path / "courses")


def test_a_panel_judges_and_its_mark_is_frozen_with_the_next_version(
    app: Flask, db: Database, clock: SetClock, signed_in: Callable[[int], PageClient]
) -> None:
    hospital = Hospital(db, clock)
    author = signed_in(hospital.person("1", email="a@mercy.test", grants=((Role.AUTHOR, None),)))
    auditor = signed_in(hospital.person("2", email="b@mercy.test", grants=((Role.AUDITOR, None),)))
    course = author.page("/authoring/courses/tea-101")
    assert "none is adopted" in course.text
    refused = author.submit(course, {"change": "material"}, form="publish")
    assert refused.status_code == 422 and "takes its pass mark from a panel" in refused.text
    begin = author.page(course.link("Set it with a panel"))
    assert "They will judge 3 questions" in begin.text
    twice = author.submit(begin, {"title": "Spring", "judges": "A\nA"}, form="begin")
    assert twice.status_code == 422 and "Each judge needs a name of their own." in twice.text
    panel = author.submit(begin, {"title": "Spring", "judges": "A\nB\n\nC"}, form="begin").page
    assert "9 judgements are still to be entered" in panel.text
    assert author.post(f"{PANEL}/1/adopt", data={"csrf_token": token(panel)}).status_code == 409
    wrong = author.submit(panel, {"r-1-1": "0.6", "r-1-2": "65"}, form="ratings")
    assert wrong.status_code == 422 and "more than 1" in wrong.text
    assert wrong.page.fields(wrong.page.form("ratings"))["r-1-1"] == ["0.6"], "what was entered is still there"
    part = author.submit(panel, {"r-1-1": "0.6", "r-1-2": "0,5"}, form="ratings").page
    assert "7 judgements are still to be entered" in part.text
    bad = author.submit(part, {"sheet": "item,A,B,C\nnine,1,1,1\none,2,1,1\n"}, form="sheet")
    assert (
        bad.status_code == 422
        and "Line 2: The test has no scored question “nine”." in bad.text
        and "Line 3:" in bad.text
    )
    full = author.submit(part, {"sheet": SHEET}, form="sheet").page
    assert "1.95 of 3 questions, 65.0%" in full.text and "SD 0.10 questions" in full.text
    assert "Adopt" not in auditor.page(f"{PANEL}/1").text and "65.0%" in auditor.page(f"{PANEL}/1").text
    second = author.submit(full, form="again").page
    assert "Round 2" in second.text
    second = author.submit(second, {"r-1-1": "0.9"}, form="ratings").page
    assert "2.05 of 3 questions, 68.3%" in second.text and "First round 65.0%" in second.text
    adopted = author.submit(second, form="adopt").page
    assert "the pass mark is 69%" in adopted.text
    late = author.post(f"{PANEL}/1/ratings", data={"csrf_token": token(panel), "r-1-1": "0"})
    assert late.status_code == 409 and "Begin a new one" in late.text
    published = author.submit(author.page("/authoring/courses/tea-101"), {"change": "material"}, form="publish").page
    assert "Version 1 is published" in published.text and "The files are as published." in published.text
    assert "69%, by the panel “Spring”" in published.text
    with db.session() as session:
        content = from_data(session.scalars(select(CourseVersion.content)).one())
        row = session.scalars(select(AngoffPanel)).one()
    assert content.test is not None and content.mark(content.test) == 69
    assert content.panels["post-test"].judges == 3 and content.panels["post-test"].items["one"] == 0.7
    assert row.ratings["1"]["one"]["A"] == "0.6", "the first round is kept"
    assert auditor.post(PANEL, data={"csrf_token": token(panel), "title": "x", "judges": "y"}).status_code in {403, 419}


def token(page: object) -> str:
    return str(page.fields(page.form("ratings"))["csrf_token"][0])  # type: ignore[attr-defined]
