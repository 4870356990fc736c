"""What learners answered, for authors: how many chose each option or choice, and how each item does. Nobody is named."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_percent
from markupsafe import Markup

from lms.access import Permission
from lms.catalogue import queries as catalogue
from lms.catalogue.content import CourseContent
from lms.catalogue.models import CourseVersion
from lms.catalogue.steps import LessonStep
from lms.errors import N_, NotFound
from lms.learning import answered, item_analysis
from lms.learning.answered import StoryAnswers
from lms.learning.map_drawing import drawn
from lms.learning.story_map import StoryMap, story_map
from lms.web.authoring.story_page import map_words
from lms.web.page import needs, session

blueprint = Blueprint("answers", __name__, url_prefix="/authoring")


@blueprint.get("/courses/<slug>/answers/<step_id>")
@needs(Permission.COURSE_PREVIEW)
def step(slug: str, step_id: str) -> ResponseReturnValue:
    """One check, test or scenario of one published version; the newest, unless another is asked for."""
    versions = catalogue.versions(session(), slug)
    version = _chosen(versions, request.args.get("version", type=int))
    content = catalogue.content(session(), version.id)
    found = content.step(step_id)
    if isinstance(found, LessonStep):
        raise NotFound(N_("A lesson asks nothing, so there are no answers to show."))
    handed = answered.handed_in(session(), version.id, step_id)
    shared = {
        "slug": slug,
        "content": content,
        "step": found,
        "version": version,
        "versions": [each for each in versions if each.id != version.id],
        "people": len(handed),
        "fewest": answered.FEWEST,
    }
    if found.kind == "scenario":
        return render_template("authoring/choices_made.html", **shared, **_story(content, step_id, handed))
    answers = answered.item_answers(content, step_id, handed)
    return render_template(
        "authoring/answers.html",
        **shared,
        enough=item_analysis.ENOUGH,
        rows=[(item, answers[item.id]) for item in content.items(step_id)],
    )


def _chosen(versions: Sequence[CourseVersion], number: int | None) -> CourseVersion:
    found = next((each for each in versions if number in (None, each.number)), None)
    if found is None:
        raise NotFound(N_("There is no such published version of this course."))
    return found


def _story(content: CourseContent, step_id: str, handed: list[answered.Handed]) -> dict[str, object]:
    scenario = content.scenarios[step_id]
    told, story = answered.story_answers(scenario, handed), story_map(scenario)
    picture = drawn(story, map_words(), language=content.language, alone=False, beside=_notes(story, told))
    return {"story": story, "told": told, "picture": Markup(picture)}


def _notes(story: StoryMap, told: StoryAnswers) -> dict[tuple[str, str | None], str]:
    """The shares that may be shown, where the map shows them."""
    shares: dict[tuple[str, str | None], float | None] = {
        (a.source, a.choice_id): told.scenes[a.source].share(a.choice_id) for a in story.arrows if a.choice_id
    }
    shares |= {(box.id, None): told.endings.share(box.id) for box in story.boxes if box.ending}
    return {where: str(format_percent(share, "#,##0%")) for where, share in shares.items() if share is not None}
