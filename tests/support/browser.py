"""What a browser test asks of a page: that it is accessible, and that nothing went wrong in it."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page

AXE = Path(__file__).resolve().parent.parent / "vendor" / "axe-core" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")


COLOURS = ("color-contrast", "link-in-text-block")
"""The rules whose outcome another colour scheme can change."""


def violations(page: Page, *, rules_off: tuple[str, ...] = (), only: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds on the page as it stands, against WCAG 2.0, 2.1 and 2.2, levels A and AA (or by the rules of ``only``)."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(_axe() + "\n;0")
    options = {
        "runOnly": {"type": "rule", "values": list(only)} if only else {"type": "tag", "values": WCAG},
        "resultTypes": ["violations"],
        "selectors": False,  # findings show the element itself
        "elementRef": False,
        "preload": {"assets": ["media"]},  # styles are needed by experimental rules only, which these tags leave out
        "rules": {rule: {"enabled": False} for rule in rules_off},
    }
    result: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    found = []
    for violation in result["violations"]:
        for node in violation["nodes"]:
            summary = " ".join((node.get("failureSummary") or "").split())
            found.append(f"{violation['id']} ({violation['impact']}): {node['html'][:200]} — {summary[:400]}")
    return found


_CLOTHES = """() => {
    const worn = new Set();
    const clear = 'rgba(0, 0, 0, 0)';
    const walk = (element, below, colour) => {
        const style = getComputedStyle(element);
        if (style.display === 'none') return;
        const own = [style.backgroundColor, style.backgroundImage, style.opacity, style.position, style.filter].join();
        const ground = own === clear + ',none,1,static,none' ? below : below + '>' + own;
        const written = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (written || element.matches('input, select, textarea, button'))
            worn.add([
                ground, style.color, style.fontSize, style.fontWeight, style.textShadow, style.visibility,
                element.matches(':disabled, [aria-disabled=true]'),
                element.matches('a[href], [role=link]') && [colour, style.display, style.textDecorationLine, style.borderBottomWidth],
            ].join());
        for (const child of element.children) walk(child, ground, style.color);
    };
    walk(document.documentElement, '', '');
    return [...worn];
}"""


_BONES = """() => {
    const words = new Set(['lang', 'dir', 'title', 'alt', 'placeholder', 'value', 'href', 'action', 'label', 'abbr', 'nonce']);
    const bones = [];
    const walk = (element) => {
        bones.push('<', element.localName);
        for (const name of element.getAttributeNames().sort()) {
            if (name === 'lang' || name === 'dir') continue;
            if (name === 'aria-current' && element.lang) continue;
            const worded = words.has(name) || name === 'aria-label' || name === 'aria-description' || name.startsWith('data-');
            const value = element.getAttribute(name);
            bones.push(' ', name, '=', worded && !value.startsWith('#') ? Boolean(value.trim()) : value);
        }
        bones.push('>');
        for (const child of element.childNodes) {
            if (child.nodeType === 1) walk(child);
            else if (child.nodeType === 3 && child.data.trim()) bones.push('t');
        }
        bones.push('/');
    };
    walk(document.documentElement);
    return bones.join('');
}"""

_CROWDED = """() => {
    const boxes = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [role], [tabindex]')]
        .map((e) => e.getBoundingClientRect()).filter((box) => box.width > 1 && box.height > 1);
    const small = (box) => box.width < 24 || box.height < 24;
    const middle = (box) => [box.left + box.width / 2, box.top + box.height / 2];
    const beyond = (at, from, to) => Math.max(from - at, 0, at - to);
    const inside = (one, other) => one.left >= other.left && one.right <= other.right && one.top >= other.top && one.bottom <= other.bottom;
    return boxes.filter(small).some((one) => {
        const [x, y] = middle(one);
        return boxes.some((other) => {
            if (other === one || inside(one, other) || inside(other, one)) return false;
            const [otherX, otherY] = middle(other);
            if (small(other) && Math.hypot(x - otherX, y - otherY) < 24) return true;
            return Math.hypot(beyond(x, other.left, other.right), beyond(y, other.top, other.bottom)) < 12;
        });
    });
}"""

OF_WORDS = (
    "document-title", "html-has-lang", "html-lang-valid", "html-xml-lang-mismatch", "scrollable-region-focusable", "valid-lang",
)  # fmt: skip
"""The rules whose outcome other words, or the other room that they take, can change on a page with the same bones; besides the size
of targets, which cannot be wrong where a small one has room around it (WCAG 2.2, success criterion 2.5.8)."""


class Judge:
    """Judges pages. What axe-core found nothing wrong with need not be judged again: letters in the same clothes (the same colours on
    the same ground, in the same colour scheme), and a page with the same bones (elements, attributes, and where there are words at
    all), which in another language needs only the rules that depend on words and room.
    """

    def __init__(self) -> None:
        self._clothes: dict[str, set[str]] = {"light": set(), "dark": set()}
        self._bones: set[str] = set()

    def whole(self, page: Page, scheme: str) -> list[str]:
        """Everything that axe-core finds on the page, which is shown in this scheme; its colours, too, are judged whole."""
        found = violations(page)
        if not found:
            self._clothes[scheme] |= clothes(page)
            self._bones.add(bones(page))
        return found

    def rest(self, page: Page, scheme: str) -> list[str]:
        """The same for a page whose colours were judged whole in another language: letters in clothes that have passed are left out."""
        seen = bones(page)
        if seen in self._bones:
            found = violations(page, only=(*OF_WORDS, "target-size") if page.evaluate(_CROWDED) else OF_WORDS)
        elif not (found := violations(page, rules_off=COLOURS)):
            self._bones.add(seen)
        return found + self.colours(page, scheme)

    def colours(self, page: Page, scheme: str) -> list[str]:
        """What axe-core finds by the rules of :data:`COLOURS`, if anything is in clothes that have not passed yet."""
        worn = clothes(page)
        if worn <= self._clothes[scheme]:
            return []
        found = violations(page, only=COLOURS)
        if not found:
            self._clothes[scheme] |= worn
        return found


def bones(page: Page) -> str:
    """The page without its words: elements, attributes, and where there is text."""
    return sha256(str(page.evaluate(_BONES)).encode()).hexdigest()


def clothes(page: Page) -> set[str]:
    """What text and controls of the page wear: colours, size, weight, and every ground beneath."""
    return set(page.evaluate(_CLOTHES))


def check_axe(page: Page, **options: Any) -> None:
    """Fail where axe-core finds a violation."""
    found = violations(page, **options)
    assert not found, f"{page.url}: {len(found)} accessibility violations\n  " + "\n  ".join(found)


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window: above 0 a reader would have to scroll sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


class Watch:
    """Collects what goes wrong in the pages of a context: exceptions, console errors, policy violations, requests elsewhere.

    A failed request (``4xx``, ``5xx``, a killed server) shows itself in the console, too; it is not an error of the page, and tests
    that provoke one look at the page itself.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.faults: list[str] = []
        context.on("weberror", lambda error: self.faults.append(f"exception: {error.error}"))
        context.on("console", self._console)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"console: {message.text}")
