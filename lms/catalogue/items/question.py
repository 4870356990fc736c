"""What every type of item is: the interface that checking, drawing, answering, scoring and showing go through. Pure.

A type is one class in one module of this package, and one template macro (``templates/components/items/<layout>.html``).
It says what an author owes (``faults``), which texts can be translated (``texts``), in which order its parts are shown
(``order``), how a form becomes a response and back (``parse``, ``fields``), whether a response fits (``checked``) and is
whole (``complete``), and what it is worth (``credit``), by a rule that is told to the learner (``rule``).

A response is a JSON object. Credit lies between 0 and 1: nothing is ever marked negative.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal

from pydantic import StringConstraints

from lms.catalogue.items.translation import ItemTranslation
from lms.catalogue.parts import Difficulty, Id, Line, Name, Part, Prose
from lms.errors import N_, Invalid, Message

Response = Mapping[str, Any]
"""What a learner answered, such as ``{"options": [ids]}`` or ``{"pairs": {row: option}}``; each type says which."""

Form = Mapping[str, Sequence[str]]
"""The fields of a form: every value of each name."""

Key = tuple[str, ...]
At = tuple[str | int, ...]

Verdict = Literal["right", "near", "wrong", "missed", "open"]
"""What became of one part of an answer: right, partly right, wrong, left out, or not judged."""

MediaPath = Annotated[str, StringConstraints(pattern=r"^media/[A-Za-z0-9._-]+$", max_length=200)]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the definition of an item: where (from the item on), what, and what to do."""

    at: At
    message: str
    remedy: str
    params: Mapping[str, object] = field(default_factory=dict)
    level: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True)
class ItemText:
    """A text that can be translated: its key for translators and its place, both from the item on."""

    key: Key
    at: At
    value: str
    markdown: bool = True


@dataclass(frozen=True, slots=True)
class Reason:
    """What one part of an answer earned, from 0 to 1 of its share, and which answers the key gives it."""

    part: str
    given: str | None
    earned: Fraction
    expected: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """In a word."""
        if self.given is None:
            return "missed"
        return "right" if self.earned == 1 else "near" if self.earned > 0 else "wrong"


@dataclass(frozen=True, slots=True)
class Credit:
    """What an answer is worth, from 0 to 1, with the reasons part by part. Unscored items earn nothing and cost nothing."""

    score: Fraction
    reasons: tuple[Reason, ...] = ()

    @property
    def right(self) -> bool:
        """Whether it is fully right."""
        return self.score == 1

    def of(self, part: str) -> Reason | None:
        """The reason of one part."""
        return next((reason for reason in self.reasons if reason.part == part), None)


class ItemMedia(Part):
    """What is shown above the question: a picture, a recording or a film."""

    image: MediaPath | None = None
    alt: Line | None = None
    """What the picture shows, for those who do not see it."""
    audio: MediaPath | None = None
    video: MediaPath | None = None
    captions: MediaPath | None = None
    """WebVTT captions of a film."""
    transcript: Prose | None = None
    """Everything that is said and everything that matters, in words."""


