"""One sentence for "why am I asked this?" and one for "why this state?", read out of the fact that a span names.

The answers are messages to translate; their values are dates (which the edge writes as the reader does) and texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from lms.errors import N_, Message

from .facts import PersonFacts
from .periods import periods
from .rules import RequirementFacts
from .spans import Span, State

DUE = {
    "hire": N_("Due on %(due)s, counted from the first day of employment."),
    "entered": N_("Due on %(due)s, counted from the day on which this requirement began to apply."),
    "rule": N_("Due on %(due)s, a date that the requirement sets."),
    "record": N_("Due on %(due)s, because it was last completed on %(done)s."),
    "licence": N_("Due on %(due)s, a day that follows from the licence of %(day)s."),
    "event": N_("Due on %(due)s, because of the change of %(day)s."),
    "carried": N_("Due on %(due)s; hours from before cover the time until then."),
    "leave": N_("Due on %(due)s, moved because of the leave that began on %(day)s."),
    "exemption": N_("Due on %(due)s, because of the exemption that began on %(day)s."),
    "extension": N_("Due on %(due)s, extended by a decision of %(day)s."),
    "return": N_("Due on %(due)s, counted from the return."),
}
LAPSED = {
    "leave": N_("Valid until %(until)s; because of the leave that began on %(day)s, renewal is due on %(due)s."),
    "exemption": N_(
        "Valid until %(until)s; because of the exemption that began on %(day)s, renewal is due on %(due)s."
    ),
    "extension": N_("Valid until %(until)s; by a decision of %(day)s, renewal is due on %(due)s."),
    "return": N_("Valid until %(until)s; counted from the return, renewal is due on %(due)s."),
}
ASSIGNED = {
    (False, False): N_("Assigned on %(day)s, due on %(due)s."),
    (False, True): N_("Assigned on %(day)s, due on %(due)s. Reason: %(reason)s"),
    (True, False): N_("Assigned on %(day)s. It was due on %(due)s and has not been completed."),
    (True, True): N_("Assigned on %(day)s. It was due on %(due)s and has not been completed. Reason: %(reason)s"),
}
"""What is said of an assignment, by whether it is late and whether there is a reason to read."""

DONE = frozenset({"record", "attestation", "acknowledgement", "external", "licence"})
"""Causes that are something done, by their ``kind``."""

COVERED = {
    (State.EXEMPT, True): N_("Exempt from %(day)s until %(last)s. Reason: %(reason)s"),
    (State.EXEMPT, False): N_("Exempt since %(day)s, without an end. Reason: %(reason)s"),
    (State.ON_LEAVE, True): N_("On leave from %(day)s until %(last)s. Nothing falls due in this time."),
    (State.ON_LEAVE, False): N_("On leave since %(day)s. Nothing falls due in this time."),
}


def why_assigned(
    requirement: RequirementFacts, person: PersonFacts, day: date, departments: Mapping[int, str]
) -> Message | None:
    """Why the requirement applies to the person on ``day``; None where it does not. ``departments`` gives names by id."""
    number = day.toordinal()
    for period in periods(requirement, person):
        if not any(start <= number < end for start, end in period.stays):
            continue
        since = date.fromordinal(period.from_day)
        cause, _, subject = period.because.partition(":")
        if cause == "hire":
            return Message(N_("Required since %(day)s, the first day of employment."), {"day": since})
        if cause == "assigned":
            return Message(N_("Required since %(day)s, when it was assigned to this person."), {"day": since})
        if cause == "entered":
            params = {"day": since, "department": departments.get(int(subject), subject)}
            return Message(N_("Required since %(day)s, the day of joining %(department)s."), params)
        return Message(N_("Required since %(day)s, when this requirement began to include this role."), {"day": since})
    return None


def explain(span: Span, person: PersonFacts) -> Message:
    """Why the span has its state, in one sentence; ``person`` holds the facts that the span was made from.

    For a span of :func:`lms.compliance.overall.overall` ask for the requirement it names instead.
    """
    cause, _, subject = span.because.partition(":")
    params = _fact(cause, subject, person) | {"due": span.due, "until": span.valid_until}
    match span.state:
        case State.EXEMPT | State.ON_LEAVE:
            return Message(COVERED[span.state, params.get("last") is not None], params)
        case State.UPCOMING:
            return Message(N_("Due on %(due)s; it can be done from %(opens)s."), params | {"opens": span.to_day})
        case State.OPEN if span.due is None:
            return Message(N_("Open, and nothing falls due as things stand."))
        case State.OPEN | State.OVERDUE if cause == "assigned":
            return Message(ASSIGNED[span.state == State.OVERDUE, bool(params["reason"])], params)
        case State.OPEN if cause in DONE and cause != "licence":
            return Message(DUE["record"], params)
        case State.OPEN:
            table = LAPSED if span.lapsed_extended and cause in LAPSED else DUE
            return Message(table[cause], params)
        case State.COMPLIANT | State.RENEWAL_OPEN if cause == "carried":
            return Message(DUE["carried"], params)
        case State.COMPLIANT if span.valid_until is None:
            return Message(N_("Completed on %(done)s. It need not be repeated."), params)
        case State.COMPLIANT:
            return Message(N_("Completed on %(done)s and valid until %(until)s."), params)
        case State.RENEWAL_OPEN:
            return Message(N_("Completed on %(done)s and valid until %(until)s. It can be renewed now."), params)
        case State.IN_GRACE:
            return Message(N_("It was due on %(due)s and is in its grace period."), params)
        case _ if cause in DONE and cause != "licence":
            return Message(N_("Last completed on %(done)s; the renewal was due on %(due)s."), params)
        case _:
            return Message(N_("It was due on %(due)s and has not been completed."), params)


def _fact(cause: str, subject: str, person: PersonFacts) -> dict[str, object]:
    """What can be said of the fact that caused a span: its day, its last day (None: open), its reason."""
    if cause in DONE:
        done = person.when(cause, int(subject))
        if done is None:  # a licence that is held, and of which only that is known
            done = next(held.issued for held in person.licences if held.id == int(subject))
        return {"done": done, "day": done}
    if cause == "event":
        return {"day": next(event.day for event in person.events if event.id == int(subject))}
    if cause == "assigned":
        named = next(each for each in person.assigned if each.id == int(subject))
        return {"day": named.from_day, "reason": named.reason}
    if cause == "extension":
        return {"day": next(e.granted_on for e in person.extensions if e.id == int(subject))}
    if cause == "exemption":
        exemption = next(e for e in person.exemptions if e.id == int(subject))
        return {"day": exemption.from_day, "last": _last(exemption.to_day), "reason": exemption.reason}
    if cause == "leave":
        leave = next(taken for taken in person.leaves if taken.id == int(subject))
        end = leave.to_day or date.max
        for other in sorted(person.leaves, key=lambda taken: taken.from_day):
            if other.from_day <= end:  # leaves that touch are one
                end = max(end, other.to_day or date.max)
        return {"day": leave.from_day, "last": _last(end)}
    return {}


def _last(to_day: date | None) -> date | None:
    return None if to_day is None or to_day == date.max else to_day - timedelta(days=1)
