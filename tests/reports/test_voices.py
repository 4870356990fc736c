"""What learners say, added up: nothing about few people, denominators for every intention, gain by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from lms.catalogue.surveys import Question, SurveyOption
from lms.reports.voices import covered, gain, kept, tally
from tests.catalogue.test_survey_checks import course


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"a": 20, "b": 30}, {"a": 20, "b": 30}),
        ({"a": 20, "b": 0}, {"a": 20, "b": 0}),
        ({"a": 3, "b": 30}, {"a": None, "b": None}),
        ({"a": 3, "b": 30, "c": 40}, {"a": None, "b": None, "c": 40}),
        ({"a": 3, "b": 4, "c": 40}, {"a": None, "b": None, "c": None}),
        ({"a": 5, "b": 6, "c": 40}, {"a": None, "b": None, "c": 40}),
        ({"a": 3, "b": 0, "c": 40, "d": 12}, {"a": None, "b": 0, "c": 40, "d": None}),
    ],
)
def test_small_cells_are_covered(counts: dict[str, int], shown: dict[str, int | None]) -> None:
    assert covered(counts) == shown


def question(kind: str) -> Question:
    return Question(id="q", type=kind, text="?", options=tuple(SurveyOption(id=i, text=i) for i in ("x", "y")))  # type: ignore[arg-type]


def test_a_question_tells_nothing_of_ten_people() -> None:
    few = tally(question("scale"), [{"q": "x"}] * 10)
    assert (few.answered, few.counts) == (None, {})
    assert tally(question("scale"), [{}] * 40).answered == 0
    enough = tally(question("scale"), [{"q": "x"}] * 12 + [{"q": "y"}] * 11 + [{}])
    assert (enough.answered, enough.counts) == (23, {"x": 12, "y": 11})
    intents = tally(question("intent"), [{"q": ["x", "y"]}] * 12 + [{"q": ["x"]}] * 11)
    assert intents.counts == {"x": 23, "y": 12}
    assert tally(question("intent"), [{"q": ["x", "y"]}] * 20 + [{"q": ["x"]}]).counts["y"] is None, "but for one"
    words = tally(question("text"), [{"q": {"text": f"word {n}"}} for n in range(11)])
    assert sorted(words.words) == sorted(f"word {n}" for n in range(11)) and words.words != sorted(words.words)
    assert tally(question("text"), [{"q": {"text": "alone"}}] * 10).words == ()


def test_every_intention_has_its_denominators(tmp_path: Path) -> None:
    content = course(tmp_path).content
    assert content is not None
    said = {n: {"commit": ["ask"] if n < 40 else ["teach-back"]} for n in range(50)}
    later = {n: {"kept": {"ask": "done" if n < 14 else "not-yet"}} for n in range(25)} | {99: {"kept": {"ask": "done"}}}
    ask, teach = kept(content, said, later)
    assert (ask.intended, ask.answered) == (40, 25), "who answers without having intended it counts for nothing"
    assert ask.counts == {"done": 14, "partly": 0, "not-yet": 11, "no-occasion": 0}
    assert (teach.intended, teach.answered, teach.counts) == (None, 0, {}), "ten intended it: nothing is told"


def test_gain_by_hand() -> None:
    found = gain([(40.0, 80.0)] * 6 + [(60.0, 90.0)] * 6)
    assert (found.people, found.before, found.after) == (12, 50.0, 85.0)
    assert found.normalised == pytest.approx(0.7) and found.few
    assert gain([(40.0, 80.0)] * 10).people is None
    assert gain([(100.0, 100.0)] * 11).normalised is None
