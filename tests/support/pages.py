"""Pages as tests see them: every HTML answer is parsed and held against the house rules before the test looks at it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5lib
from flask.testing import FlaskClient
from html5lib.constants import E as MESSAGES
from werkzeug.test import TestResponse

from tests.support.queries import Statements, statements

BUDGET = 12
"""SQL statements a page may need, whatever the data."""

_NAMELESS = {"hidden", "submit", "button", "reset", "image"}
_TOKEN = re.compile(r'(?<=name="csrf_token" value=")[\w.-]+(?=")')
_sound: set[bytes] = set()
_PLACEHOLDER = re.compile(r"%\(\w+\)[\d.]*[a-z]|\{\{|\}\}|\{%")


class Page:
    """One parsed document (or fragment), with what tests ask of it."""

    def __init__(self, html: str, *, fragment: bool = False, url: str = "") -> None:
        self.html, self.url, self.fragment = html, url, fragment

    @cached_property
    def _parsed(self) -> tuple[Element, list[str]]:
        parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
        root = parser.parseFragment(self.html) if self.fragment else parser.parse(self.html)
        return root, [f"line {p[0]}: {MESSAGES.get(code, code) % data}" for p, code, data in parser.errors]

    @property
    def root(self) -> Element:
        """The document's element."""
        return self._parsed[0]

    @property
    def errors(self) -> list[str]:
        """Where it is not valid HTML."""
        return self._parsed[1]

    @cached_property
    def _parents(self) -> dict[Element, Element]:
        return {child: parent for parent in self.root.iter() for child in parent}

    def all(self, *tags: str) -> list[Element]:
        """Every element with one of these names (all of them without names), in document order."""
        return [e for e in self.root.iter() if isinstance(e.tag, str) and (not tags or e.tag in tags)]

    def by_id(self, ident: str) -> Element:
        """The element with this id."""
        found = next((e for e in self.all() if e.get("id") == ident), None)
        assert found is not None, f"{self.url}: there is no element with the id {ident!r}"
        return found

    def ancestors(self, element: Element) -> Iterator[Element]:
        """From the parent up to the root."""
        while (parent := self._parents.get(element)) is not None:
            yield parent
            element = parent

    @property
    def text(self) -> str:
        """The visible text, white space folded."""
        skip = {e for outer in self.all("script", "style", "template", "title") for e in outer.iter()}
        return " ".join(" ".join(_in_order(self.root, skip)).split())

    @property
    def h1(self) -> str:
        """The text of the only h1."""
        return text_of(self.all("h1")[0])

    @property
    def title(self) -> str:
        """The document's title."""
        return text_of(self.all("title")[0])

    def links(self, text: str | None = None) -> list[str]:
        """The addresses of links, or of those whose text holds ``text``."""
        return [a.get("href", "") for a in self.all("a") if text is None or text in text_of(a)]

    def link(self, text: str) -> str:
        """The address of the one link that holds ``text``."""
        found = sorted(set(self.links(text)))
        assert len(found) == 1, f"{self.url}: one link with {text!r} was expected, found {found} in {self.links()}"
        return urljoin(self.url, found[0])

    def rows(self, table: int = 0) -> list[list[str]]:
        """The cells of a table, row by row, heading included."""
        rows = self.all("table")[table].iter("tr")
        return [[text_of(cell) for cell in row if cell.tag in {"td", "th"}] for row in rows]

    def form(self, which: str | int = 0) -> Element:
        """A form: by its id, by a part of its action, or by its place among those that post."""
        forms = [f for f in self.all("form") if f.get("method", "get").lower() == "post"]
        if isinstance(which, str):
            forms = [f for f in self.all("form") if which == f.get("id") or which in f.get("action", "")]
            which = 0
        assert len(forms) > which, f"{self.url}: there is no such form"
        return forms[which]

    def fields(self, form: Element) -> dict[str, list[str]]:
        """What a browser would send if the form were submitted as it stands, without buttons."""
        values: dict[str, list[str]] = {}
        ident = form.get("id")
        controls = [e for e in form.iter() if isinstance(e.tag, str) and e.get("form", ident) == ident]
        controls += [e for e in self.all() if ident and e.get("form") == ident and e not in controls]
        for control in controls:
            name = control.get("name")
            if not name or "disabled" in control.attrib:
                continue
            if control.tag == "textarea":
                values.setdefault(name, []).append((control.text or "").removeprefix("\n"))
            elif control.tag == "select":
                options = list(control.iter("option"))
                chosen = [o for o in options if "selected" in o.attrib]
                if not chosen and "multiple" not in control.attrib:
                    chosen = options[:1]
                values.setdefault(name, []).extend(o.get("value", text_of(o)) for o in chosen)
            elif control.tag == "input":
                kind = control.get("type", "text").lower()
                if kind in {"submit", "button", "reset", "image", "file"}:
                    continue
                if kind in {"radio", "checkbox"}:
                    if "checked" in control.attrib:
                        values.setdefault(name, []).append(control.get("value", "on"))
                else:
                    values.setdefault(name, []).append(control.get("value", ""))
        return values

    def problems(self) -> list[str]:
        """Every house rule that the page breaks. A page that differs from a sound one by its CSRF tokens alone is sound, too."""
        alike = hashlib.sha256(f"{self.fragment} {_TOKEN.sub('token', self.html)}".encode()).digest()
        if alike in _sound:
            return []
        found = self._broken()
        if not found:
            _sound.add(alike)
        return found

    def _broken(self) -> list[str]:
        found = [f"not valid HTML: {error}" for error in self.errors]
        if not self.fragment:
            found += self._document()
        found += self._names() + self._safety() + self._texts()
        return found

    def _document(self) -> list[str]:
        found = []
        html = self.all("html")[0]
        if not html.get("lang"):
            found.append("<html> says no language")
        if len(self.all("h1")) != 1:
            found.append(f"there are {len(self.all('h1'))} h1 instead of 1")
        if len(self.all("main")) != 1:
            found.append(f"there are {len(self.all('main'))} main landmarks instead of 1")
        if not any(text_of(title) for title in self.all("title")):
            found.append("there is no title")
        return found

    def _names(self) -> list[str]:
        found = []
        ids = Counter(e.get("id") for e in self.all() if e.get("id") is not None)
        found += [f"the id {ident!r} occurs {count} times" for ident, count in ids.items() if count > 1]
        labelled = {label.get("for") for label in self.all("label") if text_of(label)}
        for element in self.all():
            for attribute in ("for", "aria-labelledby", "aria-describedby", "aria-controls", "list"):
                missing = [ident for ident in (element.get(attribute) or "").split() if ident not in ids]
                if missing and not self.fragment and not (attribute == "for" and element.tag == "output"):
                    found.append(f"{_show(element)}: {attribute} names {missing}, which is not there")
            named = any((element.get(a) or "").strip() for a in ("aria-label", "aria-labelledby", "title"))
            if element.tag in {"input", "select", "textarea"} and element.get("type", "text").lower() not in _NAMELESS:
                inside = any(parent.tag == "label" and text_of(parent) for parent in self.ancestors(element))
                if not (named or inside or element.get("id") in labelled):
                    found.append(f"{_show(element)} has no label")
            elif element.tag in {"a", "button"} and not (named or text_of(element) or _has_alternative(element)):
                found.append(f"{_show(element)} has no name")
            elif element.tag == "img" and element.get("alt") is None:
                found.append(f"{_show(element)} has no alternative text (alt)")
        return found

    def _safety(self) -> list[str]:
        found = []
        for element in self.all():
            if "style" in element.attrib or element.tag == "style":
                found.append(f"{_show(element)}: inline style")
            if element.tag == "script" and not element.get("src") and "json" not in element.get("type", ""):
                found.append("inline script")
            found += [f"{_show(element)}: {a}" for a in element.attrib if str(a).lower().startswith("on")]
            for attribute in ("href", "src", "action", "formaction"):
                if (element.get(attribute) or "").strip().lower().startswith("javascript:"):
                    found.append(f"{_show(element)}: javascript address")
            address = element.get("src") or (element.get("href") if element.tag == "link" else None) or ""
            if urlsplit(address).netloc and element.get("rel") not in {"canonical", "alternate"}:
                found.append(f"{_show(element)}: fetched from elsewhere")
            if element.tag == "form" and element.get("method", "get").lower() == "post":
                token = [e for e in element.iter("input") if e.get("name") == "csrf_token" and e.get("value")]
                if not token:
                    found.append(f"{_show(element)} posts without a CSRF token")
        return found

    def _texts(self) -> list[str]:
        found = []
        skip = {e for outer in self.all("script", "code", "pre", "textarea") for e in outer.iter()}
        for element in self.all():
            for text in (element.text if element not in skip else None, element.tail):
                if text and _PLACEHOLDER.search(text):
                    found.append(f"an unfilled place in the text {text.strip()[:80]!r}")
                if text and text.strip() in {"None", "undefined", "[object Object]"}:
                    found.append(f"{_show(element)} shows {text.strip()!r}")
        return found


