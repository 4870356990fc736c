"""Types of items. A new type is one class in a module here, one name in ``Item``, and one macro in templates/components/items."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lms.catalogue.items.choices import MultipleItem, Option, PictureChoiceItem, SingleItem, TrueFalseItem
from lms.catalogue.items.cloze import ClozeItem
from lms.catalogue.items.judgement import SjtRankItem, SjtRateItem
from lms.catalogue.items.matching import MatchingItem
from lms.catalogue.items.numeric import NumericItem
from lms.catalogue.items.opinions import LikertItem, ReflectionItem
from lms.catalogue.items.ordering import OrderingItem
from lms.catalogue.items.question import Credit, Form, Question, Reason, Response
from lms.catalogue.items.seeded import by_hash
from lms.catalogue.items.translation import ItemTranslation
from lms.catalogue.items.words import ShortTextItem

Item = Annotated[
    SingleItem
    | MultipleItem
    | TrueFalseItem
    | MatchingItem
    | OrderingItem
    | NumericItem
    | ShortTextItem
    | ClozeItem
    | PictureChoiceItem
    | LikertItem
    | ReflectionItem
    | SjtRateItem
    | SjtRankItem,
    Field(discriminator="type"),
]

__all__ = [
    "ClozeItem",
    "Credit",
    "Form",
    "Item",
    "ItemTranslation",
    "LikertItem",
    "MatchingItem",
    "MultipleItem",
    "NumericItem",
    "Option",
    "OrderingItem",
    "PictureChoiceItem",
    "Question",
    "Reason",
    "ReflectionItem",
    "Response",
    "ShortTextItem",
    "SingleItem",
    "SjtRankItem",
    "SjtRateItem",
    "TrueFalseItem",
    "by_hash",
]
