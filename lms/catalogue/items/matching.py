"""Matching: each row with the option that belongs to it. Pure. Response: ``{"pairs": {row: option}}``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lms.catalogue.items.choices import duplicates
from lms.catalogue.items.parted import PartedQuestion
from lms.catalogue.items.question import Fault, ItemText, Reason, Response
from lms.catalogue.items.seeded import by_hash, not_as
from lms.catalogue.parts import Id, Part, Prose
from lms.errors import N_, Message


class Row(Part):
    id: Id
    text: Prose
    match: Id
    """The option that belongs here."""
    feedback: Prose
    """Why it belongs here."""


class MatchOption(Part):
    id: Id
    text: Prose


class MatchingItem(PartedQuestion):
    """Every row has one option; an option may belong to several rows, or to none."""

    type: Literal["matching"]
    rows: Annotated[tuple[Row, ...], Field(min_length=2, max_length=10)]
    options: Annotated[tuple[MatchOption, ...], Field(min_length=2, max_length=12)]
    layout: ClassVar[str] = "matching"
    field: ClassVar[str] = "pairs"

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        known = [option.id for option in self.options]
        yield from duplicates(("rows",), [row.id for row in self.rows])
        yield from duplicates(("options",), known)
        for n, row in enumerate(self.rows):
            if row.match not in known:
                yield Fault(
                    ("rows", n, "match"),
                    N_("The row “%(row)s” of “%(id)s” matches “%(match)s”, which is no option."),
                    N_("Use one of: %(known)s."),
                    {"id": self.id, "row": row.id, "match": row.match, "known": ", ".join(known)},
                )

    def own_texts(self) -> Iterator[ItemText]:
        for n, row in enumerate(self.rows):
            yield ItemText(("rows", row.id, "text"), ("rows", n, "text"), row.text)
            yield ItemText(("rows", row.id, "feedback"), ("rows", n, "feedback"), row.feedback)
        for n, option in enumerate(self.options):
            yield ItemText(("options", option.id, "text"), ("options", n, "text"), option.text)

    @property
    def part_ids(self) -> tuple[str, ...]:
        return tuple(row.id for row in self.rows)

    def allowed(self, part: str) -> Sequence[str]:
        return [option.id for option in self.options]

    def order(self, seed: str, shuffle: bool) -> list[str]:
        """The options, always in the seed's order: authors write them beside their rows."""
        ids = by_hash((option.id for option in self.options), seed, f"options of {self.id}")
        return not_as(ids, [row.match for row in self.rows])

    def judged(self, part: str, values: Response) -> Reason:
        match = next(row.match for row in self.rows if row.id == part)
        return Reason(part, values.get(part), Fraction(int(values.get(part) == match)), (match,))

    def key(self) -> Response:
        return {"pairs": {row.id: row.match for row in self.rows}}

    def rule(self) -> Message:
        if self.partial:
            return Message(N_("Each right pair earns an equal share. A wrong one takes nothing away."))
        return Message(N_("It counts when every pair is right."))
