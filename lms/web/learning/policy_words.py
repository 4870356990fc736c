"""What the pages of a test say of its policy: the time left, when the next attempt opens, and what was in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import flask_babel
from babel.dates import get_timezone_name

from lms.catalogue.content import CourseContent
from lms.catalogue.steps import ANGOFF, TestStep
from lms.learning.models import Attempt
from lms.learning.policy import Allowance, limit_for
from lms.web.page import score
from lms.web.words import gettext, ngettext


def span_words(span: timedelta) -> str:
    """A length of time in words: “1 hour 30 minutes”."""
    seconds = int(span.total_seconds())
    days, rest = divmod(seconds, 86400) if seconds > 86400 else (0, seconds)  # “24 hours” is plainer than “1 day”
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    parts = [
        ngettext("%(num)s day", "%(num)s days", days) if days else "",
        ngettext("%(num)s hour", "%(num)s hours", hours) if hours else "",
        ngettext("%(num)s minute", "%(num)s minutes", minutes) if minutes else "",
        ngettext("%(num)s second", "%(num)s seconds", left) if left else "",
    ]
    return " ".join(part for part in parts if part)


def moment_words(moment: datetime) -> str:
    """A moment as the reader would say it, in their time zone, which is named."""
    local = flask_babel.to_user_timezone(moment)
    zone = get_timezone_name(local, locale=flask_babel.get_locale())
    return gettext(
        "%(day)s at %(time)s (%(zone)s)",
        day=flask_babel.format_date(local, "full", rebase=False),
        time=flask_babel.format_time(moment, "short"),
        zone=zone,
    )


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """What is left of a running attempt: ``seconds`` by the server's clock, in words, and until when."""

    seconds: int
    words: str
    until: str


def time_left(attempt: Attempt, now: datetime) -> TimeLeft | None:
    """None where the attempt has no limit, or is over."""
    if attempt.deadline is None or attempt.finished_at is not None:
        return None
    seconds = max(0, int((attempt.deadline - now).total_seconds()))
    if seconds >= 60:
        minutes = round(seconds / 60)
        words = ngettext("About %(num)s minute left for this test", "About %(num)s minutes left for this test", minutes)
    else:
        words = gettext("Less than a minute left for this test") if seconds else gettext("The time is over")
    return TimeLeft(seconds, words, flask_babel.format_time(attempt.deadline, "short"))


def limit_words(test: TestStep, given: Sequence[Allowance]) -> str:
    """How long an attempt lasts that begins now."""
    limit = test.limit
    own = limit_for(limit, given)
    if limit is None:
        return gettext("None. Every answer is saved as you give it; you can stop and go on later.")
    if own is None:
        return gettext("None for you, as agreed. Every answer is saved as you give it; you can stop and go on later.")
    if own > limit:
        return gettext("%(own)s for you, as agreed, instead of %(limit)s", own=span_words(own), limit=span_words(limit))
    return span_words(limit)


def mark_words(content: CourseContent, test: TestStep) -> str:
    """What it takes to pass, and who said so where it was a panel."""
    if test.pass_mark == ANGOFF:
        return gettext("%(mark)s or more, as set by a panel of experts", mark=score(content.mark(test)))
    return gettext("%(mark)s or more", mark=score(content.mark(test)))


def rules_of(attempt: Attempt) -> list[tuple[str, Any]]:
    """What was in force for an attempt at a test, as it was written down when it began; empty for attempts from before that."""
    policy = attempt.policy
    if policy is None:
        return []
    limit, own = policy["time_limit"], policy["time_given"]
    if own is None:
        time = gettext("none, as agreed for this person") if limit is not None else gettext("none")
    elif own > limit:
        time = gettext(
            "%(own)s, as agreed for this person (the course gives %(limit)s)",
            own=_seconds(own),
            limit=_seconds(limit),
        )
    else:
        time = _seconds(limit)
    mark = score(policy["pass_mark"])
    allowed = ngettext("%(num)s attempt", "%(num)s attempts", policy["attempts"])
    if policy["extra_attempts"]:
        allowed = gettext("%(allowed)s, and %(more)s given", allowed=allowed, more=policy["extra_attempts"])
    return [
        (gettext("Begun"), moment_words(attempt.started_at)),
        (gettext("Ended"), _ended(attempt) if attempt.finished_at else None),
        (gettext("Time limit"), time),
        (gettext("Time was over"), moment_words(attempt.deadline) if attempt.deadline else None),
        (
            gettext("On the way, accepted for"),
            gettext("%(grace)s after that", grace=_seconds(policy["grace"])) if policy["grace"] else None,
        ),
        (
            gettext("To pass"),
            gettext("%(mark)s, by the panel “%(panel)s”", mark=mark, panel=policy["panel"])
            if policy["panel"]
            else gettext("%(mark)s, set by the author", mark=mark),
        ),
        (gettext("Attempts"), allowed),
        (gettext("Pause between attempts"), _seconds(policy["cool_down"]) if policy["cool_down"] else None),
    ]


def _ended(attempt: Attempt) -> str:
    assert attempt.finished_at is not None
    when = moment_words(attempt.finished_at)
    return gettext("%(when)s, because the time was over", when=when) if attempt.timed_out else when


def _seconds(seconds: int) -> str:
    return span_words(timedelta(seconds=seconds))
