"""Use cases that cross stages, each from top to bottom. They order the steps; they neither decide nor commit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

HANDLERS: dict[str, Callable[..., None]] = {}
