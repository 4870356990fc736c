"""Reminding somebody at once: whether a page offers it for a person, and what is said when it was asked for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import flask_babel
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from lms.access import Permission, may
from lms.notices import asking
from lms.notices.asking import Answer, Standing
from lms.people.models import Person
from lms.people.queries import visible_to
from lms.web.page import now, session, to_the_minute, today, viewer
from lms.web.words import gettext

NOTES = {
    Standing.ON_LEAVE: _l("On leave"),
    Standing.CLOSED: _l("Account closed"),
    Standing.NO_ADDRESS: _l("No e-mail address"),
    Standing.ADDRESS_FAILS: _l("Nothing arrives at the e-mail address"),
    Standing.WAITS: _l("A reminder waits to go out"),
    Standing.FAILED: _l("Today’s reminder did not arrive"),
}
"""What stands in place of the button, where there is something to do."""

MAILS = frozenset({Standing.SENT, Standing.WAITS, Standing.FAILED})
"""What is about a mail; the other notes are facts about the person, which stand on their own page anyhow."""


def offered(people: Collection[int], visible: Select[int] | None = None) -> dict[int, dict[str, Any]]:
    """For each of these people (of those among ``visible``, where the page shows others as well) whether the viewer can remind them now
    (``free``), and if not, why (``note``; ``mail``: there is one of today); without those who have nothing to do. Empty for who may remind
    nobody; nobody reminds themselves."""
    others = [one for one in people if one != viewer().person_id]
    if not others or not may(viewer(), Permission.REMINDER_SEND):
        return {}
    found = asking.look(session(), others, now(), visible)
    return {
        person_id: {
            "free": look.standing is Standing.FREE,
            "note": _note(look.standing, look.moment),
            "mail": look.standing in MAILS,
        }
        for person_id, look in found.items()
        if look.standing is not Standing.NOTHING
    }


def offered_in_reach(person_id: int) -> dict[str, Any] | None:
    """The same of one person on a page that shows others as well than those whom the viewer may remind."""
    reach = visible_to(session(), viewer(), Permission.REMINDER_SEND, today())
    return offered([person_id], reach).get(person_id)


def _note(standing: Standing, moment: datetime | None) -> str:
    if standing is Standing.SENT and moment is not None:
        return gettext("Reminded at %(time)s", time=flask_babel.format_time(moment, "short"))
    return str(NOTES.get(standing, ""))


def said(person: Person, answer: Answer) -> tuple[str, str]:
    """What came of asking, in a sentence, and its kind (as :func:`lms.web.page.say` has them)."""
    name, moment = person.display_name, answer.moment
    if answer.standing is Standing.FREE:
        return _written(name, moment), "done"
    if answer.standing is Standing.SENT and moment is not None:
        at = flask_babel.format_time(moment, "short")
        return gettext(
            "%(name)s was reminded today at %(time)s. Nobody gets more than one reminder a day.", name=name, time=at
        ), "note"
    words = {
        Standing.NOTHING: _l("%(name)s has nothing to do now, so nothing was sent."),
        Standing.ON_LEAVE: _l("%(name)s is on leave, so nothing was sent."),
        Standing.CLOSED: _l("The account of %(name)s is closed, so nothing was sent."),
        Standing.NO_ADDRESS: _l("%(name)s has no e-mail address, so nothing was sent."),
        Standing.ADDRESS_FAILS: _l("Nothing arrives at the e-mail address of %(name)s, so nothing was sent. HR can correct the address."),
        Standing.WAITS: _l("A reminder for %(name)s waits to go out already. Nobody gets more than one a day."),
        Standing.FAILED: _l("Today’s reminder for %(name)s did not arrive. HR can see why under Reminders."),
        Standing.BUSY: _l("The reminders of today are being written just now. Try again in a few minutes."),
    }  # fmt: skip
    return str(words[answer.standing]) % {"name": name}, "note"


def _written(name: str, moment: datetime | None) -> str:
    if moment is None:
        return gettext("The reminder for %(name)s is written. It waits until mail is set up.", name=name)
    if moment <= now():
        return gettext("%(name)s is reminded: the mail is on its way.", name=name)
    return gettext("The reminder for %(name)s goes out on %(moment)s.", name=name, moment=to_the_minute(moment))
