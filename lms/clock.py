"""Time: the only module that asks the machine what time it is. Moments are UTC; days are the organisation's local days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

FOR_EVER = date(9999, 12, 31)
"""The exclusive end of a stretch of days that has no end: stored, so that ``from <= day < to`` is the whole question."""


class Clock(Protocol):
    """Anything that can say what moment it is."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)


def local_day(moment: datetime, zone: str) -> date:
    """The calendar day of ``moment`` in the IANA time zone ``zone``."""
    return moment.astimezone(ZoneInfo(zone)).date()
