"""The page that shows a scenario as a graph: the picture in the reader's language, and the same as a list."""

from __future__ import annotations

from collections.abc import Mapping

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup

from lms.catalogue.checks import Proof
from lms.catalogue.content import CourseContent
from lms.errors import N_, NotFound
from lms.learning.map_drawing import Words, drawn
from lms.learning.story_map import story_map


def story_page(slug: str, step_id: str, content: CourseContent, proofs: Mapping[str, Proof]) -> ResponseReturnValue:
    """Raises NotFound when the step is no scenario, or one that has errors and so cannot be drawn."""
    step = content.step(step_id)
    proof = proofs.get(step.file)
    if step_id not in content.scenarios or proof is None:
        raise NotFound(N_("This course has no scenario “%(step)s”."), step=step_id)
    story = None if proof.verdict == "faults" else story_map(content.scenarios[step_id])
    picture = Markup(drawn(story, map_words(), language=content.language, alone=False)) if story else None
    return render_template(
        "authoring/map.html",
        slug=slug,
        content=content,
        step=step,
        proof=proof,
        story=story,
        picture=picture,
        scenario=content.scenarios[step_id],
    )


def map_words() -> Words:
    """What the map says, in the reader's language."""
    return Words(
        title=gettext("Map of “%(title)s”", title="%(title)s"),
        summary=gettext(
            "%(scenes)s scenes, %(endings)s endings. The experts' way: %(way)s.",
            scenes="%(scenes)s",
            endings="%(endings)s",
            way="%(way)s",
        ),
        start=gettext("Start"),
        best_path=gettext("The experts' way"),
        best=gettext("Best choice"),
        acceptable=gettext("Acceptable"),
        poor=gettext("Poor"),
        route=gettext("By the state"),
        condition=gettext("only if %(condition)s", condition="%(condition)s"),
        good_ending=gettext("Good ending"),
        mixed_ending=gettext("Mixed ending"),
        poor_ending=gettext("Poor ending"),
        otherwise=gettext("otherwise"),
        visits=gettext("up to %(count)s times", count="%(count)s"),
        seconds=gettext("%(count)s seconds", count="%(count)s"),
    )
