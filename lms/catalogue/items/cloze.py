"""Cloze: a text with gaps to fill in, by words of one's own or by choosing. Pure. Response: ``{"gaps": {gap: "..."}}``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lms.catalogue.items.choices import Option, duplicates
from lms.catalogue.items.parted import PartedQuestion
from lms.catalogue.items.question import Fault, ItemText, Reason, Response
from lms.catalogue.items.seeded import by_hash
from lms.catalogue.items.translation import ItemTranslation
from lms.catalogue.items.words import more, normal
from lms.catalogue.parts import Id, Line, Part, Prose
from lms.errors import N_, Message

GAP = re.compile(r"\[\[([^\[\]]*)\]\]")
"""Where a gap stands in the text: ``[[id]]``."""


_RULES = {  # by whether parts count, whether there is a gap to write in, whether accents matter there
    (True, False, False): N_("Each gap that is filled in right earns an equal share. A wrong one takes nothing away."),
    (False, False, False): N_("It counts when every gap is filled in right."),
    (True, True, False): N_(
        "Each gap that is filled in right earns an equal share. A wrong one takes nothing away. Where you write, capitals and "
        "accents make no difference."
    ),
    (False, True, False): N_(
        "It counts when every gap is filled in right. Where you write, capitals and accents make no difference."
    ),
    (True, True, True): N_(
        "Each gap that is filled in right earns an equal share. A wrong one takes nothing away. Where you write, accents matter; "
        "capitals do not."
    ),
    (False, True, True): N_(
        "It counts when every gap is filled in right. Where you write, accents matter; capitals do not."
    ),
}


class Gap(Part):
    """One gap: ``options`` to choose from, or ``accept`` with the forms that count and ``feedback``."""

    id: Id
    options: Annotated[tuple[Option, ...], Field(max_length=8)] = ()
    accept: Annotated[tuple[Line, ...], Field(max_length=60)] = ()
    feedback: Prose | None = None

    @property
    def right(self) -> tuple[str, ...]:
        """Ids of the right options, or the accepted forms."""
        return tuple(option.id for option in self.options if option.correct) or self.accept


class ClozeItem(PartedQuestion):
    """Fill in the gaps."""

    type: Literal["cloze"]
    text: Prose
    """Markdown with a gap wherever ``[[id]]`` stands."""
    gaps: Annotated[tuple[Gap, ...], Field(min_length=1, max_length=10)]
    match_accents: bool = False
    layout: ClassVar[str] = "cloze"
    field: ClassVar[str] = "gaps"

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        yield from duplicates(("gaps",), [gap.id for gap in self.gaps])
        yield from self._gaps_in(self.text)
        for n, gap in enumerate(self.gaps):
            yield from duplicates(("gaps", n, "options"), [option.id for option in gap.options])
            if bool(gap.options) == bool(gap.accept):
                yield Fault(
                    ("gaps", n),
                    N_("The gap “%(gap)s” of “%(id)s” must have either `options` or `accept`."),
                    N_("Keep one of the two."),
                    {"id": self.id, "gap": gap.id},
                )
            elif gap.options and (len(gap.options) < 2 or sum(option.correct for option in gap.options) != 1):
                yield Fault(
                    ("gaps", n, "options"),
                    N_("The gap “%(gap)s” of “%(id)s” needs two options or more, and exactly one that is right."),
                    N_("Put `correct: true` on one option."),
                    {"id": self.id, "gap": gap.id},
                )
            elif gap.accept and not gap.feedback:
                yield Fault(
                    ("gaps", n),
                    N_("The gap “%(gap)s” of “%(id)s” has no feedback."),
                    N_("Add `feedback:` with what there is to learn from it."),
                    {"id": self.id, "gap": gap.id},
                )

    def _gaps_in(self, text: str) -> Iterator[Fault]:
        found, known = GAP.findall(text), list(self.part_ids)
        for gap in sorted(set(found) - set(known)):
            yield Fault(
                ("text",),
                N_("The text of “%(id)s” has a gap [[%(gap)s]] that is not among its gaps."),
                N_("Use one of: %(known)s."),
                {"id": self.id, "gap": gap, "known": ", ".join(known)},
            )
        for gap in known:
            if found.count(gap) != 1:
                yield Fault(
                    ("text",),
                    N_("The gap “%(gap)s” stands %(times)d times in the text of “%(id)s”."),
                    N_("Write [[%(gap)s]] exactly once, where the gap is."),
                    {"id": self.id, "gap": gap, "times": found.count(gap)},
                )

    def translation_faults(self, translation: ItemTranslation) -> Iterator[Fault]:
        if translation.text is not None:
            yield from self._gaps_in(translation.text)

    def own_texts(self) -> Iterator[ItemText]:
        yield ItemText(("text",), ("text",), self.text)
        for n, gap in enumerate(self.gaps):
            key, at = ("gaps", gap.id), ("gaps", n)
            for o, option in enumerate(gap.options):
                for name in ("text", "feedback"):
                    yield ItemText((*key, "options", option.id, name), (*at, "options", o, name), getattr(option, name))
            if gap.accept:
                yield ItemText((*key, "accept"), (*at, "accept"), "\n".join(gap.accept), False)
            if gap.feedback:
                yield ItemText((*key, "feedback"), (*at, "feedback"), gap.feedback)

    def in_languages(self, translations: Sequence[ItemTranslation]) -> ClozeItem:
        """With the accepted forms of every language."""
        gaps = tuple(
            gap.model_copy(
                update={"accept": (*gap.accept, *more(t.gaps[gap.id] for t in translations if gap.id in t.gaps))}
            )
            for gap in self.gaps
        )
        return self.model_copy(update={"gaps": gaps})

    @property
    def part_ids(self) -> tuple[str, ...]:
        return tuple(gap.id for gap in self.gaps)

    def gap(self, gap_id: str) -> Gap:
        """The gap with this id."""
        return next(gap for gap in self.gaps if gap.id == gap_id)

    def allowed(self, part: str) -> Sequence[str] | None:
        return [option.id for option in self.gap(part).options] or None

    def order(self, seed: str, shuffle: bool) -> list[str]:
        """The options of every gap as ``gap/option``, gap by gap."""
        shown = []
        for gap in self.gaps:
            ids = [option.id for option in gap.options]
            ids = by_hash(ids, seed, f"options of {self.id}/{gap.id}") if shuffle else ids
            shown += [f"{gap.id}/{each}" for each in ids]
        return shown

    def judged(self, part: str, values: Response) -> Reason:
        gap, given = self.gap(part), values.get(part)
        if given is None:
            right = False
        elif gap.options:
            right = given in gap.right
        else:
            right = self._normal(given) in {self._normal(form) for form in gap.accept}
        return Reason(part, given, Fraction(int(right)), gap.right[:1])

    def _normal(self, text: str) -> str:
        return normal(text, accents=self.match_accents)

    def key(self) -> Response:
        return {"gaps": {gap.id: gap.right[0] for gap in self.gaps}}

    def rule(self) -> Message:
        written = any(not gap.options for gap in self.gaps)
        return Message(_RULES[self.partial, written, self.match_accents and written])
