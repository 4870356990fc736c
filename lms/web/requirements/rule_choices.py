"""The words of the form in which requirements are built: what can be chosen where, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import literal, select, union

from lms.catalogue import queries as catalogue
from lms.compliance.drafts.sheet import Sheet
from lms.compliance.rules import Rule
from lms.compliance.sentence import MONTHS, sentences
from lms.db import day_in, known
from lms.errors import Message, Problem
from lms.people import queries as people
from lms.people.models import Membership
from lms.web.page import session, tell
from lms.web.people.people_forms import KIND_NAMES
from lms.web.topics import topic_words

Choices = list[tuple[str, Any]]

MISSING = {
    "title": _l("Give it a title."),
    "code": _l("Give it a short code, such as LANG-ACCESS."),
    "from": _l("Give the day from which it is in force."),
    "satisfied": _l("Tick at least one course."),
    "first.within": _l("Say within what time it is first due, such as 30 days."),
    "recurs.every": _l("Say how often it is due again, such as every year."),
}
"""What is asked where a field was left empty: the rule's own words for it are those of its text."""

AUDIENCE: Choices = [
    ("everyone", _l("everyone")),
    ("all", _l("those who meet all of these conditions")),
    ("any", _l("those who meet at least one of these conditions")),
    ("none", _l("those who meet none of these conditions")),
    ("not_all", _l("those who do not meet all of these conditions")),
    ("supervises_all", _l("those who supervise somebody who meets all of these conditions")),
    ("supervises_any", _l("those who supervise somebody who meets at least one of these conditions")),
]
CONDITIONS: Choices = [
    ("department", _l("Department")),
    ("job", _l("Job")),
    ("profession", _l("Profession")),
    ("patient_contact", _l("Patient contact")),
    ("duty", _l("Duty")),
    ("employment", _l("Kind of employment")),
    ("licence", _l("Licence held")),
    ("licence_state", _l("State of a licence")),
    ("hired", _l("Day of hire")),
    ("employer_size", _l("Size of the employer")),
    ("assigned", _l("Assigned by name")),
    ("any", _l("A group of which one must hold")),
    ("all", _l("A group of which all must hold")),
    ("none", _l("A group of which none may hold")),
    ("supervises_any", _l("Supervises somebody like this")),
]
WHAT: Choices = [
    ("courses", _l("courses")),
    ("hours", _l("hours of training")),
    ("all", _l("several things, all of them")),
    ("any", _l("several things, one of them")),
]
THINGS: Choices = [
    ("course", _l("A course")),
    ("hours", _l("Hours of training")),
    ("acknowledgement", _l("Acknowledgement of a policy")),
    ("attestation", _l("An attestation")),
    ("external", _l("Outside training")),
    ("licence", _l("A licence or certificate that is held")),
    ("all", _l("Several things, all of them")),
    ("any", _l("Several things, one of them")),
]
UNITS: Choices = [("days", _l("days")), ("months", _l("months")), ("years", _l("years"))]
FIRST: Choices = [
    ("entering", _l("hire, or when it begins to apply, whichever is later")),
    ("licence", _l("the issue of the licence, but not before it begins to apply")),
    ("licence_exactly", _l("the issue of the licence, whatever happens")),
    ("before_licence", _l("nothing: it is due the day before the licence is issued")),
    ("licence_renewal", _l("nothing: it is due on the first renewal of the licence")),
]
RECURS: Choices = [
    ("once", _l("never: once is enough")),
    ("rolling", _l("some time after each completion")),
    ("cadence", _l("in a steady rhythm from the first due day")),
    ("fixed", _l("on a fixed day of the year")),
    ("anniversary_of_hire", _l("on the anniversary of hire")),
    ("birth_month", _l("at the end of the birth month")),
    ("licence_renewal", _l("on each renewal of the person’s own licence")),
    ("look_back_window", _l("as soon as the hours of the last months no longer suffice")),
    ("while_valid", _l("when what was shown expires")),
]
EARLY: Choices = [
    ("yes", _l("counts: the time runs anew from that day")),
    ("no", _l("does not count as renewal")),
]
GRACE_AS: Choices = [("", _l("late")), ("compliant", _l("compliant"))]
LOOK_BACK: Choices = [
    ("", _l("as usual: within one period")),
    ("any", _l("whenever it was done")),
    ("none", _l("nothing that was done before")),
    ("term", _l("since the term of the licence began")),
    ("length", _l("so long before:")),
]
LEAVE: Choices = [
    ("", _l("stops the clock; due days move")),
    ("none", _l("changes nothing")),
    ("extends", _l("extends everything by the days of leave")),
    ("fresh_window", _l("gives a fresh window after the return")),
]
ALIGN: Choices = [("", _l("stay where they fall")), ("end_of_month", _l("move to the end of their month"))]
AUTHORITY: Choices = [
    ("", _l("own policy")),
    ("statute", _l("statute")),
    ("regulation", _l("regulation")),
    ("accreditor", _l("accreditor")),
    ("guidance", _l("guidance")),
    ("contract", _l("contract")),
]
STATUS: Choices = [
    ("", _l("own policy: enforced")),
    ("enacted", _l("enacted: enforced")),
    ("pending", _l("pending: shown, changes nothing")),
    ("permissive", _l("recommended or permitted: shown, not enforced")),
    ("superseded", _l("superseded: shown, not enforced")),
    ("litigated", _l("before the courts: shown, not enforced")),
]
CONFIDENCE: Choices = [
    ("", _l("not said")),
    ("high", _l("the text was seen")),
    ("medium", _l("a reliable second source")),
    ("low", _l("uncertain")),
]
MEASURES: Choices = [
    ("amount", _l("hours in the cycle")),
    ("minutes", _l("minutes in the cycle")),
    ("per_year", _l("hours for each year of the cycle")),
]
SHARE_MEASURES: Choices = [("amount", _l("hours")), ("minutes", _l("minutes")), ("percent", _l("per cent"))]
HOUR: Choices = [("60", _l("60 minutes")), ("50", _l("50 minutes"))]
PART_YEAR: Choices = [("", _l("counts as a whole one")), ("pro_rata", _l("counts in proportion"))]
ROUNDING: Choices = [
    ("", _l("as they are")),
    ("quarter_down", _l("rounded down to quarter hours")),
    ("quarter_nearest", _l("rounded to the nearest quarter hour")),
]
MODALITIES: Choices = [
    ("live", _l("live")),
    ("in_person", _l("in person")),
    ("blended", _l("blended")),
    ("asynchronous", _l("at any time")),
    ("independent", _l("independent study")),
]
FLAGS: Choices = [
    ("no_repeat", _l("The same course counts once in a cycle")),
    ("no_repeat_next", _l("A course does not count again in the next cycle")),
    ("no_carry_over", _l("Nothing is carried over into the next cycle")),
]
CASES = {
    "on_leave": _l("On leave, now or planned"),
    "exempt": _l("Exempt"),
    "extended": _l("With more time granted"),
    "rehired": _l("Hired again"),
    "transferred": _l("Moved to another department"),
    "two_memberships": _l("In two departments at once"),
    "leap_day": _l("Hired on 29 February"),
    "retroactive": _l("Hired retroactively"),
    "newly_hired": _l("Newly hired, or about to begin"),
    "leaving": _l("Leaving"),
    "done_before": _l("Has done it before it begins"),
    "no_department": _l("Employed without a department, so in no audience"),
}
MOVES = {
    "enters": _l("It begins to apply to them"),
    "changes": _l("Their state changes"),
    "leaves": _l("It no longer applies to them"),
    "stays": _l("Nothing changes"),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to choose from here: (value, label); names of departments by code and titles of courses by slug."""

    courses: Choices
    named: dict[str, Choices]
    departments: dict[str, str]
    titles: dict[str, str]


def offer(day: date) -> Offer:
    """What there is on a day: courses, departments, jobs, professions. Three statements."""
    tree = people.tree(session(), day)
    offered = catalogue.offered(session())
    courses = [(course.slug, f"{course.code} {course.title}") for course in offered]
    titles = {course.slug: course.title for course in offered}
    jobs, professions = _held(day)
    named: dict[str, Choices] = {
        "department": [(node.code, "\u2003" * level + node.name) for level, node in tree.walk()],
        "job": [(name, name) for name in jobs],
        "profession": [(name, name) for name in professions],
        "employment": [(kind.value, label) for kind, label in KIND_NAMES.items()],
    }
    return Offer(courses, named, {node.code: node.name for node in tree.nodes.values()}, titles)


def _held(day: date) -> tuple[list[str], list[str]]:
    """The jobs and the professions that somebody has on a day. One statement."""
    there = (known(Membership), day_in(day, Membership.from_day, Membership.to_day))
    query = union(
        select(Membership.job.label("name"), literal("job").label("field")).where(*there),
        select(Membership.profession, literal("profession")).where(*there),
    )
    rows = sorted((name, field) for name, field in session().execute(query) if name)
    return [name for name, field in rows if field == "job"], [name for name, field in rows if field == "profession"]


def months() -> Choices:
    """The months by number."""
    return [(str(number), tell(Message(name))) for number, name in enumerate(MONTHS, 1)]


def words_of(rule: dict[str, Any], there: Offer) -> list[str]:
    """A rule as sentences in the reader's language."""
    return [
        tell(sentence) for sentence in sentences(Rule.parse(rule), there.departments, {**topic_words(), **there.titles})
    ]


def said(problem: Problem) -> str:
    """What is wrong, and what to do about it."""
    return f"{tell(problem.message)} {tell(problem.remedy)}" if problem.remedy else tell(problem.message)


def said_in_form(problem: Problem, sheet: Sheet) -> str | None:
    """What to do about a field of the form that was left empty; None where something was written that cannot be read."""
    place = sheet.place(problem.where or "") or ""
    courses = sheet.satisfied.kind == "courses" and not sheet.satisfied.lists.get("courses")
    empty = courses if place == "satisfied" else not sheet.value(place)
    return str(MISSING[place]) if empty and place in MISSING else None


def said_where(problem: Problem) -> str:
    """The same with its field, as the draft's text calls it: for a list that does not stand beside the form."""
    field = (problem.where or "").removeprefix("versions[0].").removeprefix("rule.")
    return f"{field}: {said(problem)}" if field else said(problem)
