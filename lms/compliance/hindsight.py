"""What was learnt later: two states of knowledge about one person, compared. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lms.errors import N_, Message

from .facts import PersonFacts

DATED = (
    ("leaves", N_("A leave from %(day)s was written down later."), N_("A leave from %(day)s was taken back later.")),
    (
        "exemptions",
        N_("An exemption from %(day)s was written down later."),
        N_("An exemption from %(day)s was taken back later."),
    ),
    (
        "assigned",
        N_("An assignment from %(day)s was written down later."),
        N_("An assignment from %(day)s was taken back later."),
    ),
    (
        "equivalencies",
        N_("An equivalency from %(day)s was written down later."),
        N_("An equivalency from %(day)s was taken back later."),
    ),
)


def later(then: PersonFacts, now: PersonFacts) -> list[Message]:
    """What was written down, changed or taken back about a person between two moments, one sentence for each fact.

    Facts are compared by what they say: a row that was superseded by an equal one is no news.
    """
    return [*_records(then, now), *_dated(then, now), *_plain(then, now)]


def _records(then: PersonFacts, now: PersonFacts) -> Iterator[Message]:
    before = {(record.kind, record.id): record for record in then.records}
    for record in sorted(now.records, key=lambda each: (each.completed_on, each.id)):
        old = before.get((record.kind, record.id))
        if old is None:
            yield Message(N_("A completion of %(day)s was recorded later."), {"day": record.completed_on})
        if record.revoked and not (old and old.revoked):
            yield Message(N_("The completion of %(day)s was revoked later."), {"day": record.completed_on})


def _dated(then: PersonFacts, now: PersonFacts) -> Iterator[Message]:
    for name, added, removed in DATED:
        old = {_said(each) for each in getattr(then, name)}
        new = {_said(each) for each in getattr(now, name)}
        begun = {each[0] for each in new}
        for said in sorted(new - old, key=str):
            yield Message(added, {"day": said[0]})
        for said in sorted(old - new, key=str):
            if said[0] not in begun:
                yield Message(removed, {"day": said[0]})


def _said(fact: Any) -> tuple[Any, ...]:
    """A leave, exemption, assignment or equivalency without the number of its row, its first day first."""
    about = (getattr(fact, name, None) for name in ("kind", "requirement_id", "name", "source", "target"))
    return fact.from_day, fact.to_day, *about


def _plain(then: PersonFacts, now: PersonFacts) -> Iterator[Message]:
    for extension in now.extensions:
        if (extension.requirement_id, extension.cycle, extension.due) not in {
            (each.requirement_id, each.cycle, each.due) for each in then.extensions
        }:
            yield Message(N_("The due day was extended to %(day)s later."), {"day": extension.due})
    if _differ(then.employments, now.employments):
        yield Message(N_("The days of employment were written down or corrected later."))
    elif _differ(then.memberships, now.memberships):
        yield Message(N_("The department, the job or the tree of departments was corrected later."))
    if _differ(then.licences, now.licences):
        yield Message(N_("A licence was written down or corrected later."))


def _differ(then: Iterable[Any], now: Iterable[Any]) -> bool:
    return set(then) != set(now)
