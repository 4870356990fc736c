"""Items that are answered part by part: each row, gap, entry or response has a value of its own. Pure.

Response: ``{"pairs": {row: option}}``, and likewise under the name that the type gives its field. Parts may be left out
(an answer is saved as it grows); what is left out earns nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar

from lms.catalogue.items.question import (
    Credit,
    Form,
    Question,
    Reason,
    Response,
    mapped,
    nothing_given,
    unreadable,
)
from lms.errors import N_, Invalid

MAX_WORDS = 300
"""Characters of a short text."""


class PartedQuestion(Question):
    """Base of the types that are answered part by part."""

    field: ClassVar[str]
    """The key of the response, and the beginning of the form's names: ``pairs`` for ``pairs-<row>``."""
    partial: bool = True
    """Whether an answer that is partly right earns a part."""

    @property
    def part_ids(self) -> tuple[str, ...]:
        """What must be answered, in the author's order."""
        raise NotImplementedError

    def allowed(self, part: str) -> Sequence[str] | None:
        """What the part can be answered with; None for words of one's own."""
        raise NotImplementedError

    def judged(self, part: str, values: Response) -> Reason:
        """What one part earned; ``values`` are the whole answer by part."""
        raise NotImplementedError

    def parse(self, form: Form, language: str) -> Response:
        values = {part: (form.get(f"{self.field}-{part}") or [""])[0].strip() for part in self.part_ids}
        return self.checked({self.field: {part: value for part, value in values.items() if value}})

    def fields(self, response: Response) -> dict[str, list[str]]:
        return {f"{self.field}-{part}": [value] for part, value in response[self.field].items()}

    def checked(self, response: object) -> Response:
        values = mapped(response, self.field)
        if not set(values) <= set(self.part_ids):
            raise unreadable()
        for part, value in values.items():
            allowed = self.allowed(part)
            if allowed is not None and value not in allowed:
                raise Invalid(N_("The question has no option “%(option)s”. Reload the page."), option=value[:80])
            if len(value) > MAX_WORDS:
                raise Invalid(N_("Keep your answer to %(limit)d characters."), limit=MAX_WORDS)
            if not value.strip():
                raise unreadable()
        if not values:
            raise nothing_given()
        return {self.field: {part: values[part].strip() for part in self.part_ids if part in values}}

    def complete(self, response: Response) -> bool:
        return set(response[self.field]) == set(self.part_ids)

    def credit(self, response: Response) -> Credit:
        values = self.checked(response)[self.field]
        reasons = tuple(self.judged(part, values) for part in self.part_ids)
        worth = self.worth(values, reasons)
        return Credit(worth if self.partial else Fraction(int(worth)), reasons)

    def worth(self, values: Response, reasons: Sequence[Reason]) -> Fraction:
        """Every part has an equal share."""
        return sum((reason.earned for reason in reasons), Fraction(0)) / len(reasons)
