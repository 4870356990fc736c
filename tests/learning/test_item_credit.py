"""What answers to each type of item are worth: by examples, and by properties that hold for every answer to every type."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from lms.catalogue.disk import load_course
from lms.catalogue.items import Item, NumericItem, OrderingItem
from lms.catalogue.items.numeric import number_of
from lms.catalogue.items.parted import PartedQuestion
from lms.catalogue.items.words import normal
from lms.demo.trying import tried
from lms.errors import Invalid

FOLDER = Path(__file__).resolve().parents[1] / "courses" / "every-type"
_loaded = load_course(FOLDER)
assert _loaded.content is not None
CONTENT = _loaded.content
ITEMS: dict[str, Item] = {item.type: item for item in CONTENT.keyed_items("every-check")}
TYPES = sorted(ITEMS)


def test_the_sample_course_is_sound_in_both_languages_and_has_every_type() -> None:
    assert [str(problem) for problem in _loaded.problems] == []
    assert len(TYPES) == 13


def rated(**ratings: str) -> dict[str, Any]:
    return {"ratings": {name.replace("_", "-"): value for name, value in ratings.items()}}


def placed(*ids: str) -> dict[str, Any]:
    return {"places": {each: str(place) for place, each in enumerate(ids, 1)}}


HALF = Fraction(1, 2)
WORTH: list[tuple[str, dict[str, Any], Fraction | int]] = [
    ("single", {"options": ["teach-back"]}, 1),
    ("single", {"options": ["repeat"]}, 0),
    ("multiple", {"options": ["aim", "hard-words"]}, 1),
    ("multiple", {"options": ["aim"]}, HALF),
    ("multiple", {"options": ["aim", "hard-words", "opinion"]}, HALF),
    ("multiple", {"options": ["opinion"]}, 0),
    ("true_false", {"options": ["true"]}, 1),
    ("true_false", {"options": ["false"]}, 0),
    ("picture_choice", {"options": ["facing"]}, 1),
    ("picture_choice", {"options": ["away"]}, 0),
    ("matching", {"pairs": {"consent": "interpreter", "leaflet": "translator", "parking": "sign"}}, 1),
    ("matching", {"pairs": {"consent": "interpreter", "leaflet": "sign", "parking": "sign"}}, Fraction(2, 3)),
    ("matching", {"pairs": {"consent": "interpreter"}}, Fraction(1, 3)),
    ("matching", {"pairs": {"consent": "cousin", "leaflet": "cousin", "parking": "cousin"}}, 0),
    ("ordering", placed("brief", "introduce", "talk", "debrief"), 1),
    ("ordering", placed("introduce", "brief", "talk", "debrief"), Fraction(4, 6)),  # one of six pairs is wrong
    ("ordering", placed("debrief", "talk", "introduce", "brief"), 0),
    ("ordering", placed("debrief", "brief", "introduce", "talk"), 0),  # three wrong, three right
    ("ordering", {"places": {"brief": "1", "talk": "3"}}, Fraction(1, 6)),  # left out earns nothing
    ("numeric", {"number": "2.5", "typed": "2,5"}, 1),
    ("numeric", {"number": "2.6", "typed": "2.6"}, 1),
    ("numeric", {"number": "2.9", "typed": "2.9"}, HALF),
    ("numeric", {"number": "3.1", "typed": "3.1"}, 0),
    ("short_text", {"text": "  Teach-Back. "}, 1),
    ("short_text", {"text": "devolucion de la informacion"}, 1),  # the Spanish form, without its accents
    ("short_text", {"text": "REPEAT  back"}, HALF),
    ("short_text", {"text": "nodding"}, 0),
    ("cloze", {"gaps": {"whom": "patient", "what": "Sentence"}}, 1),
    ("cloze", {"gaps": {"whom": "patient", "what": "oracion"}}, 1),
    ("cloze", {"gaps": {"whom": "interpreter", "what": "thought"}}, HALF),
    ("cloze", {"gaps": {"what": "hour"}}, 0),
    ("likert", {"options": ["quite"]}, 0),
    ("reflection", {"text": "On Tuesday."}, 0),
    # rate: exact 1, one step beside on the same side ½, across the middle nothing; a split panel counts both its steps
    ("sjt_rate", rated(thank_and_call="very-appropriate", let_her="very-inappropriate", ask_mother="appropriate"), 1),
    (
        "sjt_rate",
        rated(thank_and_call="appropriate", let_her="inappropriate", ask_mother="very-appropriate"),
        Fraction(2, 3),
    ),
    ("sjt_rate", rated(thank_and_call="inappropriate", let_her="appropriate", ask_mother="inappropriate"), 0),
    ("sjt_rate", rated(ask_mother="very-appropriate"), Fraction(1, 3)),
    # rank: 4 marks less the distance, of 20; the panel's tie at 2 and 3 takes both orders
    ("sjt_rank", placed("call-again", "video", "wait", "gestures", "family"), 1),
    ("sjt_rank", placed("call-again", "wait", "video", "gestures", "family"), 1),
    ("sjt_rank", placed("video", "call-again", "wait", "gestures", "family"), Fraction(18, 20)),
    ("sjt_rank", placed("family", "gestures", "wait", "video", "call-again"), Fraction(0 + 2 + 4 + 3 + 0, 20)),
    # responses that the learner puts level earn nothing
    ("sjt_rank", {"places": dict.fromkeys(("call-again", "video", "wait", "gestures", "family"), "2")}, 0),
    (
        "sjt_rank",
        {"places": {"call-again": "1", "video": "2", "wait": "2", "gestures": "4", "family": "5"}},
        Fraction(12, 20),
    ),
]


@pytest.mark.parametrize(("kind", "response", "worth"), WORTH)
def test_what_an_answer_is_worth(kind: str, response: dict[str, Any], worth: Fraction | int) -> None:
    assert ITEMS[kind].credit(response).score == worth


@pytest.mark.parametrize("kind", ["matching", "ordering", "cloze", "multiple", "sjt_rate", "sjt_rank"])
def test_without_partial_credit_only_the_whole_key_counts(kind: str) -> None:
    item = ITEMS[kind].model_copy(update={"partial": False})
    assert item.credit(item.key()).score == 1
    for other, response, worth in WORTH:
        if other == kind:
            assert item.credit(response).score == (1 if worth == 1 else 0)
    assert item.rule() != ITEMS[kind].rule()


def test_the_five_responses_of_the_field_score_as_in_the_published_scheme() -> None:
    """Five responses without ties: an order that swaps two neighbours has 18 of 20; the reverse order 8 of 20."""
    item = ITEMS["sjt_rank"]
    options = [o.model_copy(update={"rank": n}) for n, o in enumerate(item.options, 1)]  # type: ignore[union-attr]
    plain = item.model_copy(update={"options": tuple(options)})
    ids = [o.id for o in options]
    assert plain.credit(placed(*ids)).score == 1
    assert plain.credit(placed(ids[1], ids[0], *ids[2:])).score == Fraction(18, 20)
    assert plain.credit(placed(*reversed(ids))).score == Fraction(8, 20)


# Numbers

NUMBERS = [
    ("2.5", "en", "2.5"),
    ("2,5", "en", "2.5"),
    ("2,5", "de", "2.5"),
    ("1,500", "en", "1500"),
    ("1.500", "en", "1.500"),
    ("1.500", "de", "1500"),
    ("1,500", "de", "1.500"),
    ("0,125", "en", "0.125"),
    ("1,234,567", "de", "1234567"),
    ("1.234,5", "en", "1234.5"),
    ("1,234.5", "de", "1234.5"),
    ("1 234,5", "fr", "1234.5"),
    ("1’234.5", "de-CH", "1234.5"),
    ("−3", "en", "-3"),
    ("+3", "en", "3"),
    (".5", "en", "0.5"),
    ("٢٫٥", "ar", "2.5"),
    ("２．５", "ja", "2.5"),
    ("5", "no-such-language", "5"),
]


@pytest.mark.parametrize(("typed", "language", "value"), NUMBERS)
def test_numbers_are_read_as_people_of_each_language_write_them(typed: str, language: str, value: str) -> None:
    assert number_of(typed, language) == Decimal(value)


@pytest.mark.parametrize(
    "typed", ["", "two", "1.2.3", "1,2,3.4", "12,34,567", "--1", "1e5", "NaN", "Infinity", ".", "½", "1-2", "3 min"]
)
def test_what_is_no_number_is_not_guessed(typed: str) -> None:
    assert number_of(typed, "en") is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_a_plain_number_is_read_back(value: Decimal) -> None:
    assert number_of(f"{value:f}", "en") == value  # four decimals are never a group of three


# Words


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Café", "cafe", True),
        ("CAFÉ", "café", True),
        ("  teach \t back ", "teach back", True),
        ("“yes”.", "yes", True),
        ("straße", "STRASSE", True),
        ("Ａ", "a", True),
        ("niño", "nino", True),
        ("مُتَرْجِم", "مترجم", False),  # signs of other scripts are letters
        ("कि", "क", False),
        ("teach-back", "teachback", False),
    ],
)
def test_when_two_spellings_are_one_answer(one: str, other: str, same: bool) -> None:
    assert (normal(one) == normal(other)) is same


def test_accents_and_capitals_can_matter() -> None:
    assert normal("año", accents=True) != normal("ano", accents=True)
    assert normal("Na", case=True) != normal("NA", case=True)


@given(st.text(max_size=40))
def test_comparing_is_stable(text: str) -> None:
    assert normal(normal(text)) == normal(text)


# Every answer to every type


def answers(item: Item) -> SearchStrategy[dict[str, Any]]:
    """Well-formed responses, right and wrong, whole and in part."""
    words = st.text(min_size=1, max_size=30).filter(lambda text: bool(text.strip()))
    if isinstance(item, OrderingItem):
        return st.permutations(item.part_ids).map(lambda ids: placed(*ids))
    if isinstance(item, PartedQuestion):
        parts = {
            part: (st.sampled_from(list(item.allowed(part) or ())) if item.allowed(part) else words)
            for part in item.part_ids
        }
        some = st.fixed_dictionaries({}, optional=parts).filter(bool)
        return some.map(lambda values: {item.field: values})
    if isinstance(item, NumericItem):
        return st.decimals(-100, 100, places=2).map(lambda value: {"number": f"{value:f}", "typed": f"{value:f}"})
    if hasattr(item, "options"):
        ids = [option.id for option in item.options]
        most = len(ids) if item.type == "multiple" else 1
        return st.lists(st.sampled_from(ids), min_size=1, max_size=most, unique=True).map(
            lambda chosen: {"options": chosen}
        )
    return words.map(lambda text: {"text": text})


def test_lines_end_alike_however_a_form_ends_them() -> None:
    assert ITEMS["reflection"].checked({"text": "On Tuesday.\r\nAnd on Friday."}) == {
        "text": "On Tuesday.\nAnd on Friday."
    }


@pytest.mark.parametrize("kind", TYPES)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_credit_lies_between_nothing_and_everything(kind: str, data: st.DataObject) -> None:
    item = ITEMS[kind]
    response = data.draw(answers(item))
    credit = item.credit(response)
    assert 0 <= credit.score <= 1
    assert all(0 <= reason.earned <= 1 for reason in credit.reasons)
    assert credit.right == (credit.score == 1)
    normal_form = item.checked(response)
    assert item.checked(normal_form) == normal_form, "the normal form is normal"
    assert item.credit(normal_form) == credit
    form = item.fields(normal_form)
    if not isinstance(item, NumericItem):  # a number is kept as typed, too
        assert item.parse(form, "en") == normal_form, "a saved answer fills its form again"
    if item.scored and all(reason.verdict == "right" for reason in credit.reasons):
        assert credit.score == 1


@pytest.mark.parametrize("kind", TYPES)
def test_the_key_earns_everything_and_is_whole(kind: str) -> None:
    item = ITEMS[kind]
    assert item.complete(item.checked(item.key()))
    assert item.credit(item.key()).score == (1 if item.scored else 0)
    assert item.parse(item.fields(item.key()), "en")


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind not in {"ordering", "reflection", "numeric"}])
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_the_order_of_options_makes_no_difference(kind: str, data: st.DataObject) -> None:
    item = ITEMS[kind]
    response = data.draw(answers(item))
    turned = {
        name: tuple(reversed(getattr(item, name)))
        for name in ("options", "rows", "gaps", "answers")
        if hasattr(item, name)
    }
    assert item.model_copy(update=turned).credit(response).score == item.credit(response).score


@pytest.mark.parametrize("kind", TYPES)
@settings(deadline=None, max_examples=40)
@given(seed=st.text(max_size=12), shuffle=st.booleans())
def test_the_seed_decides_the_order(kind: str, seed: str, shuffle: bool) -> None:
    item = ITEMS[kind]
    order = item.order(seed, shuffle)
    assert order == item.order(seed, shuffle)
    assert sorted(order) == sorted(item.order("another", True)), "nothing is lost and nothing is added"
    if item.type in {"ordering", "sjt_rank"}:
        assert order != [each for each, _ in sorted(item.key()["places"].items(), key=lambda pair: int(pair[1]))]


NAMES = st.sampled_from(["options", "pairs", "places", "ratings", "gaps", "text", "number", "typed", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("kind", TYPES)
@settings(deadline=None, max_examples=60)
@given(response=JSON)
def test_whatever_comes_is_scored_or_refused(kind: str, response: Any) -> None:
    try:
        assert 0 <= ITEMS[kind].credit(response).score <= 1
    except Invalid as refused:
        assert str(refused.message)


@pytest.mark.parametrize(
    ("kind", "response", "words"),
    [
        ("matching", {"pairs": {}}, "Give an answer first"),
        ("matching", {"pairs": {"consent": "nurse"}}, "no option"),
        ("matching", {"pairs": {"operation": "interpreter"}}, "could not be read"),
        ("ordering", placed("brief", "introduce", "talk") | {"places": {"brief": "1", "talk": "1"}}, "given twice"),
        ("ordering", {"places": {"brief": "9"}}, "no option"),
        ("sjt_rate", rated(let_her="superb"), "no option"),
        ("cloze", {"gaps": {"what": "x" * 301}}, "300 characters"),
        ("short_text", {"text": "x" * 301}, "300 characters"),
        ("short_text", {"text": "   "}, "Give an answer first"),
        ("reflection", {"text": "x" * 4001}, "4000 characters"),
        ("numeric", {"number": "9" * 50, "typed": "9"}, "could not be read"),
        ("numeric", {"number": "1e9", "typed": "1e9"}, "could not be read"),
    ],
)
def test_what_does_not_fit_is_refused_in_plain_words(kind: str, response: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        ITEMS[kind].checked(response)


def test_a_number_that_cannot_be_read_says_what_was_typed() -> None:
    with pytest.raises(Invalid, match="“two and a half” is not a number"):
        ITEMS["numeric"].parse({"number": ["two and a half"]}, "en")
    assert ITEMS["numeric"].parse({"number": [" 2,5 "]}, "es") == {"number": "2.5", "typed": "2,5"}


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_tells_the_learner_how_credit_is_given(kind: str) -> None:
    rule = ITEMS[kind].rule()
    if kind in {"single", "true_false", "picture_choice"}:
        assert rule is None  # choose one: it is right or it is not
    else:
        assert rule is not None and str(rule)


@pytest.mark.parametrize(
    ("kind", "changed", "words"),
    [
        ("short_text", {}, "comes close earns a part. Capitals, spaces and accents make no difference"),
        ("short_text", {"match_accents": True, "match_case": True}, "Capitals and accents matter"),
        ("cloze", {}, "Where you write, capitals and accents make no difference"),
        ("cloze", {"match_accents": True}, "Where you write, accents matter"),
        ("cloze", {"partial": False}, "when every gap is filled in right. Where you write"),
    ],
)
def test_the_rule_names_what_this_very_question_does(kind: str, changed: dict[str, Any], words: str) -> None:
    assert words in str(ITEMS[kind].model_copy(update=changed).rule())


@pytest.mark.parametrize("goal", [20, 60, 100])
def test_the_demo_can_take_a_test_of_every_type(goal: int) -> None:
    taken = tried(CONTENT, "demo", goal, passing=goal == 100)
    assert taken.result.passed is (goal == 100)
    assert set(taken.answers) == {each["item"] for each in taken.drawn}
