"""Where one audience looks at completion."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString


@dataclass(frozen=True, slots=True)
class Place:
    """The endpoints of an audience's pages about completion and of their files, what its first page is called, and the template of its
    list of people. ``table`` is the page with the figures of departments; ``choosing``: people can be ticked there to decide about them;
    ``reminding``: each can be reminded there at once."""

    label: LazyString
    home: str
    table: str
    why: str
    people: str
    people_file: str
    matrix: str
    matrix_file: str
    people_template: str
    choosing: bool = False
    reminding: bool = False
