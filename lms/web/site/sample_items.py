"""One item of every layout for the living style page: as it is asked, and as it looks when answered. Course texts, so they stay English."""

from __future__ import annotations

from typing import Any

from flask import url_for
from pydantic import TypeAdapter

from lms.catalogue.content import CourseContent, from_data
from lms.catalogue.items import Item
from lms.catalogue.localised import LocalItem, Text
from lms.web.learning.item_view import ItemView
from lms.web.learning.reader import Course

_COURSE: dict[str, Any] = {
    "format": 1, "slug": "sample", "code": "S-1", "title": "Sample", "summary": "Sample.", "language": "en",
    "audience": "Nobody.", "change": "minor", "change_note": "-", "objectives": [{"id": "o", "text": "See."}], "topics": {"t": 1},
    "outline": [{"module": "m", "title": "M", "steps": [{"lesson": "l", "title": "L", "file": "lessons/l.md", "minutes": 1}]}],
}  # fmt: skip

_SAMPLES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"type": "matching", "stem": "Who is asked for what?",
         "rows": [{"id": "consent", "text": "Consent to an operation", "match": "interpreter", "feedback": "It is talked over."},
                  {"id": "leaflet", "text": "A leaflet for home", "match": "translator", "feedback": "It is written."}],
         "options": [{"id": "interpreter", "text": "A qualified interpreter"}, {"id": "translator", "text": "A translator"}]},
        {"pairs": {"consent": "interpreter", "leaflet": "interpreter"}},
    ),
    (
        {"type": "ordering", "stem": "Put the steps of a talk with an interpreter into order.",
         "options": [{"id": "brief", "text": "Brief the interpreter.", "feedback": "Before you go in."},
                     {"id": "introduce", "text": "Introduce everyone.", "feedback": "So that everyone knows who speaks."},
                     {"id": "debrief", "text": "Ask what you should know.", "feedback": "Afterwards."}]},
        {"places": {"brief": "2", "introduce": "1", "debrief": "3"}},
    ),
    (
        {"type": "sjt_rate", "stem": "The patient's daughter offers to interpret. How appropriate is each response?",
         "scale": [{"id": "a", "text": "Very appropriate"}, {"id": "b", "text": "Rather appropriate"},
                   {"id": "c", "text": "Rather inappropriate"}, {"id": "d", "text": "Very inappropriate"}],
         "options": [{"id": "call", "text": "Thank her, and call an interpreter.", "key": "a", "feedback": "It keeps the talk safe."},
                     {"id": "let", "text": "Let her interpret everything.", "key": "d", "feedback": "She may leave things out."}]},
        {"ratings": {"call": "b", "let": "b"}},
    ),
    (
        {"type": "cloze", "stem": "What do you do at the beginning?", "text": "Look at the [[whom]], and pause after each [[what]].",
         "gaps": [{"id": "whom", "options": [{"id": "patient", "text": "patient", "correct": True, "feedback": "You talk with her."},
                                             {"id": "interpreter", "text": "interpreter", "feedback": "The talk is with the patient."}]},
                  {"id": "what", "accept": ["sentence"], "feedback": "Short units are interpreted best."}]},
        {"gaps": {"whom": "patient", "what": "hour"}},
    ),
    (
        {"type": "numeric", "stem": "How many minutes may the plan wait for an interpreter?", "answer": 2.5, "tolerance": 0.5,
         "near": 1, "unit": "minutes", "feedback": {"right": "Yes.", "low": "A little longer.", "high": "Not so long."}},
        {"number": "3.2", "typed": "3.2"},
    ),
    (
        {"type": "short_text", "stem": "What is it called when patients say in their own words what they understood?",
         "answers": [{"id": "word", "accept": ["teach-back"], "feedback": "That is the word."}], "otherwise": "It is teach-back."},
        {"text": "Teach-Back"},
    ),
    (
        {"type": "picture_choice", "stem": "Which of these is Attune's mark?",
         "options": [{"id": "mark", "image": "media/mark.svg", "alt": "Four bars in a square.", "text": "A", "correct": True,
                      "feedback": "It is."},
                     {"id": "other", "image": "media/mark.svg", "alt": "Four bars in a square, again.", "text": "B",
                      "feedback": "It looks like it."}]},
        {"options": ["other"]},
    ),
    (
        {"type": "likert", "stem": "How sure are you that you would call tonight?",
         "options": [{"id": "no", "text": "Not at all"}, {"id": "little", "text": "A little"}, {"id": "very", "text": "Very"}]},
        {"options": ["little"]},
    ),
    (
        {"type": "reflection", "stem": "When did you last go on without an interpreter, and why?"},
        {"text": "On Tuesday, at night."},
    ),
]  # fmt: skip


class _Sample(Course):
    def media_url(self, name: str) -> str:
        return url_for("static", filename=f"icons/{name}")


def sample_items() -> list[tuple[ItemView, ItemView]]:
    """Each as it is asked, and as it looks when answered."""
    content: CourseContent = from_data(_COURSE)
    reader, shape = _Sample(content), TypeAdapter[Item](Item)
    views = []
    for number, (written, response) in enumerate(_SAMPLES):
        item: Item = shape.validate_python({"id": f"i{number}", "objective": "o", "explanation": "-", **written})
        local = LocalItem(item, {text.key: Text(text.value, "en") for text in item.texts()})
        order = item.order("style", True)
        asked = ItemView(reader, local, order, prefix=f"asked{number}-")
        views.append((asked, ItemView.judged(reader, local, order, item.checked(response), item, f"judged{number}-")))
    return views
