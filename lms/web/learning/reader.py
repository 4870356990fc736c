"""A course as somebody reads it: the language, the Markdown with numbered notes, and the frame of the player."""

from __future__ import annotations

import secrets
from functools import cached_property
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup

from lms.catalogue import queries as catalogue
from lms.catalogue.captions import captions_of, read_captions, said_by_voice
from lms.catalogue.content import CourseContent, Source
from lms.catalogue.localised import LocalCourse, Text, localised
from lms.catalogue.markdown import Film, Labels, Notes, Track, render, render_inline
from lms.learning import pace, queries, remarks
from lms.learning.models import Enrolment
from lms.learning.progress import progress
from lms.web.learning.learner import outline
from lms.web.page import LANGUAGES, house, locale, session


class Course:
    """A course in the reader's language. Subclasses say where pictures come from."""

    def __init__(self, content: CourseContent) -> None:
        self.content = content
        self.course: LocalCourse = localised(content, locale())
        self.notes = Notes()
        self.words: list[str] = []
        self._films: dict[str, Film] = {}
        self.page_language = "en" if locale() == "xx" else locale()

    @cached_property
    def labels(self) -> Labels:
        """What the house adds to the course's own words, in the reader's language."""
        return Labels(
            try_=gettext("Try this on your next shift"),
            example=gettext("Example"),
            say=gettext("Words to use"),
            note=gettext("Good to know"),
            source=gettext("Source %(number)d"),
            table=gettext("Table"),
        )

    def media_url(self, name: str) -> str:
        """The address of a picture."""
        raise NotImplementedError

    def text(self, text: Text | None, *, inline: bool = False, blocks: bool = False, top: int = 2) -> Markup:
        """Safe HTML of a Markdown text, marked with its language where that is not the page's."""
        if text is None:
            return Markup("")
        if inline:
            html = render_inline(text.value, media_url=self.media_url, cite=self.notes, labels=self.labels)
        else:
            html = render(
                text.value, media_url=self.media_url, cite=self.notes, labels=self.labels, top=top, blocks=blocks,
                term=self._word,
                film=self._film,
                size=self._size,
            )  # fmt: skip
        if text.language == self.page_language:
            return html
        return Markup('<{0} lang="{1}">{2}</{0}>').format(Markup("span" if inline else "div"), text.language, html)

    def media_text(self, name: str) -> str:
        """A file of text in ``media/``."""
        raise NotImplementedError

    def _film(self, name: str) -> Film | None:
        found = self.content.media.get(name)
        if found is None or not found.type.startswith(("audio/", "video/")):
            return None
        if name not in self._films:
            self._films[name] = self._film_of(name, found.type)
        return self._films[name]

    def _size(self, name: str) -> tuple[int, int] | None:
        found = self.content.media.get(name)
        return (found.width, found.height) if found and found.width and found.height else None

    def _film_of(self, name: str, media_type: str) -> Film:
        files = {
            language: file
            for language in self.content.languages
            if (file := captions_of(name, set(self.content.media), language)) is not None
        }
        language = self.course.language if self.course.language in files else self.content.language
        cues = read_captions(self.media_text(files[language])).cues if language in files else ()
        tracks = [Track(tag, LANGUAGES.get(tag, tag), self.media_url(file)) for tag, file in files.items()]
        return Film(media_type.split("/")[0], media_type, tracks, said_by_voice(cues), language, gettext("Transcript"))

    def _word(self, term_id: str) -> str | None:
        if term_id not in self.course.glossary:
            return None
        if term_id not in self.words:
            self.words.append(term_id)
        return f"word-{term_id}"

    @property
    def glossary(self) -> list[tuple[str, Text, Markup]]:
        """The words linked so far: id of the element, term, and what it means. Ask after everything has been rendered."""
        known = self.course.glossary
        return [(f"word-{term_id}", known[term_id][0], self.text(known[term_id][1])) for term_id in tuple(self.words)]

    @property
    def sources(self) -> list[Source]:
        """The sources cited so far, in the order of their numbers. Ask after everything has been rendered."""
        by_id = {source.id: source for source in self.content.sources}
        return [by_id[source_id] for source_id in self.notes.used if source_id in by_id]

    @property
    def english_only(self) -> bool:
        """Whether the course is shown in another language than the page."""
        return self.course.language != self.page_language

    def place(self, step_id: str) -> str:
        """Which module and part of how many."""
        number = [step.id for step in self.content.steps].index(step_id) + 1
        modules = [module.id for module in self.content.outline]
        return str(
            gettext(
                "Module %(module)s of %(modules)s · Part %(number)s of %(total)s",
                module=modules.index(self.content.module_of(step_id).id) + 1,
                modules=len(modules),
                number=number,
                total=len(self.content.steps),
            )
        )

    @property
    def language_shown(self) -> str:
        """The language of the texts that an answer is to: what its page said, for it may have been switched since."""
        said = request.form.get("language", "")
        return said if said in self.content.languages else self.course.language


class Reader(Course):
    """An enrolment with its frozen content, as its learner reads it."""

    def __init__(self, enrolment: Enrolment) -> None:
        super().__init__(catalogue.content(session(), enrolment.version_id))
        self.enrolment = enrolment

    @cached_property
    def done(self) -> frozenset[str]:
        """The finished steps, as they were when first asked for."""
        return queries.steps_done(session(), [self.enrolment.id])[self.enrolment.id]

    def media_url(self, name: str) -> str:
        """Pictures of a frozen version."""
        return url_for("player.media", version_id=self.enrolment.version_id, path=name)

    def media_text(self, name: str) -> str:
        """Captions of a frozen version."""
        stored = catalogue.media(session(), self.enrolment.version_id, name)
        return house().files.read(stored).decode("utf-8", "replace")

    def page(self, template: str, step_id: str, **values: Any) -> ResponseReturnValue:
        """A page in the player's frame."""
        how_far = progress(self.content, self.done, step_id)
        attempt = values.get("attempt")
        told = attempt is None or attempt.finished_at is not None  # a reply may give away an answer
        player = {
            "course_title": self.course.title,
            "course_url": url_for("learner.course", slug=self.content.slug),
            "done": how_far.done,
            "total": how_far.total,
            "minutes_left": how_far.minutes_left,
            "place": self.place(step_id),
            "saved": values.pop("saved", ""),
            "beat": url_for("study.beat", enrolment_id=self.enrolment.id, step_id=step_id),
            "block": self.enrolment.last_block if self.enrolment.last_step == step_id else None,
            "minutes_spent": pace.minutes_spent(session(), [self.enrolment.id])[self.enrolment.id],
            "printable": url_for("study.printable", enrolment_id=self.enrolment.id),
        }
        return render_template(
            template,
            reader=self,
            player=player,
            step=self.course.step(step_id),
            said=remarks.own_remarks(session(), self.enrolment, step_id) if told else (),
            remark_key=secrets.token_hex(12),
            parts_outline=outline(self.content, self.enrolment, self.done, step_id),
            previous=self.content.previous(step_id),
            following=self.content.next(step_id),
            **values,
        )
