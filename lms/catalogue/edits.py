"""What an edit changed, as far as that can be told without understanding it. Pure."""

from __future__ import annotations

from typing import Any

from lms.catalogue.content import CourseContent

_WORDS = frozenset({"title", "text", "summary", "audience", "stem", "explanation", "feedback", "speaker", "label"})
_MORE_WORDS = frozenset({"intro", "debrief", "consequence", "why", "cite", "url", "as_of", "review_by", "change_note"})
_WORDS_OF_ITEMS = frozenset({"alt", "transcript", "otherwise", "low", "high", "right"})
_APART = frozenset({"change", "translations", "media", "lessons"})


def structure(content: CourseContent) -> Any:
    """A course without its words: ids, order, minutes, keys, effects, marks. Mending a typo leaves it as it was."""
    return _bare(content.model_dump(mode="json"))


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _bare(v) for k, v in value.items() if k not in _APART and not (_is_word(k) and isinstance(v, str))}
    if isinstance(value, list):
        return [_bare(each) for each in value]
    return value


def _is_word(key: str) -> bool:
    return key in _WORDS or key in _MORE_WORDS or key in _WORDS_OF_ITEMS


def is_more_than_typo(before: CourseContent, after: CourseContent) -> bool:
    """Whether something other than wording changed, so that calling the edit a typo would be wrong."""
    return bool(structure(before) != structure(after))
