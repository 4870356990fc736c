"""Where a fault is and how it is noted down while everything is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lms.errors import Message, Problem

At = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """The line, from 1, on which each key or list entry of each file stands."""

    by_place: Mapping[tuple[str, At], int] = field(default_factory=dict)

    def of(self, file: str, at: At) -> int | None:
        """The line of the place, or of the nearest thing around it."""
        for length in range(len(at), -1, -1):
            line = self.by_place.get((file, at[:length]))
            if line is not None:
                return line
        return None


def dotted(at: At) -> str | None:
    """A place as people write it: ``outline[0].steps[2].title``, entries counted from 0; None for a whole file."""
    text = ""
    for part in at:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or None


@dataclass(slots=True)
class Report:
    """Collects problems; a text's values (``params``) serve the message and the remedy alike."""

    lines: Lines
    problems: list[Problem] = field(default_factory=list)

    def error(self, file: str, at: At, message: str, remedy: str, /, **params: object) -> None:
        self._note("error", file, at, self.lines.of(file, at), message, remedy, params)

    def warning(self, file: str, at: At, message: str, remedy: str, /, **params: object) -> None:
        self._note("warning", file, at, self.lines.of(file, at), message, remedy, params)

    def error_on_line(
        self, file: str, at: At, line: int | None, message: str, remedy: str, /, **params: object
    ) -> None:
        self._note("error", file, at, line, message, remedy, params)

    def warning_on_line(
        self, file: str, at: At, line: int | None, message: str, remedy: str, /, **params: object
    ) -> None:
        """What does not forbid publishing, on a known line."""
        self._note("warning", file, at, line, message, remedy, params)

    def _note(
        self, level: str, file: str, at: At, line: int | None, message: str, remedy: str, params: Mapping[str, object]
    ) -> None:
        problem = Problem(Message(message, params), Message(remedy, params), file, line, dotted(at), None, level)
        if problem not in self.problems:
            self.problems.append(problem)
