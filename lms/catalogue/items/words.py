"""Words of one's own: when two spellings are the same answer, and short text with its accepted forms. Pure.

Response of a short text: ``{"text": "..."}``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lms.catalogue.items.choices import duplicates
from lms.catalogue.items.parted import MAX_WORDS
from lms.catalogue.items.question import (
    Credit,
    Fault,
    Form,
    ItemText,
    Question,
    Reason,
    Response,
    nothing_given,
    unreadable,
)
from lms.catalogue.items.translation import ItemTranslation
from lms.catalogue.parts import Id, Line, Part, Percent, Prose
from lms.errors import N_, Invalid, Message

_SCRIPTS_WITH_ACCENTS = ("LATIN", "GREEK", "CYRILLIC")


def normal(text: str, *, accents: bool = False, case: bool = False) -> str:
    """A text as it is compared: compatibility forms, runs of white space and marks at its edges (quotes, a full stop) make no
    difference; nor do capitals unless ``case``, nor accents unless ``accents``. Only Latin, Greek and Cyrillic letters have accents in
    this sense; the signs of other scripts are letters."""
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    text = text.strip(" \t.,;:!?¡¿\"'“”‘’«»()[]")
    if not case:
        text = text.casefold()
    return unicodedata.normalize("NFC", text if accents else _without_accents(text))


def _without_accents(text: str) -> str:
    kept, plain = [], False
    for char in unicodedata.normalize("NFD", text):
        if unicodedata.combining(char):
            if not plain:
                kept.append(char)
        else:
            plain = unicodedata.name(char, "").startswith(_SCRIPTS_WITH_ACCENTS)
            kept.append(char)
    return "".join(kept)


class AcceptedAnswer(Part):
    id: Id
    accept: Annotated[tuple[Line, ...], Field(min_length=1, max_length=60)]
    """Every form that counts; small differences of writing need not be listed."""
    credit: Percent = 100
    """Per cent of the item that it earns."""
    feedback: Prose


_RULES = {  # by whether accents matter, whether capitals matter, whether some answers earn a part
    (False, False, False): N_("Write a word or a few. Capitals, spaces and accents make no difference."),
    (True, False, False): N_("Write a word or a few. Accents matter; capitals and spaces do not."),
    (False, True, False): N_("Write a word or a few. Capitals matter; spaces and accents do not."),
    (True, True, False): N_("Write a word or a few. Capitals and accents matter; spaces do not."),
    (False, False, True): N_(
        "Write a word or a few. An answer that comes close earns a part. Capitals, spaces and accents make no difference."
    ),
    (True, False, True): N_(
        "Write a word or a few. An answer that comes close earns a part. Accents matter; capitals and spaces do not."
    ),
    (False, True, True): N_(
        "Write a word or a few. An answer that comes close earns a part. Capitals matter; spaces and accents do not."
    ),
    (True, True, True): N_(
        "Write a word or a few. An answer that comes close earns a part. Capitals and accents matter; spaces do not."
    ),
}


class ShortTextItem(Question):
    """A word or a few, compared with the accepted forms of every language."""

    type: Literal["short_text"]
    answers: Annotated[tuple[AcceptedAnswer, ...], Field(min_length=1, max_length=12)]
    otherwise: Prose
    """Feedback for anything that is not accepted."""
    match_accents: bool = False
    """Whether a missing or wrong accent makes an answer wrong."""
    match_case: bool = False
    """Whether a small letter instead of a capital makes an answer wrong."""
    layout: ClassVar[str] = "text"

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        yield from duplicates(("answers",), [answer.id for answer in self.answers])
        if not any(answer.credit == 100 for answer in self.answers):
            yield Fault(
                ("answers",),
                N_("No answer of “%(id)s” earns everything."),
                N_("Leave out `credit:` at the right answer."),
                {"id": self.id},
            )
        seen: dict[str, str] = {}
        for n, answer in enumerate(self.answers):
            for m, form in enumerate(answer.accept):
                plain = self._normal(form)
                if seen.setdefault(plain, answer.id) != answer.id:
                    yield Fault(
                        ("answers", n, "accept", m),
                        N_("“%(form)s” is accepted by two answers of “%(id)s”; only the first would ever count."),
                        N_("Remove it from one of them."),
                        {"id": self.id, "form": form},
                    )
                if not plain:
                    yield Fault(
                        ("answers", n, "accept", m),
                        N_("“%(form)s” has no letter or digit to compare."),
                        N_("Write the words that count."),
                        {"id": self.id, "form": form},
                    )

    def own_texts(self) -> Iterator[ItemText]:
        for n, answer in enumerate(self.answers):
            key, at = ("answers", answer.id), ("answers", n)
            yield ItemText((*key, "accept"), (*at, "accept"), "\n".join(answer.accept), False)
            yield ItemText((*key, "feedback"), (*at, "feedback"), answer.feedback)
        yield ItemText(("otherwise",), ("otherwise",), self.otherwise)

    def in_languages(self, translations: Sequence[ItemTranslation]) -> ShortTextItem:
        """With the accepted forms of every language: the right word is right in whichever language it is written."""
        answers = tuple(
            answer.model_copy(
                update={
                    "accept": (
                        *answer.accept,
                        *more(t.answers[answer.id] for t in translations if answer.id in t.answers),
                    )
                }
            )
            for answer in self.answers
        )
        return self.model_copy(update={"answers": answers})

    def parse(self, form: Form, language: str) -> Response:
        return self.checked({"text": (form.get("text") or [""])[0]})

    def fields(self, response: Response) -> dict[str, list[str]]:
        return {"text": [response["text"]]}

    def checked(self, response: object) -> Response:
        return {"text": text_of(response, MAX_WORDS)}

    def key(self) -> Response:
        return {"text": next(answer.accept[0] for answer in self.answers if answer.credit == 100)}

    def credit(self, response: Response) -> Credit:
        text = self.checked(response)["text"]
        plain = self._normal(text)
        best = tuple(answer.accept[0] for answer in self.answers if answer.credit == 100)[:1]
        for answer in self.answers:
            if plain in {self._normal(form) for form in answer.accept}:
                earned = Fraction(answer.credit, 100)
                return Credit(earned, (Reason(answer.id, text, earned, best),))
        return Credit(Fraction(0), (Reason("otherwise", text, Fraction(0), best),))

    def _normal(self, text: str) -> str:
        return normal(text, accents=self.match_accents, case=self.match_case)

    def rule(self) -> Message:
        some = any(0 < answer.credit < 100 for answer in self.answers)
        return Message(_RULES[self.match_accents, self.match_case, some])


def more(answers: Iterator[object]) -> tuple[str, ...]:
    """The accepted forms of these translations."""
    return tuple(form for answer in answers for form in getattr(answer, "accept", None) or ())


def text_of(response: object, limit: int) -> str:
    """The text of a well-formed response, at most ``limit`` characters, its lines ended as everywhere else and not as forms end
    them. Raises Invalid for any other."""
    text = response.get("text") if isinstance(response, Mapping) and set(response) == {"text"} else None
    if not isinstance(text, str):
        raise unreadable()
    text = text.replace("\r\n", "\n")
    if not text.strip():
        raise nothing_given()
    if len(text) > limit:
        raise Invalid(N_("Keep your answer to %(limit)d characters."), limit=limit)
    return text.strip()
