"""Situational judgement in its two field forms, keyed by a panel of experts. Pure.

*Rate each response*: ``{"ratings": {response: step}}``. A rating on the panel's step earns the whole share; one step beside it, on the
same side of the scale's middle, earns half (a near miss). Where the panel was split, its steps all count.

*Rank the responses*: ``{"places": {response: "1"}}``, the best first. With n responses each earns n − 1 marks less its
distance from the panel's place, never below 0, over n × (n − 1); with five that is the scheme of the UK Foundation
Programme (4 marks less the distance, 20 in all), in which responses given the same place earn nothing. Where the panel
puts responses level, each of the places they share is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lms.catalogue.items.choices import duplicates
from lms.catalogue.items.ordering import PlacedQuestion
from lms.catalogue.items.parted import PartedQuestion
from lms.catalogue.items.question import Fault, ItemText, Reason, Response
from lms.catalogue.items.seeded import by_hash, not_as
from lms.catalogue.parts import Id, Line, Part, Prose
from lms.errors import N_, Message


class ScaleStep(Part):
    id: Id
    text: Line


class RatedResponse(Part):
    id: Id
    text: Prose
    key: Annotated[tuple[Id, ...], Field(min_length=1)] | Id
    """The panel's step of the scale; a list where the panel was split."""
    feedback: Prose
    """Why the experts judge it so."""

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps that count fully."""
        return (self.key,) if isinstance(self.key, str) else self.key


class RankedResponse(Part):
    id: Id
    text: Prose
    rank: Annotated[int, Field(ge=1, le=9)]
    """The panel's rank, 1 being the best; the same rank for responses that it puts level."""
    feedback: Prose


class SjtRateItem(PartedQuestion):
    """How appropriate is each response? Each is rated for itself."""

    type: Literal["sjt_rate"]
    scale: Annotated[tuple[ScaleStep, ...], Field(min_length=3, max_length=7)]
    """From one end to the other."""
    options: Annotated[tuple[RatedResponse, ...], Field(min_length=2, max_length=8)]
    layout: ClassVar[str] = "rating"
    field: ClassVar[str] = "ratings"

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        steps = [step.id for step in self.scale]
        yield from duplicates(("scale",), steps)
        yield from duplicates(("options",), [option.id for option in self.options])
        for n, option in enumerate(self.options):
            for unknown in set(option.steps) - set(steps):
                yield Fault(
                    ("options", n, "key"),
                    N_("The response “%(option)s” of “%(id)s” is keyed “%(key)s”, which the scale has not."),
                    N_("Use one of: %(known)s."),
                    {"id": self.id, "option": option.id, "key": unknown, "known": ", ".join(steps)},
                )
        if len({option.steps for option in self.options}) == 1:
            yield Fault(
                ("options",),
                N_("Every response of “%(id)s” has the same key, so one rating for all always scores."),
                N_("Add responses that the experts judge differently."),
                {"id": self.id},
                "warning",
            )

    def own_texts(self) -> Iterator[ItemText]:
        for n, step in enumerate(self.scale):
            yield ItemText(("scale", step.id), ("scale", n, "text"), step.text, False)
        yield from _response_texts(self.options)

    @property
    def part_ids(self) -> tuple[str, ...]:
        return tuple(option.id for option in self.options)

    def allowed(self, part: str) -> Sequence[str]:
        return [step.id for step in self.scale]

    def order(self, seed: str, shuffle: bool) -> list[str]:
        return by_hash(self.part_ids, seed, f"options of {self.id}") if shuffle else list(self.part_ids)

    def judged(self, part: str, values: Response) -> Reason:
        option = next(option for option in self.options if option.id == part)
        given = values.get(part)
        earned = max((self._near(given, step) for step in option.steps), default=Fraction(0)) if given else Fraction(0)
        return Reason(part, given, earned, option.steps)

    def _near(self, given: str, keyed: str) -> Fraction:
        steps = [step.id for step in self.scale]
        a, b = steps.index(given), steps.index(keyed)
        if a == b:
            return Fraction(1)
        middle = Fraction(len(steps) - 1, 2)
        across = (a - middle) * (b - middle) < 0
        return Fraction(1, 2) if abs(a - b) == 1 and not across else Fraction(0)

    def key(self) -> Response:
        return {"ratings": {option.id: option.steps[0] for option in self.options}}

    def rule(self) -> Message:
        if self.partial:
            return Message(
                N_(
                    "Each rating that agrees with the experts earns an equal share; one step beside, on the same side of the "
                    "scale, earns half of it. A wrong one takes nothing away."
                )
            )
        return Message(N_("It counts when every rating agrees with the experts."))


class SjtRankItem(PlacedQuestion):
    """Which response is best, which next? Each is ranked against the others."""

    type: Literal["sjt_rank"]
    options: Annotated[tuple[RankedResponse, ...], Field(min_length=3, max_length=6)]
    layout: ClassVar[str] = "ordering"

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        yield from duplicates(("options",), [option.id for option in self.options])
        if len({option.rank for option in self.options}) == 1:
            yield Fault(
                ("options",),
                N_("The responses of “%(id)s” all have the same rank, so every order would be right."),
                N_("Give each the rank that the experts gave it."),
                {"id": self.id},
            )

    def own_texts(self) -> Iterator[ItemText]:
        yield from _response_texts(self.options)

    def order(self, seed: str, shuffle: bool) -> list[str]:
        """Always in the seed's order, and never in the panel's: authors write the best first."""
        return not_as(by_hash(self.part_ids, seed, f"options of {self.id}"), self._ranked())

    def _ranked(self) -> list[str]:
        return [option.id for option in sorted(self.options, key=lambda option: option.rank)]

    def _keyed_places(self, part: str) -> tuple[int, int]:
        """The first and the last place that are right for a response: one, or those that level ones share."""
        rank = next(option.rank for option in self.options if option.id == part)
        above = sum(option.rank < rank for option in self.options)
        return above + 1, above + sum(option.rank == rank for option in self.options)

    def judged(self, part: str, values: Response) -> Reason:
        first, last = self._keyed_places(part)
        expected = tuple(str(place) for place in range(first, last + 1))
        given, most = values.get(part), len(self.options) - 1
        if given is None:
            return Reason(part, None, Fraction(0), expected)
        if Counter(values.values())[given] > 1:
            return Reason(part, given, Fraction(0), expected)
        distance = max(first - int(given), int(given) - last, 0)
        return Reason(part, given, max(Fraction(0), Fraction(most - distance, most)), expected)

    def key(self) -> Response:
        return {"places": {part: str(n) for n, part in enumerate(self._ranked(), 1)}}

    def rule(self) -> Message:
        if not self.partial:
            return Message(N_("It counts when every rank agrees with the experts."))
        most = len(self.options) - 1
        return Message(
            N_(
                "Each response earns %(most)d marks, less one for every place it stands away from where the experts put it. "
                "Responses you give the same place earn nothing. Nothing is taken away."
            ),
            {"most": most},
        )


def _response_texts(options: Sequence[RatedResponse | RankedResponse]) -> Iterator[ItemText]:
    for n, option in enumerate(options):
        for name in ("text", "feedback"):
            yield ItemText(("options", option.id, name), ("options", n, name), getattr(option, name))
