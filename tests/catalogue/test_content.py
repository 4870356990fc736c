"""The content of a course: the same course has the same hash, a frozen one means the same for ever, steps are found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lms.catalogue import content as model
from lms.catalogue.content import CourseContent, content_hash, from_data, to_data
from lms.catalogue.disk import load_course
from lms.errors import NotFound
from tests.catalogue.making import FILES, SPANISH, write

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"


@pytest.fixture
def content(tmp_path: Path) -> CourseContent:
    loaded = load_course(write(tmp_path, {**FILES, **SPANISH}))
    assert loaded.content is not None
    return loaded.content


def edited(tmp_path: Path, file: str, old: str, new: str) -> CourseContent:
    assert old in FILES[file]
    files = {**FILES, **SPANISH, file: FILES[file].replace(old, new)}
    found = load_course(write(tmp_path / "edited", files)).content
    assert found is not None
    return found


def test_frozen_content_is_read_back_as_it_was(content: CourseContent) -> None:
    assert from_data(to_data(content)) == content
    stored = from_data(json.loads(json.dumps(to_data(content), sort_keys=True)))
    assert stored == content
    assert content_hash(stored) == content_hash(content)


def test_folders_that_have_not_changed_are_read_once_however_many_there_are(tmp_path: Path) -> None:
    folders = [write(tmp_path / f"course-{number}", {"course.yaml": f"title: {number}\n"}) for number in range(20)]
    first = [load_course(folder) for folder in folders]
    (folders[3] / "course.yaml").write_text("title: another one\n", encoding="utf-8")
    again = [load_course(folder) for folder in folders]
    assert [old is new for old, new in zip(first, again, strict=True)] == [number != 3 for number in range(20)]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("course.yaml", "topics: {cultural_competency: 20}", "topics: {\n    cultural_competency: 20\n  }"),
        ("course.yaml", "change: material", "change: typo"),
        ("course.yaml", "change_note: First publication.", "change_note: Another."),
        ("items/quick.yaml", "type: single\n    objective: ask-first", "objective: ask-first\n    type: single"),
        ("items/quick.yaml", "explanation: Ask first.", "explanation: Ask first.\n    critical: false"),
    ],
)
def test_order_of_keys_defaults_and_the_edit_itself_do_not_change_the_hash(
    tmp_path: Path, content: CourseContent, file: str, old: str, new: str
) -> None:
    assert content_hash(edited(tmp_path, file, old, new)) == content_hash(content)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("course.yaml", "pass_mark: 80", "pass_mark: 81"),
        ("lessons/why-ask.md", "People", "Persons"),
        ("items/quick.yaml", "text: Tell.", "text: Say."),
        ("scenarios/tea.yaml", "{trust: +2}", "{trust: +1}"),
        ("media/ask.svg", 'r="4"', 'r="5"'),
    ],
)
def test_whatever_a_learner_can_meet_changes_the_hash(
    tmp_path: Path, content: CourseContent, file: str, old: str, new: str
) -> None:
    assert content_hash(edited(tmp_path, file, old, new)) != content_hash(content)


def test_steps_are_found_in_order(content: CourseContent) -> None:
    assert [step.id for step in content.steps] == ["why-ask", "quick", "tea", "post-test"]
    assert [step.kind for step in content.steps] == ["lesson", "check", "scenario", "test"]
    assert content.previous("why-ask") is None
    assert content.next("post-test") is None
    following = content.next("quick")
    assert following is not None and following.id == "tea"
    assert content.module_of("post-test").id == "show"
    assert content.total_minutes == 20
    assert content.languages == ("en", "es")
    assert [item.id for item in content.items("post-test")] == ["one", "two", "three"]
    assert content.test is not None and content.test.id == "post-test"


def test_what_is_not_there_is_not_found(content: CourseContent) -> None:
    for ask in (content.step, content.items, content.lesson, content.scenario, content.next):
        with pytest.raises(NotFound):
            ask("nowhere")
    with pytest.raises(NotFound):
        content.items("why-ask")


@pytest.mark.parametrize("name", sorted(model.schemas()))
def test_the_exported_schemas_are_up_to_date(name: str) -> None:
    exported = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert exported == model.schemas()[name], "run: lms courses schema"
