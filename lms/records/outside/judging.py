"""What can be said about outside training, what a decision may be, and what a reviewer should look at twice. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from lms.errors import N_, Conflict, Invalid, Message
from lms.people.folding import folded

MODALITIES = ("live", "in_person", "blended", "asynchronous", "independent")
LONGEST = 60 * 1000
"""Minutes of one training: a thousand hours."""

OLDEST = 60
"""Years back: a day before that is a slip of the pen."""

NEAR = timedelta(days=31)
"""So close to an own record of the same course, it may be the same training handed in again."""

WAITING = "waiting"
"""The state of what nobody has decided yet."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a learner says. Minutes are whole; ``topics`` are names. See :class:`lms.records.outside.models.OutsideStatement`."""

    title: str
    provider: str
    finished_on: date
    minutes: int
    topics: tuple[str, ...] = ()
    certificate_number: str = ""
    expires_on: date | None = None
    attested: str = ""
    meant_for: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Counting:
    """What an approval says. See :class:`lms.records.outside.models.OutsideDecision`."""

    title: str
    provider: str
    completed_on: date
    minutes: int
    topics: Mapping[str, int] = field(default_factory=dict)
    modality: str = ""
    courses: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    expires_on: date | None = None


def check_claim(claim: Claim, *, with_paper: bool, today: date) -> None:
    """Refuse what cannot be.

    Raises:
        Invalid: no title or provider, a day to come or out of all reason, an expiry before it, minutes out of bounds, no proof.
    """
    _check(claim.title, claim.provider, claim.finished_on, claim.minutes, claim.expires_on, today)
    if not with_paper and not claim.attested.strip():
        raise Invalid(N_("Choose the certificate, or say in your own words what you did and when."))


def check_counting(counting: Counting, *, today: date) -> None:
    """Refuse an approval that cannot be.

    Raises:
        Invalid: as :func:`check_claim`; it counts for nothing; its topics have more minutes than it has.
    """
    _check(counting.title, counting.provider, counting.completed_on, counting.minutes, counting.expires_on, today)
    if any(minutes < 0 for minutes in counting.topics.values()) or sum(counting.topics.values()) > counting.minutes:
        raise Invalid(N_("The topics have more minutes than the whole training."))
    if counting.modality and counting.modality not in MODALITIES:
        raise Invalid(N_("Choose how it was held from the list."))
    if not (counting.courses or counting.names or counting.minutes):
        raise Invalid(N_("Say what it counts for: minutes, a course, or outside training that a requirement asks for."))


def _check(title: str, provider: str, day: date, minutes: int, expires_on: date | None, today: date) -> None:
    if not title.strip() or not provider.strip():
        raise Invalid(N_("Give the title of the training and who held it."))
    if day > today:
        raise Invalid(N_("The day on which it was finished is still to come."))
    if day.year < today.year - OLDEST:
        raise Invalid(
            N_("The day on which it was finished lies more than %(years)s years back. Check the year."), years=OLDEST
        )
    if expires_on is not None and expires_on < day:
        raise Invalid(N_("It expires before it was finished. Check the days."))
    if not 0 <= minutes <= LONGEST:
        raise Invalid(N_("Enter minutes from 0 to %(most)s."), most=LONGEST)


ALLOWED = {
    "approved": frozenset({WAITING, "asked", "rejected", "revoked", "approved"}),
    "rejected": frozenset({WAITING, "asked"}),
    "asked": frozenset({WAITING}),
    "revoked": frozenset({"approved"}),
    "withdrawn": frozenset({WAITING, "asked"}),
    "answered": frozenset({"asked"}),
}
"""From which states each step is possible. An approval of what is approved corrects it."""


def check_step(step: str, state: str, reason: str) -> None:
    """Refuse a step that the state does not allow, or that owes a reason.

    Raises:
        Conflict: somebody has decided meanwhile, or nothing was asked.
        Invalid: no reason where one is owed: always, but for a first approval and for withdrawing.
    """
    if state not in ALLOWED[step]:
        raise Conflict(N_("Something was decided about this meanwhile. Look at it again."))
    first = step == "approved" and state in (WAITING, "asked")
    if not reason.strip() and not first and step not in ("withdrawn", "answered"):
        raise Invalid(N_("Give a reason. The learner will read it."))


def outside_name(provider: str, title: str) -> str:
    """What records and equivalencies call an outside training: the same for the same provider and title, however they are typed."""
    return f"external:{folded(provider)}/{folded(title)}"


# --- what to look at twice ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Other:
    """Something else that was handed in or recorded: its ``training_id`` (None: an own record of a course)."""

    training_id: int | None
    person_id: int
    title: str
    day: date
    sha256: str | None = None
    certificate_number: str = ""
    course: str = ""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Why something handed in may be a duplicate of ``other``: ``paper``, ``number``, ``same`` or ``record``."""

    why: str
    other: Other


def likenesses(
    claim: Claim, sha256: str | None, person_id: int, others: Iterable[Other], courses: Sequence[str] = ()
) -> list[Likeness]:
    """What others have in common with a claim: the same document, the same certificate number, the same title and day of the same
    person, or a record of one of ``courses`` near that day. Each of the others is told once, by the strongest reason."""
    found = [(why, other) for other in others if (why := _why(claim, sha256, person_id, other, courses)) is not None]
    return [Likeness(why, other) for why, other in sorted(found, key=lambda pair: (ORDER.index(pair[0]), pair[1].day))]


ORDER = ("paper", "number", "same", "record")


def _why(claim: Claim, sha256: str | None, person_id: int, other: Other, courses: Sequence[str]) -> str | None:
    if other.training_id is None:
        alike = other.course in courses or folded(other.title) == folded(claim.title)
        return (
            "record" if alike and other.person_id == person_id and abs(other.day - claim.finished_on) <= NEAR else None
        )
    if sha256 is not None and other.sha256 == sha256:
        return "paper"
    number = folded(claim.certificate_number)
    if number and folded(other.certificate_number) == number:
        return "number"
    same = (
        other.person_id == person_id and folded(other.title) == folded(claim.title) and other.day == claim.finished_on
    )
    return "same" if same else None


def doubts(claim: Claim, *, hired: date | None, began: date | None, today: date) -> list[Message]:
    """What a reviewer may let pass and should see: done before the person was hired or before the course it is meant for existed, over
    already, or more minutes than a day has. ``hired``: the first day of employment; ``began``: the first version of that course."""
    found = []
    if hired is not None and claim.finished_on < hired:
        found.append(Message(N_("It was finished before the first day of employment, %(day)s."), {"day": hired}))
    if began is not None and claim.finished_on < began:
        found.append(Message(N_("It was finished before the course it is meant for existed, %(day)s."), {"day": began}))
    if claim.expires_on is not None and claim.expires_on < today:
        found.append(Message(N_("It expired on %(day)s: what it satisfied ended then."), {"day": claim.expires_on}))
    if claim.minutes > 24 * 60:
        found.append(Message(N_("It is said to have taken more than 24 hours. Compare it with the certificate.")))
    return found
