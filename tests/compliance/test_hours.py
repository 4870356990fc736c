"""What a record is worth in minutes, by the rounding of the rule."""

from __future__ import annotations

import pytest

from lms.compliance.facts import Record
from lms.compliance.hours import Hours, Rounding

from .making import d


@pytest.mark.parametrize(
    ("rounding", "hour", "minutes", "worth"),
    [
        (Rounding.NONE, 60, 52, 52),
        (Rounding.DOWN, 60, 59, 45),
        (Rounding.NEAREST, 60, 52, 45),
        (Rounding.NEAREST, 60, 53, 60),
        (Rounding.NEAREST, 60, 7, 0),
        (Rounding.NEAREST, 60, 8, 15),
        (Rounding.DOWN, 50, 49, 37.5),
        (Rounding.NEAREST, 50, 44, 50),
    ],
)
def test_minutes_become_quarters_of_the_hour_of_the_rule(
    rounding: Rounding, hour: int, minutes: int, worth: float
) -> None:
    done = Record(1, "cc-101", d("2026-03-01"), minutes=minutes)
    assert Hours(600, hour=hour, rounding=rounding).worth(done) == worth
