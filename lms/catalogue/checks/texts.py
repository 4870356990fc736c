"""Checks of what is written: HTML, citations, pictures, links, headings and boxes in every Markdown text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lms.catalogue.captions import captions_of
from lms.catalogue.checks.finding import At, Report
from lms.catalogue.content import CourseContent
from lms.catalogue.localised import COURSE_FILE, Key, originals, translated
from lms.catalogue.markdown import BOXES, MEDIA_PREFIX, TERM_PREFIX, Use, inspect
from lms.catalogue.translation import Translation
from lms.errors import N_

_KINDS = {"image": "image/", "audio": "audio/", "video": "video/", "captions": "text/vtt"}
_SCHEMES = ("http://", "https://", "mailto:", "tel:", "#")


@dataclass(slots=True)
class _Used:
    """What any text has used; the rest of the sources and pictures is dead weight."""

    sources: set[str] = field(default_factory=set)
    media: set[str] = field(default_factory=set)
    terms: set[str] = field(default_factory=set)


def check_texts(content: CourseContent, report: Report, *, unused: bool = True) -> None:
    """Check every Markdown text in every language. Without ``unused``, sources and pictures that no text uses are not
    reported (some texts could not be read)."""
    used = _Used()
    for text in originals(content):
        if text.markdown:
            _text(content, text.file, text.at, text.value, used, report)
    for language, translation in content.translations.items():
        for file, key, value in _translated_markdown(content, translation):
            _text(content, f"translations/{language}/{file}", key, value, used, report)
    _item_media(content, used, report)
    if unused:
        _unused(content, used, report)


def _translated_markdown(content: CourseContent, translation: Translation) -> Iterable[tuple[str, Key, str]]:
    plain = {(text.file, text.key) for text in originals(content) if not text.markdown}
    for file, texts in translated(content, translation).items():
        for key, value in texts.items():
            if file != COURSE_FILE and (file, key) not in plain:
                yield file, key, value


def _item_media(content: CourseContent, used: _Used, report: Report) -> None:
    """Pictures, recordings and captions that items show beside their Markdown."""
    for step in content.steps:
        for n, item in enumerate(content.banks.get(step.id, ())):
            for at, path in item.media_used():
                name = path.removeprefix(MEDIA_PREFIX)
                used.media.add(name)
                if name not in content.media:
                    report.error(
                        step.file,
                        ("items", n, *at),
                        N_("There is no file %(path)s in the course."),
                        N_("Put the file into the folder media/, or correct the path."),
                        path=_short(path),
                    )
                elif not content.media[name].type.startswith(_KINDS[str(at[-1])]):
                    report.error(
                        step.file,
                        ("items", n, *at),
                        N_("%(path)s cannot be used as %(kind)s."),
                        N_("Use a file of that kind."),
                        path=_short(path),
                        kind=str(at[-1]),
                    )


def _text(content: CourseContent, file: str, at: At, value: str, used: _Used, report: Report) -> None:
    html_on: set[int] = set()
    for use in inspect(value):
        if use.kind == "html":
            if use.line in html_on:
                continue  # the closing tag says nothing new
            html_on.add(use.line)
        # In a lesson the line is the text's own; in YAML it is the line of the key, which the file's layout decides.
        line = use.line if not at else report.lines.of(file, at)
        _look(content, use, file, at, line, used, report)


def _look(content: CourseContent, use: Use, file: str, at: At, line: int | None, used: _Used, report: Report) -> None:
    if use.kind == "html":
        report.error_on_line(
            file,
            at,
            line,
            N_("There is HTML in the text: %(html)s"),
            N_("Write it in Markdown; HTML and scripts are never passed on to a page."),
            html=_short(use.value),
        )
    elif use.kind == "citation":
        used.sources.add(use.value)
        if use.value not in {source.id for source in content.sources}:
            report.error_on_line(
                file,
                at,
                line,
                N_("The citation [@%(id)s] names no source."),
                N_("Add the source to `sources:` in course.yaml, or correct the id."),
                id=use.value,
            )
    elif use.kind == "image":
        _picture(content, use, file, at, line, used, report)
    elif use.kind == "link" and use.value.startswith(TERM_PREFIX):
        word = use.value.removeprefix(TERM_PREFIX)
        used.terms.add(word)
        if word not in {term.id for term in content.glossary}:
            report.error_on_line(
                file,
                at,
                line,
                N_("The glossary has no word “%(id)s”."),
                N_("Add it to `glossary:` in course.yaml, or correct the id."),
                id=_short(word),
            )
    elif use.kind == "link" and not use.value.lower().startswith(_SCHEMES):
        report.error_on_line(
            file,
            at,
            line,
            N_("The link %(href)s leads nowhere a page may go."),
            N_("Use a full address that begins with https://, mailto: or tel:."),
            href=_short(use.value),
        )
    elif use.kind == "heading" and use.value == "1":
        report.error_on_line(
            file,
            at,
            line,
            N_("A heading begins with a single #."),
            N_("Begin with ##: the page's own heading comes from the outline."),
        )
    elif use.kind == "unknown-box":
        report.error_on_line(
            file,
            at,
            line,
            N_("There is no box “%(name)s”."),
            N_("Use one of: %(known)s."),
            name=_short(use.value),
            known=", ".join(f"::: {name}" for name in BOXES),
        )
    elif use.kind == "open-box":
        report.error_on_line(
            file,
            at,
            line,
            N_("The box “%(name)s” is never closed."),
            N_("Put ::: on a line of its own where it ends."),
            name=use.value,
        )


def _picture(
    content: CourseContent, use: Use, file: str, at: At, line: int | None, used: _Used, report: Report
) -> None:
    name = use.value.removeprefix(MEDIA_PREFIX)
    used.media.add(name)
    if name == use.value or name not in content.media:
        report.error_on_line(
            file,
            at,
            line,
            N_("There is no picture %(path)s in the course."),
            N_("Put the picture into the folder media/ and write its path as media/name.svg."),
            path=_short(use.value),
        )
    elif content.media[name].type.startswith(("audio/", "video/")):
        _captions(content, name, file, at, line, used, report)
    if not use.alt:
        report.error_on_line(
            file,
            at,
            line,
            N_("The picture %(path)s has no description."),
            N_("Write what it shows between the brackets: ![what the picture shows](%(path)s)."),
            path=_short(use.value),
        )


def _captions(
    content: CourseContent, name: str, file: str, at: At, line: int | None, used: _Used, report: Report
) -> None:
    """A film or recording in a lesson says in writing what it says: its captions are its transcript, too."""
    for language in content.languages:
        found = captions_of(name, set(content.media), language)
        if found is not None:
            used.media.add(found)
            continue
        tell = report.error_on_line if language == content.language else report.warning_on_line
        tell(
            file,
            at,
            line,
            N_("The film or recording %(path)s has no captions in “%(language)s”."),
            N_("Write what is said into media/%(file)s (WebVTT); the page makes the transcript from it."),
            path=name,
            language=language,
            file=f"{name.rpartition('.')[0]}.{language}.vtt",
        )


def _unused(content: CourseContent, used: _Used, report: Report) -> None:
    for n, source in enumerate(content.sources):
        if source.id not in used.sources:
            report.warning(
                COURSE_FILE,
                ("sources", n),
                N_("No text cites the source “%(id)s”."),
                N_("Cite it as [@%(id)s] where its claim stands, or remove it."),
                id=source.id,
            )
    for n, term in enumerate(content.glossary):
        if term.id not in used.terms:
            report.warning(
                COURSE_FILE,
                ("glossary", n),
                N_("No text links to the word “%(id)s” of the glossary."),
                N_("Link it as [word](glossary:%(id)s) where a reader meets it first, or remove it."),
                id=term.id,
            )
    for name in sorted(set(content.media) - used.media):
        report.warning(
            MEDIA_PREFIX + name,
            (),
            N_("No text shows this picture."),
            N_("Show it with ![what it shows](media/%(name)s), or remove the file."),
            name=name,
        )


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:59] + "…"
