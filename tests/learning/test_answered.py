"""What authors are shown of answers: how many chose what, how each item does, and nothing of fewer than eleven people."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from lms.access import Role
from lms.catalogue import queries as catalogue
from lms.db import Database
from lms.learning import actions
from lms.learning.answered import FEWEST, Handed, handed_in, item_answers, story_answers
from lms.learning.item_analysis import ENOUGH, Figures, analysed
from lms.learning.scenario import available, best_path, replay
from tests.accounts.conftest import Hospital
from tests.catalogue.making import TEA
from tests.catalogue.test_scenario_checks import story
from tests.learning.test_taking_a_course import CONTENT
from tests.support.clocks import SetClock
from tests.support.pages import PageClient


def test_figures_by_hand() -> None:
    """Twenty people earn (1, 1, 1), ten (0, 0, 0), ten (1, 0, 0) on the items a, b, c; d was put to five of them."""
    attempts = [{"a": 1.0, "b": 1.0, "c": 1.0}] * 20 + [{"a": 0.0, "b": 0.0, "c": 0.0}] * 10
    attempts += [{"a": 1.0, "b": 0.0, "c": 0.0, "d": 1.0}] * 5 + [{"a": 1.0, "b": 0.0, "c": 0.0}] * 5
    found = analysed(attempts)
    assert found["a"].difficulty == 0.75 and found["b"].difficulty == 0.5
    assert found["d"] == Figures(5, None, None), "too few to say anything"
    # b beside the mean of its others: (1, 1) 20 times, (0, 0) 10, (0, 2/3) 5, (0, 1/2) 5; so r = 7.0833 / sqrt(10 x 6.7882)
    assert found["b"].discrimination == pytest.approx(0.8597, abs=0.0001) and found["b"].grade == "satisfactory"
    same = analysed([{"a": 1.0, "b": n % 2} for n in range(ENOUGH)])
    assert same["a"].discrimination is None and same["a"].grade is None
    turned = analysed([{"a": n % 2, "b": 1 - n % 2} for n in range(ENOUGH)])
    assert turned["a"].discrimination == pytest.approx(-1) and turned["a"].grade == "inspect"


def test_the_first_choice_in_a_scene_counts_and_the_clock_chooses_for_nobody() -> None:
    scenario = story(TEA)

    def handed(*made: str) -> Handed:
        path = replay(scenario, made).path
        return Handed([], tuple((taken.scene_id, {"choice": taken.choice.id}) for taken in path))

    three = [handed("ask"), handed("warn", "press"), handed("warn", "repair")]
    first, second = (answer[0] for answer in three[1].answers)
    slow = Handed([], ((first, {"choice": "warn", "timed_out": True}), (second, {"choice": "press"})))
    told = story_answers(scenario, [*three, slow])
    assert told.people == 4 and dict(told.scenes[first].chosen) == {"ask": 1, "warn": 2}
    assert dict(told.scenes[second].chosen) == {"press": 2, "repair": 1}
    assert told.endings.chosen.total() == 4 and told.scenes[first].share("ask") is None, "few people"


@pytest.fixture
def many(
    db: Database, clock: SetClock, hospital: Hospital, published: None
) -> Callable[[int, str, list[list[str]]], None]:
    """``many(people, step, choices)``: so many new people finish the scenario, taking turns between these ways."""

    def do(people: int, step: str, ways: list[list[str]]) -> None:
        with db.transaction() as session:
            offered = catalogue.offered_by_slug(session, "la-110")
            content = catalogue.content(session, offered.version_id)
        for n in range(people):
            person = hospital.person(f"9{n:03}", account=False)
            with db.transaction() as session:
                own = actions.enrol(session, person, offered.course_id, offered.version_id, now=clock.now(), by=person)
                attempt = actions.start(session, own, content, step, language="en", seed=f"{n}", now=clock.now())
                if content.step(step).kind == "scenario":
                    for turn, choice in enumerate(ways[n % len(ways)]):
                        scene = replay(content.scenario(step), ways[n % len(ways)][:turn]).scene_id
                        actions.choose(
                            session, attempt, content, scene, choice, language="en", key=f"{turn}", now=clock.now()
                        )
                else:
                    for item, option in zip(content.items(step), ways[n % len(ways)], strict=False):
                        given = {"options": [option]} if option else item.key()
                        actions.answer(
                            session, attempt, content, item.id, given, language="en", key=item.id, now=clock.now()
                        )
                actions.finish(session, attempt, content, now=clock.now())

    return do


def page_text(client: PageClient, path: str) -> str:
    return re.sub(r"\s+", " ", client.page(path).text)


def test_authors_see_how_many_chose_what_on_the_map_and_as_a_table_from_eleven_people_on(
    many: Callable[..., None],
    hospital: Hospital,
    db: Database,
    clock: SetClock,
    signed_in: Callable[[int], PageClient],
) -> None:
    scenario = CONTENT.scenario("triage-daughter")
    best = [taken.choice.id for taken in best_path(scenario).path]
    many(FEWEST - 1, "triage-daughter", [best])
    author = signed_in(hospital.person("3001", grants=((Role.AUTHOR, None),)))
    address = "/authoring/courses/la-110/answers/triage-daughter"
    few = page_text(author, address)
    assert "10 people have finished this part" in few and "Fewer than 11 people chose here" in few
    assert "people chose here<" not in few and "100%" not in few
    opening = scenario.by_id[scenario.start]
    other = next(choice.id for choice in opening.choices if choice.id != best[0])
    # an eleventh person takes another way, and tries again: only the first attempt counts
    with db.session() as session:
        offered = catalogue.offered_by_slug(session, "la-110")
        content = catalogue.content(session, offered.version_id)
    eleventh = hospital.person("8001", account=False)
    for made in ([other], best):
        with db.transaction() as session:
            own = actions.enrol(session, eleventh, offered.course_id, offered.version_id, now=clock.now(), by=eleventh)
            attempt = actions.start(session, own, content, "triage-daughter", language="en", seed="x", now=clock.now())
            path: list[str] = []
            while (state := replay(scenario, path)).ending is None:
                wanted = made[len(path)] if len(path) < len(made) else available(scenario, state)[0].id
                actions.choose(
                    session,
                    attempt,
                    content,
                    state.scene_id,
                    wanted,
                    language="en",
                    key=f"{len(path)}",
                    now=clock.now(),
                )
                path.append(wanted)
            actions.finish(session, attempt, content, now=clock.now())
            clock.advance(minutes=1)
    page = author.page(address)
    text = re.sub(r"\s+", " ", page.text)
    assert "11 people have finished this part" in text and "11 people chose here" in text
    rows = {row[0]: row[2:] for row in page.rows(0)}
    said = next(choice.text for choice in opening.choices if choice.id == other)
    assert rows[said] == ["1", "9%"], rows
    assert ">91%<" in page.html and ">9%<" in page.html, "on the map, too"
    assert "There is no such published version" in author.get(f"{address}?version=7").text
    assert author.get("/authoring/courses/la-110/answers/law-on-a-page").status_code == 404, "a lesson asks nothing"
    nobody = signed_in(hospital.person("3002"))
    assert nobody.get(address).status_code == 403


def test_authors_see_how_items_do(
    many: Callable[..., None], hospital: Hospital, db: Database, signed_in: Callable[[int], PageClient]
) -> None:
    items = CONTENT.items("check-who")
    first = next(n for n, item in enumerate(items) if item.type == "single")
    slip = next(option.id for option in items[first].options if not option.correct)  # type: ignore[union-attr]
    wrong = [slip if n == first else "" for n in range(len(items))]
    many(12, "check-who", [[""] * len(items), [""] * len(items), wrong])
    author = signed_in(hospital.person("3001", grants=((Role.AUTHOR, None),)))
    text = page_text(author, "/authoring/courses/la-110/answers/check-who")
    assert "12 people answered" in text and "67%" in text and "33%" in text
    assert "12 people were asked: too few for statistics" in text
    with db.session() as session:
        handed = handed_in(session, catalogue.offered_by_slug(session, "la-110").version_id, "check-who")
    found = item_answers(CONTENT, "check-who", handed)
    one = found[items[first].id]
    assert one.tally.people == 12 and one.tally.chosen[slip] == 4 and one.figures == Figures(12, None, None)
