"""Checks of translations: ids that do not exist, texts that are missing, and texts that have grown stale."""

from __future__ import annotations

from lms.catalogue.checks.finding import Report
from lms.catalogue.content import CourseContent
from lms.catalogue.localised import COURSE_FILE, STAMPS_FILE, missing, originals, stale, translated
from lms.catalogue.markdown import count_blocks, inspect
from lms.catalogue.steps import LessonStep
from lms.errors import N_


def check_translations(content: CourseContent, report: Report) -> None:
    """Compare every language with the texts it was made from."""
    known: dict[str, set[tuple[str, ...]]] = {}
    for text in originals(content):
        known.setdefault(text.file, set()).add(text.key)
    for language in sorted(content.translations):
        _unknown(content, language, known, report)
        _missing(content, language, report)
        _citations(content, language, report)
        _blocks(content, language, report)
        _stamps(content, language, report)


def _unknown(content: CourseContent, language: str, known: dict[str, set[tuple[str, ...]]], report: Report) -> None:
    for file, texts in translated(content, content.translations[language]).items():
        if file not in known:
            continue  # the original itself could not be read, and was reported
        for key in texts:
            if key not in known[file]:
                report.error(
                    f"translations/{language}/{file}",
                    key,
                    N_("“%(key)s” translates nothing: %(path)s has no such text."),
                    N_("Correct the id, or remove the translation."),
                    key=" › ".join(key),
                    path=file,
                )


def _missing(content: CourseContent, language: str, report: Report) -> None:
    there = translated(content, content.translations[language])
    whole: set[str] = set()
    for text in missing(content, language):
        file = f"translations/{language}/{text.file}"
        if text.file not in there or (text.file == COURSE_FILE and not there[COURSE_FILE]):
            if text.file not in whole:
                report.warning(
                    file,
                    (),
                    N_("%(path)s is not translated into %(language)s."),
                    N_("Write %(file)s; until then it shows in %(original)s, marked so."),
                    path=text.file,
                    language=language,
                    file=file,
                    original=content.language,
                )
            whole.add(text.file)
        else:
            report.warning(
                file,
                text.key,
                N_("The text “%(key)s” is not translated into %(language)s."),
                N_("Add it to %(file)s; until then it shows in %(original)s, marked so."),
                key=" › ".join(text.key),
                language=language,
                file=file,
                original=content.language,
            )


def _citations(content: CourseContent, language: str, report: Report) -> None:
    """A claim needs its source in every language."""
    there = translated(content, content.translations[language])
    for text in originals(content):
        value = there.get(text.file, {}).get(text.key)
        if not text.markdown or value is None:
            continue
        for source in sorted(_cited(text.value) - _cited(value)):
            report.warning(
                f"translations/{language}/{text.file}",
                text.key,
                N_("The translation leaves out [@%(id)s], which the original cites."),
                N_("Cite it where the claim stands: [@%(id)s]."),
                id=source,
            )


def _cited(markdown: str) -> set[str]:
    return {use.value for use in inspect(markdown) if use.kind == "citation"}


def _blocks(content: CourseContent, language: str, report: Report) -> None:
    """Whoever switches the language in mid-lesson stays at the same block, by its number."""
    there = translated(content, content.translations[language])
    lessons = {step.file for step in content.steps if isinstance(step, LessonStep)}
    for text in originals(content):
        value = there.get(text.file, {}).get(text.key)
        if text.file not in lessons or value is None:
            continue
        wanted, found = count_blocks(text.value), count_blocks(value)
        if wanted != found:
            report.warning(
                f"translations/{language}/{text.file}",
                text.key,
                N_(
                    "The translation has %(found)s blocks (headings, paragraphs, lists, boxes), the original %(wanted)s."
                ),
                N_(
                    "Give it the same blocks in the same order: who switches the language in mid-lesson stays at the same block."
                ),
                found=found,
                wanted=wanted,
            )


def _stamps(content: CourseContent, language: str, report: Report) -> None:
    folder, stamps = f"translations/{language}", content.translations[language].stamps
    for file in stale(content, language):
        report.warning(
            f"{folder}/{file}",
            (),
            N_("The translation of %(path)s into %(language)s is stale: the original has changed since."),
            N_("Bring it up to date, then run: lms courses stamp %(slug)s %(language)s"),
            path=file,
            language=language,
            slug=content.slug,
        )
    unstamped = [file for file in translated(content, content.translations[language]) if file not in stamps]
    if unstamped:
        report.warning(
            f"{folder}/{STAMPS_FILE}",
            (),
            N_("Nobody has said which original these were made from: %(files)s."),
            N_("When they are up to date, run: lms courses stamp %(slug)s %(language)s"),
            files=", ".join(sorted(unstamped)),
            slug=content.slug,
            language=language,
        )
