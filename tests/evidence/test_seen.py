"""What a pack says of the questions of an attempt: as they were shown, and worth what counted."""

from __future__ import annotations

from pathlib import Path

from lms.catalogue.disk import load_course
from lms.catalogue.localised import localised
from lms.evidence.seen import questions
from tests.catalogue.making import sound


def test_an_answer_that_came_too_late_is_shown_and_earns_nothing(tmp_path: Path) -> None:
    content = load_course(sound(tmp_path)).content
    assert content is not None
    keyed = {item.id: item for item in content.keyed_items("quick")}
    wrong, right = (
        {"item": "first", "response": {"options": [choice]}, "language": "en"} for choice in ("tell", "ask")
    )
    given = [wrong | {"at": "14:00"}, right | {"at": "14:09", "arrived_late": True}]
    (told,) = questions(
        lambda language: localised(content, language).items("quick"), keyed, [{"item": "first"}], given, "en"
    )
    assert [(each["in_words"], each["arrived_late"]) for each in told["answers"]] == [("Tell.", False), ("Ask.", True)]
    assert told["earned"] == 0.0