class Question(Part):
    """Base of all items."""

    id: Id
    objective: Id
    stem: Prose
    explanation: Prose
    """Shown after the answer, whatever it was."""
    critical: bool = False
    """A missed critical item fails the test."""
    topic: Name | None = None
    """What the item is about, for drawing by topic."""
    difficulty: Difficulty = "medium"
    media: ItemMedia | None = None

    layout: ClassVar[str]
    """The file of templates/components/items that shows this type."""
    scored: ClassVar[bool] = True
    """Whether answers count."""
    required: ClassVar[bool] = True
    """Whether an attempt can only be handed in when it is answered."""

    # What authors are told

    def faults(self) -> Iterator[Fault]:
        """Everything wrong with the definition that takes more than one value to see."""
        yield from self._media_faults()
        if self.critical and not self.scored:
            yield Fault(
                ("critical",),
                N_("The item “%(id)s” is not scored, so it cannot be critical."),
                N_("Remove `critical:`, or choose a type that is scored."),
                {"id": self.id},
            )

    def _media_faults(self) -> Iterator[Fault]:
        shown = self.media
        if shown is None:
            return
        if sum(each is not None for each in (shown.image, shown.audio, shown.video)) != 1:
            yield Fault(
                ("media",),
                N_("The media of “%(id)s” must be one of image, audio and video."),
                N_("Keep one; put others into the stem or the explanation."),
                {"id": self.id},
            )
        if shown.image and not shown.alt:
            yield Fault(
                ("media",),
                N_("The picture of “%(id)s” has no alternative."),
                N_("Add `alt:` with what it shows, without giving the answer away."),
                {"id": self.id},
            )
        if (shown.audio or shown.video) and not shown.transcript:
            yield Fault(
                ("media",),
                N_("The recording of “%(id)s” has no transcript."),
                N_("Add `transcript:` with all that is said, for people who cannot hear or play it."),
                {"id": self.id},
            )
        if shown.video and not shown.captions:
            yield Fault(
                ("media",),
                N_("The film of “%(id)s” has no captions."),
                N_("Add `captions:` with the path of a WebVTT file in media/."),
                {"id": self.id},
            )

    def translation_faults(self, translation: ItemTranslation) -> Iterator[Fault]:
        """What is wrong with a translation beyond missing and unknown texts; places are those of the translation."""
        return iter(())

    def media_used(self) -> Iterator[tuple[At, str]]:
        """Files of ``media/`` that are shown by other means than Markdown: where it is said, and the path."""
        for name in ("image", "audio", "video", "captions"):
            if self.media is not None and (path := getattr(self.media, name)):
                yield ("media", name), path

    # What translators see

    def texts(self) -> Iterator[ItemText]:
        """Every text that can be translated, in the author's order."""
        yield ItemText(("stem",), ("stem",), self.stem)
        if self.media is not None and self.media.alt:
            yield ItemText(("media", "alt"), ("media", "alt"), self.media.alt, False)
        if self.media is not None and self.media.transcript:
            yield ItemText(("media", "transcript"), ("media", "transcript"), self.media.transcript)
        yield from self.own_texts()
        yield ItemText(("explanation",), ("explanation",), self.explanation)

    def own_texts(self) -> Iterator[ItemText]:
        """The texts that only this type has."""
        return iter(())

    def in_languages(self, translations: Sequence[ItemTranslation]) -> Question:
        """The item as it is keyed when it is answered in any of these languages, too: words that count as right."""
        return self

    # What an attempt asks

    def order(self, seed: str, shuffle: bool) -> list[str]:
        """Ids of the parts in the order in which the seed shows them; kept with the attempt."""
        return []

    # What a learner answers

    def parse(self, form: Form, language: str) -> Response:
        """The response that a form holds, as far as it is filled in.

        Raises:
            Invalid: nothing is filled in, or it cannot be read.
        """
        raise NotImplementedError

    def fields(self, response: Response) -> dict[str, list[str]]:
        """The form's fields for a response: what ``parse`` would read it from."""
        raise NotImplementedError

    def checked(self, response: object) -> Response:
        """A response in its normal form.

        Raises:
            Invalid: it has the wrong shape, names what the item has not, or says nothing.
        """
        raise NotImplementedError

    def complete(self, response: Response) -> bool:
        """Whether nothing is left out."""
        return True

    def incomplete(self) -> Invalid:
        """Said when an answer that is not complete would be judged."""
        return Invalid(N_("Something is not answered yet. What you chose is kept; answer the rest, then go on."))

    # What it is worth

    def key(self) -> Response:
        """A response that earns everything; for an unscored item, one that fits."""
        raise NotImplementedError

    def credit(self, response: Response) -> Credit:
        """What a well-formed response is worth. Raises Invalid as ``checked`` does."""
        raise NotImplementedError

    def rule(self) -> Message | None:
        """How credit is given, as the learner is told before answering; None where nothing needs saying."""
        return None


def unreadable() -> Invalid:
    """A response that no page of ours sends."""
    return Invalid(N_("The answer could not be read. Reload the page and answer again."))


def nothing_given() -> Invalid:
    """A response that says nothing."""
    return Invalid(N_("Give an answer first, then go on."))


def mapped(response: object, name: str) -> Mapping[str, Any]:
    """What stands under the only key of a response. Raises Invalid for any other shape."""
    value = response.get(name) if isinstance(response, Mapping) and set(response) == {name} else None
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for each in (*value, *value.values())):
        raise unreadable()
    return value
