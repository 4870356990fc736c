"""Attempts, cool-down, time limit and what a person is given beyond them: pure, by tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from lms.catalogue.steps import TestStep
from lms.learning.policy import Allowance, closes_at, is_over, lengthened, limit_for, standing

T0 = datetime(2026, 6, 15, 8, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass
class Tried:
    finished_at: datetime | None


def step(**policy: object) -> TestStep:
    written = {"test": "post-test", "title": "Test", "file": "items/t.yaml", "minutes": 10, **policy}
    return TestStep.model_validate(written)


def given(attempts: int = 0, at: datetime = T0, for_this: bool = False, **time: object) -> Allowance:
    return Allowance(1, at, attempts=attempts, for_this=for_this, **time)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("policy", "ended", "allowances", "after", "expected"),
    [
        ({"attempts": 2}, [], [], HOUR, ("open", 2, None)),
        ({"attempts": 2}, [T0], [], HOUR, ("open", 1, None)),
        ({"attempts": 2}, [None], [], HOUR, ("under_way", 1, None)),
        ({"attempts": 1}, [T0], [], HOUR, ("used_up", 0, None)),
        ({"attempts": 1, "cool_down": "24 h"}, [T0], [], HOUR, ("used_up", 0, None)),
        ({"attempts": 1}, [T0, T0], [], HOUR, ("used_up", 0, None)),
        ({"attempts": 1}, [T0], [given(2)], HOUR, ("open", 2, None)),
        ({"attempts": 3, "cool_down": "24 h"}, [T0], [], 24 * HOUR - MINUTE, ("pause", 2, T0 + 24 * HOUR)),
        ({"attempts": 3, "cool_down": "24 h"}, [T0], [], 24 * HOUR, ("open", 2, None)),
        ({"attempts": 3, "cool_down": "1 day"}, [T0 - 9 * HOUR, T0], [], HOUR, ("pause", 1, T0 + 24 * HOUR)),
        # an attempt given for this turn after the last one ended opens at once; one given before, or for every test, does not
        ({"attempts": 1, "cool_down": "24 h"}, [T0], [given(1, T0, True)], HOUR, ("open", 1, None)),
        ({"attempts": 1, "cool_down": "24 h"}, [T0], [given(1, T0 - MINUTE, True)], HOUR, ("pause", 1, T0 + 24 * HOUR)),
        ({"attempts": 1, "cool_down": "24 h"}, [T0], [given(1, T0)], HOUR, ("pause", 1, T0 + 24 * HOUR)),
    ],
)
def test_when_the_next_attempt_opens(
    policy: dict[str, object],
    ended: list[datetime | None],
    allowances: list[Allowance],
    after: timedelta,
    expected: tuple[str, int, datetime | None],
) -> None:
    found = standing(step(**policy), [Tried(each) for each in ended], allowances, T0 + after)
    assert (found.state, found.left, found.opens_at) == expected


@pytest.mark.parametrize(
    ("limit", "allowances", "expected"),
    [
        (20, [], 20),
        (20, [given(percent=150)], 30),
        (20, [given(percent=125), given(percent=200)], 40),
        (20, [given(minutes=15), given(percent=150)], 35),
        (20, [given(attempts=1)], 20),
        (20, [given(unlimited=True), given(percent=200)], None),
        (None, [given(percent=200)], None),
    ],
)
def test_the_most_time_that_was_given_holds(
    limit: int | None, allowances: list[Allowance], expected: int | None
) -> None:
    found = limit_for(limit * MINUTE if limit else None, allowances)
    assert found == (expected * MINUTE if expected else None)


def test_an_attempt_closes_a_grace_after_its_deadline_and_at_no_moment_before() -> None:
    policy, deadline = {"grace": 30}, T0 + 20 * MINUTE
    assert closes_at(deadline, policy) == deadline + timedelta(seconds=30)
    assert not is_over(deadline, policy, deadline + timedelta(seconds=30))
    assert is_over(deadline, policy, deadline + timedelta(seconds=30, microseconds=1))
    assert not is_over(None, policy, T0 + timedelta(days=400))
    assert not is_over(None, None, T0)


def test_time_given_in_mid_attempt_counts_from_its_beginning_and_never_shortens() -> None:
    policy = {"time_limit": 1200, "time_given": 1200, "grace": 30, "accommodations": []}
    deadline = T0 + 20 * MINUTE
    moved = lengthened(T0, deadline, policy, given(percent=150), T0 + 19 * MINUTE)
    assert moved is not None and moved[0] == T0 + 30 * MINUTE
    assert moved[1]["time_given"] == 1800 and moved[1]["accommodations"] == [1]
    assert moved[1]["extended"][0]["deadline_before"] == "2026-06-15T08:20:00+00:00"
    assert lengthened(T0, T0 + 40 * MINUTE, policy, given(percent=150), T0) is None
    without = lengthened(T0, deadline, policy, given(unlimited=True), T0)
    assert without is not None and without[0] is None and without[1]["time_given"] is None
