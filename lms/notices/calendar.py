"""Due days for a calendar: all-day events as iCalendar text (RFC 5545, with the methods of RFC 5546). Pure.

An event is named by person, duty and cycle, for good. When the due day moves, a later file with the same name and a higher sequence number
moves it in the calendar; when the duty is done, or asked of nobody any more, one with the method CANCEL takes it away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, Self

from lms.compliance.spans import State

FOLD = 74
"""Octets in a line before it is folded (RFC 5545, section 3.1: at most 75)."""


class Asked(NamedTuple):
    """A duty that can be, or is to be, done: its cycle and its due day."""

    cycle: int
    due: date | None


class Event(NamedTuple):
    """What a mail says to a calendar about one duty of its recipient in one cycle."""

    requirement_id: int
    cycle: int
    title: str
    due: date
    cancelled: bool = False

    def data(self) -> list[Any]:
        """As it is stored."""
        return [self.requirement_id, self.cycle, self.title, self.due.isoformat(), self.cancelled]

    @classmethod
    def read(cls, data: list[Any]) -> Self:
        """As :meth:`data` wrote it."""
        return cls(data[0], data[1], data[2], date.fromisoformat(data[3]), data[4])


def cycle_asked(state: State, cycle: int) -> int:
    """Which cycle somebody is asked for: while renewal is open it is the one after that which is met."""
    return cycle + 1 if state is State.RENEWAL_OPEN else cycle


def corrections(told: Iterable[Event], standing: Mapping[int, Asked | None], day: date) -> list[Event]:
    """What has to be said to somebody's calendar so that it is right again. ``told`` is all that it was told, in order; ``standing``
    what is asked now, by requirement: None for one that is on leave, whose due day is not known; without those that ask nothing.

    Events of days that are over are left alone.
    """
    last = {(event.requirement_id, event.cycle): event for event in told}
    found = []
    for event in last.values():
        if event.cancelled or event.due < day:
            continue
        if event.requirement_id in standing and standing[event.requirement_id] is None:
            continue
        asked = standing.get(event.requirement_id)
        if asked is None or asked.cycle != event.cycle:
            found.append(event._replace(cancelled=True))
        elif asked.due is not None and asked.due != event.due:
            found.append(event._replace(due=asked.due))
    return found


def ics(event: Event, said: str, *, person_id: int, host: str, written_at: datetime, url: str, organiser: str) -> bytes:
    """The file. ``said`` is the title that the calendar shows, ``organiser`` the address that the mail comes from."""
    cancelled = ("STATUS:CANCELLED",) if event.cancelled else ("STATUS:CONFIRMED",)
    lines = (
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Attune//Due days//EN", f"METHOD:{method(event)}", "BEGIN:VEVENT",
        f"UID:due-{event.requirement_id}-{event.cycle}-{person_id}@{host}", f"SEQUENCE:{int(written_at.timestamp()) // 60}",
        f"DTSTAMP:{written_at.astimezone(UTC):%Y%m%dT%H%M%SZ}", f"ORGANIZER:mailto:{organiser}",
        f"DTSTART;VALUE=DATE:{event.due:%Y%m%d}", f"DTEND;VALUE=DATE:{event.due + timedelta(days=1):%Y%m%d}", f"SUMMARY:{_text(said)}",
        f"DESCRIPTION:{_text(url)}", f"URL:{url}", *cancelled, "TRANSP:TRANSPARENT", "END:VEVENT", "END:VCALENDAR",
    )  # fmt: skip
    return b"".join(_folded(line) + b"\r\n" for line in lines)


def method(event: Event) -> str:
    """PUBLISH, or CANCEL."""
    return "CANCEL" if event.cancelled else "PUBLISH"


def _text(value: str) -> str:
    for sign in ("\\", ";", ","):
        value = value.replace(sign, f"\\{sign}")
    return value.replace("\r\n", "\n").replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """Broken between characters, never inside one."""
    rows, row = [], b""
    for sign in line:
        octets = sign.encode()
        if len(row) + len(octets) > FOLD:
            rows.append(row)
            row = b" "
        row += octets
    return b"\r\n".join([*rows, row])
