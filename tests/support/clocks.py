"""A clock that stands where it is put."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class SetClock:
    """A :class:`lms.clock.Clock` whose moment the test chooses."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        """The moment it was put to."""
        return self.moment

    def advance(self, **delta: float) -> None:
        """Move on by ``timedelta(**delta)``."""
        self.moment += timedelta(**delta)
