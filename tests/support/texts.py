"""The texts of the program: what the sources hold, what the catalogues translate, and the pseudo-locale for layout.

``python -m tests.support.texts`` compiles the catalogues that changed, and the pseudo-locale's: every text in accents, between brackets and
two fifths longer, so that a text that escaped translation, or a box that is too narrow, shows itself.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent.parent
TRANSLATIONS = ROOT / "lms" / "translations"
PSEUDO = "en_150"
"""The pseudo-locale's catalogue is that of a locale that Babel knows and nobody asks for (English as in “Europe”)."""

_KEEP = re.compile(r"(%\(\w+\)[-#0 +]*\d*(?:\.\d+)?[a-z]|%%|<[^>]+>|&\w+;|https?://\S+)")
_ACCENTS = str.maketrans("aceginosuyzACEGINOSUYZ", "åçéĝîñøšûýžÅÇÉĜÎÑØŠÛÝŽ")


@cache
def in_sources() -> frozenset[tuple[str, ...]]:
    """Every text marked for translation in Python and templates: (singular,) or (singular, plural)."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping)
    keywords = DEFAULT_KEYWORDS | {"_l": None, "lazy_gettext": None}
    found = set()
    for folder in ("lms", "templates"):
        prefixed = [(pattern.removeprefix(f"{folder}/"), how) for pattern, how in methods if pattern.startswith(folder)]
        chosen = {pattern.removeprefix(f"{folder}/"): values for pattern, values in options.items()}
        for _, _, text, _, _ in extract_from_dir(ROOT / folder, prefixed, chosen, keywords):
            found.add(tuple(text) if isinstance(text, tuple | list) else (text,))
    return frozenset(found)


def catalogue(path: Path) -> Catalog:
    """A catalogue file, read."""
    with path.open("rb") as opened:
        return read_po(opened)


def pseudo(text: str) -> str:
    """``Save`` as ``[Šåvé~]``: places, tags and addresses stay as they are."""
    parts = [part if _KEEP.fullmatch(part) else part.translate(_ACCENTS) for part in _KEEP.split(text)]
    wanted = range(len(text) * 2 // 5, 0, -1)
    more = "".join(" " if n % 6 == 0 else "~" for n in wanted)  # in words, so that lines may break
    return f"[{''.join(parts)}{more.rstrip()}~]"


def compile_changed() -> None:
    """Bring the compiled catalogues up to date, the pseudo-locale's included; does nothing where there are none."""
    for source in TRANSLATIONS.glob("*/LC_MESSAGES/*.po"):
        compiled = source.with_suffix(".mo")
        if _older(compiled, source):
            _write(catalogue(source), compiled)
    template = TRANSLATIONS / "messages.pot"
    compiled = TRANSLATIONS / PSEUDO / "LC_MESSAGES" / "messages.mo"
    if template.exists() and _older(compiled, template):
        _write(_pseudo_of(catalogue(template)), compiled)


def _older(compiled: Path, source: Path) -> bool:
    return not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime


def _pseudo_of(template: Catalog) -> Catalog:
    made = Catalog(locale=PSEUDO)
    for message in template:
        if message.id:
            plural = isinstance(message.id, tuple | list)
            made.add(message.id, tuple(map(pseudo, message.id)) if plural else pseudo(str(message.id)))
    return made


def _write(held: Catalog, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    with part.open("wb") as opened:
        write_mo(opened, held)
    part.replace(target)


if __name__ == "__main__":
    compile_changed()
