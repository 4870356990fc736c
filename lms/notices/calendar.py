"""A due day for a calendar: one all-day event as iCalendar text (RFC 5545)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

FOLD = 74
"""Octets in a line before it is folded (RFC 5545, section 3.1: at most 75)."""


def due_day(uid: str, title: str, text: str, due: date, written_at: datetime, url: str) -> bytes:
    """The file. ``uid`` names the event for good: a later file with the same one replaces it in a calendar."""
    lines = (
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Attune//Due days//EN", "METHOD:PUBLISH", "BEGIN:VEVENT", f"UID:{uid}",
        f"DTSTAMP:{written_at.astimezone(UTC):%Y%m%dT%H%M%SZ}", f"DTSTART;VALUE=DATE:{due:%Y%m%d}",
        f"DTEND;VALUE=DATE:{due + timedelta(days=1):%Y%m%d}", f"SUMMARY:{_text(title)}", f"DESCRIPTION:{_text(text)}", f"URL:{url}",
        "TRANSP:TRANSPARENT", "END:VEVENT", "END:VCALENDAR",
    )  # fmt: skip
    return b"".join(_folded(line) + b"\r\n" for line in lines)


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
