"""What a form says of rubbish: what to enter, in the reader's language, beside the field."""

from __future__ import annotations

import pytest

from lms.access import Role
from tests.support.pages import Page
from tests.web.conftest import Enter

WTFORMS = (
    "Not a valid",
    "Number must",
    "Field cannot",
    "This field is",
    "No es una",
    "No es un valor",
    "El número debe",
    "obligatorio",
)
"""How the library's own messages begin, which say what is wrong and not what to do."""


def sent(enter: Enter, place: str, form: str, rubbish: dict[str, str], language: str) -> Page:
    person = enter(Role.HR)
    page = person.page(place)
    if language == "es":
        page = person.submit(page, {"language": "es"}, form="language").page
    fields = {name: values[0] for name, values in page.fields(page.form(form)).items() if values}
    answer = person.post(place, data=fields | rubbish)
    assert answer.status_code == 422
    assert not [words for words in WTFORMS if words in answer.page.text]
    return answer.page


@pytest.mark.parametrize(
    ("language", "remedies"),
    [
        ("en", ("Write it as year-month-day: 2026-06-30.", "This field must be a whole number from 0 to 36500.",
                "Use one of: once, rolling, cadence")),
        ("es", ("Escríbalo como año-mes-día: 2026-06-30.",)),
    ],
)  # fmt: skip
def test_a_requirement_of_rubbish(enter: Enter, language: str, remedies: tuple[str, ...]) -> None:
    rubbish = {"first.within": "soon", "from": "31/02/2026", "grace": "many", "recurs.kind": "now"}
    text = sent(enter, "/requirements/new", "requirement", rubbish, language).text
    for remedy in remedies:
        assert remedy in text, remedy


@pytest.mark.parametrize(
    ("language", "remedies"),
    [
        ("en", ("First day: Write it as year-month-day: 2026-06-30.", "Family name: Write at most 200 characters.",
                "Kind: Choose one of the entries of the list.")),
        ("es", ("Escríbalo como año-mes-día: 2026-06-30.",)),
    ],
)  # fmt: skip
def test_a_person_of_rubbish(enter: Enter, language: str, remedies: tuple[str, ...]) -> None:
    rubbish = {"first_day": "tomorrow", "from_day": "tomorrow", "family_name": "x" * 201, "kind": "wizard"}
    text = sent(enter, "/people/new", "change", rubbish, language).text
    for remedy in remedies:
        assert remedy in text, remedy
