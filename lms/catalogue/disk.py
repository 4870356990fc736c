"""A course folder on disk: read whole, or told with file, line and remedy what is wrong with it.

Every file is looked at before anything is said, so that an author sees all faults at once. Nothing outside the folder
is ever opened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from lms.catalogue.assembly import Loaded, Parts, assembled
from lms.catalogue.checks import (
    At,
    Lines,
    Report,
    check_items,
    check_scenario,
    check_whole,
    has_errors,
    in_order,
    unwritten,
)
from lms.catalogue.content import CourseFile, ItemFile, ItemTranslations
from lms.catalogue.faults import validated
from lms.catalogue.localised import COURSE_FILE, STAMPS_FILE, source_hashes, translated
from lms.catalogue.media import check_media, most_bytes
from lms.catalogue.story import Scenario
from lms.catalogue.surveys import Survey, SurveyTranslation
from lms.catalogue.translation import CourseTranslation, ScenarioTranslation
from lms.catalogue.yaml_text import Written, read
from lms.errors import N_, Invalid

MAX_TEXT_BYTES = 512_000
MAX_FILES = 2_000
COURSES_KEPT = 64
"""Courses of which the last reading is kept, each about half a megabyte: the list of courses reads all of them, and with fewer kept than
there are it would read every one anew each time (half a second for each)."""
OFTEN_READ = 50_000
"""Shorter texts are remembered: after a change to one file of a course the others are read again as they were."""

_STAMPS = TypeAdapter(dict[str, str])
_COURSE = TypeAdapter(CourseFile)
_ITEMS = TypeAdapter(ItemFile)
_SCENARIO = TypeAdapter(Scenario)
_SURVEY = TypeAdapter(Survey)
_SURVEY_TRANSLATION = TypeAdapter(SurveyTranslation)
_COURSE_TRANSLATION = TypeAdapter(CourseTranslation)
_SCENARIO_TRANSLATION = TypeAdapter(ScenarioTranslation)

T = TypeVar("T")


class _Media(Mapping[str, bytes]):
    """The files of a course under ``media/``, each read when it is asked for: films are large, and readings are kept."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = paths

    def __getitem__(self, name: str) -> bytes:
        with self._paths[name].open("rb") as file:
            return file.read(most_bytes(name) + 1)  # a file of gigabytes is refused without being read

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def load_course(folder: Path, *, today: date | None = None) -> Loaded:
    """Read and check a course folder; where none of its files has changed, give what was read before.

    ``today`` decides which reviews of sources are late.
    """
    there = [(path, path.lstat()) for path in sorted(folder.rglob("*"))]
    if not there:
        return _Folder(folder).load(today)
    return _unchanged(
        folder, tuple((path, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for path, s in there), today
    )


@lru_cache(maxsize=COURSES_KEPT)
def _unchanged(folder: Path, stamps: tuple[tuple[Path, int, int, int, int], ...], today: date | None) -> Loaded:
    return _Folder(folder).load(today)


def stamp(folder: Path, language: str) -> Path:
    """Note in ``stamps.yaml`` which original texts the translation was made from: the present ones. Raises Invalid when
    the course cannot be read or has no such translation."""
    reader = _Folder(folder)
    loaded = reader.load(None)
    if loaded.content is None:
        raise Invalid(N_("The course cannot be read; mend it first."), problems=loaded.problems)
    translation = loaded.content.translations.get(language)
    if translation is None:
        raise Invalid(N_("The course has no folder translations/%(language)s."), language=language)
    there = {file for file, texts in translated(loaded.content, translation).items() if texts}
    hashes = {file: value for file, value in source_hashes(loaded.content).items() if file in there}
    path = folder / "translations" / language / STAMPS_FILE
    note = "# Written by `lms courses stamp`: the SHA-256 of the texts each file was translated from.\n"
    path.write_text(note + "".join(f"{file}: {value}\n" for file, value in sorted(hashes.items())), encoding="utf-8")
    return path


@lru_cache(maxsize=256)
def _read_before(text: str, name: str) -> Written:
    """What the text says, to be looked at only: it is shared by all who read it."""
    return read(text, name)


class _Folder:
    """One reading of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._by_place: dict[tuple[str, At], int] = {}
        self._pictures: dict[str, Path] = {}
        self._media = _Media(self._pictures)
        self.report = Report(Lines(self._by_place))

    def load(self, today: date | None) -> Loaded:
        paths = self._paths()
        course = self._yaml(COURSE_FILE, _COURSE) if COURSE_FILE in paths else None
        read = self._read_all(paths)
        unreadable = has_errors(self.report.problems)
        for file, bank in read.items.items():
            check_items(file, bank.items, self.report)
        proofs = {file: check_scenario(file, scenario, self.report) for file, scenario in read.scenarios.items()}
        if course is None:
            return Loaded(None, tuple(in_order(self.report.problems)), self._media, proofs)
        content = assembled(course, read, paths, self.folder.resolve().name, self.report)
        incomplete = unreadable or bool(unwritten(content))
        check_whole(content, self.report, today=today, partial=incomplete)
        return Loaded(None if incomplete else content, tuple(in_order(self.report.problems)), self._media, proofs)

    # Finding files

    def _paths(self) -> dict[str, Path]:
        """Every file of the course by its path in the folder; links and a flood of files are refused."""
        if not self.folder.is_dir():
            self.report.error(
                str(self.folder), (), N_("There is no such folder."), N_("Name a folder such as courses/cc-101.")
            )
            return {}
        paths: dict[str, Path] = {}
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if any(part.startswith(".") or part.endswith("~") for part in name.split("/")):
                continue  # what editors and systems leave behind
            if path.is_symlink():
                self.report.error(name, (), N_("This is a link to elsewhere."), N_("Put the file itself here."))
            elif path.is_file():
                paths[name] = path
            if len(paths) > MAX_FILES:
                self.report.error(name, (), N_("The folder has too many files."), N_("Keep only the course's files."))
                return paths
        if COURSE_FILE not in paths:
            self.report.error(
                COURSE_FILE, (), N_("The file course.yaml is missing."), N_("Write it as docs/course-format.md shows.")
            )
        return paths

    # Reading files

    def _read_all(self, paths: Mapping[str, Path]) -> Parts:
        read = Parts()
        for name, path in paths.items():
            top = name.split("/")[0]
            if name == COURSE_FILE:
                continue
            if top in {"lessons", "attestations"} and name.endswith(".md"):
                read.lessons.update(self._kept(name, self._text(name)))
            elif top == "items" and name.endswith(".yaml"):
                read.items.update(self._kept(name, self._yaml(name, _ITEMS)))
            elif top == "scenarios" and name.endswith(".yaml"):
                read.scenarios.update(self._kept(name, self._yaml(name, _SCENARIO)))
            elif top == "surveys" and name.endswith(".yaml"):
                read.surveys.update(self._kept(name, self._yaml(name, _SURVEY)))
            elif top == "media":
                self._picture(name, path, read)
            elif top == "translations" and name.count("/") >= 2:
                self._translation(name, read)
            else:
                self.report.warning(
                    name,
                    (),
                    N_("This file is not part of the course."),
                    N_("Put it where docs/course-format.md says, or remove it."),
                )
        return read

    @staticmethod
    def _kept(name: str, value: T | None) -> dict[str, T]:
        return {} if value is None else {name: value}

    def _text(self, name: str) -> str | None:
        """The file's text with plain newlines; None, after reporting it, where it is none."""
        path = self.folder / name
        if path.stat().st_size > MAX_TEXT_BYTES:
            self.report.error(
                name,
                (),
                N_("The file has more than %(limit)d kB."),
                N_("Split it into several."),
                limit=MAX_TEXT_BYTES // 1000,
            )
            return None
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            line = path.read_bytes()[: error.start].count(b"\n") + 1
            self.report.error_on_line(name, (), line, N_("This is not UTF-8 text."), N_("Save the file as UTF-8."))
            return None
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if not text.strip():
            self.report.error(name, (), N_("The file is empty."), N_("Write its content, or remove it."))
            return None
        return text

    def _yaml(self, name: str, shape: TypeAdapter[T]) -> T | None:
        text = self._text(name)
        if text is None:
            return None
        written = _read_before(text, name) if len(text) < OFTEN_READ else read(text, name)
        self._by_place.update({(name, at): line for at, line in written.lines.items()})
        self.report.problems.extend(written.problems)
        return None if written.problems else validated(shape, written.data, name, self.report)

    def _picture(self, name: str, path: Path, read: Parts) -> None:
        short = name.removeprefix("media/")
        self._pictures[short] = path
        data = self._media[short]
        size = path.stat().st_size
        media, problems = check_media(name, short, size, data, hashlib.sha256(data).hexdigest())
        self.report.problems.extend(problems)
        read.media[short] = media

    def _translation(self, name: str, read: Parts) -> None:
        _, language, original = name.split("/", 2)
        texts = read.translations.setdefault(language, {})
        shape: TypeAdapter[Any] | None = None
        if original == COURSE_FILE:
            shape = _COURSE_TRANSLATION
        elif original == STAMPS_FILE:
            shape = _STAMPS
        elif original.startswith("items/"):
            shape = ItemTranslations
        elif original.startswith("scenarios/"):
            shape = _SCENARIO_TRANSLATION
        elif original.startswith("surveys/"):
            shape = _SURVEY_TRANSLATION
        value = self._yaml(name, shape) if shape else self._text(name)
        if value is not None:
            texts[original] = value
