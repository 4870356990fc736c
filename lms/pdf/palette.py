"""The colours of printed pages: those of the light scheme on screen, for certificates, reports and charts alike."""

from __future__ import annotations

from typing import Final

INK: Final = "#1d2b2a"
QUIET: Final = "#55645f"
ACCENT: Final = "#0b6b61"
HAIR: Final = "#d8e0dc"
BAND: Final = "#f1f6f4"
TINT: Final = "#a9cbc4"
PALE: Final = "#cfe0db"
PAPER: Final = "#fbf8f3"
