"""A scenario in the pages: closed choices, loops, the clock of a timed scene, and the debrief beside the experts' way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from config import Config
from lms.audit import Actor
from lms.catalogue.actions import publish
from lms.catalogue.disk import load_course
from lms.catalogue.story import Scenario, Timed
from lms.db import Database
from lms.files import FileStore
from lms.learning.debrief import debrief
from lms.learning.models import Answer, Attempt
from lms.learning.scenario import best_path, replay
from lms.learning.scene_clock import Press, Pressed, scene_clock
from tests.accounts.conftest import Hospital
from tests.catalogue.making import FILES, TEA, write
from tests.catalogue.test_scenario_checks import HUB, story
from tests.support.clocks import SetClock
from tests.support.pages import Page, PageClient

TIMED = HUB.replace("    visits: 3\n", "    visits: 3\n    timed: {seconds: 60, timeout: again}\n")


@pytest.fixture
def learner(
    db: Database, clock: SetClock, config: Config, tmp_path: Path, signed_in: Callable[[int], PageClient]
) -> Callable[[str], PageClient]:
    """``learner(text)``: somebody signed in where a course with this scenario is published."""

    def made(text: str) -> PageClient:
        hospital = Hospital(db, clock)
        loaded = load_course(write(tmp_path / "made", {**FILES, "scenarios/tea.yaml": text}))
        assert loaded.ok, [str(problem) for problem in loaded.problems]
        with db.transaction() as session:
            publish(session, loaded, FileStore(config.data_dir / "files"), by=Actor(None, clock.now()))
        return signed_in(hospital.person("1", email="n@mercy.test", department=hospital.department("ED")))

    return made


def begun(client: PageClient) -> Page:
    """The first scene."""
    course = client.page("/courses/tea-101")
    client.submit(course, form="enrol") if course.all("form") else None
    door = client.page("/learn/1/tea")
    return client.submit(door, form="start").page


def take(client: PageClient, page: Page, choice: str) -> Page:
    return client.submit(page, {"options": choice}, form="choose").page


def given(db: Database) -> list[dict[str, object]]:
    with db.session() as session:
        return list(session.scalars(select(Answer.response).order_by(Answer.sequence)))


def test_a_choice_whose_condition_is_false_is_refused_and_nothing_is_written(
    learner: Callable[[str], PageClient], db: Database
) -> None:
    client = learner(HUB)
    page = begun(client)
    for _ in range(3):
        page = take(client, page, "again")
    assert "The bell rings." in page.text and "Finish the sentence." not in page.text
    fields = page.fields(page.form("choose"))
    refused = client.post("/attempt/1/choose", data={**fields, "options": "finish", "key": "by-hand"})
    assert refused.status_code == 422
    assert "The choice “finish” is not open as things stand." in refused.text
    assert [each["choice"] for each in given(db)] == ["again"] * 3


def test_a_story_that_comes_back_to_a_scene_counts_a_click_once(
    learner: Callable[[str], PageClient], db: Database
) -> None:
    client = learner(HUB)
    first = begun(client)
    stale = first.fields(first.form("choose"))
    take(client, first, "again")
    client.post("/attempt/1/choose", data={**stale, "options": "again", "key": "another-tab"})
    late = client.post(
        "/attempt/1/choose", data={**stale, "options": "wish", "key": "third-tab"}, follow_redirects=True
    )
    assert "The story has already gone on from there." in late.text
    assert [each["choice"] for each in given(db)] == ["again"]


def test_a_clock_runs_only_for_those_who_start_it_and_can_be_lengthened_and_turned_off(
    learner: Callable[[str], PageClient], clock: SetClock, db: Database
) -> None:
    client = learner(TIMED)
    page = begun(client)
    assert "With the clock you have 60 seconds" in page.text and "Sum up." not in page.text
    page = client.submit(page, {"press": "start"}, form="clock").page
    assert "60 seconds left" in page.text and "Sum up." in page.text
    clock.advance(seconds=50)
    page = client.submit(client.page("/attempt/1"), {"press": "extend"}, form="clock").page
    assert "70 seconds left" in page.text
    clock.advance(seconds=60)
    page = take(client, client.page("/attempt/1"), "pain")
    assert [each["choice"] for each in given(db)] == ["pain"], "within the lengthened time the choice counts"
    page = client.submit(page, {"press": "start"}, form="clock").page
    clock.advance(seconds=66)
    said = take(client, page, "wish")
    assert "The time was up before you chose" in said.text
    assert given(db)[1] == {"choice": "again", "timed_out": True}
    page = client.submit(client.page("/attempt/1"), {"press": "start"}, form="clock").page
    clock.advance(minutes=9)
    over = client.page("/attempt/1")
    assert "The time is up." in over.text and "Sum up." not in over.text
    page = client.submit(over, {"press": "off"}, form="clock").page
    assert "seconds left" not in page.text
    page = take(client, page, "close")
    assert "1 choice was made by the clock." in client.page("/attempt/1/result").text


def test_without_the_clock_nobody_is_hurried(
    learner: Callable[[str], PageClient], clock: SetClock, db: Database
) -> None:
    client = learner(TIMED)
    page = client.submit(begun(client), {"press": "off"}, form="clock").page
    clock.advance(minutes=9)
    take(client, page, "wish")
    assert given(db) == [{"choice": "wish"}]
    refused = client.post("/attempt/1/clock", data={**page.fields(page.form("choose")), "press": "stop", "turn": "1"})
    assert refused.status_code == 422 and "no button “stop”" in refused.text


def test_the_clock_of_facts(clock: SetClock) -> None:
    timed, now, second = Timed(seconds=60, timeout="again"), clock.now(), timedelta(seconds=1)
    assert scene_clock(timed, 0, [], now).state == "waiting"
    started = [Pressed(0, Press.START, now)]
    assert scene_clock(timed, 0, started, now + 59 * second).left == 1
    assert scene_clock(timed, 0, started, now + 65 * second).state == "running"  # on its way to the server
    assert scene_clock(timed, 0, started, now + 66 * second).state == "over"
    assert scene_clock(timed, 1, started, now).state == "waiting"  # another scene, another clock
    longer = [*started, Pressed(0, Press.EXTEND, now + 300 * second)]  # after it ran out
    assert scene_clock(timed, 0, longer, now + 300 * second).left == 60
    assert scene_clock(timed, 3, [*longer, Pressed(1, Press.OFF, now)], now).state == "off"


def test_the_debrief_walks_both_ways_scene_by_scene(learner: Callable[[str], PageClient]) -> None:
    client = learner(TEA)
    page = take(client, begun(client), "warn")
    take(client, page, "press")
    page = client.page("/attempt/1/result")
    text = " ".join(page.text.split())
    assert "It ended badly." in text and "Your choices scored 0%; the experts' own way scores 100%" in text
    opening, second = (
        " ".join("".join(item.itertext()).split()) for item in page.all("li") if "Scene " in "".join(item.itertext())
    )
    assert "Warn." in opening and "Trust −3" in opening and "Ask why." in opening and "Asking opens." in opening
    assert "The experts' way does not come through this scene." in second
    assert "From here, the experts would have chosen: Say sorry, and ask." in second and "One can repair." in second
    assert "The experts' way ends well." in text and "Trust: it was 2, and at least 7 was needed." in text


def test_a_best_choice_that_was_closed_is_explained() -> None:
    text = TEA.replace("text: Say sorry, and ask.\n", "text: Say sorry, and ask.\n        when: {trust: {min: 5}}\n")
    scenario = story(text)
    turns = debrief(scenario, replay(scenario, ["warn", "press"])).turns
    (closed,) = turns[1].closed
    assert closed.choice.id == "repair"
    assert [(lack.name, lack.value, lack.least) for lack in closed.lacks] == [("trust", 2, 5)]
    assert turns[1].better is None


def test_who_goes_the_experts_way_is_told_so() -> None:
    scenario: Scenario = story()
    best = best_path(scenario)
    back = debrief(scenario, best)
    assert all(turn.same for turn in back.turns) and back.missed == () and back.best == best


def test_a_door_with_a_condition_on_the_score_is_named() -> None:
    scenario = story()
    missed = debrief(scenario, replay(scenario, ["again", "again", "pain", "go"])).missed
    assert {lack.name for lack in missed} == {"score", "trust"}


def test_hidden_variables_are_kept_from_the_learner_until_the_debrief(
    learner: Callable[[str], PageClient], db: Database
) -> None:
    client = learner(TEA.replace("max: 10}", "max: 10, hidden: true}"))
    page = begun(client)
    assert not page.all("meter")
    take(client, page, "ask")
    assert "Trust" in client.page("/attempt/1/result").text
    with db.session() as session:
        assert session.scalars(select(Attempt.score)).all() == [100.0]
