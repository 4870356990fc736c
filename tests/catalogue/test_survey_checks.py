"""Pre-test, evaluation, attestation and follow-up: what the checker asks of them, and what the course makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lms.catalogue.assembly import Loaded
from lms.catalogue.disk import load_course
from lms.catalogue.localised import localised, missing
from lms.catalogue.steps import FOLLOW_UP
from lms.catalogue.surveys import commitments, fields, parse
from lms.catalogue.surveys import missing as unanswered
from lms.errors import Invalid
from tests.catalogue.making import COURSE, sound

EVALUATION = """\
questions:
  - {id: useful, type: scale, text: How useful was it?, required: true, options: [{id: little, text: Little}, {id: much, text: Much}]}
  - {id: commit, type: intent, text: What will you do?, options: [{id: ask, text: Ask first}, {id: teach-back, text: Use teach-back}]}
  - {id: words, type: text, text: What should be better?}
"""
FOLLOWED = """\
questions:
  - {id: kept, type: practice, of: commit, text: What became of it?}
"""
FIRST = "      - {pre_test: before, title: What you know, file: items/post-test.yaml, minutes: 3, draw: 2, test_out: {minutes: 3}}\n"
AFTER = """\
      - {evaluation: say, title: Your view, file: surveys/say.yaml, minutes: 2}
      - {attestation: follow, name: asking-policy, title: I will, file: attestations/follow.md, minutes: 1}
follow_up: {file: surveys/follow-up.yaml, days: 75, expires: 30}
"""
STEPS = "    steps:\n"


def course(tmp_path: Path, change: tuple[str, str] = ("", ""), **files: str) -> Loaded:
    """The small course with all of it, one thing changed."""
    folder = sound(tmp_path)
    whole = COURSE.replace(STEPS, STEPS + FIRST, 1) + AFTER
    written = {
        "course.yaml": whole, "surveys/say.yaml": EVALUATION, "surveys/follow-up.yaml": FOLLOWED,
        "attestations/follow.md": "I have read the policy and will ask before I advise.\n",
    } | {name.replace("__", "/").replace("_", "-") + ".yaml": text for name, text in files.items()}  # fmt: skip
    for name, text in written.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text.replace(*change) if name == "course.yaml" and change[0] else text)
    return load_course(folder)


def test_a_course_with_all_of_it_is_sound_and_reads_its_parts(tmp_path: Path) -> None:
    content = course(tmp_path).content
    assert content is not None and content.pre_test is not None and content.test is not None
    assert content.items("before") == content.items("post-test"), "the pre-test draws from the bank of the test"
    assert "I have read the policy" in content.lesson("follow")
    assert set(content.surveys) == {"say", FOLLOW_UP}
    assert content.granted_by_test_out() == (3, {"cultural_competency": 3})
    texts = localised(content, "en").survey("say").questions["commit"]
    assert [str(text) for text in texts.options.values()] == ["Ask first", "Use teach-back"]
    assert {text.file for text in missing(content, "es")} >= {
        "surveys/say.yaml",
        "surveys/follow-up.yaml",
        "attestations/follow.md",
    }


@pytest.mark.parametrize(
    ("change", "files", "place", "words"),
    [
        ((FIRST, ""), {}, None, None),
        ((STEPS + FIRST, STEPS), {"surveys__say": EVALUATION}, None, None),
        (("minutes: 3}}", "minutes: 99}}"), {}, "test_out.minutes", "99 minutes"),
        (("draw: 2, test_out", "draw: 1, test_out"), {}, "steps[0]", "without being asked"),
        (("draw: 2, test_out", "draw: 9, test_out"), {}, "draw", "draws 9"),
        (("days: 75", "days: 20"), {}, "follow_up.days", "60"),
        (("name: asking-policy", "name: Asking Policy"), {}, "name", "not an id"),
        (("", ""), {"surveys__follow_up": FOLLOWED.replace("of: commit", "of: useful")}, "questions[0].of", "no intent question"),
        (("", ""), {"surveys__follow_up": FOLLOWED.replace(" of: commit,", "")}, "questions[0]", "`of:`"),
        (("", ""), {"surveys__say": EVALUATION.replace("id: words", "id: useful")}, "questions[2].id", "used twice"),
        (("", ""), {"surveys__say": EVALUATION.replace("type: text", "type: scale")}, "questions[2]", "cannot have 0"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_place(
    tmp_path: Path, change: tuple[str, str], files: dict[str, str], place: str | None, words: str | None
) -> None:
    loaded = course(tmp_path, change, **files)
    errors = [problem for problem in loaded.problems if problem.level == "error"]
    if words is None or place is None:
        assert not errors
        return
    assert [p for p in errors if words in str(p.message) + str(p.remedy) and place in (p.where or "") and p.line], (
        errors
    )


def test_steps_stand_in_their_order(tmp_path: Path) -> None:
    folder = sound(tmp_path)
    say = "      - {evaluation: say, title: Your view, file: surveys/say.yaml, minutes: 2}\n"
    (folder / "surveys").mkdir()
    (folder / "surveys/say.yaml").write_text(EVALUATION)
    text = COURSE.replace(STEPS, STEPS + say, 1) + FIRST
    (folder / "course.yaml").write_text(text)
    told = [str(problem.message) for problem in load_course(folder).problems if problem.level == "error"]
    assert any("stands before the test" in each for each in told)
    assert any("pre-test is not the first" in each for each in told)


def test_a_survey_reads_what_a_form_says(tmp_path: Path) -> None:
    content = course(tmp_path).content
    assert content is not None
    survey, later = content.survey("say"), content.survey(FOLLOW_UP)
    form = {"useful": ["much"], "commit": ["teach-back", "ask"], "words": [" Shorter.\r\n "], "csrf_token": ["x"]}
    said = parse(survey, form, {})
    assert said == {"useful": "much", "commit": ["ask", "teach-back"], "words": {"text": "Shorter."}}
    assert parse(survey, fields(said), {}) == said
    assert [question.id for question in unanswered(survey, {})] == ["useful"]
    for wrong in (
        {"useful": ["much", "little"]},
        {"useful": ["other"]},
        {"commit": ["other"]},
        {"words": ["x" * 2001]},
    ):
        with pytest.raises(Invalid):
            parse(survey, wrong, {})
    assert commitments(later, survey, {"commit": ["ask"]}) == {"kept": ("ask",)}
    assert commitments(later, survey, {}) == {"kept": ()}, "who intended nothing is not asked"
    assert commitments(later, survey, None) == {"kept": ("ask", "teach-back")}, "nobody knows what was intended"
    asked = commitments(later, survey, said)
    assert parse(later, {"kept.ask": ["done"], "kept.teach-back": [""]}, asked) == {"kept": {"ask": "done"}}
    with pytest.raises(Invalid):
        parse(later, {"kept.ask": ["never"]}, asked)
