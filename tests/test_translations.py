"""No text of the interface escapes translation: what the sources hold, the catalogues hold, complete and with the same places."""

from __future__ import annotations

import re
from pathlib import Path

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
