"""Every type of item in the player: answered without script, kept as given, scored, shown again, refused where it does not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from config import Config
from lms.audit import Actor
from lms.catalogue.actions import publish
from lms.catalogue.items import Item
from lms.db import Database
from lms.files import FileStore
from lms.learning import actions
from lms.learning.models import Answer, Attempt, Enrolment
from lms.records.models import TrainingRecord
from tests.accounts.conftest import Hospital
from tests.learning.test_item_credit import CONTENT, ITEMS, TYPES, _loaded
from tests.support.clocks import SetClock
from tests.support.pages import Page, PageClient

PLACES = {item.type: place for place, item in enumerate(CONTENT.items("every-check"), 1)}
KEYED = {item.id: item for item in CONTENT.keyed_items("post-test")}


@pytest.fixture
def hospital(db: Database, clock: SetClock) -> Hospital:
    return Hospital(db, clock)


Begin = Callable[[str], Attempt]


@pytest.fixture
def begin(db: Database, clock: SetClock, config: Config, hospital: Hospital) -> Begin:
    """``begin(step)`` opens an attempt at the check or the test of the sample course for the nurse 1001."""

    def do(step: str) -> Attempt:
        nurse = hospital.person("1001", email="nurse@mercy.test", department=hospital.department("ED"))
        with db.transaction() as session:
            files = FileStore(config.data_dir / "files")
            version = publish(session, _loaded, files, by=Actor(None, clock.now())).version
            enrolment = actions.enrol(session, nurse, version.course_id, version.id, now=clock.now(), by=nurse)
            if step == "post-test":
                for each in CONTENT.steps[:-1]:
                    actions.mark_done(session, enrolment, each.id, now=clock.now())
            own = session.get_one(Enrolment, enrolment.id)
            return actions.start(session, own, CONTENT, step, language="en", seed="s", now=clock.now())

    return do


@pytest.fixture
def nurse(hospital: Hospital, signed_in: Callable[[int], PageClient]) -> Callable[[], PageClient]:
    return lambda: signed_in(hospital.person("1001", email="nurse@mercy.test", department=hospital.department("ED")))


def send(client: PageClient, page: Page, values: dict[str, Any], **options: Any) -> Any:
    return client.submit(page, values, form="answer", **options)


def kept(db: Database) -> list[dict[str, Any]]:
    with db.session() as session:
        return list(session.scalars(select(Answer.response).order_by(Answer.sequence)))


@pytest.fixture
def check(begin: Begin) -> Attempt:
    return begin("every-check")


@pytest.fixture
def person(check: Attempt, db: Database, signed_in: Callable[[int], PageClient]) -> PageClient:
    """The nurse of an open check."""
    with db.session() as session:
        return signed_in(session.get_one(Enrolment, check.enrolment_id).person_id)


@pytest.fixture
def open_test(begin: Begin) -> Attempt:
    return begin("post-test")


@pytest.fixture
def candidate(open_test: Attempt, db: Database, signed_in: Callable[[int], PageClient]) -> PageClient:
    """The nurse of an open test."""
    with db.session() as session:
        return signed_in(session.get_one(Enrolment, open_test.enrolment_id).person_id)


@pytest.mark.parametrize("kind", TYPES)
def test_each_type_is_answered_by_its_form_and_gets_feedback(
    kind: str, check: Attempt, person: PageClient, db: Database
) -> None:
    item = ITEMS[kind]
    page = person.page(f"/attempt/{check.id}?item={PLACES[kind]}")
    if rule := item.rule():
        assert str(rule).split("%")[0].split("0.")[0][:40] in page.text, "the rule is told before answering"
    after = send(person, page, item.fields(item.key())).page
    assert ("That is right." if item.scored else "Your answer is kept") in after.text
    assert item.explanation.split("[")[0].strip()[:30] in after.text
    assert kept(db) == [item.key()]
    assert person.page(f"/attempt/{check.id}?item={PLACES[kind]}").text == after.text


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "matching": (
        {"pairs-consent": "cousin", "pairs-leaflet": "translator", "pairs-parking": "sign"},
        "Partly right: 66",
    ),
    "numeric": ({"number": "2,9"}, "Partly right: 50"),
    "short_text": ({"text": "Repeat back!"}, "Close"),
    "cloze": ({"gaps-whom": "interpreter", "gaps-what": "hour"}, "The interpreter is the voice"),
    "sjt_rate": (
        {
            "ratings-thank-and-call": "appropriate",
            "ratings-let-her": "very-inappropriate",
            "ratings-ask-mother": "inappropriate",
        },
        "The experts: Very appropriate or Rather appropriate",
    ),
    "sjt_rank": (
        {
            "places-call-again": "2",
            "places-video": "1",
            "places-wait": "3",
            "places-gestures": "4",
            "places-family": "5",
        },
        "Partly right: 90",
    ),
    "ordering": (
        {"places-brief": "2", "places-introduce": "1", "places-talk": "3", "places-debrief": "4"},
        "The right answer: place 1",
    ),
}


@pytest.mark.parametrize("kind", sorted(WRONG))
def test_an_answer_that_is_not_wholly_right_says_why_part_by_part(
    kind: str, check: Attempt, person: PageClient
) -> None:
    values, words = WRONG[kind]
    page = person.page(f"/attempt/{check.id}?item={PLACES[kind]}")
    assert words in send(person, page, values).page.text


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        ("matching", {"pairs-consent": "interpreter"}, "Something is not answered yet"),
        ("numeric", {"number": "two"}, "“two” is not a number"),
        (
            "ordering",
            dict.fromkeys(("places-brief", "places-introduce", "places-talk", "places-debrief"), "2"),
            "given twice",
        ),
        ("cloze", {"gaps-what": "sentence"}, "Something is not answered yet"),
        ("single", {}, "Give an answer first"),
        ("short_text", {"text": "  "}, "Give an answer first"),
        ("reflection", {"text": "x" * 4001}, "4000 characters"),
    ],
)
def test_what_cannot_be_judged_yet_is_said_and_stays_in_the_form(
    kind: str, values: dict[str, Any], words: str, check: Attempt, person: PageClient, db: Database
) -> None:
    page = person.page(f"/attempt/{check.id}?item={PLACES[kind]}")
    refused = send(person, page, values)
    assert refused.status_code == 422 and words in refused.page.text
    assert kept(db) == []
    fields = refused.page.fields(refused.page.form("answer"))
    for name, value in values.items():
        assert fields[name] == [value], "nothing that was filled in is lost"


def test_a_reflection_may_be_left_out(check: Attempt, person: PageClient) -> None:
    page = person.page(f"/attempt/{check.id}?item={PLACES['reflection']}")
    assert f"Question {PLACES['reflection'] + 1} of" in send(person, page, {"text": ""}).page.text


def answer_test(client: PageClient, attempt: Attempt, change: dict[str, dict[str, Any]] | None = None) -> Page:
    """Answer everything by the key, but for what is changed; to the look at all answers."""
    page = client.page(f"/attempt/{attempt.id}")
    while "/review" not in page.url:
        item = KEYED[page.fields(page.form("answer"))["item"][0]]
        page = send(client, page, item.fields((change or {}).get(item.id, item.key()))).page
    return page


def test_a_test_of_every_type_is_passed_by_its_key(open_test: Attempt, candidate: PageClient, db: Database) -> None:
    result = candidate.submit(answer_test(candidate, open_test), form="finish").page
    assert "You passed with 100%" in result.text
    assert "Not scored" in result.text
    with db.session() as session:
        assert session.scalars(select(TrainingRecord.score)).one() == 100.0


def test_a_missed_critical_item_fails_in_plain_words_whatever_the_score(
    open_test: Attempt, candidate: PageClient, db: Database
) -> None:
    place = [each["item"] for each in open_test.drawn].index("who-does-what") + 1
    wrong = {"pairs": {"consent": "cousin", "leaflet": "translator", "parking": "sign"}}
    result = candidate.submit(answer_test(candidate, open_test, {"who-does-what": wrong}), form="finish").page
    assert (
        f"Not passed yet: question {place} concerns safety and was missed. It must be right to pass, whatever the score."
        in result.text
    )
    with db.session() as session:
        attempt = session.get_one(Attempt, open_test.id)
        assert attempt.score is not None and attempt.pass_mark is not None
        assert attempt.score > attempt.pass_mark and attempt.passed is False
        assert session.scalar(select(func.count(TrainingRecord.id))) == 0


def test_an_answer_given_in_part_is_kept_and_has_to_be_finished(
    open_test: Attempt, candidate: PageClient, db: Database
) -> None:
    half = {"pairs": {"consent": "interpreter"}}
    review = answer_test(candidate, open_test, {"who-does-what": half})
    assert "Partly answered" in review.text and "1 question is not answered yet" in review.text
    assert half in kept(db)
    refused = candidate.post(
        f"/attempt/{open_test.id}/finish", data={"csrf_token": review.fields(review.form())["csrf_token"]}
    )
    assert refused.status_code == 303
    with db.session() as session:
        assert session.get_one(Attempt, open_test.id).finished_at is None


def test_the_blueprint_is_kept_and_what_is_not_scored_comes_last(open_test: Attempt) -> None:
    ids = [each["item"] for each in open_test.drawn]
    assert len(ids) == 13 and ids[-2:] == ["how-sure", "your-ward"]
    assert {"who-does-what", "true-or-not"} <= set(ids)


def test_an_attempt_is_shown_again_exactly(open_test: Attempt, candidate: PageClient) -> None:
    def shown(place: int) -> list[tuple[str | None, str | None]]:
        page = candidate.page(f"/attempt/{open_test.id}?item={place}")
        form = page.form("answer")
        parts = [e for e in form.iter() if str(e.tag).rpartition("}")[2] in {"input", "option", "select"}]
        return [(e.get("name"), e.get("value")) for e in parts if e.get("name") not in {"key", "csrf_token"}]

    first = [shown(place) for place in range(1, len(open_test.drawn) + 1)]
    assert first == [shown(place) for place in range(1, len(open_test.drawn) + 1)]


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"item": "nowhere"}, 422, "not in this attempt"),
        ({"pairs-consent": "nobody"}, 422, "no option"),
        ({"pairs-consent": ""}, 422, "Give an answer first"),
        ({"pairs-consent": "x" * 2_500_000}, 413, "too large"),
        ({"pairs-consent": "x" * 10_000_000}, 413, "too large"),
        ({"pairs-consent": "a\x00b"}, 400, ""),
    ],
)
def test_bad_answers_are_refused_with_the_right_status_and_nothing_is_kept(
    change: dict[str, str], status: int, words: str, open_test: Attempt, candidate: PageClient, db: Database
) -> None:
    place = [each["item"] for each in open_test.drawn].index("who-does-what") + 1
    page = candidate.page(f"/attempt/{open_test.id}?item={place}")
    fields = {name: values[0] for name, values in page.fields(page.form("answer")).items()}
    refused = candidate.post(f"/attempt/{open_test.id}/answer", data={**fields, **change})
    assert refused.status_code == status and words in refused.get_data(as_text=True)
    by_script = candidate.post(
        f"/attempt/{open_test.id}/answer", data={**fields, **change}, headers={"X-Requested-With": "fetch"}
    )
    assert by_script.status_code == status and by_script.get_json()["error"]
    assert kept(db) == []


def test_after_handing_in_and_for_somebody_else_nothing_is_taken(
    open_test: Attempt,
    candidate: PageClient,
    db: Database,
    hospital: Hospital,
    signed_in: Callable[[int], PageClient],
) -> None:
    page = candidate.page(f"/attempt/{open_test.id}?item=1")
    sent = {name: values[0] for name, values in page.fields(page.form("answer")).items()}
    item = KEYED[sent["item"]]
    sent = {**sent, **item.fields(item.key())}
    candidate.submit(answer_test(candidate, open_test), form="finish")
    before = kept(db)
    assert candidate.post(f"/attempt/{open_test.id}/answer", data={**sent, "key": "late"}).status_code == 409
    other = signed_in(hospital.person("1002"))
    stranger = other.page("/courses")
    token = stranger.fields(stranger.form())["csrf_token"][0]
    assert other.post(f"/attempt/{open_test.id}/answer", data={**sent, "csrf_token": token}).status_code == 404
    assert kept(db) == before


def test_the_same_key_again_is_the_same_answer_for_every_type(
    open_test: Attempt, candidate: PageClient, db: Database
) -> None:
    for place in range(1, len(open_test.drawn) + 1):
        page = candidate.page(f"/attempt/{open_test.id}?item={place}")
        sent = {name: values[0] for name, values in page.fields(page.form("answer")).items()}
        item: Item = KEYED[sent["item"]]
        for _ in range(2):
            assert (
                candidate.post(f"/attempt/{open_test.id}/answer", data={**sent, **item.fields(item.key())}).status_code
                == 303
            )
    assert len(kept(db)) == len(open_test.drawn)


def test_a_spanish_reader_gets_every_type_in_spanish(check: Attempt, person: PageClient) -> None:
    person.set_cookie("language", "es")
    for kind, place in PLACES.items():
        page = person.page(f"/attempt/{check.id}?item={place}")
        assert not [e for e in page.all("div", "span", "option", "label") if e.get("lang") == "en"], kind
    page = person.page(f"/attempt/{check.id}?item={PLACES['cloze']}")
    names = [e.get("name") for e in page.all("select", "input") if (e.get("name") or "").startswith("gaps-")]
    assert names == ["gaps-what", "gaps-whom"], "gaps stand where the translation puts them"
    page = person.page(f"/attempt/{check.id}?item={PLACES['short_text']}")
    assert "100 %" not in send(person, page, {"text": "Devolución de la información"}).page.text


def test_versions_frozen_before_there_were_other_types_score_the_same() -> None:
    from lms.catalogue.content import from_data, to_data
    from lms.learning.scoring import draw, score_attempt
    from tests.resilience.conftest import course

    content = course("la-110").content
    assert content is not None
    old = to_data(content)
    for bank in old["banks"].values():
        bank[:] = [item for item in bank if item["type"] in {"single", "multiple", "true_false"}]
        for item in bank:
            for new in ("topic", "difficulty", "media", "partial"):
                item.pop(new, None)
    for step in (step for module in old["outline"] for step in module["steps"]):
        step.pop("blueprint", None)
    again = from_data(old)
    answers = {
        item.id: {"options": [option.id for option in item.options if option.correct]}  # type: ignore[union-attr]
        for item in again.items("post-test")
    }
    drawn = draw(again, "post-test", "seed")
    assert [set(each) for each in drawn] == [{"item", "options"}] * len(drawn)
    assert score_attempt(again, "post-test", drawn, answers).score == 100


def test_a_recording_has_its_transcript_and_can_be_wound(open_test: Attempt, candidate: PageClient) -> None:
    place = [each["item"] for each in open_test.drawn].index("several-right") + 1
    page = candidate.page(f"/attempt/{open_test.id}?item={place}")
    assert "Interpreter service: one moment, please." in page.text
    (player,) = page.all("audio")
    part = candidate.get(str(player.get("src")), headers={"Range": "bytes=0-99"})
    assert (part.status_code, part.mimetype, len(part.data)) == (206, "audio/wav", 100)
