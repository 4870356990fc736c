"""What no page of ours sends, through HTTP: clear words, the right status, and nothing lost or half written."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from lms.audit import AuditEntry
from lms.db import Database
from lms.learning.models import Attempt, Enrolment
from tests.accounts.conftest import Hospital
from tests.catalogue.making import TEA
from tests.learning.test_item_pages import KEYED, begin, candidate, hospital, kept, open_test  # noqa: F401 - fixtures
from tests.learning.test_stories import begun, given, learner  # noqa: F401 - a fixture
from tests.support.pages import PageClient

LARGE = 10 * 1024 * 1024


def test_a_large_answer_is_refused_the_next_one_taken_and_any_order_will_do(
    open_test: Attempt,  # noqa: F811
    candidate: PageClient,  # noqa: F811
    db: Database,
) -> None:
    address = f"/attempt/{open_test.id}/answer"
    page = candidate.page(f"/attempt/{open_test.id}?item=1")
    fields = {name: values[0] for name, values in page.fields(page.form("answer")).items()}
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data"):  # the button's way, and the script's
        large = {**fields, "text": "x" * LARGE, "key": kind}
        refused = candidate.post(address, data=large, content_type=kind)
        assert refused.status_code == 413 and "too large" in refused.text and "Write less" in refused.text
        told = candidate.post(address, data=large, content_type=kind, headers={"X-Requested-With": "fetch"})
        assert told.status_code == 413 and told.get_json()["error"]
    assert kept(db) == []
    backwards = [KEYED[each["item"]] for each in reversed(open_test.drawn)]
    for item in backwards:
        body = {**item.fields(item.key()), "csrf_token": fields["csrf_token"], "item": item.id, "key": item.id}
        saved = candidate.post(address, data=body, headers={"X-Requested-With": "fetch"})
        assert saved.status_code == 200 and "Saved" in saved.get_json()["saved"]
    assert kept(db) == [item.checked(item.key()) for item in backwards]
    assert "Hand in" in candidate.page(f"/attempt/{open_test.id}/review").text


def test_a_scene_of_somebody_else_a_choice_that_is_not_there_and_one_too_early(
    learner: Callable[[str], PageClient],  # noqa: F811
    db: Database,
    signed_in: Callable[[int], PageClient],
    clock: object,
) -> None:
    client = learner(TEA)
    page = begun(client)
    sent = {name: values[0] for name, values in page.fields(page.form("choose")).items()}
    stranger = signed_in(Hospital(db, clock).person("2"))  # type: ignore[arg-type]
    courses = stranger.page("/courses")
    token = courses.fields(courses.form())["csrf_token"][0]
    foreign = stranger.post("/attempt/1/choose", data={**sent, "options": "ask", "csrf_token": token})
    assert foreign.status_code == 404 and "no such attempt of yours" in foreign.get_data(as_text=True)
    with db.session() as session:
        written = session.scalars(select(AuditEntry).where(AuditEntry.action == "attempt.refused")).one()
        owner = session.scalars(select(Enrolment.person_id)).one()
        assert written.about_id == owner and written.actor_id not in (None, owner), "who tried, and at whose attempt"
    unknown = client.post("/attempt/1/choose", data={**sent, "options": "sing", "key": "a"})
    assert unknown.status_code == 422 and "There is no choice “sing” here." in unknown.get_data(as_text=True)
    early = client.post(
        "/attempt/1/choose", data={**sent, "scene": "tension", "options": "press", "key": "b"}, follow_redirects=True
    )
    assert "The story has already gone on from there. Here is where you are now." in early.text
    assert given(db) == []
    items = client.post("/attempt/1/answer", data={**sent, "item": "tea-1", "options": "ask", "key": "c"})
    assert items.status_code in {404, 422} and given(db) == []
