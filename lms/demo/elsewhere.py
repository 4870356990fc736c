"""What people of the demo hospital learnt elsewhere: handed in, decided and waiting, by the same actions as on the pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.clock import FOR_EVER
from lms.compliance.equivalencies import actions as equivalencies
from lms.compliance.equivalencies.actions import Stated
from lms.db import known
from lms.demo.office import HR
from lms.demo.roles import ROLES
from lms.people.models import Employment
from lms.records.outside import actions
from lms.records.outside.judging import Claim, Counting
from lms.records.outside.models import Outcome

LEARNER = next(place for place, player in enumerate(ROLES, 1) if player.role is None)

CLASSES = (
    ("Working with Deaf Patients", "State Association of the Deaf", 90),
    ("Medical Interpreting, 40 Hours", "Riverbend Community College", 2400),
    ("Plain Words in Consent Forms", "Riverbend Community College", 120),
)
"""Title, who held it, minutes; all of them invented, like the hospital."""

WORDS = "I was there on both days; the college keeps the list."


def learn_elsewhere(session: Session, today: date, moment: Callable[[date, int, int], datetime]) -> None:
    """The learner who signs in has one approved, which expires next year; somebody else is asked a question, and two wait. One class
    counts as a course for everybody who did it since last year. Timelines are worked out afterwards."""
    people = [LEARNER, *_employed(session, today)]
    for place, person in enumerate(people):
        title, provider, minutes = CLASSES[place % len(CLASSES)]
        finished = today - timedelta(days=20 + 9 * place)
        claim = Claim(title, provider, finished, minutes, certificate_number=f"RCC-{1180 + place}", attested=WORDS)
        handed = moment(today - timedelta(days=6 - place), 9, 10 + place)
        training = actions.hand_in(session, person, claim, None, Actor(person, handed))
        by = Actor(HR, moment(today - timedelta(days=2), 15, 5 + place))
        if place == 0:
            expires = today + timedelta(days=300)
            counting = Counting(title, provider, finished, minutes, modality="in_person", expires_on=expires)
            actions.decide(session, training.id, Outcome.APPROVED, "", by, counting)
        elif place == 1:
            actions.decide(
                session, training.id, Outcome.ASKED, "Please hand in the certificate; a photo is enough.", by
            )
    title, provider, _ = CLASSES[1]
    said = Stated(
        "la-110", today - timedelta(days=365), "The class teaches what the course teaches, and more.", provider=provider,
        title=title, rests_on="The educator compared both syllabuses.",
    )  # fmt: skip
    equivalencies.state(session, said, None, Actor(HR, moment(today - timedelta(days=3), 10, 0)))


def _employed(session: Session, today: date) -> Sequence[int]:
    """Three people who have been here for a while, none of those who sign in; the same for the same hospital."""
    e = Employment
    found = select(e.person_id).where(known(e), e.to_day == FOR_EVER, e.from_day < today - timedelta(days=200))
    return session.scalars(found.where(e.person_id > len(ROLES) + 1).order_by(e.person_id.desc()).limit(3)).all()
