"""Captions of a film or recording (WebVTT): what is said and when, and what is wrong with a file of them. Pure.

The transcript that a lesson shows is what its captions say, so the two never drift apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lms.errors import N_, Message

_TIME = r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING = re.compile(rf"^{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t].*)?$")
_TAG = re.compile(r"<[^>]*>")
_VOICE = re.compile(r"<v(?:\.[^ \t>]*)?[ \t]+([^>]+)>")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&nbsp;": " ", "&lrm;": "\u200e", "&rlm;": "\u200f"}


@dataclass(frozen=True, slots=True)
class Cue:
    """What is said from ``start`` to ``end`` (seconds), and by whom if the file says so."""

    start: float
    end: float
    text: str
    voice: str | None = None


@dataclass(frozen=True, slots=True)
class Captions:
    """The cues in order, and what is wrong, with the line (from 1)."""

    cues: tuple[Cue, ...]
    faults: tuple[tuple[int, Message], ...]


def read_captions(text: str) -> Captions:
    """Read WebVTT. Comments, styles and regions are passed over; a faulty cue is left out and reported."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not re.fullmatch(r"WEBVTT(?:[ \t].*)?", lines[0]):
        return Captions((), ((1, Message(N_("The first line of captions must be WEBVTT."))),))
    cues: list[Cue] = []
    faults: list[tuple[int, Message]] = []
    for first, block in _blocks(lines):
        at = next((place for place, line in enumerate(block[:2]) if "-->" in line), None)
        if at is None:
            if first > 1 and not block[0].startswith(("NOTE", "STYLE", "REGION")):
                faults.append((first, Message(N_("This part has no times."))))
            continue
        _read_cue(first + at, block[at], block[at + 1 :], cues, faults)
    if not cues and not faults:
        faults.append((1, Message(N_("The captions say nothing."))))
    return Captions(tuple(cues), tuple(faults))


def _blocks(lines: list[str]) -> list[tuple[int, list[str]]]:
    blocks: list[tuple[int, list[str]]] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            blocks.append((number + 1, []))
        elif blocks:
            blocks[-1][1].append(line)
        else:
            blocks.append((number, [line]))
    return [(first, block) for first, block in blocks if block]


def _read_cue(number: int, timing: str, said: list[str], cues: list[Cue], faults: list[tuple[int, Message]]) -> None:
    match = _TIMING.match(timing.strip())
    if match is None:
        faults.append(
            (number, Message(N_("“%(line)s” is no timing such as 00:01.000 --> 00:04.000."), {"line": timing}))
        )
        return
    start, end = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
    text = _plain(" ".join(part.strip() for part in said))
    if end <= start:
        faults.append((number, Message(N_("This part ends before it begins."))))
    elif cues and start < cues[-1].start:
        faults.append((number, Message(N_("This part begins before the one above it."))))
    elif not text:
        faults.append((number, Message(N_("Nothing is said in this part."))))
    else:
        voice = _VOICE.search(" ".join(said))
        cues.append(Cue(start, end, text, voice.group(1).strip() if voice else None))


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return hours * 3600 + minutes * 60 + seconds + thousandths / 1000


def _plain(text: str) -> str:
    text = _TAG.sub("", text)
    for entity, character in _ENTITIES.items():
        text = text.replace(entity, character)
    return " ".join(text.split())


def said_by_voice(cues: Sequence[Cue]) -> list[str]:
    """The transcript: a paragraph for each turn of a speaker, or after a pause of two seconds."""
    paragraphs: list[str] = []
    for before, cue in zip([None, *cues], cues, strict=False):
        new = before is None or cue.voice != before.voice or cue.start - before.end >= 2
        if new:
            paragraphs.append(f"{cue.voice}: {cue.text}" if cue.voice else cue.text)
        else:
            paragraphs[-1] += f" {cue.text}"
    return paragraphs


def captions_of(name: str, names: set[str], language: str) -> str | None:
    """The file of captions beside a film or recording: ``talk.mp4`` has ``talk.en.vtt``, ``talk.es.vtt``."""
    found = f"{name.rpartition('.')[0]}.{language}.vtt"
    return found if found in names else None
