"""The working lives and completions of Riverbend's people: pure, from a seed. Days are offsets that callers turn into dates."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from typing import TypeVar

from lms.clock import FOR_EVER
from lms.compliance.calendar import add_months
from lms.demo.places import FAMILY, GIVEN, JOBS, PLACES, Place
from lms.demo.shifts import OFFICE, Shift, shift_of

T = TypeVar("T")

KINDS = (("employee", 86), ("contractor", 4), ("agency", 4), ("medical_staff", 3), ("student", 2), ("volunteer", 1))
LEAVES = ("Family leave", "Medical leave", "Military service", "Sabbatical")
EXEMPTIONS = ("Non-clinical research post", "Equivalent training elsewhere, evidence on file")
LANGUAGES = ((None, 86), ("es", 11), ("en", 3))


@dataclass(frozen=True, slots=True)
class Post:
    """A membership on [from_day, to_day)."""

    from_day: date
    to_day: date
    place: str
    job: str
    profession: str
    contact: bool


@dataclass(slots=True)
class Life:
    """One invented person: who they are, when they belonged, where they worked, what they completed and tried."""

    number: str
    given: str
    family: str
    language: str | None
    kind: str
    email: str | None = None
    employments: list[tuple[date, date]] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    secondary: Post | None = None
    leave: tuple[date, date, str] | None = None
    exempt: tuple[date, date, str] | None = None
    exempt_from: tuple[str, ...] = ("cc-101",)
    done: list[Done] = field(default_factory=list)
    under_way: str | None = None
    stuck: bool = False
    """Whether the attempts at the test of the course under way are used up."""
    shift: Shift = OFFICE


@dataclass(frozen=True, slots=True)
class Done:
    """A completion: course, day, score in per cent, and the scores of failed attempts before it with their days."""

    course: str
    day: date
    score: float
    failed: tuple[tuple[date, float], ...]


@dataclass(frozen=True, slots=True)
class Duty:
    """What the demo requires: a course, for whom, first due after so many days, again after so many months."""

    course: str
    contact_only: bool
    professions: frozenset[str]
    first_days: int
    every_months: int
    grace: int

    def asks(self, post: Post) -> bool:
        """Whether somebody in this post is in the audience."""
        return (not self.contact_only or post.contact) and (not self.professions or post.profession in self.professions)


CLINICAL = frozenset(
    {"RN", "CNA", "MD", "PA", "APRN", "RT", "MA", "PT", "OT", "SLP", "LCSW", "PsyD", "RPh", "HHA", "PBT", "RTR"}
)
DUTIES = (
    Duty("la-110", True, frozenset(), 30, 12, 14),
    Duty("cc-101", False, CLINICAL, 90, 24, 30),
)


def lives(staff: int, seed: int, today: date) -> Iterator[Life]:
    """So many people who belong today, and those who left in the last two years, in a fixed order."""
    working = [place for place in PLACES if place.weight]
    weights = list(accumulate(place.weight for place in working))
    start = add_months(today, -24)
    leavers = math.ceil(staff * 0.22)
    today_too = _TodayToo(today)
    for index in range(staff + leavers):
        chance = random.Random(f"{seed}/{index}")
        place = chance.choices(working, cum_weights=weights)[0]
        life = _life(chance, index, place, start, today, gone=index >= staff)
        life.shift = shift_of(f"{seed}/{index}", place.jobs)
        life.stuck = random.Random(f"{seed}/{index}/stuck").random() < 0.06
        if index < staff:
            today_too.give(life, random.Random(f"{seed}/{index}/today"))
        yield life


@dataclass(slots=True)
class _TodayToo:
    """Leaves and exemptions that include today, so that the pages of today show them however small the hospital is.

    Of those with a duty for patient contact, the fourth and then every fortieth is on leave, the tenth and then every
    eightieth is exempt from everything: counted in the fixed order of people, so that more staff change nobody's life.
    """

    today: date
    seen: int = 0
    leaves: int = 0
    exemptions: int = 0

    def give(self, life: Life, chance: random.Random) -> None:
        if life.leave or life.exempt or life.done[-1:] == [] or not DUTIES[0].asks(life.posts[-1]):
            return
        hired = life.employments[-1][0]
        if self.today - hired < timedelta(days=30) or any(
            done.day > self.today - timedelta(days=21) for done in life.done
        ):
            return
        self.seen += 1
        if self.seen >= 4 + 40 * self.leaves:
            self.leaves += 1
            first = self.today - timedelta(days=chance.randrange(1, 20))
            life.leave = (first, self.today + timedelta(days=chance.randrange(10, 60)), chance.choice(LEAVES))
            life.under_way = None
        elif self.seen >= 10 + 80 * self.exemptions:
            self.exemptions += 1
            first = max(hired, self.today - timedelta(days=chance.randrange(30, 300)))
            life.exempt, life.exempt_from = (
                (first, add_months(first, 12), EXEMPTIONS[0]),
                tuple(d.course for d in DUTIES),
            )


def _life(chance: random.Random, index: int, place: Place, start: date, today: date, *, gone: bool) -> Life:
    life = Life(
        number=f"R{100000 + index}",
        given=chance.choice(GIVEN),
        family=chance.choice(FAMILY),
        language=_weighted(chance, LANGUAGES),
        kind=_weighted(chance, KINDS),
        email=f"r{100000 + index}@riverbend.example" if index % 8 else None,  # some have none, as anywhere
    )
    span = (today - start).days
    recent = gone or chance.random() < 0.28
    hired = (
        start + timedelta(days=chance.randrange(span - 20))
        if recent and not gone
        else start - timedelta(days=int(chance.expovariate(1 / 1500)))
    )
    end = FOR_EVER
    if gone:
        end = start + timedelta(days=chance.randrange(30, span))
        if chance.random() < 0.3:
            hired = max(start, end - timedelta(days=chance.randrange(20, 400)))
    _posts(chance, life, place, hired, end, start, today)
    if gone and chance.random() < 0.08 and (today - end).days > 60:
        back = end + timedelta(days=chance.randrange(20, (today - end).days))
        last = life.posts[-1]
        life.employments.append((back, FOR_EVER))
        life.posts.append(Post(back, FOR_EVER, last.place, last.job, last.profession, last.contact))
    elif not gone:
        _interruptions(chance, life, start, today)
    _completions(chance, life, start, today)
    return life


def _posts(chance: random.Random, life: Life, place: Place, hired: date, end: date, start: date, today: date) -> None:
    job, profession, contact = _weighted(chance, [((j, p, c), w) for j, p, c, w in JOBS[place.jobs]])
    life.employments.append((hired, end))
    first = Post(hired, end, place.code, job, profession, contact)
    room = (min(end, today) - max(hired, start)).days
    if room > 120 and chance.random() < 0.13:
        other = chance.choice([p for p in PLACES if p.jobs == place.jobs and p.code != place.code] or [place])
        moved = max(hired, start) + timedelta(days=chance.randrange(40, room - 40))
        life.posts += [
            Post(hired, moved, place.code, job, profession, contact),
            Post(moved, end, other.code, job, profession, contact),
        ]
    else:
        life.posts.append(first)
    if chance.random() < 0.04 and place.jobs == "ward":
        other = chance.choice([p for p in PLACES if p.jobs == "ward" and p.code != place.code])
        life.secondary = Post(max(hired, start), end, other.code, job, profession, contact)


def _interruptions(chance: random.Random, life: Life, start: date, today: date) -> None:
    hired = life.employments[0][0]
    if chance.random() < 0.07:
        first = max(hired, start) + timedelta(days=chance.randrange(0, max(1, (today - max(hired, start)).days + 20)))
        reason = chance.choice(LEAVES)
        life.leave = (first, first + timedelta(days=chance.choice((28, 42, 84, 112))), reason)
    if chance.random() < 0.012:
        first = max(hired, today - timedelta(days=chance.randrange(30, 300)))
        reason = chance.choice(EXEMPTIONS)
        life.exempt = (first, add_months(first, 12), reason)


def _completions(chance: random.Random, life: Life, start: date, today: date) -> None:
    by_code = {place.code: place for place in PLACES}
    person = min(1.15, max(0.5, chance.gauss(1.0, 0.16)))
    for duty in DUTIES:
        first = next((post for post in life.posts if duty.asks(post) and post.to_day > start), None)
        if first is None:
            continue
        begin = max(first.from_day, start)
        due = begin + timedelta(days=duty.first_days)
        while True:
            post = next((p for p in life.posts if p.from_day <= due < p.to_day), life.posts[-1])
            place, years = by_code[post.place], (due - start).days / 365
            day = _completion_day(chance, due, duty, person * (place.punctual + place.gain * (years - 1)))
            day = max(begin, _back_from_leave(chance, life, day))
            if day >= today or day >= first.to_day:  # the hours of today may not have come yet
                nearly = due < today + timedelta(days=40) and not life.under_way and chance.random() < 0.35
                life.under_way = duty.course if nearly and day >= today else life.under_way
                break
            life.done.append(_done(chance, duty.course, day))
            due = add_months(day, duty.every_months) - timedelta(days=1)


def _completion_day(chance: random.Random, due: date, duty: Duty, punctual: float) -> date:
    """When it gets done: mostly in the weeks before it is due, sometimes late, now and then after many months."""
    drawn = chance.random()
    on_time = min(0.985, max(0.35, 0.90 * punctual))
    if drawn < on_time:
        return due - timedelta(days=min(duty.first_days - 2, int(chance.triangular(0, 55, 9))))
    if drawn < on_time + (1 - on_time) * 0.62:
        return due + timedelta(days=1 + int(chance.expovariate(1 / 18)))
    if drawn < on_time + (1 - on_time) * 0.9:
        return due + timedelta(days=40 + int(chance.expovariate(1 / 50)))
    return due + timedelta(days=120 + int(chance.expovariate(1 / 90)))


def _back_from_leave(chance: random.Random, life: Life, day: date) -> date:
    """Nobody trains on leave: then it is done in the weeks after the return."""
    if life.leave is not None and life.leave[0] <= day < life.leave[1]:
        return life.leave[1] + timedelta(days=chance.randrange(2, 28))
    return day


def _done(chance: random.Random, course: str, day: date) -> Done:
    failed: list[tuple[date, float]] = []
    while chance.random() < 0.13 and len(failed) < 2:
        failed.append((day, float(chance.choice((50, 60, 65, 70, 75)))))
    return Done(course, day, float(chance.choices((80, 85, 90, 95, 100), (18, 10, 30, 14, 28))[0]), tuple(failed))


def _weighted(chance: random.Random, choices: Sequence[tuple[T, float]]) -> T:
    return chance.choices([value for value, _ in choices], [weight for _, weight in choices])[0]
