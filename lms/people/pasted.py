"""People as somebody pastes them: a column of a sheet, a list in a mail. Pure."""

from __future__ import annotations

import re


def entries(text: str) -> tuple[str, ...]:
    """The numbers or addresses in a pasted list, each once, in their order: separated by line ends, tabs, commas or semicolons."""
    parts = (part.strip().strip('"').strip() for part in re.split(r"[\n\r\t,;]+", text))
    return tuple(dict.fromkeys(part for part in parts if part))
