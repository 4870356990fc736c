"""An author sees each scenario as a picture and as a list, with what is proved of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import Config
from lms.access import Role
from tests.catalogue.making import FILES, sound, write
from tests.support.pages import PageClient
from tests.web.conftest import Enter

HERE = "/authoring/courses/tea-101"


@pytest.fixture
def folder(config: Config) -> Path:
    """The small course in the courses folder."""
    return sound(config.courses_dir)


@pytest.fixture
def author(enter: Enter) -> PageClient:
    """Somebody who writes courses."""
    return enter(Role.AUTHOR)


def test_the_map_is_a_picture_with_words_and_a_list(author: PageClient, folder: Path) -> None:
    course = author.page(HERE)
    assert "proved: all 6 scenes and 3 endings can be reached" in course.text
    page = author.page(course.link("Map of “The tea”"))
    assert "scores range from 0 to 100%" in page.text
    raw = author.get(f"{HERE}/map/tea").text
    assert raw.count('role="img" aria-labelledby="map-title map-desc"') == 1
    for said in (
        "Best choice: Ask why. → Crossroads",
        "If trust ≥ 7 → Good",
        "Otherwise → Poor",
        "On the experts' way",
    ):
        assert said in " ".join(page.text.split()), page.text[-900:]
    assert "style=" not in raw and "<style" not in raw


def test_a_scenario_with_errors_says_so_instead(author: PageClient, folder: Path) -> None:
    write(folder.parent, {"scenarios/tea.yaml": FILES["scenarios/tea.yaml"].replace("next: second", "next: nowhere")})
    page = author.page(f"{HERE}/map/tea")
    assert (
        "Not proved: it has errors" in page.text
        and page.text.casefold().count("not proved") == 1
        and "The picture comes when the errors are mended" in page.text
    )
    assert author.get(f"{HERE}/map/quick").status_code == 404