class PageClient(FlaskClient):
    """A browser without JavaScript that refuses bad pages.

    Every HTML answer is checked (:meth:`Page.problems`, the Content-Security-Policy, no SQL while a template renders), and a page that
    is fetched may send at most ``budget`` SQL statements: set ``client.budget``, or pass ``budget=`` with one request
    (``None``: any number). The parsed page is ``response.page``.
    """

    budget: int | None = BUDGET

    def open(self, *args: Any, budget: int | str | None = "default", **options: Any) -> TestResponse:
        """Send a request; check the answer."""
        with statements() as sent:
            response = super().open(*args, **options)
        if response.history:
            return response  # the last page of a chain was checked when it was fetched, with its own statements
        response.sent = sent.all  # type: ignore[attr-defined]
        if response.mimetype == "text/html" and not 300 <= response.status_code < 400:
            limit = self.budget if budget == "default" else budget
            if response.request.method != "GET" and budget == "default":
                limit = None
            self._check(response, sent, limit if limit is None else int(limit))
        return response

    def _check(self, response: TestResponse, sent: Statements, budget: int | None) -> None:
        path = response.request.full_path.rstrip("?")
        fragment = response.request.headers.get("X-Requested-With") == "fetch" and "<html" not in response.text
        page = Page(response.text, fragment=fragment, url=path)
        problems = page.problems()
        policy = response.headers.get("Content-Security-Policy", "")
        if not policy or "unsafe-" in policy:
            problems.append(f"the Content-Security-Policy is {policy!r}")
        if response.headers.get("X-Content-Type-Options") != "nosniff":
            problems.append("X-Content-Type-Options is not set to nosniff")
        problems += [f"SQL while a template rendered: {statement}" for statement in sent.while_rendering[:3]]
        if budget is not None and len(sent.all) > budget:
            listing = "\n    ".join(" ".join(statement.split())[:160] for statement in sent.all)
            problems.append(f"{len(sent.all)} SQL statements instead of at most {budget}:\n    {listing}")
        assert not problems, f"{response.request.method} {path} ({response.status}):\n  " + "\n  ".join(problems)
        response.page = page  # type: ignore[attr-defined]

    def page(self, url: str, *, status: int = 200, **options: Any) -> Page:
        """Fetch a page, following redirects; it must answer with ``status``."""
        response = self.get(url, follow_redirects=True, **options)
        return page_of(response, status)

    def submit(
        self,
        page: Page,
        values: Mapping[str, Any] | None = None,
        *,
        form: str | int = 0,
        button: str | None = None,
        follow: bool = True,
        **options: Any,
    ) -> TestResponse:
        """Fill in and send a form of ``page``, hidden fields and CSRF token included.

        ``values`` replace what the form holds (a list sends several, None removes the field); ``button`` is the text of the
        button that is pressed, needed only where it carries a name.
        """
        element = page.form(form)
        data: dict[str, Any] = dict(page.fields(element))
        controls = page.all("button", "input", "select", "textarea")
        names = {e.get("name") for e in controls}
        for name, value in (values or {}).items():
            assert name in names, f"{page.url}: the form has no field {name!r}, but {sorted(n for n in names if n)}"
            data.pop(name, None)
            if value is not None:
                data[name] = value
        target = element
        if button is not None:
            pressed = [e for e in controls if e.tag == "button" and button in text_of(e)]
            pressed += [e for e in controls if e.tag == "input" and button in e.get("value", "")]
            assert pressed, f"{page.url}: there is no button {button!r}"
            target = pressed[0]
            if target.get("name"):
                data[str(target.get("name"))] = target.get("value", "")
        address = urljoin(page.url, target.get("formaction") or element.get("action") or page.url)
        if element.get("method", "get").lower() == "post":
            return self.post(address, data=data, follow_redirects=follow, **options)
        return self.get(address, query_string=data, follow_redirects=follow, **options)


def page_of(response: TestResponse, status: int = 200) -> Page:
    """The checked page of an answer, which must have ``status``."""
    shown = response.text[:2000] if response.mimetype.startswith("text/") else response.mimetype
    assert response.status_code == status, f"{response.request.path}: {response.status} instead of {status}\n{shown}"
    page: Page = response.page  # type: ignore[attr-defined]
    return page


def text_of(element: Element) -> str:
    """The text inside an element, white space folded."""
    return " ".join("".join(element.itertext()).split())


def _in_order(root: Element, skip: set[Element]) -> Iterator[str]:
    if root not in skip and isinstance(root.tag, str):
        if root.text:
            yield root.text
        for child in root:
            yield from _in_order(child, skip)
            if child.tail:
                yield child.tail


def _has_alternative(element: Element) -> bool:
    inner = list(element.iter())
    return any(e.get("alt") or e.get("aria-label") or (e.tag == "title" and e.text) for e in inner)


def _show(element: Element) -> str:
    some = "".join(f' {k}="{v}"' for k, v in list(element.attrib.items())[:4])
    return f"<{element.tag}{some}>"
