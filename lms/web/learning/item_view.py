"""An item as a page shows it: texts in the reader's language, what is filled in, and, once judged, what each part earned.

Templates get one of these for each question; ``templates/components/items/<layout>.html`` draws it. Names of fields are those
that the item's ``parse`` reads, with a prefix where a page shows several items.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from babel.lists import format_list
from babel.numbers import format_decimal
from flask_babel import get_locale
from markupsafe import Markup

from lms.catalogue.items import Credit, Item, Reason, Response, ShortTextItem
from lms.catalogue.items.cloze import GAP
from lms.catalogue.localised import LocalItem, Text
from lms.errors import Message
from lms.web.learning.reader import Course
from lms.web.page import babel_locale, tell


@dataclass(frozen=True)
class ItemView:
    """One item on a page. ``order`` is what the attempt keeps; ``given`` are the form's fields; ``credit`` is there once it is judged."""

    reader: Course
    local: LocalItem
    order: Sequence[str]
    given: Mapping[str, Sequence[str]] = field(default_factory=dict)
    credit: Credit | None = None
    answered: bool = False
    prefix: str = ""
    problem: str | None = None

    @classmethod
    def keyed(cls, reader: Course, local: LocalItem, prefix: str = "") -> ItemView:
        """The item with its key and all feedback open, and nothing answered: for authors."""
        return cls(reader, local, local.item.order("", False), answered=True, prefix=prefix)

    @classmethod
    def judged(
        cls,
        reader: Course,
        local: LocalItem,
        order: Sequence[str],
        response: Response | None,
        keyed: Item,
        prefix: str = "",
    ) -> ItemView:
        """An answer with what it earned, and the feedback."""
        given = local.item.fields(response) if response else {}
        credit = keyed.credit(response) if response else None
        return cls(reader, local, order, given, credit, answered=True, prefix=prefix)

    @property
    def item(self) -> Item:
        """What does not depend on the language."""
        return self.local.item

    @property
    def stem(self) -> Markup:
        return self.reader.text(self.local.stem)

    @property
    def explanation(self) -> Markup:
        return self.reader.text(self.local.explanation)

    @property
    def rule(self) -> str | None:
        """How credit is given."""
        rule = self.item.rule()
        if rule is None:
            return None
        numbers = {name: self.number(value) if isinstance(value, str) else value for name, value in rule.params.items()}
        return tell(Message(rule.msgid, numbers))

    @property
    def percent(self) -> int:
        """What the answer earned, in whole per cent, rounded down."""
        return int(self.credit.score * 100) if self.credit else 0

    def raw(self, *key: str) -> Text | None:
        """A text with its language; None where the item has none of this key."""
        return self.local.texts.get(key)

    def text(self, *key: str) -> Markup:
        """A text on one line."""
        return self.reader.text(self.raw(*key), inline=True)

    def block(self, *key: str) -> Markup:
        """A text with its paragraphs."""
        return self.reader.text(self.raw(*key))

    def name(self, name: str) -> str:
        """The name and id of a field."""
        return self.prefix + name

    def value(self, name: str) -> str:
        """What is filled in."""
        return next(iter(self.given.get(name, ())), "")

    def reason(self, part: str) -> Reason | None:
        """What one part earned."""
        return self.credit.of(part) if self.credit else None

    def media_url(self, path: str) -> str:
        """The address of a file of ``media/``."""
        return self.reader.media_url(path.removeprefix("media/"))

    @staticmethod
    def number(value: str | Decimal) -> str:
        """A plain decimal as people here write it."""
        return str(format_decimal(Decimal(value), locale=get_locale(), decimal_quantization=False))

    def steps(self, ids: Sequence[str]) -> list[str]:
        """Steps of a scale in words."""
        return [str(self.raw("scale", step)) for step in ids]

    @staticmethod
    def either(answers: Sequence[str]) -> str:
        """Several answers of which each is right."""
        return format_list([str(answer) for answer in answers], style="or", locale=get_locale())

    def choices(self) -> list[dict[str, Any]]:
        """The options of a choice in their order, as the list of choices shows them."""
        right: frozenset[str] = getattr(self.item, "right", frozenset())
        return [
            {
                "id": option_id,
                "text": self.text("options", option_id, "text"),
                "correct": option_id in right if self.answered and self.item.scored else None,
                "feedback": self.text("options", option_id, "feedback") if self.answered else None,
            }
            for option_id in self.order
        ]

    def pieces(self) -> list[tuple[Markup, str | None]]:
        """The text of a cloze: each piece of HTML with the gap after it, None after the last."""
        parts = GAP.split(self.block("text"))
        return [(Markup(parts[n]), parts[n + 1] if n + 1 < len(parts) else None) for n in range(0, len(parts), 2)]

    def gap_ids(self) -> list[str]:
        """The gaps of a cloze in the order of its text, which a translation may change."""
        return [gap for _, gap in self.pieces() if gap]

    def shown_order(self) -> list[str]:
        """Entries as they are shown: by the places given so far, the others as they were drawn."""
        places = [self.value(f"places-{each}") for each in self.order]
        if all(places) and len(set(places)) == len(places):
            return [each for _, each in sorted(zip(map(int, places), self.order, strict=True))]
        return list(self.order)

    def keyed_order(self) -> list[str]:
        """Entries as the key has them."""
        places: Mapping[str, str] = self.item.key().get("places", {})
        return sorted(places, key=lambda each: int(places[each]))

    def best_answer(self) -> str:
        """The id of the accepted answer that earns everything."""
        return (
            next(answer.id for answer in self.item.answers if answer.credit == 100)
            if isinstance(self.item, ShortTextItem)
            else ""
        )

    def in_order(self, gap: str) -> list[str]:
        """The options of one gap in their order."""
        return [each.partition("/")[2] for each in self.order if each.startswith(f"{gap}/")]


def writing() -> str:
    """The language in which the reader writes numbers, as a BCP 47 tag."""
    return babel_locale().replace("_", "-")
