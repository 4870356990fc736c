"""A rule read back as sentences, so that whoever built it sees what it says. Pure; the edge translates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lms.errors import N_, Message

from .audience import All, Any, Audience, JobIn, Not, PatientContact, ProfessionIn, UnderDepartment
from .calendar import Length
from .rules import Recurs, Rule


def sentences(rule: Rule, departments: Mapping[str, str], courses: Mapping[str, str]) -> list[Message]:
    """What the rule says, sentence by sentence. ``departments`` maps codes to names, ``courses`` slugs to titles."""
    titles = ", ".join(sorted(courses.get(slug, slug) for slug in rule.courses))
    who = [*_audience(rule.audience, departments)]
    found = [
        Message(N_("For everyone %(who)s."), {"who": _joined(who, N_("%(first)s and %(rest)s"))})
        if who
        else Message(N_("For everyone.")),
        Message(N_("To do: one of %(courses)s."), {"courses": titles})
        if len(rule.courses) > 1 and not rule.needs_all
        else Message(N_("To do: %(courses)s."), {"courses": titles}),
        *_first(rule),
        *_recurrence(rule),
    ]
    if rule.grace:
        found.append(Message(N_("%(days)s days of grace follow the due day."), {"days": rule.grace}))
    return found


def _joined(parts: Sequence[Message], pattern: str) -> Message:
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
            yield Message(N_("whose job is one of: %(names)s"), {"names": ", ".join(sorted(codes))})
        case ProfessionIn(codes):
            yield Message(N_("whose profession is one of: %(names)s"), {"names": ", ".join(sorted(codes))})
        case PatientContact(value):
            yield Message(N_("with patient contact") if value else N_("without patient contact"))
        case Not(part):
            if inner := [*_audience(part, departments)]:
                yield Message(N_("except those %(part)s"), {"part": _joined(inner, N_("%(first)s and %(rest)s"))})
        case All(parts):
            for part in parts:
                yield from _audience(part, departments)
        case Any(parts):
            found = [
                _joined(inner, N_("%(first)s and %(rest)s"))
                for part in parts
                if (inner := [*_audience(part, departments)])
            ]
            if found:
                yield _joined(found, N_("%(first)s or %(rest)s"))


def _first(rule: Rule) -> Iterator[Message]:
    if rule.recurs is not Recurs.FIXED or rule.first_within != Length():
        yield Message(
            N_("First due %(length)s after hire or after beginning to apply."), {"length": length(rule.first_within)}
        )
    if rule.incumbents_due:
        yield Message(N_("Who is here when it begins is due on %(day)s."), {"day": rule.incumbents_due})


def _recurrence(rule: Rule) -> Iterator[Message]:
    match rule.recurs:
        case Recurs.ONCE:
            yield Message(N_("Once is enough."))
        case Recurs.ROLLING:
            yield Message(N_("Again every %(length)s, counted from the completion."), {"length": length(rule.every)})
        case Recurs.CADENCE:
            yield Message(N_("Again every %(length)s, counted from the first due day."), {"length": length(rule.every)})
        case Recurs.FIXED:
            yield Message(
                N_("Again every %(length)s, on day %(day)s of month %(month)s."),
                {"length": length(rule.every), "day": rule.day, "month": rule.month},
            )
    if rule.recurs is not Recurs.ONCE:
        before = rule.opens_before if rule.opens_before is not None else 90
        if rule.recurs is Recurs.ROLLING or rule.opens_before is not None:
            yield Message(N_("Renewal opens %(days)s days before it is due."), {"days": before})


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
