"""The clock of a timed scene: what was pressed and when are facts, what it shows follows from them. Pure.

WCAG 2.2, success criterion 2.2.1 (Timing Adjustable): the clock runs only for those who start it, they may turn it off, and
they may lengthen it as often as they like, also when it has run out. The times are the server's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from lms.catalogue.story import Timed

GRACE = timedelta(seconds=5)
"""What a choice may take on its way to the server."""


class Press(StrEnum):
    """What a learner does with the clock."""

    START = "start"
    EXTEND = "extend"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Pressed:
    """``turn`` is the number of choices that had been made before."""

    turn: int
    press: Press
    at: datetime


@dataclass(frozen=True, slots=True)
class SceneClock:
    """``waiting``: not started; ``off``: the learner does without; ``over``: the time is up. ``left`` is in whole seconds."""

    state: Literal["waiting", "running", "over", "off"]
    seconds: int
    ends_at: datetime | None = None
    left: int = 0


def scene_clock(timed: Timed, turn: int, pressed: Sequence[Pressed], now: datetime) -> SceneClock:
    """The clock of the scene where the learner is. Turned off once, clocks stay off for the whole attempt."""
    if any(each.press is Press.OFF for each in pressed):
        return SceneClock("off", timed.seconds)
    length = timedelta(seconds=timed.seconds)
    ends: datetime | None = None
    for each in sorted((each for each in pressed if each.turn == turn), key=lambda each: each.at):
        if each.press is Press.START and ends is None:
            ends = each.at + length
        elif each.press is Press.EXTEND and ends is not None:
            ends = max(ends, each.at) + length
    if ends is None:
        return SceneClock("waiting", timed.seconds)
    if now > ends + GRACE:
        return SceneClock("over", timed.seconds, ends)
    return SceneClock("running", timed.seconds, ends, max(0, int((ends - now).total_seconds())))
