"""The library of ready requirements on disk: what other people's rules ask, off until HR adopts one. It is not legal advice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from lms.compliance.documents import requirement_from
from lms.compliance.requirement_file import Document, Stated
from lms.errors import N_, Invalid, Message, Problem

MAX_BYTES = 100_000
FOLDER = "requirements"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the library: what it says (None where it cannot be read), and what is wrong with it or late."""

    name: str
    document: Document | None
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        return not any(problem.level == "error" for problem in self.problems)


def load_library(courses_dir: Path, today: date) -> list[Entry]:
    """Every requirement in ``courses_dir/requirements``, by file name; none where there is no such folder."""
    return [_entry(path, today) for path in sorted((courses_dir / FOLDER).glob("*.yaml"))]


def _entry(path: Path, today: date) -> Entry:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Invalid(N_("The file is too large."))
        document = requirement_from(path.read_text(encoding="utf-8"), path.name)
    except UnicodeDecodeError:
        fault = Message(N_("This is not UTF-8 text."))
        return Entry(path.stem, None, (Problem(fault, Message(N_("Save it as UTF-8.")), path.name),))
    except Invalid as refused:
        return Entry(path.stem, None, refused.problems or (Problem(refused.message, None, path.name),))
    problems = [replace(problem, file=path.name) for problem in checked(document, today)]
    return Entry(path.stem, document, tuple(problems))


def checked(document: Document, today: date) -> Iterator[Problem]:
    """What a file of the library must say beyond what any requirement must, and whether it is to be read again."""
    for field in ("plain_words", "jurisdiction"):
        if not getattr(document, field):
            yield _fault(field, N_("A requirement of the library says this."), N_("Add `%(field)s:`."), field=field)
    for place, version in enumerate(document.versions):
        yield from _version(version, f"versions[{place}]", today)


def _version(version: Stated, where: str, today: date) -> Iterator[Problem]:
    about = version.about
    for field in ("citation", "source", "as_of", "confidence", "review_by"):
        if not getattr(about, field):
            place = f"{where}.{field}"
            yield _fault(place, N_("A requirement of the library says this."), N_("Add `%(field)s:`."), field=field)
    if about.as_of and about.as_of > today:
        yield _fault(
            f"{where}.as_of",
            N_("The source cannot have been read in the future."),
            N_("Write the day on which it was."),
        )
    if about.review_by and about.review_by < today:
        yield Problem(
            Message(N_("This was to be read again by %(day)s."), {"day": about.review_by}),
            Message(N_("Read the source, mend the file, and set as_of and review_by.")),
            where=f"{where}.review_by",
            level="warning",
        )


def _fault(where: str, msgid: str, remedy: str, **params: object) -> Problem:
    return Problem(Message(msgid, params), Message(remedy, params), where=where)
