"""No text of the interface escapes translation: what the sources hold, the catalogues hold, complete and with the same places."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date
from pathlib import Path

from flask import Flask
from wtforms import DateField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, NumberRange

from lms.certificates.wording import labels_in
from lms.errors import N_, Message
from lms.notices.messages import compose
from lms.web.forms import Form
from lms.web.page import percent, tell
from tests.support.pages import PageClient, page_of
from tests.support.texts import TRANSLATIONS, catalogue, in_sources, pseudo

CATALOGUES = sorted(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"))
PLACES = re.compile(r"%\((\w+)\)[-#0 +]*\d*(?:\.\d+)?[a-z]")
TAGS = re.compile(r"</?(\w+)")


def _language(path: Path) -> str:
    return path.parts[-3]


def test_spanish_is_there_from_the_first_day() -> None:
    assert "es" in {_language(path) for path in CATALOGUES}


def test_the_template_catalogue_is_up_to_date() -> None:
    held = {
        tuple(m.id) if isinstance(m.id, tuple | list) else (m.id,) for m in catalogue(TRANSLATIONS / "messages.pot")
    }
    missing = sorted(in_sources() - held)
    assert not missing, f"run `make messages`: {len(missing)} texts are missing, such as {missing[:5]}"


def test_every_text_is_translated() -> None:
    gaps = []
    for path in CATALOGUES:
        held = catalogue(path)
        for texts in sorted(in_sources()):
            message = held.get(texts if len(texts) > 1 else texts[0])
            forms = _forms(message.string) if message else ()
            if not forms or not all(forms) or (message is not None and message.fuzzy):
                gaps.append(f"{_language(path)}: {texts[0]!r}")
    assert not gaps, f"{len(gaps)} texts are not translated, such as\n  " + "\n  ".join(gaps[:10])


def test_translations_keep_places_and_tags() -> None:
    wrong = []
    for path in CATALOGUES:
        for message in catalogue(path):
            originals = _forms(message.id)
            known = set(PLACES.findall(" ".join(originals)))
            for form in _forms(message.string) if originals[0] else ():
                places = set(PLACES.findall(form))
                # a plural form may spell its number out, so it may leave places away; it may not invent them
                whole = places == known if len(originals) == 1 else places <= known
                if form and not (whole and set(TAGS.findall(form)) == set(TAGS.findall(originals[-1]))):
                    wrong.append(f"{_language(path)}: {originals[0]!r}: {form!r}")
    assert wrong == []


def _forms(texts: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return tuple(texts) if isinstance(texts, tuple | list) else (texts,)


def test_the_pseudo_locale_keeps_places_and_grows() -> None:
    made = pseudo("Save <b>%(count)s</b> answers")
    assert "<b>%(count)s</b>" in made and made.startswith("[Šåvé") and len(made) >= 1.3 * len("Save 3 answers")


def test_the_catalogues_hold_nothing_else_and_no_places_of_a_machine() -> None:
    for path in (TRANSLATIONS / "messages.pot", *CATALOGUES):
        held = {_forms(message.id) for message in catalogue(path) if message.id}
        left_over = sorted(held - in_sources())
        assert not left_over, f"run `make messages`: {path.name} holds texts that are gone, such as {left_over[:5]}"
        assert not re.search(r"^#:", path.read_text(encoding="utf-8"), re.MULTILINE)


def test_what_forms_say_by_themselves_is_spanish(app: Flask) -> None:
    """What WTForms finds wrong is said in our words, in the language of the reader."""

    class Plain(Form):
        name = StringField(validators=[DataRequired()])
        code = StringField(validators=[Length(max=3)])
        count = IntegerField(validators=[NumberRange(1, 5)])
        number = IntegerField()
        day = DateField()
        pick = SelectField(choices=[SelectChoice("a", "A")])

    sent = {"code": "abcdef", "count": "9", "number": "x", "day": "31/02", "pick": "b"}
    said = {}
    for language in ("en", "es"):
        with app.test_request_context("/", headers={"Accept-Language": language}, method="POST", data=sent):
            form = Plain(meta={"csrf": False})
            assert not form.validate()
            said[language] = {name: messages[0] for name, messages in form.errors.items()}
    assert said["en"].keys() == {"name", *sent}
    assert [name for name, words in said["es"].items() if words == said["en"][name]] == []
    assert said["es"]["name"] == "Complete este campo."


def test_days_shares_and_numbers_are_written_as_the_reader_writes_them(app: Flask) -> None:
    def written(language: str) -> tuple[str, str, str]:
        with app.test_request_context("/", headers={"Accept-Language": language}):
            return (
                app.jinja_env.filters["day"](date(2026, 6, 15), "long"),
                percent(0.875),
                tell(Message(N_("As of %(day)s"), {"day": date(2026, 6, 15)})),
            )

    assert written("en") == ("June 15, 2026", "87.5%", "As of June 15, 2026")
    assert written("es") == ("15 de junio de 2026", "87.5%", "Al 15 de junio de 2026")


def test_certificates_and_mails_speak_the_language_of_their_person() -> None:
    english, spanish = labels_in("en"), labels_in("es")
    same = {field.name for field in fields(english) if getattr(english, field.name) == getattr(spanish, field.name)}
    assert same <= {"duration_value"}  # “min” in both
    words = compose("certificate", "es", "UTC", organisation="Riverbend", contact="ext. 4455", address="", name="Ana",
                    course="LA-110", number="2026-AB3DE-7FGHJ")  # fmt: skip
    assert words.subject == "Su certificado: LA-110"
    assert words.body.startswith("Hola, Ana:") and "consulte a: ext. 4455" in words.body


def test_a_guest_reads_the_language_of_the_browser_until_choosing_another(client: PageClient) -> None:
    spanish = client.page("/help", headers={"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"})
    assert spanish.all("html")[0].get("lang") == "es" and spanish.h1 == "Ayuda"
    chosen = client.submit(spanish, form="language", button="English", headers={"Accept-Language": "es-MX"})
    assert page_of(chosen).h1 == "Help"
    assert client.page("/help", headers={"Accept-Language": "es"}).all("html")[0].get("lang") == "en"
