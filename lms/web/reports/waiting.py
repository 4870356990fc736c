"""The sentence and the page for everything that can wait for a decision; what waits is found in ``lms.reports.waiting``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flask import url_for

from lms.web.words import gettext, ngettext


class Words(NamedTuple):
    """``said`` makes the sentence for a number; the page at ``endpoint`` is where it is decided, ``action`` what is done there."""

    said: Callable[[int], str]
    endpoint: str
    action: Callable[[], str]
    args: Mapping[str, Any] = {}


WORDS: dict[str, Words] = {
    "more_time": Words(
        lambda n: ngettext("%(num)s person asks for more time.", "%(num)s people ask for more time.", n),
        "team.attempts",
        lambda: gettext("Decide"),
    ),
    "attempts": Words(
        lambda n: ngettext(
            "%(num)s person has used up the attempts at a test.",
            "%(num)s people have used up the attempts at a test.",
            n,
        ),
        "team.attempts",
        lambda: gettext("Give another attempt"),
    ),
    "outside": Words(
        lambda n: ngettext(
            "%(num)s training done elsewhere waits for a decision.",
            "%(num)s trainings done elsewhere wait for a decision.",
            n,
        ),
        "reviewing.index",
        lambda: gettext("Decide"),
    ),
    "problems": Words(
        lambda n: ngettext(
            "%(num)s line of the HR feed could not be taken in.",
            "%(num)s lines of the HR feed could not be taken in.",
            n,
        ),
        "feeds.problems",
        lambda: gettext("Solve"),
    ),
    "drafts": Words(
        lambda n: ngettext(
            "%(num)s draft of a requirement is not published.", "%(num)s drafts of requirements are not published.", n
        ),
        "requirements.index",
        lambda: gettext("Go on with it"),
    ),
    "undelivered": Words(
        lambda n: ngettext(
            "Mail to %(num)s person could not be delivered.", "Mail to %(num)s people could not be delivered.", n
        ),
        "today.people",
        lambda: gettext("Correct the address"),
        {"what": "undelivered"},
    ),
    "sources_to_read": Words(
        lambda n: ngettext(
            "The source of %(num)s requirement is to be read again.",
            "The sources of %(num)s requirements are to be read again.",
            n,
        ),
        "requirements.index",
        lambda: gettext("Look"),
    ),
}


def work(found: Mapping[str, int]) -> list[dict[str, Any]]:
    """Lines for the component ``worklist``."""
    return [
        {
            "text": WORDS[name].said(number),
            "url": url_for(WORDS[name].endpoint, **WORDS[name].args),
            "action": WORDS[name].action(),
        }
        for name, number in found.items()
    ]
