"""What authors of every type of item are told: file, line, what is wrong, and what to do; and that translations are complete."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lms.catalogue.disk import load_course
from lms.errors import Problem

FOLDER = Path(__file__).resolve().parents[1] / "courses" / "every-type"
BANK, TEST, COURSE = "items/every-check.yaml", "items/post-test.yaml", "course.yaml"
SPANISH = "translations/es/items/every-check.yaml"


def broken(tmp_path: Path, file: str, before: str, after: str) -> list[Problem]:
    folder = tmp_path / "every-type"
    shutil.copytree(FOLDER, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert before in text
    (folder / file).write_text(text.replace(before, after, 1), encoding="utf-8")
    found = [problem for problem in load_course(folder).problems if "stale" not in str(problem.message)]
    assert all(problem.line for problem in found if problem.file == file and problem.file != SPANISH)
    return found


def line_of(file: str, text: str | int) -> int:
    """The line with this text, or the line itself where the text stands in several."""
    if isinstance(text, int):
        return text
    lines = (FOLDER / file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


FAULTS = [
    (
        BANK,
        "match: sign,",
        "match: signs,",
        "matches “signs”, which is no option",
        "id: parking",
        "interpreter, translator",
    ),
    (BANK, "{id: leaflet,", "{id: consent,", "“consent” is used twice", "{id: leaflet", "another id"),
    (BANK, "near: 0.5", "near: 0.05", "no farther than its tolerance", "near: 0.5", "larger than"),
    (BANK, "    answer: 2.5\n", "", "`answer` is missing", "id: minutes-to-wait", "Add `answer:`"),
    (BANK, "answer: 2.5", "answer: soon", "`answer` cannot be used", "answer: 2.5", "course-format"),
    (
        BANK,
        "accept: [repeat back, read-back]",
        "accept: [repeat back, Teach-Back]",
        "accepted by two answers",
        "repeat back",
        "Remove it",
    ),
    (
        BANK,
        "accept: [repeat back, read-back]",
        'accept: ["?!"]',
        "no letter or digit",
        "repeat back",
        "words that count",
    ),
    (
        BANK,
        "accept: [teach-back, teach back, the teach-back method],",
        "accept: [teach-back], credit: 90,",
        "earns everything",
        "answers:",
        "credit",
    ),
    (BANK, "each [[what]]", "each pause", "stands 0 times", "text: Look at", "[[what]]"),
    (BANK, "each [[what]]", "each [[what]] [[where]]", "a gap [[where]]", "text: Look at", "whom, what"),
    (
        BANK,
        "accept: [sentence, thought, idea], feedback: Short units are interpreted best.",
        "accept: [sentence]",
        "no feedback",
        "{id: what",
        "feedback",
    ),
    (BANK, "text: patient, correct: true,", "text: patient,", "exactly one that is right", 79, "correct: true"),
    (BANK, "media/away.svg", "media/gone.svg", "no file media/gone.svg", "id: away", "media/"),
    (
        BANK,
        "image: media/away.svg, alt: The nurse looks away from the patient.,",
        "image: media/away.svg,",
        "`alt` is missing",
        "id: away",
        "Add `alt:`",
    ),
    (
        BANK,
        ', alt: "A board: interpreter in 4 languages, wait 2.5 minutes."',
        "",
        "has no alternative",
        "media: {image",
        "alt",
    ),
    (BANK, "key: very-inappropriate", "key: awful", "keyed “awful”", "id: let-her", "very-appropriate, appropriate"),
    (BANK, "type: likert", "type: likert\n    critical: true", "cannot be critical", 95, "scored"),
    (BANK, "rank: 4", "rank: 40", "`rank` is too large", "id: gestures", "at most 9"),
    (BANK, "type: sjt_rank", "type: sjt_order", "no type sjt_order", "type: sjt_rank", "'sjt_rank'"),
    (
        TEST,
        ', transcript: "Interpreter service: one moment, please."',
        "",
        "no transcript",
        "media: {audio",
        "transcript",
    ),
    (TEST, "audio: media/call.wav", "audio: media/board.svg", "cannot be used as audio", "media: {audio", "that kind"),
    (
        COURSE,
        "difficulty: hard, draw: 1",
        "difficulty: hard, draw: 2",
        "has 1 of this kind",
        "difficulty: hard",
        "write more items",
    ),
    (
        COURSE,
        "topic: consent, difficulty: hard, draw: 1",
        "topic: consent, draw: 1",
        "fits two rows",
        "blueprint:",
        "exclude each other",
    ),
    (COURSE, "draw: 11", "draw: 1", "asks for 2 items", "blueprint:", "Raise `draw`"),
    (SPANISH, "de cada [[what]]", "de cada pausa", "stands 0 times", 56, "[[what]]"),
    (SPANISH, "leaflet: {text", "booklet: {text", "translates nothing", "leaflet: {text", "Correct the id"),
    (
        SPANISH,
        "accept: [oración, frase, idea], ",
        "",
        "“fill-in › gaps › what › accept” is not translated",
        62,
        "Add it",
    ),
    (SPANISH, "{alt: El intérprete está", "{alto: El intérprete está", "Unknown key `alto`", "between:", "`alt`"),
]


@pytest.mark.parametrize(
    ("file", "before", "after", "message", "at", "remedy"), FAULTS, ids=[case[3] for case in FAULTS]
)
def test_each_fault_is_told_with_line_and_remedy(
    tmp_path: Path, file: str, before: str, after: str, message: str, at: str | int, remedy: str
) -> None:
    found = broken(tmp_path, file, before, after)
    matching = [problem for problem in found if message in str(problem.message)]
    assert matching, "\n".join(str(problem.message) for problem in found)
    assert matching[0].file == file
    assert remedy in str(matching[0].remedy)
    assert matching[0].line == line_of(file, at)


def test_a_picture_that_only_an_item_shows_is_not_called_unused() -> None:
    assert [problem for problem in load_course(FOLDER).problems if "picture" in str(problem.message)] == []


def test_recordings_and_captions_are_checked_by_what_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "every-type"
    shutil.copytree(FOLDER, folder)
    (folder / "media" / "call.wav").write_bytes(b"not a recording")
    (folder / "media" / "words.vtt").write_text("no captions")
    said = [(problem.file, str(problem.message)) for problem in load_course(folder).problems]
    assert ("media/call.wav", "call.wav is not what its ending says.") in said
    assert ("media/words.vtt", "words.vtt is not what its ending says.") in said
