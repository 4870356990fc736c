"""Captions: read, checked line by line, and told as a transcript."""

from __future__ import annotations

import pytest

from lms.catalogue.captions import captions_of, read_captions, said_by_voice

GOOD = """WEBVTT - greeting

NOTE made for a test

1
00:00.000 --> 00:03.200 align:start
<v Dr Reyes>Good morning &amp; welcome.

00:03.300 --> 00:05.000
<v Dr Reyes>Which <i>language</i>
would you like to speak?

00:00:09.000 --> 00:00:11.500
<v Ana>Spanish, please.
"""


def test_captions_are_read_with_times_voices_and_plain_words() -> None:
    read = read_captions(GOOD)
    assert read.faults == ()
    assert [(cue.start, cue.end, cue.voice) for cue in read.cues] == [
        (0.0, 3.2, "Dr Reyes"), (3.3, 5.0, "Dr Reyes"), (9.0, 11.5, "Ana"),
    ]  # fmt: skip
    assert said_by_voice(read.cues) == [
        "Dr Reyes: Good morning & welcome. Which language would you like to speak?",
        "Ana: Spanish, please.",
    ]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("00:00.000 --> 00:01.000\nHello", 1, "first line"),
        ("WEBVTT\n\n0:00 --> 0:01\nHello", 3, "no timing"),
        ("WEBVTT\n\n00:02.000 --> 00:01.000\nHello", 3, "ends before it begins"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\nA\n\n00:01.000 --> 00:02.000\nB", 6, "before the one above"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\n\n", 3, "Nothing is said"),
        ("WEBVTT\n\nHello there", 3, "no times"),
        ("WEBVTT\n", 1, "say nothing"),
    ],
)
def test_a_fault_is_told_with_its_line(text: str, line: int, said: str) -> None:
    (fault,) = read_captions(text).faults
    assert fault[0] == line and said in fault[1].msgid


def test_captions_lie_beside_the_film() -> None:
    assert captions_of("greeting.mp4", {"greeting.mp4", "greeting.es.vtt"}, "es") == "greeting.es.vtt"
    assert captions_of("greeting.mp4", {"greeting.mp4"}, "en") is None
