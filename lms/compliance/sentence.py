"""A rule read back as sentences, so that whoever built it sees what it says. Pure; the edge translates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from lms.errors import N_, Message

from .audience import (
    All,
    Any,
    AssignedTo,
    Audience,
    EmployedAs,
    EmployerSize,
    HasDuty,
    HiredBetween,
    HoldsLicence,
    JobIn,
    LicensedIn,
    Not,
    PatientContact,
    ProfessionIn,
    Supervises,
    UnderDepartment,
)  # fmt: skip
from .calendar import Length
from .hours import Hours, Rounding, Share
from .rules import SERIES, First, GraceCountsAs, Recurs, Rule
from .satisfaction import AllOf, InHours, Item, Satisfaction

MONTHS = (
    N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"), N_("July"), N_("August"),
    N_("September"), N_("October"), N_("November"), N_("December"),
)  # fmt: skip


def sentences(rule: Rule, departments: Mapping[str, str], courses: Mapping[str, str]) -> list[Message]:
    """What the rule says, sentence by sentence. ``departments`` maps codes to names, ``courses`` slugs to titles, and
    topics (``topic:implicit_bias``) to words for them."""
    who = whom(rule.audience, departments)
    return [
        Message(N_("For everyone %(who)s."), {"who": who}) if who else Message(N_("For everyone.")),
        *_to_do(rule, courses),
        *_first(rule),
        *_recurrence(rule),
        *_again(rule),
        *_grace(rule),
    ]


def whom(audience: Audience, departments: Mapping[str, str]) -> Message | None:
    """Whom it is for, to stand after "everyone": "with patient contact"; None where it is for everyone."""
    who = [*_audience(audience, departments)]
    return _joined(who) if who else None


def _to_do(rule: Rule, courses: Mapping[str, str]) -> Iterator[Message]:
    if rule.satisfied is not None:
        yield Message(N_("To do: %(courses)s."), {"courses": _satisfied(rule.satisfied, courses)})
    else:
        plain = all(":" not in key for key in rule.courses)
        names = sorted(courses.get(key, key) for key in rule.courses)
        titles = ", ".join(names) if plain else _joined([_item(key, courses) for key in sorted(rule.courses)])
        one = N_("To do: one of %(courses)s.") if len(names) > 1 and not rule.needs_all else N_("To do: %(courses)s.")
        yield Message(one, {"courses": titles})
    for hours in rule.hours:
        yield from _conditions(hours, courses)


ITEM = {
    "attestation": N_("attest “%(name)s”"),
    "policy": N_("acknowledge the policy “%(name)s”"),
    "external": N_("outside training “%(name)s”"),
    "licence": N_("hold the licence or certificate “%(name)s”"),
}


def _item(key: str, courses: Mapping[str, str]) -> Message:
    kind, _, name = key.partition(":")
    return (
        Message(ITEM[kind], {"name": name})
        if name
        else Message(N_("the course “%(name)s”"), {"name": courses.get(key, key)})
    )


def _satisfied(satisfied: Satisfaction, courses: Mapping[str, str]) -> Message:
    match satisfied:
        case Item(key):
            return _item(key, courses)
        case InHours(hours):
            return _hours(hours, courses)
        case _:
            parts = [_satisfied(part, courses) for part in satisfied.parts]
            both = N_("%(first)s and %(rest)s") if isinstance(satisfied, AllOf) else N_("%(first)s or %(rest)s")
            return _joined(parts, both)


def _topics(topics: Iterable[str], words: Mapping[str, str]) -> list[str]:
    """What topics are called; one that has no word is shown as it is written, with spaces."""
    tags = (topic.replace("-", "_") for topic in topics)
    return sorted(words.get(f"topic:{tag}", tag.replace("_", " ")) for tag in tags)


def _hours(hours: Hours, courses: Mapping[str, str]) -> Message:
    minutes = hours.per_year or hours.minutes
    params = {"minutes": minutes, "hour": hours.hour}
    if hours.topics:
        msgid = N_("%(minutes)s minutes on %(about)s (an hour has %(hour)s)")
        each = N_("%(minutes)s minutes on %(about)s for each year of the cycle (an hour has %(hour)s)")
        about = ", ".join(_topics(hours.topics, courses))
    elif hours.courses:
        msgid = N_("%(minutes)s minutes of %(about)s (an hour has %(hour)s)")
        each = N_("%(minutes)s minutes of %(about)s for each year of the cycle (an hour has %(hour)s)")
        about = ", ".join(sorted(courses.get(slug, slug) for slug in hours.courses))
    else:
        msgid = N_("%(minutes)s minutes of training (an hour has %(hour)s)")
        each = N_("%(minutes)s minutes of training for each year of the cycle (an hour has %(hour)s)")
        about = ""
    return Message(each if hours.per_year else msgid, {**params, "about": about})


def _conditions(hours: Hours, words: Mapping[str, str]) -> Iterator[Message]:
    """What else is said of hours, sentence by sentence."""
    for share in hours.at_least:
        yield Message(N_("At least %(part)s of that on %(what)s."), _share(share, words))
    for share in hours.at_most:
        yield Message(N_("At most %(part)s of that as %(what)s."), _share(share, words))
    if hours.per_year:
        whole, part = N_("A part of a year counts as a whole one."), N_("A part of a year counts in proportion.")
        yield Message(part if hours.pro_rata else whole)
    if hours.average_over > 1:
        yield Message(N_("Looked at over %(number)s cycles together."), {"number": hours.average_over})
    if hours.approved:
        yield Message(N_("Only what is approved by %(names)s counts."), {"names": ", ".join(sorted(hours.approved))})
    said = {
        N_("The same course counts once in a cycle."): hours.no_repeat,
        N_("A course does not count again in the next cycle."): hours.no_repeat_next,
        N_("Nothing is carried over into the next cycle."): hours.no_carry_over,
        N_("Each activity counts in whole quarter hours, rounded down."): hours.rounding is Rounding.DOWN,
        N_("Each activity counts in quarter hours, rounded to the nearest."): hours.rounding is Rounding.NEAREST,
    }
    yield from (Message(msgid) for msgid, holds in said.items() if holds)


def _share(share: Share, words: Mapping[str, str]) -> dict[str, object]:
    part = (
        Message(N_("%(number)s per cent"), {"number": share.percent})
        if share.percent
        else Message(N_("%(number)s minutes"), {"number": share.minutes})
    )
    return {"part": part, "what": ", ".join([*_topics(share.topics, words), *sorted(share.modalities)])}


def _joined(parts: Sequence[Message], pattern: str = N_("%(first)s, %(rest)s")) -> Message:
    if len(parts) == 1:
        return parts[0]
    return Message(pattern, {"first": parts[0], "rest": _joined(parts[1:], pattern)})


def _audience(audience: Audience, departments: Mapping[str, str]) -> Iterator[Message]:
    """The conditions, all of which must hold; none for everyone."""
    match audience:
        case UnderDepartment(codes):
            names = ", ".join(sorted(departments.get(code, code) for code in codes))
            yield Message(N_("in %(names)s and below"), {"names": names})
        case JobIn(codes):
            one, several = N_("whose job is %(names)s"), N_("whose job is one of: %(names)s")
            yield Message(one if len(codes) == 1 else several, {"names": ", ".join(sorted(codes))})
        case ProfessionIn(codes):
            one, several = N_("whose profession is %(names)s"), N_("whose profession is one of: %(names)s")
            yield Message(one if len(codes) == 1 else several, {"names": ", ".join(sorted(codes))})
        case PatientContact(value):
            yield Message(N_("with patient contact") if value else N_("without patient contact"))
        case HasDuty(names):
            yield Message(N_("with the duty %(names)s"), {"names": ", ".join(sorted(names))})
        case AssignedTo():
            yield Message(N_("to whom it is assigned by name"))
        case EmployedAs(kinds):
            yield Message(N_("employed as %(names)s"), {"names": ", ".join(sorted(kinds))})
        case LicensedIn(states):
            yield Message(N_("licensed in %(names)s"), {"names": ", ".join(sorted(states))})
        case HoldsLicence(names):
            yield Message(N_("holding the licence %(names)s"), {"names": ", ".join(sorted(names))})
        case HiredBetween(first, before):
            if first > date.min:
                yield Message(N_("hired on %(day)s or later"), {"day": first})
            if before < date.max:
                yield Message(N_("hired before %(day)s"), {"day": before})
        case EmployerSize(least, most):
            yield Message(N_("where the employer has %(number)s people or more"), {"number": least})
            if most is not None:
                yield Message(N_("where the employer has at most %(number)s people"), {"number": most})
        case Supervises(part):
            inner = [*_audience(part, departments)]
            yield (
                Message(N_("who supervise people %(part)s"), {"part": _joined(inner)})
                if inner
                else Message(N_("who supervise anybody"))
            )
        case Not(part):
            inner = [*_audience(part, departments)]
            yield (
                Message(N_("except those %(part)s"), {"part": _joined(inner)})
                if inner
                else Message(N_("except everyone"))
            )
        case All(parts):
            for part in parts:
                yield from _audience(part, departments)
        case Any(parts):
            found = [[*_audience(part, departments)] for part in parts]
            if found and all(found):  # one part that holds for everyone makes it everyone
                yield _joined([_joined(inner) for inner in found], N_("%(first)s or %(rest)s"))


def _first(rule: Rule) -> Iterator[Message]:
    within = {"length": length(rule.first_within)}
    if rule.first is not First.ENTERING:
        yield from _first_by_licence(rule)
    elif rule.first_within != Length():
        yield Message(N_("First due %(length)s after hire or after it begins to apply, whichever is later."), within)
    elif rule.recurs not in SERIES:
        yield Message(N_("First due on the day of hire or the day it begins to apply, whichever is later."))
    if rule.incumbents_due:
        yield Message(N_("Those who are here when it begins are due on %(day)s."), {"day": rule.incumbents_due})
    if rule.first_opens_before is not None:
        opens = {"length": length(Length(days=rule.first_opens_before))}
        yield Message(N_("The first time opens %(length)s before it is due."), opens)


def _first_by_licence(rule: Rule) -> Iterator[Message]:
    within = {"length": length(rule.first_within)}
    if rule.first is First.RENEWAL and rule.first_not_before:
        renewal = {"day": rule.first_not_before}
        yield Message(N_("First due on the first renewal of the licence from %(day)s on."), renewal)
    elif rule.first is First.RENEWAL:
        yield Message(N_("First due on the next renewal of the licence."))
    elif rule.first_before:
        yield Message(N_("First due the day before the licence is issued."))
    elif rule.first_exactly:
        yield Message(N_("First due %(length)s after the licence was issued."), within)
    else:
        yield Message(N_("First due %(length)s after the licence was issued or after it begins to apply."), within)


def _again(rule: Rule) -> Iterator[Message]:
    if rule.again_on:
        names = ", ".join(sorted(name.removeprefix("policy:") for name in rule.again_on))
        params = {"names": names, "length": length(rule.again_within)}
        yield Message(N_("Due again %(length)s after a new version of %(names)s."), params)


def _recurrence(rule: Rule) -> Iterator[Message]:
    every = {"length": length(rule.every)}
    match rule.recurs:
        case Recurs.ONCE:
            yield Message(N_("Once is enough."))
            return
        case Recurs.ROLLING:
            yield Message(N_("Due again %(length)s after each completion."), every)
        case Recurs.CADENCE:
            yield Message(N_("Due again %(length)s after each due day, whether done early or late."), every)
        case Recurs.FIXED:
            on = {"day": rule.day, "month": Message(MONTHS[rule.month - 1])}
            yield Message(N_("Due on %(month)s %(day)s, again after %(length)s."), {**every, **on})
        case Recurs.ANNIVERSARY:
            yield Message(N_("Due on the anniversary of hire, again after %(length)s."), every)
        case Recurs.BIRTH_MONTH:
            yield Message(N_("Due at the end of the birth month, again after %(length)s."), every)
        case Recurs.LICENCE:
            yield Message(N_("Due on each renewal of the person's own licence."))
        case Recurs.WINDOW:
            yield Message(N_("On any day, what was done in the %(length)s before it must be enough."), every)
        case Recurs.HELD:
            yield Message(N_("Due again when what was shown expires."))
    early = rule.recurs in (Recurs.ROLLING, Recurs.WINDOW, Recurs.HELD)
    before = 90 if rule.opens_before is None and early else rule.opens_before
    if before is None:
        yield Message(N_("The next time opens the day after the one before was due."))
    else:
        yield Message(N_("Renewal opens %(length)s before it is due."), {"length": length(Length(days=before))})
    if not rule.early_counts:
        yield Message(N_("What is done before it opens does not count for it."))
    if rule.align_end_of_month:
        yield Message(N_("Due days move to the end of their month."))


def _grace(rule: Rule) -> Iterator[Message]:
    if rule.grace:
        late, compliant = (
            N_("Grace: %(length)s after the due day, counted as late."),
            N_("Grace: %(length)s after the due day, counted as compliant."),
        )
        counted = compliant if rule.grace_counts_as is GraceCountsAs.COMPLIANT else late
        yield Message(counted, {"length": length(Length(days=rule.grace))})


def length(value: Length) -> Message:
    """A length of time in words."""
    if value.months and value.months % 12 == 0:
        years = value.months // 12
        return Message(N_("1 year")) if years == 1 else Message(N_("%(number)s years"), {"number": years})
    if value.months:
        return (
            Message(N_("1 month")) if value.months == 1 else Message(N_("%(number)s months"), {"number": value.months})
        )
    return Message(N_("1 day")) if value.days == 1 else Message(N_("%(number)s days"), {"number": value.days})
