"""What a learner saw and answered: the questions of an attempt as they were shown, in the language and order shown. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lms.catalogue.items import ReflectionItem
from lms.catalogue.localised import LocalItem, LocalScenario
from lms.errors import AttuneError
from lms.learning.scoring import score_item

HIDDEN = frozenset({"feedback", "explanation", "why", "consequence"})
"""Texts that are shown only after the answer."""

Given = Mapping[str, Any]
"""An answer: ``item``, ``response``, ``language``, ``at``."""


def questions(
    bank: Callable[[str], Mapping[str, LocalItem]],
    keyed: Mapping[str, Any],
    drawn: Sequence[Given],
    given: Sequence[Given],
    language: str,
) -> list[dict[str, Any]]:
    """Every question of an attempt at a check or test, in the order shown, with every answer to it from first to last.

    ``bank`` gives the items in a language, ``keyed`` the items for scoring. ``earned`` is what the last answer is worth by the frozen
    version, from 0 to 1; None where it was not answered. Answers that arrived after the attempt had closed are shown, and earn nothing.
    """
    answers: dict[str, list[Given]] = {}
    for answer in given:
        answers.setdefault(answer["item"], []).append(answer)
    shown = []
    for asked in drawn:
        own = answers.get(asked["item"], [])
        local = bank(own[-1]["language"] if own else language).get(asked["item"])
        if local is not None:
            shown.append(_question(local, asked, own, keyed[local.id]))
    return shown


def _question(local: LocalItem, asked: Given, own: Sequence[Given], keyed: Any) -> dict[str, Any]:
    texts = {"/".join(key): str(text) for key, text in local.texts.items() if not HIDDEN & set(key)}
    counting = [each["response"] for each in own if not each.get("arrived_late")]
    last = counting[-1] if counting else None
    private = isinstance(local.item, ReflectionItem)  # its writer was told that nobody else is shown it
    return {
        "item": local.id,
        "type": getattr(local.item, "type", ""),
        "critical": local.item.critical,
        "objective": local.item.objective,
        "language": local.stem.language,
        "question": str(local.stem),
        "order_shown": list(asked.get("options", [])),
        "texts": texts,
        "answers": [
            {
                "at": each["at"],
                "response": each["response"] if not private else {},
                "in_words": in_words(texts, each["response"]) if not private else "",
                "arrived_late": bool(each.get("arrived_late")),
            }
            for each in own
        ],
        "earned": _earned(keyed, last),
    }


def _earned(item: Any, response: Any) -> float | None:
    try:
        return None if response is None else float(score_item(item, response))
    except AttuneError:
        return None


def in_words(texts: Mapping[str, str], response: object) -> str:
    """A response with the words that stood on the page in place of ids."""
    if isinstance(response, str):
        return next(
            (
                texts[f"{part}/{response}/text"]
                for part in ("options", "rows", "scale")
                if f"{part}/{response}/text" in texts
            ),
            response,
        )
    if isinstance(response, Mapping):
        values = [
            f"{in_words(texts, name)}: {in_words(texts, value)}"
            if name not in ("options", "text", "choice", "order")
            else in_words(texts, value)
            for name, value in response.items()
        ]
        return "; ".join(values)
    if isinstance(response, list | tuple):
        return "; ".join(in_words(texts, each) for each in response)
    return "" if response is None else str(response)


def story(told: Callable[[str], LocalScenario], given: Sequence[Given], language: str) -> list[dict[str, Any]]:
    """The path through a scenario, which ``told`` gives in a language: each scene as it was shown, and the choice that was taken in it."""
    path = []
    for answer in given:
        scene = told(answer["language"] or language).scenes.get(answer["item"])
        chosen = answer["response"].get("choice")
        if scene is None:
            continue
        choice = scene.choices.get(chosen)
        path.append(
            {
                "scene": scene.id,
                "text": str(scene.text) if scene.text else "",
                "choices_shown": {name: str(each.text) for name, each in scene.choices.items()},
                "chosen": chosen,
                "in_words": str(choice.text) if choice else "",
                "quality": choice.choice.quality if choice else None,
                "at": answer["at"],
            }
        )
    return path
