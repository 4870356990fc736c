"""What a handler finds to work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lms.clock import Clock
from lms.db import Database
from lms.files import FileStore
from lms.reports.saved import actions, queries

Exporter = Callable[[queries.Order], actions.Made | None]
"""Makes the file of an order; None where its owner may not see it at this moment. What it asks for is wired in by whoever starts
the worker."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What a handler works with. ``job_id``: the job it works on, to tell how far it has come (None: nobody asks)."""

    database: Database
    files: FileStore
    clock: Clock
    exporter: Exporter | None = None
    job_id: int | None = None
