"""Asked, but not scored: where one stands on a scale, and a reflection in one's own words. Pure.

Responses: ``{"options": [id]}`` and ``{"text": "..."}``.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lms.catalogue.items.choices import chosen_of, duplicates
from lms.catalogue.items.question import Credit, Fault, Form, ItemText, Question, Reason, Response
from lms.catalogue.items.words import text_of
from lms.catalogue.parts import Id, Line, Part, Prose
from lms.errors import N_, Message

MAX_REFLECTION = 4000
"""Characters of a reflection."""

_NOT_SCORED = N_("This is not scored; no answer is right or wrong. It is kept with your attempt.")


class LikertOption(Part):
    id: Id
    text: Line
    feedback: Prose | None = None


class LikertItem(Question):
    """How far do you agree, how sure are you, how often: one point of a scale."""

    type: Literal["likert"]
    options: Annotated[tuple[LikertOption, ...], Field(min_length=2, max_length=11)]
    """From one end of the scale to the other; never shuffled."""
    layout: ClassVar[str] = "scale"
    scored: ClassVar[bool] = False

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        yield from duplicates(("options",), [option.id for option in self.options])

    def own_texts(self) -> Iterator[ItemText]:
        for n, option in enumerate(self.options):
            yield ItemText(("options", option.id, "text"), ("options", n, "text"), option.text, False)
            if option.feedback:
                yield ItemText(("options", option.id, "feedback"), ("options", n, "feedback"), option.feedback)

    def order(self, seed: str, shuffle: bool) -> list[str]:
        return [option.id for option in self.options]

    def parse(self, form: Form, language: str) -> Response:
        return self.checked({"options": list(form.get("options", ()))})

    def fields(self, response: Response) -> dict[str, list[str]]:
        return {"options": list(response["options"])}

    def checked(self, response: object) -> Response:
        return {"options": chosen_of(response, [option.id for option in self.options], many=False)}

    def key(self) -> Response:
        return {"options": [self.options[0].id]}

    def credit(self, response: Response) -> Credit:
        return _kept(self.checked(response)["options"][0])

    def rule(self) -> Message:
        return Message(_NOT_SCORED)


class ReflectionItem(Question):
    """A thought in one's own words. What others found comes as the explanation."""

    type: Literal["reflection"]
    layout: ClassVar[str] = "reflection"
    scored: ClassVar[bool] = False
    required: ClassVar[bool] = False

    def parse(self, form: Form, language: str) -> Response:
        return self.checked({"text": (form.get("text") or [""])[0]})

    def fields(self, response: Response) -> dict[str, list[str]]:
        return {"text": [response["text"]]}

    def checked(self, response: object) -> Response:
        return {"text": text_of(response, MAX_REFLECTION)}

    def key(self) -> Response:
        return {"text": "…"}

    def credit(self, response: Response) -> Credit:
        return _kept(self.checked(response)["text"])

    def rule(self) -> Message:
        return Message(N_("This is not scored, and nobody but you is shown what you write."))


def _kept(given: str) -> Credit:
    return Credit(Fraction(0), (Reason("", given, Fraction(0)),))
