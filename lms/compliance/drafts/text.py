"""A draft as the text of a file, for those who would rather write than click; and back, with every fault and its line."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from ruamel.yaml import YAML

from lms.catalogue.yaml_text import read
from lms.compliance.documents import requirement_from
from lms.compliance.drafts.sheet import Document
from lms.compliance.requirement_file import plain
from lms.errors import N_, Invalid, Message, Problem

DAYS = frozenset({"from", "before", "not_before", "incumbents_due", "as_of", "review_by"})
FILE = "rule.yaml"
MAX_BYTES = 100_000


def text_of(document: Document) -> str:
    """The document as YAML."""
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 110
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump(_written(document), out)
    return out.getvalue()


def document_from(text: str) -> Document:
    """The document that a text says.

    Raises:
        Invalid: it cannot be read, or says more than one version; every fault has its line.
    """
    if len(text.encode()) > MAX_BYTES:
        raise Invalid(N_("The file is too large."))
    read_as = requirement_from(text, FILE)
    written = read(text, FILE)
    lines, faults = written.lines, []
    if len(read_as.versions) != 1:
        remedy = N_("Leave only the version you want to publish.")
        faults.append(_fault(lines, ("versions",), N_("A draft is one version."), remedy))
    if read_as.obligation != "learner":
        remedy = N_("Leave out obligation.")
        faults.append(_fault(lines, ("obligation",), N_("Only what learners have to do can be built here."), remedy))
    for name in ("until", "adopted_on"):
        if read_as.versions and name in written.data["versions"][0]:
            place = ("versions", 0, name)
            said = N_(
                "A draft has no %(name)s: it is adopted when it is published, and ends when it is retired or replaced."
            )
            faults.append(_fault(lines, place, said, N_("Remove this line."), name=name))
    if faults:
        raise Invalid(N_("The file %(file)s cannot be read."), faults, file=FILE)
    document: Document = plain(written.data)
    return document


def _fault(lines: dict[Any, int], place: tuple[str | int, ...], msgid: str, remedy: str, **params: object) -> Problem:
    return Problem(
        Message(msgid, params), Message(remedy, params), file=FILE, line=lines.get(place), where=str(place[-1])
    )


def _written(data: Any, name: str = "") -> Any:
    """The data with days as days, which YAML writes without quotes."""
    if isinstance(data, dict):
        return {key: _written(value, key) for key, value in data.items()}
    if isinstance(data, list):
        return [_written(value) for value in data]
    if name in DAYS and isinstance(data, str):
        try:
            return date.fromisoformat(data)
        except ValueError:
            return data
    return data
