"""``lms demo`` as somebody runs it, without serving."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lms.cli import main
from tests.support.demo import demo_template as demo_template

Run = Callable[..., Result]


@pytest.fixture
def run(empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on an empty database and data folder."""
    monkeypatch.setenv("LMS_DATABASE_URL", empty_database_url)
    monkeypatch.setenv("LMS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("LMS_BASE_URL", raising=False)
    return lambda *words: CliRunner().invoke(main, [*words])
