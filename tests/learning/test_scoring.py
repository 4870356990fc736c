"""Scoring: the same version, answers and seed give the same result; points are fair; nothing malformed is scored."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.catalogue.content import CourseContent, from_data, to_data
from lms.catalogue.disk import load_course
from lms.catalogue.items import MultipleItem, Option, SingleItem
from lms.catalogue.items.opinions import LikertItem, LikertOption
from lms.catalogue.steps import Share
from lms.errors import Invalid, NotFound
from lms.learning.scoring import ObjectiveResult, by_hash, check_response, draw, draw_items, score_attempt, score_item
from tests.catalogue.making import FILES, write


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> CourseContent:
    loaded = load_course(write(tmp_path_factory.mktemp("course"), FILES))
    assert loaded.content is not None
    return loaded.content


def everything(content: CourseContent) -> list[dict[str, Any]]:
    return [{"item": item.id, "options": [o.id for o in item.options]} for item in content.items("post-test")]


def option(option_id: str, correct: bool = False) -> Option:
    return Option(id=option_id, text="T", feedback="F", correct=correct)


def multiple(right: int, wrong: int) -> MultipleItem:
    options = [option(f"r{n}", True) for n in range(right)] + [option(f"w{n}") for n in range(wrong)]
    return MultipleItem(id="m", type="multiple", objective="o", stem="S", explanation="E", options=tuple(options))


def single(item_id: str, objective: str) -> SingleItem:
    options = (option("a", True), option("b"))
    return SingleItem(id=item_id, type="single", objective=objective, stem="S", explanation="E", options=options)


RIGHT = {"one": ["what"], "two": ["listen", "wait"], "three": ["false"]}


@pytest.mark.parametrize(
    ("answers", "score", "passed", "critical"),
    [
        (RIGHT, 100, True, ()),
        ({**RIGHT, "two": ["listen"]}, 250 / 3, True, ()),
        ({**RIGHT, "two": ["listen", "hurry"]}, 200 / 3, False, ()),
        ({**RIGHT, "two": ["hurry"]}, 200 / 3, False, ()),
        ({**RIGHT, "three": ["true"]}, 200 / 3, False, ("three",)),
        ({"one": ["what"], "two": ["listen", "wait"]}, 200 / 3, False, ("three",)),
        ({}, 0, False, ("three",)),
        ({**RIGHT, "elsewhere": ["x"]}, 100, True, ()),
    ],
)
def test_scores(
    content: CourseContent, answers: dict[str, list[str]], score: float, passed: bool, critical: tuple[str, ...]
) -> None:
    given_answers = {item: {"options": options} for item, options in answers.items()}
    result = score_attempt(content, "post-test", everything(content), given_answers)
    assert result.score == pytest.approx(score)
    assert (result.passed, result.critical_missed, result.pass_mark) == (passed, critical, 80.0)


def with_mark(content: CourseContent, mark: int) -> CourseContent:
    data = to_data(content)
    data["outline"][-1]["steps"][-1]["pass_mark"] = mark
    return from_data(data)


def test_a_missed_critical_item_fails_even_above_the_mark(content: CourseContent) -> None:
    answers = {item: {"options": options} for item, options in {**RIGHT, "three": ["true"]}.items()}
    result = score_attempt(with_mark(content, 50), "post-test", everything(content), answers)
    assert result.score > result.pass_mark == 50
    assert not result.passed


def test_a_critical_item_must_be_fully_right(content: CourseContent) -> None:
    data = to_data(content)
    next(item for item in data["banks"]["post-test"] if item["id"] == "two")["critical"] = True
    answers = {item: {"options": options} for item, options in {**RIGHT, "two": ["listen"]}.items()}
    result = score_attempt(from_data(data), "post-test", everything(content), answers)
    assert result.score > result.pass_mark, "half a critical item would be enough for the mark"
    assert (result.critical_missed, result.passed) == (("two",), False)


def test_what_is_not_scored_takes_nothing_from_the_score(content: CourseContent) -> None:
    scale = LikertItem(
        id="sure", type="likert", objective="ask-first", stem="S", explanation="E",
        options=(LikertOption(id="little", text="Little"), LikertOption(id="very", text="Very")),
    )  # fmt: skip
    data = to_data(content)
    data["banks"]["post-test"].append(scale.model_dump(mode="json", exclude_none=True))
    asked = [*everything(content), {"item": "sure", "options": ["little", "very"]}]
    answers = {item: {"options": options} for item, options in {**RIGHT, "sure": ["little"]}.items()}
    result = score_attempt(from_data(data), "post-test", asked, answers)
    assert (result.score, result.passed, len(result.items)) == (100, True, 4)
    assert [objective.items for objective in result.objectives] == [2, 1]


@pytest.mark.parametrize(
    ("points", "items", "percent"), [(2, 3, 66), (1, 3, 33), (199, 200, 99), (3, 3, 100), (0, 3, 0)]
)
def test_what_was_reached_of_an_objective_is_rounded_down(points: int, items: int, percent: int) -> None:
    assert ObjectiveResult("o", Fraction(points), items).percent == percent


def test_just_below_the_mark_does_not_pass_by_rounding(content: CourseContent) -> None:
    answers = {item: {"options": options} for item, options in {**RIGHT, "two": ["listen"]}.items()}
    result = score_attempt(with_mark(content, 84), "post-test", everything(content), answers)  # 83.33…
    assert (result.percent, result.passed) == (83, False)


def test_objectives_are_reported_with_their_points(content: CourseContent) -> None:
    answers = {"one": {"options": ["what"]}, "two": {"options": ["listen"]}, "three": {"options": ["true"]}}
    objectives = score_attempt(content, "post-test", everything(content), answers).objectives
    assert [(o.objective, o.points, o.items, o.percent) for o in objectives] == [
        ("ask-first", Fraction(3, 2), 2, 75),
        ("act-safely", Fraction(0), 1, 0),
    ]


def test_a_check_is_passed_by_answering_it(content: CourseContent) -> None:
    result = score_attempt(content, "quick", draw(content, "quick", "s"), {"first": {"options": ["tell"]}})
    assert (result.score, result.pass_mark, result.passed) == (0.0, 0.0, True)


# Responses


@pytest.mark.parametrize(
    ("item", "response"),
    [
        ("one", {"options": []}),
        ("one", {"options": ["what", "did"]}),
        ("one", {"options": ["elsewhere"]}),
        ("one", {"options": "what"}),
        ("one", {"options": [1]}),
        ("one", {"options": [["what"]]}),
        ("one", {"options": None}),
        ("one", {"options": ["what"], "score": 100}),
        ("one", {}),
        ("one", "what"),
        ("one", None),
        ("two", {"options": ["listen", "listen"]}),
        ("nowhere", {"options": ["what"]}),
        ("first", {"options": ["ask"]}),
    ],
)
def test_what_does_not_fit_is_refused(content: CourseContent, item: str, response: Any) -> None:
    with pytest.raises(Invalid):
        check_response(content, "post-test", everything(content), item, response)


def test_an_item_that_was_not_drawn_is_refused(content: CourseContent) -> None:
    with pytest.raises(Invalid, match="not in this attempt"):
        check_response(content, "post-test", [{"item": "two", "options": []}], "one", {"options": ["what"]})


def test_a_response_comes_back_in_the_authors_order(content: CourseContent) -> None:
    drawn = everything(content)
    assert check_response(content, "post-test", drawn, "two", {"options": ["wait", "listen"]}) == {
        "options": ["listen", "wait"]
    }


def test_a_step_without_questions_is_not_scored(content: CourseContent) -> None:
    with pytest.raises(Invalid):
        score_attempt(content, "tea", [], {})
    with pytest.raises(NotFound):
        draw(content, "tea", "s")


# Drawing


def test_the_order_by_hash_never_changes() -> None:
    # Kept from the first version: a stored seed must draw the same items in ten years.
    assert by_hash(["a", "b", "c", "d", "e"], "seed", "item") == ["a", "e", "d", "b", "c"]


def test_a_test_draws_as_many_as_it_says_and_shuffles_options(content: CourseContent) -> None:
    orders, sets = set(), set()
    for n in range(200):
        drawn = draw(content, "post-test", f"seed-{n}")
        assert drawn == draw(content, "post-test", f"seed-{n}")
        assert len(drawn) == 2
        sets.add(frozenset(each["item"] for each in drawn))
        for each in drawn:
            if each["item"] == "one":
                orders.add(tuple(each["options"]))
            if each["item"] == "three":
                assert each["options"] == ["true", "false"]
    assert len(orders) == 6
    assert sets == {frozenset({"one", "three"}), frozenset({"two", "three"})}, "both objectives are always measured"


def test_a_check_asks_everything_in_the_authors_order(content: CourseContent) -> None:
    assert draw(content, "quick", "any") == [{"item": "first", "options": ["ask", "tell"]}]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=20), st.integers(1, 25), st.text(max_size=8))
def test_a_draw_is_fair_to_objectives(objectives: list[str], count: int, seed: str) -> None:
    items = [single(f"i{n}", objective) for n, objective in enumerate(objectives)]
    drawn = draw_items(items, count, seed)
    assert len(drawn) == len(set(drawn)) == min(count, len(items))
    assert set(drawn) <= {item.id for item in items}
    assert drawn == draw_items(list(reversed(items)), count, seed)
    measured = {item.objective for item in items if item.id in drawn}
    assert len(measured) == min(len(drawn), len(set(objectives)))


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 5), st.integers(0, 5), st.data())
def test_points_lie_between_nothing_and_everything(right: int, wrong: int, data: st.DataObject) -> None:
    item = multiple(right, max(wrong, 2 - right))
    ids = [o.id for o in item.options]
    chosen = data.draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))
    score = score_item(item, {"options": chosen})
    assert 0 <= score <= 1
    assert (score == 1) == (set(chosen) == item.right)
    assert score == score_item(item, {"options": list(reversed(chosen))})
    for more in item.right - set(chosen):
        assert score_item(item, {"options": [*chosen, more]}) >= score
    for worse in set(ids) - item.right - set(chosen):
        assert score_item(item, {"options": [*chosen, worse]}) <= score


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["easy", "hard"]), st.sampled_from("xy")),
        min_size=4,
        max_size=16,
    ),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 6),
    st.text(max_size=8),
)
def test_a_draw_keeps_to_its_blueprint(
    kinds: list[tuple[str, str, str]], easy: int, hard: int, more: int, seed: str
) -> None:
    items = [
        single(f"i{n}", objective).model_copy(update={"topic": topic, "difficulty": difficulty})
        for n, (topic, difficulty, objective) in enumerate(kinds)
    ]
    rows = [Share(topic="a", difficulty="easy", draw=easy or 1), Share(topic="a", difficulty="hard", draw=hard or 1)]
    count = sum(row.draw for row in rows) + more
    drawn = draw_items(items, count, seed, rows)
    assert drawn == draw_items(items, count, seed, rows), "the same seed draws the same"
    assert len(drawn) == len(set(drawn)) == min(count, len(items))
    for row in rows:
        there = sum(row.fits(item) for item in items)
        assert sum(row.fits(item) for item in items if item.id in drawn) >= min(row.draw, there)


def test_choosing_everything_does_not_pay() -> None:
    item = multiple(2, 2)
    assert score_item(item, {"options": [o.id for o in item.options]}) == 0


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(["one", "two", "three"]), st.sampled_from(["what", "listen", "true", "false", "hurry", "did"])
    )
)
def test_a_result_is_a_function_of_its_inputs(answers: dict[str, str]) -> None:
    content = _content()
    given_answers = {item: {"options": [chosen]} for item, chosen in answers.items()}
    drawn = everything(content)
    try:
        first = score_attempt(content, "post-test", drawn, given_answers)
    except Invalid:
        with pytest.raises(Invalid):
            score_attempt(content, "post-test", drawn, given_answers)
        return
    again = score_attempt(content, "post-test", list(reversed(drawn)), dict(reversed(given_answers.items())))
    assert (first.score, first.passed) == (again.score, again.passed)
    assert 0 <= first.score <= 100
    assert sum((o.points for o in first.objectives), Fraction(0)) == sum((i.score for i in first.items), Fraction(0))


_kept: list[CourseContent] = []


def _content() -> CourseContent:
    if not _kept:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            found = load_course(write(Path(folder), FILES)).content
            assert found is not None
            _kept.append(found)
    return _kept[0]
