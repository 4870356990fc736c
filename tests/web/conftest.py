"""A hospital with people of every role, and a courses folder of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from config import Config
from lms.access import Role
from tests.accounts.conftest import Hospital
from tests.accounts.conftest import hospital as hospital
from tests.certificates.conftest import passes as passes
from tests.support.pages import PageClient

Enter = Callable[..., PageClient]


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Config:
    """As everywhere, with a folder of courses that the test may write."""
    (tmp_path / "courses").mkdir()
    return Config(
        database_url=database_url,
        data_dir=tmp_path / "data",
        secret_key="only for tests, never anywhere else",
        testing=True,
        courses_dir=tmp_path / "courses",
    )


@pytest.fixture
def enter(hospital: Hospital, signed_in: Callable[[int], PageClient]) -> Enter:
    """``enter(Role.HR)`` signs in somebody new with that role for the whole organisation; without a role, a learner."""
    made: list[int] = []

    def do(role: Role | None = None, department: int | None = None) -> PageClient:
        number = f"P{len(made)}"
        made.append(hospital.person(number, department=department, grants=((role, None),) if role else ()))
        return signed_in(made[-1])

    return do
