"""The pages of a scenario: a scene with its clock, and the debrief."""

from __future__ import annotations

import secrets
from typing import Any

from flask.typing import ResponseReturnValue

from lms.catalogue.localised import LocalScenario
from lms.catalogue.story import SCORE, Choice
from lms.learning import queries, scoring
from lms.learning import scenario as scenarios
from lms.learning.debrief import Lack, Turn, debrief
from lms.learning.models import Attempt
from lms.learning.scenario import Taken
from lms.learning.scene_clock import scene_clock
from lms.web.learning.reader import Reader
from lms.web.page import now, session
from lms.web.words import gettext, ngettext


def scene_page(found: Attempt, reader: Reader) -> ResponseReturnValue:
    """The scene where the learner is: what followed the last choice, what can be done now."""
    story = reader.course.scenario(found.step_id)
    path = queries.choices(session(), found.id)
    state = scenarios.replay(story.scenario, path)
    last = state.path[-1] if state.path else None
    scene = story.scenes[state.scene_id]
    timed = scene.scene.timed
    clock = scene_clock(timed, len(path), queries.pressed(session(), found.id), now()) if timed else None
    open_ids = [choice.id for choice in scenarios.available(story.scenario, state)]
    return reader.page(
        "player/scene.html",
        found.step_id,
        attempt=found,
        intro=reader.text(story.intro) if last is None else None,
        consequence=reader.text(story.scenes[last.scene_id].choices[last.choice.id].consequence) if last else None,
        passed=[reader.text(story.scenes[scene_id].text) for scene_id in state.shown[:-1]] if last else [],
        scene=scene,
        scene_text=reader.text(scene.text),
        speaker=scene.speaker,
        turn=len(path),
        clock=clock,
        clock_left=ngettext("%(num)s second left", "%(num)s seconds left", clock.left) if clock else "",
        choices=[
            {"id": choice_id, "text": reader.text(scene.choices[choice_id].text, inline=True)}
            for choice_id in scoring.by_hash(open_ids, found.seed, scene.id)  # authors write the best choice first
        ],
        variables=[
            {
                "label": story.state[name],
                "value": state.values[name],
                "min": variable.min,
                "max": variable.max,
                "change": last.changes.get(name, 0) if last else 0,
            }
            for name, variable in story.scenario.state.items()
            if not variable.hidden
        ],
        key=f"{found.id}-{len(path) + 1}-{secrets.token_hex(6)}",
        saved=gettext("Your choices are saved") if path else "",
    )


def debrief_page(found: Attempt, reader: Reader) -> ResponseReturnValue:
    """The path that was taken beside the experts', scene by scene."""
    story = reader.course.scenario(found.step_id)
    state = scenarios.replay(story.scenario, queries.choices(session(), found.id))
    looked_back = debrief(story.scenario, state)
    ending = story.scenes[state.scene_id]
    last = state.path[-1] if state.path else None
    best = looked_back.best
    return reader.page(
        "player/debrief.html",
        found.step_id,
        attempt=found,
        consequence=reader.text(story.scenes[last.scene_id].choices[last.choice.id].consequence) if last else None,
        ending=ending.scene.ending,
        ending_text=reader.text(ending.text),
        percent=state.percent,
        best_percent=best.percent,
        late=queries.timed_out(session(), found.id),
        turns=[_turn(story, reader, turn) for turn in looked_back.turns],
        same_all=all(turn.same for turn in looked_back.turns),
        missed=[_lack(story, lack) for lack in looked_back.missed],
        same_end=state.scene_id == best.scene_id,
        best_ending=best.ending,
        best_ending_text=reader.text(story.scenes[best.scene_id].text),
        debrief=reader.text(story.debrief),
    )


def _turn(story: LocalScenario, reader: Reader, turn: Turn) -> dict[str, Any]:
    scene = story.scenes[turn.scene_id]
    return {
        "speaker": scene.speaker,
        "scene": reader.text(scene.text),
        "same": turn.same,
        "yours": _taken(story, reader, turn.yours),
        "theirs": _taken(story, reader, turn.theirs),
        "better": _choice(story, reader, turn.scene_id, turn.better) if turn.better else None,
        "closed": [
            {
                **_choice(story, reader, turn.scene_id, closed.choice),
                "lacks": [_lack(story, lack) for lack in closed.lacks],
            }
            for closed in turn.closed
        ],
    }


def _choice(story: LocalScenario, reader: Reader, scene_id: str, choice: Choice) -> dict[str, Any]:
    local = story.scenes[scene_id].choices[choice.id]
    return {"text": reader.text(local.text, inline=True), "quality": choice.quality, "why": reader.text(local.why)}


def _taken(story: LocalScenario, reader: Reader, taken: Taken | None) -> dict[str, Any] | None:
    if taken is None:
        return None
    changes = [{"label": story.state[name], "change": change} for name, change in taken.changes.items()]
    return {**_choice(story, reader, taken.scene_id, taken.choice), "changes": changes}


def _lack(story: LocalScenario, lack: Lack) -> str:
    """What did not hold, as a sentence."""
    is_score = lack.name == SCORE and SCORE not in story.state
    label = gettext("Your score so far") if is_score else str(story.state[lack.name])
    if lack.least is not None and lack.value < lack.least:
        return gettext(
            "%(label)s: it was %(value)s, and at least %(least)s was needed.",
            label=label,
            value=lack.value,
            least=lack.least,
        )
    return gettext(
        "%(label)s: it was %(value)s, and at most %(most)s was allowed.", label=label, value=lack.value, most=lack.most
    )
