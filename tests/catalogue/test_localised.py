"""A reader meets their own language where there is one, and English, marked so, where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from lms.catalogue.assembly import Loaded
from lms.catalogue.disk import load_course, stamp
from lms.catalogue.localised import Text, localised
from lms.errors import Invalid
from tests.catalogue.making import FILES, SPANISH, sound, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, {**FILES, **SPANISH})


def stale(loaded: Loaded) -> list[str | None]:
    return [problem.file for problem in loaded.problems if "is stale" in str(problem.message)]


def test_translated_and_untranslated_texts_are_told_apart(folder: Path) -> None:
    content = load_course(folder).content
    assert content is not None
    course = localised(content, "es")
    assert course.title == Text("Preguntar antes de aconsejar", "es")
    assert course.objectives["act-safely"].language == "es"
    assert [step.title.value for step in course.modules[0].steps] == ["Por qué preguntar", "Repaso", "El té"]
    assert course.lesson("why-ask").value.startswith("## Pregunte")
    first = course.items("quick")["first"]
    assert (first.stem.value, first.texts["options", "tell", "feedback"].value) == ("¿Qué primero?", "Aún no.")
    assert course.items("post-test")["one"].stem == Text("Which is an open question?", "en")
    assert course.scenario("tea").scenes["opening"].choices["ask"].text.language == "en"
    assert not course.complete
    assert course.missing > 0


def test_the_language_it_was_written_in_is_complete(folder: Path) -> None:
    content = load_course(folder).content
    assert content is not None
    for asked in ("en", "en-GB", "vi"):
        course = localised(content, asked)
        assert (course.language, course.complete) == ("en", True)
        assert course.scenario("tea").state["trust"] == Text("Trust", "en")


def test_a_regional_reader_gets_the_main_language(folder: Path) -> None:
    content = load_course(folder).content
    assert content is not None
    assert localised(content, "es-MX").language == "es"


def test_a_stamp_makes_a_later_change_show_as_stale(folder: Path) -> None:
    stamp(folder, "es")
    assert stale(load_course(folder)) == []
    assert not any("which original" in str(problem.message) for problem in load_course(folder).problems)
    lesson = folder / "lessons/why-ask.md"
    lesson.write_text(lesson.read_text().replace("People", "Persons"))
    assert stale(load_course(folder)) == ["translations/es/lessons/why-ask.md"]
    stamp(folder, "es")
    assert stale(load_course(folder)) == []


def test_changing_minutes_does_not_make_a_translation_stale(folder: Path) -> None:
    stamp(folder, "es")
    course = folder / "course.yaml"
    course.write_text(course.read_text().replace("minutes: 5}", "minutes: 6}"))
    assert stale(load_course(folder)) == []


def test_stamping_what_is_not_there_says_so(tmp_path: Path) -> None:
    folder = sound(tmp_path)
    with pytest.raises(Invalid, match="translations/vi"):
        stamp(folder, "vi")
    (folder / "course.yaml").write_text("a: [")
    with pytest.raises(Invalid) as caught:
        stamp(folder, "es")
    assert caught.value.problems
