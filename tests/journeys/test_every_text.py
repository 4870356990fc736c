"""Every page in the pseudo-locale: what is not between brackets is data, or a text that escaped translation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy import MetaData, select

from config import ROOT, Config
from lms.catalogue.angoff import SOURCE
from lms.compliance.drafts.doubting import STATES
from lms.compliance.library import load_library
from lms.db import Database
from lms.files import FileStore, StoredFile
from lms.learning.story_map import name_of
from lms.people.models import Person
from lms.policies.documents import TEXT
from lms.web.administration.settings_form import ZONES
from lms.web.page import LANGUAGES
from tests.journeys.lived import Lived
from tests.journeys.places import GUEST, places
from tests.support.demo import NAMES
from tests.support.pages import Page, PageClient
from tests.test_house import SPOKEN, UNTRANSLATED

TRANSLATED = re.compile(r"\[[^\[\]]*~\]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_BETWEEN = re.compile(r"[\x1f,;:·()/|→›<>≤≥=“”\"–—]+|\s-\s|\.\s")
_ADDRESSES = re.compile(r"https?://\S+")
_DAYS = re.compile(
    r"\b\d{1,2}(?: (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]*)(?: \d{4})?\b|\b[A-Z][a-z]{2,8} \d{4}\b"
)
HEADINGS = {"employeenumber", "firstname", "lastname", "jobtitle", "hiredate"}
"""Of the staff file whose reading is shown."""
OF_COURSE = {"prose", "story-map"}
"""Classes of elements that hold a course's own words."""
_INLINE = {"a", "abbr", "b", "cite", "em", "i", "q", "strong"}
_QUIET = {
    "script",
    "style",
    "template",
    "code",
    "kbd",
    "samp",
    "pre",
    "textarea",
    "ins",
    "del",
}  # the last two: values of the audit log


def test_no_text_of_a_page_escapes_translation(
    lived: Lived,
    db: Database,
    app: Flask,
    config: Config,
    signed_in: Callable[[int], PageClient],
    who: Callable[[str], int],
) -> None:
    data = Data(db, FileStore(config.data_dir / "files"))
    escaped: dict[str, str] = {}
    for role in (GUEST, *NAMES):
        client = app.test_client() if role == GUEST else signed_in(who(role))
        assert isinstance(client, PageClient)
        client.set_cookie("language", "xx")
        for place in places(lived):
            if role in place.by and place.path != "/style":  # there, names and days are specimens
                page = client.page(place.path, status=place.status, budget=None)
                for text, of_course in spoken(page):
                    for piece in data.unknown(text, of_course):
                        escaped.setdefault(piece, place.path)
    assert not escaped, "outside gettext, and no data:\n  " + "\n  ".join(
        f"{where}: {p}" for p, where in escaped.items()
    )


class Data:
    """What the database holds, and therefore need not be translated."""

    def __init__(self, db: Database, files: FileStore) -> None:
        self.values: set[str] = {*LANGUAGES.values(), *UNTRANSLATED, *STATES, *HEADINGS}
        self.values |= {"UTC", "UTF-8", "UTF-16", "Windows-1252", "Mac Roman"}
        self.texts: list[str] = []
        for zone in ZONES:
            self._take(zone.replace("_", " "))
        for entry in load_library(ROOT / "courses", date(2026, 6, 15)):  # kept in files, in English
            self._take(asdict(entry.document) if entry.document else {})
        with db.session() as session:
            for person in session.scalars(select(Person)):
                self._take(person.display_name)
            tables = MetaData()
            tables.reflect(session.connection())
            for table in tables.sorted_tables:
                for row in session.execute(select(table)):
                    for value in row:
                        self._take(value)
            for document in session.scalars(select(StoredFile).where(StoredFile.media_type == TEXT)):
                for paragraph in files.read(document).decode().split("\n\n"):
                    self._take(paragraph)
        self._take(SOURCE)
        self.long = "\x1f".join(_plain(text) for text in self.texts)

    def _take(self, value: Any) -> None:
        if isinstance(value, dict):  # its keys stand in the audit log
            self.values.update(name.replace("_", " ") for name in value)
        if isinstance(value, dict | list | tuple):
            for part in value.values() if isinstance(value, dict) else value:
                self._take(part)
        elif isinstance(value, str):
            if re.fullmatch(r"[a-z_]+\.[a-z_]+", value):
                self.values.add(_plain(value.split(".")[0]))  # the audit log's kinds of action
            self.values.add(name_of(value))  # as the map of a scenario calls a scene
            self.values.update(filter(None, map(_plain, _BETWEEN.split(value))))
            if len(value) > 20:
                self.texts.append(value)

    def unknown(self, text: str, of_course: bool) -> Iterator[str]:
        """The pieces of a text that neither were translated nor are data. Emphasis and the like cut a course's texts in pieces."""
        while (shorter := TRANSLATED.sub("\x1f", text)) != text:
            text = shorter
        for chunk in _ADDRESSES.sub("\x1f", text).split("\x1f"):
            whole = [piece for piece in _BETWEEN.split(chunk) if not self._known(piece, of_course)]
            if whole and not self._known(chunk, of_course):
                yield from (
                    _plain(piece)
                    for piece in _BETWEEN.split(_DAYS.sub("\x1f", chunk))
                    if not self._known(piece, of_course)
                )

    def _known(self, text: str, of_course: bool) -> bool:
        plain = _plain(text)
        words = plain.split()
        if not any(word not in UNTRANSLATED for word in _WORD.findall(plain)) or plain in self.values:
            return True
        if (of_course or len(words) >= 3) and plain in self.long:
            return True
        return any({" ".join(words[:n]), " ".join(words[n:])} <= self.values for n in range(1, len(words)))


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[*_`#\[\]]|\[@[^\]]*\]", "", text).split()).strip(" .?!…")


def spoken(page: Page) -> Iterator[tuple[str, bool]]:
    """The visible text of a page in one piece, then each attribute that is read out; with it, whether it is of a course."""
    quiet = {inner for outer in page.all(*_QUIET) for inner in outer.iter()}
    prose = [element for element in page.all() if OF_COURSE & set((element.get("class") or "").split())]
    yield "".join(_text(page.root, quiet | set(prose))), False
    for element in prose:
        yield "".join(_text(element, quiet)), True
    for element in page.all():
        for name, value in element.attrib.items():
            pressed = name == "value" and element.tag == "input" and element.get("type") in {"submit", "button"}
            if name in SPOKEN or name == "data-label" or pressed:
                above = " ".join(outer.get("class") or "" for outer in page.ancestors(element))
                yield value, bool(OF_COURSE & set(above.split()))


def _text(element: Any, left_out: set[Any]) -> Iterator[str]:
    if element in left_out or not isinstance(element.tag, str):
        return
    edge = "" if element.tag in _INLINE else "\x1f"
    yield edge + (element.text or "")
    for child in element:
        yield from _text(child, left_out)
        yield child.tail or ""
    yield edge
