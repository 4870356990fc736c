"""Reading mail that came back: one short transaction for each message, so that one that cannot be read stops no other. An edge."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from lms.db import Database
from lms.notices import bounces, failing, mailbox
from lms.notices.failing import Outcome


def take_in(database: Database, data: bytes, now: datetime) -> Counter[Outcome]:
    """Work in one message; what it led to, by outcome. Nothing at all: it is no report about a message."""
    with database.transaction() as session:
        return Counter(failing.take_in(session, report, now) for report in bounces.read(data))


def read_mailbox(database: Database, place: str, now: datetime) -> Counter[Outcome]:
    """Work in every new message of a mailbox. A message is marked as seen only after it was worked in; read twice it counts once.

    Raises:
        Invalid: the mailbox cannot be read.
    """
    outcomes: Counter[Outcome] = Counter()
    for data, seen in mailbox.messages(place):
        outcomes += take_in(database, data, now)
        seen()
    return outcomes
