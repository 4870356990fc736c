"""Requirements and facts as files: YAML text in, values out, every fault with file, line, field and remedy.

The formats are described in ``docs/requirement-format.md``; the readers are :mod:`.requirement_file` and :mod:`.facts_file`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from lms.catalogue.yaml_text import read
from lms.compliance.facts_file import Scene, read_scene
from lms.compliance.requirement_file import Document, read_document
from lms.errors import N_, Invalid, Problem

T = TypeVar("T")

_STEP = re.compile(r"[^.\[\]]+")


def requirement_from(text: str, file: str) -> Document:
    """The requirement in a file. Raises :class:`lms.errors.Invalid` with every fault and its line."""
    return _located(text, file, read_document)


def scene_from(text: str, file: str) -> Scene:
    """The facts of one person in a file. Raises :class:`lms.errors.Invalid` with every fault and its line."""
    return _located(text, file, read_scene)


def _located(text: str, file: str, reader: Callable[[Any], T]) -> T:
    written = read(text, file)
    if written.problems:
        raise Invalid(N_("The file %(file)s cannot be read."), written.problems, file=file)
    try:
        return reader(written.data)
    except Invalid as refused:
        problems = [_at_line(problem, file, written.lines) for problem in refused.problems]
        raise Invalid(refused.message.msgid, problems, **dict(refused.message.params)) from refused


def _at_line(problem: Problem, file: str, lines: dict[tuple[int | str, ...], int]) -> Problem:
    """The problem with its file, and the line of the field or of the nearest thing around it."""
    at = tuple(int(step) if step.isdigit() else step for step in _STEP.findall(problem.where or ""))
    while at and at not in lines:
        at = at[:-1]
    return replace(problem, file=file, line=lines.get(at, lines.get(())))
