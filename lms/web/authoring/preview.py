"""A draft as a learner would see it. Nothing is recorded: a scenario's choices travel in the address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lms.catalogue.content import CourseContent
from lms.catalogue.steps import FOLLOW_UP
from lms.catalogue.surveys import commitments
from lms.errors import Invalid
from lms.learning import scenario as scenarios
from lms.web.learning.item_view import ItemView
from lms.web.learning.reader import Course
from lms.web.learning.surveys import HOW, asked_in


class Preview(Course):
    """A course folder's content, read by an author."""

    def __init__(self, content: CourseContent, slug: str, files: Mapping[str, bytes]) -> None:
        super().__init__(content)
        self.slug = slug
        self.files = files

    def media_url(self, name: str) -> str:
        """Pictures as they are in the folder now."""
        return url_for("authoring.media", slug=self.slug, name=name)

    def media_text(self, name: str) -> str:
        """Captions as they are in the folder now."""
        return self.files[name].decode("utf-8", "replace")

    def judged_items(self, step_id: str) -> list[ItemView]:
        """Every item with the key and all feedback open."""
        return [ItemView.keyed(self, item, prefix=f"{item.id}-") for item in self.course.items(step_id).values()]

    def survey(self, survey_id: str) -> dict[str, Any]:
        """An evaluation, and with it the follow-up that goes back to it."""
        local = self.course.survey(survey_id)
        later = self.course.survey(FOLLOW_UP) if FOLLOW_UP in self.content.surveys else None
        about = commitments(later.survey, local.survey, None) if later else {}
        return {
            "intro": self.text(local.intro) if local.intro else None,
            "questions": asked_in(local, None, {}, {}),
            "later": asked_in(later, local, about, {}) if later else [],
            "follow_up": self.content.follow_up,
            "how": HOW,
        }

    def play(self, step_id: str, asked: Mapping[str, str]) -> dict[str, Any]:
        """A scenario played so far by the choices in the address (``path=a.b.c``); a path that does not hold starts anew."""
        story = self.course.scenario(step_id)
        path = [part for part in asked.get("path", "").split(".") if part]
        try:
            state = scenarios.replay(story.scenario, path)
        except Invalid:
            path, state = [], scenarios.start(story.scenario)
        scene = story.scenes[state.scene_id]
        last = state.path[-1] if state.path else None
        here = url_for("authoring.preview", slug=self.slug, step_id=step_id)
        return {
            "intro": self.text(story.intro) if last is None else None,
            "consequence": self.text(story.scenes[last.scene_id].choices[last.choice.id].consequence) if last else None,
            "scene_text": self.text(scene.text),
            "speaker": scene.speaker,
            "ending": state.ending,
            "percent": state.percent,
            "values": [(story.state[name], value) for name, value in state.values.items()],
            "choices": [
                {
                    "text": self.text(scene.choices[choice.id].text, inline=True),
                    "quality": choice.quality,
                    "url": f"{here}?path={'.'.join([*path, choice.id])}",
                }
                for choice in scenarios.available(story.scenario, state)
            ],
            "again": here,
        }

    def page(self, template: str, step_id: str, **values: Any) -> ResponseReturnValue:
        """A page in the player's frame that says it is a preview."""
        steps = self.content.steps
        player = {
            "course_title": gettext("Preview: %(title)s", title=self.course.title),
            "course_url": url_for("authoring.course", slug=self.slug),
            "done": [step.id for step in steps].index(step_id) + 1,
            "total": len(steps),
            "minutes_left": None,
            "place": self.place(step_id),
            "saved": gettext("Nothing is recorded"),
        }

        def link(step: Any) -> str | None:
            return url_for("authoring.preview", slug=self.slug, step_id=step.id) if step else None

        return render_template(
            template,
            reader=self,
            player=player,
            step=self.course.step(step_id),
            previous_url=link(self.content.previous(step_id)),
            following_url=link(self.content.next(step_id)),
            **values,
        )
