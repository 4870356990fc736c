"""Choosing among options: one right, all right, true or false, and pictures. Pure. Response: ``{"options": [ids]}``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from lms.catalogue.items.question import (
    At,
    Credit,
    Fault,
    Form,
    ItemText,
    MediaPath,
    Question,
    Reason,
    Response,
    nothing_given,
    unreadable,
)
from lms.catalogue.items.seeded import by_hash
from lms.catalogue.parts import Id, Line, Part, Prose
from lms.errors import N_, Invalid, Message


def _word(value: object) -> object:
    """YAML reads an unquoted ``id: true`` as a truth value; authors of true-or-false items mean the word."""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


class Option(Part):
    id: Annotated[Id, BeforeValidator(_word, json_schema_input_type=Id | bool)]
    text: Prose
    correct: bool = False
    feedback: Prose
    """What somebody who chose this learns from it."""


class PictureOption(Part):
    id: Id
    image: MediaPath
    alt: Line
    """What the picture shows: the option's name for those who do not see it."""
    text: Prose | None = None
    """A caption under the picture."""
    correct: bool = False
    feedback: Prose


class _Choice(Question):
    layout: ClassVar[str] = "choice"
    many: ClassVar[bool] = False
    """Whether several options may be chosen."""

    @property
    def choosable(self) -> tuple[Option | PictureOption, ...]:
        """What there is to choose from."""
        return self.options  # type: ignore[attr-defined, no-any-return]

    @property
    def right(self) -> frozenset[str]:
        """Ids of the right options."""
        return frozenset(option.id for option in self.choosable if option.correct)

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        yield from duplicates(("options",), [option.id for option in self.choosable])
        right = len(self.right)
        if not self.many and sum(option.correct for option in self.choosable) != 1:
            yield Fault(
                ("options",),
                N_("The item “%(id)s” has %(right)d right options; its type needs exactly one."),
                N_("Put `correct: true` on one option, or make the item `type: multiple`."),
                {"id": self.id, "right": sum(option.correct for option in self.choosable)},
            )
        if self.many and right == 0:
            yield Fault(
                ("options",),
                N_("The item “%(id)s” has no right option."),
                N_("Put `correct: true` on every option that is right."),
                {"id": self.id},
            )
        if self.many and right == len(self.choosable):
            yield Fault(
                ("options",),
                N_("Every option of “%(id)s” is right, so ticking all of them always scores."),
                N_("Add an option that people without the skill would choose."),
                {"id": self.id},
                "warning",
            )

    def own_texts(self) -> Iterator[ItemText]:
        for n, option in enumerate(self.choosable):
            key, at = ("options", option.id), ("options", n)
            if isinstance(option, PictureOption):
                yield ItemText((*key, "alt"), (*at, "alt"), option.alt, False)
            if option.text:
                yield ItemText((*key, "text"), (*at, "text"), option.text)
            yield ItemText((*key, "feedback"), (*at, "feedback"), option.feedback)

    def order(self, seed: str, shuffle: bool) -> list[str]:
        ids = [option.id for option in self.choosable]
        return by_hash(ids, seed, f"options of {self.id}") if shuffle else ids

    def parse(self, form: Form, language: str) -> Response:
        return self.checked({"options": list(form.get("options", ()))})

    def fields(self, response: Response) -> dict[str, list[str]]:
        return {"options": list(response["options"])}

    def checked(self, response: object) -> Response:
        return {"options": chosen_of(response, [option.id for option in self.choosable], many=self.many)}

    def key(self) -> Response:
        return {"options": [option.id for option in self.choosable if option.correct]}

    def credit(self, response: Response) -> Credit:
        chosen = self.checked(response)["options"]
        reasons = tuple(
            Reason(each, each, Fraction(each in self.right), tuple(sorted(self.right))) for each in chosen
        ) + tuple(Reason(each, None, Fraction(0)) for each in sorted(self.right - set(chosen)))
        return Credit(self._worth(set(chosen)), reasons)

    def _worth(self, chosen: set[str]) -> Fraction:
        return Fraction(int(chosen <= self.right))


class SingleItem(_Choice):
    """Choose the one right option."""

    type: Literal["single"]
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=12)]


class TrueFalseItem(_Choice):
    """True or false; never shuffled."""

    type: Literal["true_false"]
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=12)]

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        if sorted(option.id for option in self.options) != ["false", "true"]:
            yield Fault(
                ("options",),
                N_("The true-or-false item “%(id)s” must have the options `true` and `false`."),
                N_("Name the two options `true` and `false`, or make the item `type: single`."),
                {"id": self.id},
            )

    def order(self, seed: str, shuffle: bool) -> list[str]:
        return [option.id for option in self.options]


class MultipleItem(_Choice):
    """Choose every right option."""

    type: Literal["multiple"]
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=12)]
    partial: bool = True
    """Whether an answer that is partly right earns a part."""
    many: ClassVar[bool] = True

    def _worth(self, chosen: set[str]) -> Fraction:
        """(right options chosen − wrong options chosen) ÷ right options, never below 0."""
        right = len(chosen & self.right)
        worth = max(Fraction(0), Fraction(2 * right - len(chosen), len(self.right)))
        return worth if self.partial else Fraction(int(worth))

    def rule(self) -> Message:
        return _rule_of_many(self.partial)


class PictureChoiceItem(_Choice):
    """Choose the one right picture."""

    type: Literal["picture_choice"]
    options: Annotated[tuple[PictureOption, ...], Field(min_length=2, max_length=8)]
    layout: ClassVar[str] = "pictures"

    def media_used(self) -> Iterator[tuple[At, str]]:
        yield from super().media_used()
        for n, option in enumerate(self.options):
            yield ("options", n, "image"), option.image


def _rule_of_many(partial: bool) -> Message:
    if partial:
        return Message(
            N_(
                "Each right option you choose earns a share, each wrong one takes a share away; never less than nothing."
            )
        )
    return Message(N_("It counts when you choose all that are right, and nothing else."))


def duplicates(at: At, ids: list[str]) -> Iterator[Fault]:
    """A fault for every id that was used before in the same list."""
    for n, each in enumerate(ids):
        if each in ids[:n]:
            yield Fault(
                (*at, n, "id"),
                N_("The id “%(id)s” is used twice."),
                N_("Give one of the two another id; if one was already published, change the newer."),
                {"id": each},
            )


def chosen_of(response: object, known: list[str], *, many: bool) -> list[str]:
    """The options of a well-formed response, in the author's order. Raises Invalid for any other."""
    given = response.get("options") if isinstance(response, Mapping) and set(response) == {"options"} else None
    if not isinstance(given, list | tuple) or not all(isinstance(each, str) for each in given):
        raise unreadable()
    for each in given:
        if each not in known:
            raise Invalid(N_("The question has no option “%(option)s”. Reload the page."), option=each[:80])
    if not given:
        raise nothing_given()
    if len(set(given)) != len(given):
        raise Invalid(N_("An option was chosen twice. Reload the page and answer again."))
    if len(given) > 1 and not many:
        raise Invalid(N_("Choose one answer only."))
    return [each for each in known if each in given]
