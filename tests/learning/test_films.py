"""A film and a recording in a lesson: who may load them, in parts, with captions, and that a browser really plays them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect

from lms.access import Role
from lms.db import Database
from lms.learning.models import Attempt
from tests.accounts.conftest import Hospital
from tests.learning.test_item_browser import owner
from tests.learning.test_item_credit import FOLDER
from tests.learning.test_item_pages import begin, check, hospital  # noqa: F401 - fixtures
from tests.support.pages import PageClient

FILM = (FOLDER / "media" / "bars.webm").read_bytes()
ADDRESS = "/media/1/bars.webm"


def test_a_film_comes_whole_or_in_parts_to_those_who_take_the_course_and_to_nobody_else(
    check: Attempt,  # noqa: F811
    db: Database,
    app: Flask,
    hospital: Hospital,  # noqa: F811
    signed_in: Callable[[int], PageClient],
) -> None:
    nurse = signed_in(owner(db, check))
    whole = nurse.get(ADDRESS)
    assert (whole.status_code, whole.mimetype, whole.data) == (200, "video/webm", FILM)
    assert whole.headers["Accept-Ranges"] == "bytes" and "private" in whole.headers["Cache-Control"]
    part = nurse.get(ADDRESS, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.data) == (206, FILM[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(FILM)}"
    rest = nurse.get(ADDRESS, headers={"Range": f"bytes={len(FILM) - 7}-"})
    assert (rest.status_code, rest.data) == (206, FILM[-7:])
    assert nurse.get(ADDRESS, headers={"Range": f"bytes={len(FILM)}-"}).status_code == 416
    captions = nurse.get("/media/1/bars.es.vtt")
    assert (captions.mimetype, captions.text.splitlines()[0]) == ("text/vtt", "WEBVTT")
    assert nurse.get("/media/1/none.webm").status_code == nurse.get("/media/99/bars.webm").status_code == 404
    elsewhere = signed_in(hospital.person("1002"))
    assert elsewhere.get(ADDRESS).status_code == 404, "not enrolled: whether there is such a film is not said"
    author = signed_in(hospital.person("3001", grants=((Role.AUTHOR, None),)))
    assert author.get(ADDRESS).status_code == 404, "authors see the film of the draft, in the preview"
    assert app.test_client().get(ADDRESS).status_code == 302


@pytest.mark.browser
def test_a_browser_plays_the_film_and_the_recording_with_captions(
    check: Attempt,  # noqa: F811
    db: Database,
    browser_as: Callable[..., BrowserPage],
) -> None:
    page = browser_as(owner(db, check))
    asked: dict[str, set[int]] = {}
    page.on("response", lambda got: asked.setdefault(got.url.rsplit("/", 1)[1], set()).add(got.status))
    page.goto("/learn/1/before")
    for kind, said in (
        ("video", "Please speak to her, not to me."),
        ("audio", "The bell of the telephone interpreter."),
    ):
        element = page.locator(kind)
        end = element.evaluate(
            """async (film) => {
                film.muted = true;
                film.textTracks[0].mode = "showing";
                await film.play();
                await new Promise((ready) => { film.ontimeupdate = () => film.currentTime > 0.2 && ready(); });
                film.currentTime = 4;
                await new Promise((ready) => film.onseeked = ready);
                const said = [...film.textTracks[0].activeCues].map((cue) => cue.text).join(" ");
                await new Promise((ready) => film.ended ? ready() : film.onended = ready);
                return {said, duration: film.duration, tracks: [...film.textTracks].map((one) => one.language), error: film.error};
            }"""
        )
        assert said in end["said"] and 5.5 < end["duration"] < 6.5, kind
        assert end["tracks"] == ["en", "es"] and end["error"] is None
        figure = page.locator("figure", has=element)
        if kind == "video":
            expect(figure.get_by_text(said)).to_be_hidden()
            figure.get_by_text("Transcript").click()
        expect(figure.get_by_text(said)).to_be_visible()
    assert asked["bars.en.vtt"] == {200} and asked["bars.webm"] <= {200, 206}
