"""Ordering: which comes first, second, third. Pure. Response: ``{"places": {entry: "1"}}``, the first place being 1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lms.catalogue.items.choices import duplicates
from lms.catalogue.items.parted import PartedQuestion
from lms.catalogue.items.question import Fault, ItemText, Reason, Response
from lms.catalogue.items.seeded import by_hash, not_as
from lms.catalogue.parts import Id, Part, Prose
from lms.errors import N_, Invalid, Message


class Entry(Part):
    id: Id
    text: Prose
    feedback: Prose
    """Why it stands at this place."""


class PlacedQuestion(PartedQuestion):
    """Base of the types that give each of their ``options`` a place, the first being 1."""

    field: ClassVar[str] = "places"

    @property
    def part_ids(self) -> tuple[str, ...]:
        return tuple(option.id for option in self.options)  # type: ignore[attr-defined]

    def allowed(self, part: str) -> Sequence[str]:
        return places(len(self.part_ids))


class OrderingItem(PlacedQuestion):
    """Put the entries into order. The author writes them in the right one."""

    type: Literal["ordering"]
    options: Annotated[tuple[Entry, ...], Field(min_length=3, max_length=9)]
    layout: ClassVar[str] = "ordering"

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        yield from duplicates(("options",), [option.id for option in self.options])

    def own_texts(self) -> Iterator[ItemText]:
        for n, option in enumerate(self.options):
            for name in ("text", "feedback"):
                yield ItemText(("options", option.id, name), ("options", n, name), getattr(option, name))

    def order(self, seed: str, shuffle: bool) -> list[str]:
        """The entries, always in the seed's order, and never in the right one."""
        return not_as(by_hash(self.part_ids, seed, f"options of {self.id}"), self.part_ids)

    def checked(self, response: object) -> Response:
        """Besides what every parted item asks: each place is given once."""
        normal = super().checked(response)
        for place, times in Counter(normal["places"].values()).items():
            if times > 1:
                raise Invalid(N_("Place %(place)s is given twice. Give every entry a place of its own."), place=place)
        return normal

    def judged(self, part: str, values: Response) -> Reason:
        """One entry: the others that stand on its right side less those on its wrong one, by their number."""
        ids = self.part_ids
        own = ids.index(part)
        right = str(own + 1)
        if part not in values:
            return Reason(part, None, Fraction(0), (right,))
        place = int(values[part])
        others = [(ids.index(other), int(value)) for other, value in values.items() if other != part]
        balance = sum(1 if (other < own) == (its < place) else -1 for other, its in others)
        return Reason(part, values[part], max(Fraction(0), Fraction(balance, len(ids) - 1)), (right,))

    def worth(self, values: Response, reasons: Sequence[Reason]) -> Fraction:
        """(pairs in the right order − pairs in the wrong order) ÷ all pairs, never below 0. One entry that is out of place
        then costs little, and the reverse of the right order earns nothing."""
        pairs = list(combinations(self.part_ids, 2))
        given = [(int(values[a]), int(values[b])) for a, b in pairs if a in values and b in values]
        balance = sum(1 if a < b else -1 for a, b in given)
        return max(Fraction(0), Fraction(balance, len(pairs)))

    def key(self) -> Response:
        return {"places": {part: str(n) for n, part in enumerate(self.part_ids, 1)}}

    def rule(self) -> Message:
        if self.partial:
            return Message(
                N_(
                    "Every two entries that stand in the right order earn a share, every two in the wrong order take one "
                    "away; never less than nothing."
                )
            )
        return Message(N_("It counts when every entry is at its place."))


def places(count: int) -> list[str]:
    """The places there are, from "1"."""
    return [str(n) for n in range(1, count + 1)]
