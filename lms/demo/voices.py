"""What people of the demo say in surveys: chosen by a seed, and read from a form by the real rules. Pure."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping

from lms.catalogue.surveys import HOW, Response, Survey, parse

WORDS = {
    "en": (
        "More cases from the night shift, please.",
        "The scenarios were the best part.",
        "Show the list of who to call on the unit.",
        "Shorter lessons, but more practice.",
        "I would like this together with my team.",
        "Nothing. It was clear.",
        "A card for the pocket with the questions.",
        "Some of the questions were too easy.",
    ),
    "es": ("Más ejemplos de urgencias.", "Los casos me gustaron mucho.", "Que sea más corto."),
}
LATER = {
    "en": (
        "I called the interpreter before going in, and the visit was shorter in the end.",
        "The phone in room 4 still does not work.",
        "We say it at handover now.",
        "At night nobody answers for ten minutes.",
    ),
    "es": ("Ahora llamo al intérprete antes de entrar.", "De noche no contesta nadie."),
}


def evaluation(survey: Survey, chance: random.Random, language: str) -> Response:
    """What somebody says after the test."""
    form: dict[str, list[str]] = {}
    for question in survey.questions:
        if question.type == "scale":
            weights = range(1, 2 * len(question.ids), 2)  # towards the far end
            form[question.id] = chance.choices(question.ids, list(weights))
        elif question.type == "choice":
            form[question.id] = [chance.choice(question.ids)]
        elif question.type == "intent":
            form[question.id] = [each for each in question.ids if chance.random() < 0.6]
        elif question.type == "text" and chance.random() < 0.1:
            form[question.id] = [chance.choice(WORDS[language])]
    return parse(survey, form, {})


def follow_up(
    survey: Survey, commitments: Mapping[str, Collection[str]], chance: random.Random, language: str
) -> Response:
    """What somebody says some weeks later of what they had meant to do."""
    form: dict[str, list[str]] = {}
    for question in survey.questions:
        if question.type == "practice":
            for each in sorted(commitments.get(question.id, ())):
                form[f"{question.id}.{each}"] = chance.choices(HOW, (45, 30, 18, 7))
        elif question.type in ("scale", "choice"):
            form[question.id] = chance.choices(question.ids, list(range(len(question.ids), 0, -1)))
        elif question.type == "text" and chance.random() < 0.1:
            form[question.id] = [chance.choice(LATER[language])]
    return parse(survey, form, commitments)
