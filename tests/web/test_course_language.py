"""A course in the reader's language; where it lacks that language, English, marked so and said so."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import Config
from lms.audit import Actor
from lms.catalogue.actions import publish
from lms.catalogue.disk import load_course
from lms.db import Database
from lms.files import FileStore
from tests.catalogue.making import FILES, sound, write
from tests.catalogue.making import SPANISH as SPANISH_FILES
from tests.support.clocks import SetClock
from tests.support.pages import PageClient
from tests.web.conftest import Enter

ENGLISH, SPANISH = "Asking before advising", "Preguntar antes de aconsejar"
SAID = "Este curso todavía no está disponible en su idioma, así que se muestra en inglés."


def published(folder: Path, config: Config, db: Database, clock: SetClock, *, spanish: bool) -> None:
    course = write(folder, {**FILES, **SPANISH_FILES}) if spanish else sound(folder)
    with db.transaction() as session:
        publish(session, load_course(course), FileStore(config.data_dir / "files"), by=Actor(None, clock.now()))


@pytest.fixture
def reader(enter: Enter) -> PageClient:
    """Somebody who reads Spanish."""
    person = enter()
    person.set_cookie("language", "es")
    return person


def test_without_a_translation_it_is_shown_in_english_marked_and_said(
    reader: PageClient, tmp_path: Path, config: Config, db: Database, clock: SetClock
) -> None:
    published(tmp_path, config, db, clock, spanish=False)
    page = reader.page("/courses/tea-101")
    assert SAID in page.text and page.h1 == ENGLISH
    assert [each.get("lang") for each in page.all("span") if each.text == ENGLISH] == ["en"]
    first = reader.submit(page, form="enrol").page
    assert SAID in first.text and first.all("html")[0].get("lang") == "es"
    marked = ["".join(each.itertext()) for each in first.all() if each.get("lang") == "en"]
    assert any("People explain their illness" in text for text in marked), "the lesson is read in English"
    assert [hit.get("lang") for hit in reader.page("/search?q=asking").all("a") if hit.text == ENGLISH] == ["en"]


def test_with_a_translation_it_is_found_and_read_in_spanish(
    reader: PageClient, tmp_path: Path, config: Config, db: Database, clock: SetClock
) -> None:
    published(tmp_path, config, db, clock, spanish=True)
    page = reader.page("/courses/tea-101")
    assert page.h1 == SPANISH and SAID not in page.text
    for term in ("aconsejar", "advising", "TEA-101"):
        hits = reader.page(f"/search?q={term}").all("a")
        assert [hit.get("lang") for hit in hits if hit.text == SPANISH] == ["es"], term
