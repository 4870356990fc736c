"""House rules that matter are tests. Each failure names the file, the line and what to do instead."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment, nodes

from config import ROOT

LMS = ROOT / "lms"
TEMPLATES = ROOT / "templates"


def _python(folder: Path = LMS) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def _templates() -> list[Path]:
    return sorted([*TEMPLATES.rglob("*.html"), *TEMPLATES.rglob("*.txt")])


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _found(paths: list[Path], wrong: Callable[[ast.AST], str | None]) -> list[str]:
    return [
        f"{_name(path)}:{node.lineno}: {said}"  # type: ignore[attr-defined]
        for path in paths
        for node in ast.walk(_tree(path))
        if (said := wrong(node)) is not None
    ]


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


# --- Python -----------------------------------------------------------------------------------------------------------


def test_modules_say_what_they_are_about() -> None:
    forbidden = {"utils", "util", "helpers", "helper", "common", "manager", "service", "services", "misc", "base"}
    wrong = [_name(p) for p in LMS.rglob("*") if p.stem in forbidden and p.suffix in {"", ".py"}]
    assert wrong == []


def test_every_folder_of_modules_is_a_package() -> None:
    """Otherwise the architecture contracts do not see it."""
    folders = {path.parent for path in _python()}
    assert [_name(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_only_the_configuration_reads_the_environment() -> None:
    def wrong(node: ast.AST) -> str | None:
        reads = isinstance(node, ast.Attribute) and _dotted(node) in {"os.environ", "os.getenv", "os.environb"}
        names = isinstance(node, ast.ImportFrom) and node.module == "os"
        takes = names and {a.name for a in node.names} & {"environ", "getenv"}  # type: ignore[attr-defined]
        return "reads the environment: take it from Config" if reads or takes else None

    assert _found(_python(), wrong) == []


def test_only_the_clock_asks_what_time_it_is() -> None:
    asking = {"now", "utcnow", "today", "time", "time_ns", "localtime", "gmtime"}

    def wrong(node: ast.AST) -> str | None:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in asking:
            return None
        owner = _dotted(node.func.value).split(".")[-1]
        return (
            f"calls {owner}.{node.func.attr}(): time is an argument" if owner in {"datetime", "date", "time"} else None
        )

    assert _found([path for path in _python() if path != LMS / "clock.py"], wrong) == []


def test_only_edges_commit() -> None:
    edges = ("lms/web/", "lms/api/", "lms/cli/", "lms/cli.py", "lms/worker", "lms/db.py", "lms/demo/")

    def wrong(node: ast.AST) -> str | None:
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        ends = is_call and node.func.attr in {"commit", "transaction"}  # type: ignore[attr-defined]
        return "commits: only an edge (web, cli, worker) does" if ends else None

    assert _found([path for path in _python() if not _name(path).startswith(edges)], wrong) == []


def test_relationships_never_load_by_surprise() -> None:
    def wrong(node: ast.AST) -> str | None:
        if not isinstance(node, ast.Call) or _dotted(node.func).split(".")[-1] != "relationship":
            return None
        keywords = {word.arg: getattr(word.value, "value", None) for word in node.keywords}
        if keywords.get("lazy") != "raise_on_sql":
            return 'a relationship without lazy="raise_on_sql"'
        return "a back-reference" if keywords.keys() & {"backref", "back_populates"} else None

    assert _found(_python(), wrong) == []


def test_what_people_are_told_can_be_translated() -> None:
    """The text of an error, a problem or a notice on the next page goes through N_ or gettext."""
    tellers = {"AttuneError", "Invalid", "Denied", "NotFound", "Conflict", "Message", "flash", "say"}

    def wrong(node: ast.AST) -> str | None:
        if not isinstance(node, ast.Call) or _dotted(node.func).split(".")[-1] not in tellers or not node.args:
            return None
        first = node.args[0]
        plain = isinstance(first, ast.JoinedStr) or (isinstance(first, ast.Constant) and isinstance(first.value, str))
        return "a text that cannot be translated: wrap it in N_() or gettext()" if plain else None

    assert _found(_python(), wrong) == []


def test_translated_texts_are_whole_sentences_with_named_places() -> None:
    """gettext(f"...") is never found by the extraction, and unnamed places cannot change their order."""
    names = {"_", "N_", "_l", "gettext", "lazy_gettext", "ngettext"}

    def wrong(node: ast.AST) -> str | None:
        if not isinstance(node, ast.Call) or _dotted(node.func) not in names:
            return None
        for argument in node.args[: 2 if _dotted(node.func) == "ngettext" else 1]:
            if isinstance(argument, ast.JoinedStr | ast.BinOp):
                return "a text that is put together before it is translated"
            text = argument.value if isinstance(argument, ast.Constant) else ""
            if isinstance(text, str) and re.search(r"%[sd]|\{\w*\}", text):
                return f"an unnamed place in {text!r}: write %(name)s"
        return None

    assert _found(_python(), wrong) == []


# --- routes -----------------------------------------------------------------------------------------------------------


def test_every_view_declares_its_permission(app: Flask) -> None:
    undeclared = {name for name, view in app.view_functions.items() if not hasattr(view, "attune_permission")}
    assert undeclared <= {"static"}


# --- templates --------------------------------------------------------------------------------------------------------

# Names that are the same in every language. The languages' own names are data.
UNTRANSLATED = {"Attune", "PDF", "CSV", "XLSX", "JSON", "QR", "ID", "SHA", "YAML", "Esc", "Ctrl", "px", "xx"}
SPOKEN = {"alt", "title", "aria-label", "aria-description", "aria-roledescription", "placeholder", "label", "summary"}
_WORD = re.compile(r"[^\W\d_]{2,}")
_SENTENCE = re.compile(r"^[A-Z¡¿][\w’'-]*(?:,? [\w’'%()-]+)+|^[A-Z][\w’' -]+[.!?:]$")
_GETTEXT = {"_", "gettext", "ngettext", "pgettext", "npgettext", "N_"}


def _environment() -> Environment:
    return Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"])


def _written(source: str) -> str:
    """The template with every expression replaced by a stand-in without letters, and without what is translated as a block
    or is no text: blocks and macros whose name says that they give a class or an address."""
    out: list[str] = []
    silent: list[bool] = []
    words: list[str] = []
    for _, kind, value in _environment().lex(source):
        if kind == "data":
            out.append("\n" * value.count("\n") if any(silent) else value)
            continue
        if kind == "block_begin":
            words = []
        elif kind == "name":
            words.append(value)
        elif kind == "variable_begin":
            out.append("\N{WHITE SQUARE}")
        elif kind == "block_end" and words and words[0] in {"block", "macro", "trans"}:
            silent.append(words[0] == "trans" or bool(re.search(r"(class|scheme|url|id)$", words[1])))
        elif kind == "block_end" and words and words[0] in {"endblock", "endmacro", "endtrans"}:
            silent.pop()
        out.append("\n" * value.count("\n"))
    return "".join(out)


class _Texts(HTMLParser):
    """Collects the texts and spoken attributes in which words remain, and what the security policy forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.untranslated: list[tuple[int, str]] = []
        self.unsafe: list[tuple[int, str]] = []
        self._quiet: list[str] = []  # open elements whose text is not in the reader's language

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        specimen = tag != "html" and _WORD.search(given.get("lang") or "")  # one that says its language
        if tag in {"script", "style", "code", "kbd", "samp", "pre", *self._quiet} or specimen:
            self._quiet.append(tag)
        if tag == "style" or (tag == "script" and "src" not in given and "json" not in (given.get("type") or "")):
            self.unsafe.append((self.getpos()[0], f"<{tag}>"))
        for name, value in attrs:
            if name == "style" or re.fullmatch(r"on[a-z]+", name):
                self.unsafe.append((self.getpos()[0], name))
            spoken = name in SPOKEN or (name == "value" and given.get("type") in {"submit", "button"})
            if spoken and value:
                self._look(value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._quiet:
            self._quiet.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self._look(data)

    def _look(self, text: str) -> None:
        if [word for word in _WORD.findall(text) if word not in UNTRANSLATED]:
            self.untranslated.append((self.getpos()[0], " ".join(text.split())))


def _read(path: Path) -> _Texts:
    texts = _Texts()
    texts.feed(_written(path.read_text(encoding="utf-8")))
    texts.close()
    return texts


@pytest.mark.parametrize("path", _templates(), ids=_name)
def test_every_text_of_a_template_can_be_translated(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    wrong = [f"{_name(path)}:{line}: {text[:100]!r}" for line, text in _read(path).untranslated]
    if "style" not in path.relative_to(TEMPLATES).parts:  # there, names and dates are specimens
        wrong += [f"{_name(path)}:{line}: {text[:100]!r}" for line, text in _literals(_environment().parse(source))]
    assert not wrong, "outside _():\n  " + "\n  ".join(wrong)


def _literals(node: nodes.Node, *, translated: bool = False) -> Iterator[tuple[int, str]]:
    """Sentences written as strings in expressions, such as the argument of a macro."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and not translated and _SENTENCE.match(node.value):
        yield node.lineno, node.value
    inside = isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in _GETTEXT
    for child in node.iter_child_nodes():
        yield from _literals(child, translated=translated or inside)


@pytest.mark.parametrize("path", [path for path in _templates() if path.suffix == ".html"], ids=_name)
def test_templates_keep_the_security_policy(path: Path) -> None:
    if "email" in path.relative_to(TEMPLATES).parts:
        return  # mail programs know no style sheets, and no policy applies there
    assert [f"{_name(path)}:{line}: {what}" for line, what in _read(path).unsafe] == []


def test_style_sheets_are_written_for_both_directions() -> None:
    """Logical properties only: a page from right to left mirrors itself."""
    physical = re.compile(
        r"^\s*(?:(?:margin|padding|border)-(?:left|right)[\w-]*|left|right|(?:border-(?:top|bottom)-(?:left|right)-radius)"
        r"|text-align:\s*(?:left|right)|float:\s*(?:left|right)|clear:\s*(?:left|right))\s*[:;]",
        re.MULTILINE,
    )
    wrong = []
    for path in sorted((LMS / "static").rglob("*.css")):
        text = re.sub(r"[{;]", "\\g<0>\n", path.read_text(encoding="utf-8")) if "vendor" not in path.parts else ""
        wrong += [f"{_name(path)}: {match.group().strip()}" for match in physical.finditer(text)]
    assert wrong == []


# --- the checkout -----------------------------------------------------------------------------------------------------


@cache
def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    kept_out = {".venv", "var", "__pycache__", "test-artifacts", ".git"}
    return [p for p in ROOT.rglob("*") if p.is_file() and not kept_out & set(p.relative_to(ROOT).parts)]


def test_no_file_names_a_package_registry_or_somebodys_machine() -> None:
    registries = ["pypi", "pythonhosted", "npmjs", "yarnpkg", "anaconda", "jfrog"]
    wrong = re.compile(
        r"https?://[\w.-]*(?:" + "|".join(registries) + r")\b|--(?:extra-)?index-url|--find-links"
        r"|(?<![\w.\-/}*])/(?:work|root|home|Users)/[\w.]"
    )
    found = []
    for path in _tracked():
        if (
            "vendor" in path.parts
            or path == Path(__file__)
            or path.suffix in {".woff2", ".ttf", ".otf", ".png", ".pdf"}
        ):
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        found += [f"{_name(path)}:{n}: {m.group()}" for n, line in enumerate(lines, 1) if (m := wrong.search(line))]
    assert found == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_locks_pin_every_package_by_hash(name: str) -> None:
    lock = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in lock
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_vendored_parts_carry_their_licences() -> None:
    folders = {path for root in (LMS, ROOT / "tests") for path in root.rglob("vendor") if path.is_dir()}
    parts = [part for folder in folders for part in folder.iterdir() if part.is_dir()]
    assert [
        _name(part) for part in parts if not [*part.glob("LICEN[SC]E*"), *part.glob("OFL*"), *part.glob("COPYING*")]
    ] == []
