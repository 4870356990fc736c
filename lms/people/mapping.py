"""How the files of one system are read: which heading is which column, which word means what, and what the file may change. Pure.

A mapping is settled once, on a page, and saved with the source; the command line reads by it too. What it does not say is understood
as without it: by the usual headings and words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lms.people import headings
from lms.people.headings import folded

OWNED = (
    "name", "email", "language", "time_zone", "kind", "hire_date", "department_code", "job", "profession", "patient_contact",
    "supervisor_number", "secondary_departments",
)  # fmt: skip
"""What a staff file may own of somebody who is known already. The last day is always the feed's."""

VALUES = ("job", "profession", "department_code", "kind", "patient_contact", "language")
"""Columns whose words may be mapped to others."""

WORDS_KEPT = 2000


@dataclass(frozen=True, slots=True)
class Reading:
    """``columns``: folded heading -> column ("" : not used); ``values``: column -> folded word -> what it means;
    ``owned``: what the feed owns, None: everything. ``dates``, ``encoding`` and ``partial`` are what files are declared with."""

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    owned: frozenset[str] | None = None
    dates: str | None = None
    encoding: str | None = None
    partial: bool = False

    def places(self, heading: list[str], aliases: dict[str, tuple[str, ...]]) -> tuple[dict[str, int], list[str]]:
        """(column -> place, headings that are not used): as was settled, and the usual headings for what is new."""
        settled = {folded(text): self.columns[folded(text)] for text in heading if folded(text) in self.columns}
        found: dict[str, int] = {}
        for place, text in enumerate(heading):
            column = settled.get(folded(text))
            if column and column in aliases and column not in found:
                found[column] = place
        fresh = ["" if folded(text) in settled else text for text in heading]
        guessed, _ = headings.columns(fresh, {name: words for name, words in aliases.items() if name not in found})
        places = found | {column: place for column, place in guessed.items() if fresh[place]}
        used = set(places.values())
        return places, [
            text for place, text in enumerate(heading) if place not in used and text.strip() and folded(text) not in settled
        ]  # fmt: skip

    def word(self, column: str, text: str) -> str:
        """What a cell means."""
        known = self.values.get(column)
        return known.get(text.casefold(), text) if known else text

    def kept(self) -> frozenset[str]:
        """What HR owns: the file does not change it."""
        return frozenset() if self.owned is None else frozenset(OWNED) - self.owned

    def plain(self) -> dict[str, Any]:
        """As data."""
        return {
            "columns": dict(self.columns),
            "values": {column: dict(words) for column, words in self.values.items() if words},
            "owned": None if self.owned is None else sorted(self.owned),
            "dates": self.dates,
            "encoding": self.encoding,
            "partial": self.partial,
        }

    @staticmethod
    def of(data: Mapping[str, Any]) -> Reading:
        """From data."""
        owned = data.get("owned")
        return Reading(
            dict(data.get("columns", {})),
            {column: dict(words) for column, words in data.get("values", {}).items()},
            None if owned is None else frozenset(owned),
            data.get("dates"),
            data.get("encoding"),
            bool(data.get("partial", False)),
        )


AS_USUAL = Reading()


def words_of(lines: Iterable[str]) -> dict[str, str]:
    """``word = meaning`` for each line, by the word in small letters; lines without an equals sign say nothing.

    >>> words_of(["FT Reg = employee", ""])
    {'ft reg': 'employee'}
    """
    found: dict[str, str] = {}
    for line in lines:
        word, equals, meaning = line.partition("=")
        if equals and word.strip() and meaning.strip() and len(found) < WORDS_KEPT:
            found[" ".join(word.split()).casefold()] = " ".join(meaning.split())
    return found


def lines_of(words: Mapping[str, str]) -> str:
    """The same the other way, for a form."""
    return "\n".join(f"{word} = {meaning}" for word, meaning in sorted(words.items()))
