"""Icons of a page: the shapes stand in ``templates/components/icons.html``, and a page draws thirty of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache

from markupsafe import Markup, escape

KEPT = 2000
"""Icons with their labels that are kept as they were drawn."""


def icons(shapes: Mapping[str, str], along_the_line: Collection[str]) -> Callable[..., Markup]:
    """What draws an icon by its name; those ``along_the_line`` of writing are mirrored where that runs from right to left.

    Without a label an icon is decoration; with one it is an image with that name.

    Raises (what it gives):
        KeyError: there is no icon of that name.
    """

    @lru_cache(maxsize=KEPT)
    def drawn(name: str, label: Markup | None) -> Markup:
        flips = " icon-flip" if name in along_the_line else ""
        told = f'role="img" aria-label="{label}"' if label else 'aria-hidden="true"'
        return Markup(f'<svg class="icon{flips}" viewBox="0 0 24 24" {told} focusable="false">{shapes[name]}</svg>')

    def icon(name: str, label: object = None) -> Markup:
        return drawn(name, escape(label) if label else None)

    return icon
