"""A rule read back as sentences, so that whoever built it sees what it says. Pure; the edge translates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lms.errors import N_, Message

from .audience import All, Any, Audience, JobIn, Not, PatientContact, ProfessionIn, UnderDepartment
from .calendar import Length
from .rules import GraceCountsAs, Recurs, Rule

MONTHS = (
    N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"), N_("July"), N_("August"),
    N_("September"), N_("October"), N_("November"), N_("December"),
)  # fmt: skip


def sentences(rule: Rule, departments: Mapping[str, str], courses: Mapping[str, str]) -> list[Message]:
    """What the rule says, sentence by sentence. ``departments`` maps codes to names, ``courses`` slugs to titles."""
    titles = ", ".join(sorted(courses.get(slug, slug) for slug in rule.courses))
    who = [*_audience(rule.audience, departments)]
    one_of_several = len(rule.courses) > 1 and not rule.needs_all
    return [
        Message(N_("For everyone %(who)s."), {"who": _joined(who)}) if who else Message(N_("For everyone.")),
        Message(N_("To do: one of %(courses)s.") if one_of_several else N_("To do: %(courses)s."), {"courses": titles}),
        *_first(rule),
        *_recurrence(rule),
        *_grace(rule),
    ]


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
    if rule.first_within != Length():
        yield Message(N_("First due %(length)s after hire or after it begins to apply, whichever is later."), within)
    elif rule.recurs is not Recurs.FIXED:
        yield Message(N_("First due on the day of hire or the day it begins to apply, whichever is later."))
    if rule.incumbents_due:
        yield Message(N_("Those who are here when it begins are due on %(day)s."), {"day": rule.incumbents_due})
    if rule.first_opens_before is not None:
        opens = {"length": length(Length(days=rule.first_opens_before))}
        yield Message(N_("The first time opens %(length)s before it is due."), opens)


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
    before = 90 if rule.opens_before is None and rule.recurs is Recurs.ROLLING else rule.opens_before
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
