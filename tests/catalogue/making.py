"""A small, sound course on disk, for tests to break in one place."""

from __future__ import annotations

from pathlib import Path

COURSE = """\
format: 1
slug: tea-101
code: TEA-101
title: Asking before advising
summary: A small course about asking.
language: en
audience: Everyone with patient contact.
change: material
change_note: First publication.
objectives:
  - {id: ask-first, text: Ask before you advise.}
  - {id: act-safely, text: Act safely.}
topics: {cultural_competency: 20}
standards:
  - {framework: CLAS, edition: "2013", number: "1"}
certificate: {valid_months: 12}
sources:
  - id: kleinman-1978
    cite: Kleinman A and others. Culture, illness, and care. Ann Intern Med 1978.
    as_of: 2026-01-10
    kind: research
outline:
  - module: why
    title: Why
    steps:
      - {lesson: why-ask, title: Why ask, file: lessons/why-ask.md, minutes: 5}
      - {check: quick, title: Quick check, file: items/quick.yaml, minutes: 2}
      - {scenario: tea, title: The tea, file: scenarios/tea.yaml, minutes: 7}
  - module: show
    title: Show
    steps:
      - test: post-test
        title: Post-test
        file: items/post-test.yaml
        minutes: 6
        draw: 2
        shuffle: true
        pass_mark: 80
        attempts: 2
"""

LESSON = """\
## Ask

People explain their illness in their own words [@kleinman-1978].

![A person asks another](media/ask.svg)

::: say
"What do you call it?"
:::
"""

QUICK = """\
items:
  - id: first
    type: single
    objective: ask-first
    stem: What first?
    options:
      - {id: ask, text: Ask., correct: true, feedback: Right.}
      - {id: tell, text: Tell., feedback: Not yet.}
    explanation: Ask first.
"""

POST_TEST = """\
items:
  - id: one
    type: single
    objective: ask-first
    stem: Which is an open question?
    options:
      - {id: what, text: What happened?, correct: true, feedback: Yes.}
      - {id: did, text: Did it hurt?, feedback: This closes.}
      - {id: must, text: You must come., feedback: No question.}
    explanation: Open questions let people tell.
  - id: two
    type: multiple
    objective: ask-first
    stem: Which help?
    options:
      - {id: listen, text: Listening., correct: true, feedback: Yes.}
      - {id: wait, text: Waiting., correct: true, feedback: Yes.}
      - {id: hurry, text: Hurrying., feedback: No.}
    explanation: Time helps.
  - id: three
    type: true_false
    objective: act-safely
    stem: Chest pain can wait for the interpreter.
    critical: true
    options:
      - {id: true, text: "True", feedback: It cannot.}
      - {id: false, text: "False", correct: true, feedback: Right.}
    explanation: Treat at once, and call the interpreter meanwhile.
"""

TEA = """\
title: The tea
intro: You are a nurse on a ward.
state:
  trust: {label: Trust, start: 5, min: 0, max: 10}
start: opening
scenes:
  - id: opening
    speaker: A patient
    text: She has stopped her tablets.
    choices:
      - id: ask
        text: Ask why.
        quality: best
        effects: {trust: +2}
        consequence: She explains.
        why: Asking opens. [@kleinman-1978]
        next: crossroads
      - id: warn
        text: Warn.
        quality: poor
        effects: {trust: -3}
        consequence: She is silent.
        why: Warning closes.
        next: second
  - id: second
    text: She looks away.
    choices:
      - id: repair
        text: Say sorry, and ask.
        quality: best
        effects: {trust: +2}
        consequence: She turns back.
        why: One can repair.
        next: crossroads
      - id: press
        text: Press on.
        quality: poor
        consequence: She leaves.
        why: Pressing loses her.
        next: crossroads
  - id: crossroads
    routes:
      - {when: {trust: {min: 7}}, next: good}
      - {when: {trust: {min: 4}}, next: mixed}
      - {next: poor}
  - {id: good, text: She stays., ending: good}
  - {id: mixed, text: She may come back., ending: mixed}
  - {id: poor, text: She goes., ending: poor}
debrief: Ask first.
"""

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><title>Ask</title><circle r="4"/></svg>\n'

FILES = {
    "course.yaml": COURSE,
    "lessons/why-ask.md": LESSON,
    "items/quick.yaml": QUICK,
    "items/post-test.yaml": POST_TEST,
    "scenarios/tea.yaml": TEA,
    "media/ask.svg": SVG,
}

SPANISH = {
    "translations/es/course.yaml": """\
title: Preguntar antes de aconsejar
summary: Un curso breve sobre preguntar.
audience: Todo el personal.
objectives: {ask-first: Preguntar antes de aconsejar., act-safely: Actuar con seguridad.}
modules: {why: Por qué, show: Demostrar}
steps: {why-ask: Por qué preguntar, quick: Repaso, tea: El té, post-test: Prueba final}
""",
    "translations/es/lessons/why-ask.md": "## Pregunte\n\nCada persona se explica su enfermedad [@kleinman-1978].\n",
    "translations/es/items/quick.yaml": """\
first:
  stem: ¿Qué primero?
  explanation: Pregunte primero.
  options:
    ask: {text: Preguntar., feedback: Bien.}
    tell: {text: Decir., feedback: Aún no.}
""",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write files into ``folder/tea-101`` and give that folder."""
    course = folder / "tea-101"
    for name, text in files.items():
        path = course / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return course


def sound(folder: Path) -> Path:
    """The whole course without a translation: no errors, no warnings."""
    return write(folder, FILES)
