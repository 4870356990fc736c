"""What a pack is about: a requirement, a department, or people by their numbers; and a day. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lms.errors import N_, Invalid

MOST_NUMBERS = 5000
EVERY = "every requirement"
"""What an exemption from everything is about, in the files of a pack."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked for. Of ``requirement`` (a code), ``department`` (a code) and ``numbers`` at least one is given; together they
    narrow each other. ``as_of`` is a local day; ``known_at`` a moment: what was written down later is left out.
    ``language`` (BCP 47) is that of the summary; the files for machines are the same in every language."""

    as_of: date
    known_at: datetime
    requirement: str = ""
    department: str = ""
    numbers: tuple[str, ...] = ()
    language: str = "en"

    def __post_init__(self) -> None:
        if not (self.requirement or self.department or self.numbers):
            raise Invalid(N_("Say what the pack is about: a requirement, a department, or people by their numbers."))
        if len(self.numbers) > MOST_NUMBERS:
            raise Invalid(N_("At most %(most)s numbers can be given at once."), most=MOST_NUMBERS)

    def plain(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "as_of": self.as_of.isoformat(),
            "known_at": self.known_at.isoformat(),
            "requirement": self.requirement or None,
            "department": self.department or None,
            "numbers": list(self.numbers),
            "language": self.language,
        }


def scope_of(data: Mapping[str, Any]) -> Scope:
    """The scope that :meth:`Scope.plain` wrote."""
    return Scope(
        date.fromisoformat(data["as_of"]),
        datetime.fromisoformat(data["known_at"]),
        data["requirement"] or "",
        data["department"] or "",
        tuple(data["numbers"]),
        data.get("language", "en"),
    )
