"""Reads a rule from JSON or YAML data, and notes every fault with its field and a remedy. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lms.errors import N_

from .audience import EVERYONE, read_audience
from .calendar import Length
from .facts import LeaveKind
from .hours import Hours, Rounding, Share
from .reading import Reader
from .rule_words import ANY_TIME, CALENDAR_KINDS, NO_LENGTH, SERIES, First, GraceCountsAs, Recurs
from .satisfaction import AllOf, AnyOf, InHours, Item, Satisfaction, hours_in, keys

DAYS_OF_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

ITEMS = {
    "course": "",
    "attestation": "attestation:",
    "acknowledgement": "policy:",
    "external": "external:",
    "licence": "licence:",
}
"""What can be done once, and how records name it."""


def read_rule(data: object) -> dict[str, Any]:
    """The fields of the rule that ``data`` says. Raises :class:`lms.errors.Invalid` with every fault, its field and remedy."""
    reader = Reader.of(data)
    audience = reader.group("audience", optional=True)
    recurs = _recurs(reader)
    kind = recurs["recurs"]
    fields: dict[str, Any] = {"audience": read_audience(audience) if audience else EVERYONE}
    fields |= _satisfied(reader) | recurs | _first(reader, kind) | _again(reader, kind) | _licence(reader)
    hours = hours_in(fields.get("satisfied"))
    fields |= _look_back(reader, fields["every"], kind, bool(hours))
    fields |= {
        "opens_before": reader.count("opens_before", None),
        "grace": reader.count("grace", 0) or 0,
        "grace_counts_as": GraceCountsAs(reader.choice("grace_counts_as", list(GraceCountsAs), GraceCountsAs.LATE)),
        "rejoin_within": _days(reader, "rejoin_within", 90),
        "return_window": _days(reader, "return_window", 30),
        "leave": LeaveKind(reader.choice("leave", list(LeaveKind), LeaveKind.STOPS)),
        "align_end_of_month": reader.choice("align", ["none", "end_of_month"], "none") == "end_of_month",
    }
    _refuse_contradictions(reader, kind, hours)
    reader.finish()
    return fields


def _refuse_contradictions(reader: Reader, kind: Recurs, hours: Sequence[Hours]) -> None:
    if kind == Recurs.WINDOW and len(hours) > 1:
        reader.fault(
            "recurs",
            N_("A look-back window adds up one account of hours, and this rule asks for several."),
            N_("Write the parts under at_least of one account, or make a requirement of each."),
        )
    if kind == Recurs.WINDOW and not hours:
        reader.fault(
            "recurs",
            N_("A look-back window adds up hours, and this rule asks for none."),
            N_("Ask for hours under satisfied_by, or use the recurrence “rolling”."),
        )
    if any(each.per_year for each in hours) and kind not in CALENDAR_KINDS:
        reader.fault(
            "satisfied_by",
            N_("Hours for each year need cycles of a known length."),
            N_("Use a recurrence by cadence, fixed day, birth month or licence renewal, or write hours for the cycle."),
        )
    if any(each.average_over > 1 for each in hours) and kind not in CALENDAR_KINDS:
        reader.fault(
            "satisfied_by",
            N_("An average over several cycles needs cycles of a known length."),
            N_("Use a recurrence by cadence, fixed day, birth month or licence renewal."),
        )


# --- what satisfies it ----------------------------------------------------------------------------------------------------


def _satisfied(reader: Reader) -> dict[str, Any]:
    """``courses`` with ``needs``, or ``satisfied_by``."""
    if not reader.has("satisfied_by"):
        needs_all = reader.choice("needs", ["all", "any"], "all") == "all"
        courses = frozenset(reader.names("courses"))
        return {"courses": courses, "needs_all": needs_all or len(courses) == 1}  # one of one is all
    if reader.has("courses") or reader.has("needs"):
        reader.fault(
            "satisfied_by",
            N_("A rule says what satisfies it once."),
            N_("Write courses with needs, or satisfied_by, not both."),
        )
    group = reader.group("satisfied_by")
    found = _satisfaction(group) if group else Item("")
    if isinstance(found, Item):
        return {"courses": keys(found), "satisfied": None}
    plain = isinstance(found, AllOf | AnyOf) and all(isinstance(part, Item) for part in found.parts)
    return {
        "courses": keys(found),
        "needs_all": isinstance(found, AllOf),
        "satisfied": None if plain else found,
    }


def _satisfaction(reader: Reader) -> Satisfaction:
    shapes = [shape for shape in ("all", "any", "hours", *ITEMS) if reader.has(shape)]
    if len(shapes) != 1:
        options = ", ".join(("all", "any", "hours", *ITEMS))
        reader.fault(
            None,
            N_("What satisfies a rule is exactly one of: %(options)s."),
            N_('Write for example {"course": "cc-101"}, or wrap several in {"all": [...]}.'),
            options=options,
        )
        reader.ignore_rest()
        return Item("")
    shape = shapes[0]
    if shape in ITEMS:
        return Item(ITEMS[shape] + reader.word(shape))
    if shape == "hours":
        group = reader.group("hours")
        return InHours(_hours(group) if group else Hours(60))
    parts = tuple(dict.fromkeys(_satisfaction(part) for part in reader.groups(shape)))  # said twice is said once
    if len(parts) == 1:
        return parts[0]  # all or any of one thing is that thing
    return AllOf(parts) if shape == "all" else AnyOf(parts)


def _hours(reader: Reader) -> Hours:
    hour = reader.count("hour", 60) or 60
    if hour not in (50, 60):
        reader.fault("hour", N_("An hour has 50 or 60 minutes."), N_("Write 50 or 60."))
    amount = reader.quantity("amount", hour) if reader.has("amount") else reader.count("minutes", 0) or 0
    per_year = reader.quantity("per_year", hour) if reader.has("per_year") else 0
    if bool(amount) == bool(per_year):
        reader.fault(
            "amount",
            N_("Hours are an amount for the cycle, or per_year for each year of it."),
            N_("Write one of amount, minutes and per_year, greater than 0."),
        )
    return Hours(
        minutes=amount,
        per_year=per_year,
        hour=hour,
        pro_rata=reader.choice("part_year", ["whole", "pro_rata"], "whole") == "pro_rata",
        topics=_some(reader, "topics"),
        courses=_some(reader, "courses"),
        at_least=_shares(reader, "at_least", hour),
        at_most=_shares(reader, "at_most", hour),
        approved=_some(reader, "approved"),
        no_repeat=reader.flag("no_repeat", False),
        no_repeat_next=reader.flag("no_repeat_next", False),
        no_carry_over=reader.flag("no_carry_over", False),
        rounding=Rounding(reader.choice("rounding", list(Rounding), Rounding.NONE)),
        average_over=reader.number("average_over", 1, 10) if reader.has("average_over") else 1,
    )


def _shares(reader: Reader, name: str, hour: int) -> tuple[Share, ...]:
    if not reader.has(name):
        return ()
    found = []
    for part in reader.groups(name):
        amount = part.quantity("amount", hour) if part.has("amount") else part.count("minutes", 0) or 0
        percent = part.number("percent", 1, 100) if part.has("percent") else 0
        topics, modalities = _some(part, "topics"), _some(part, "modalities")
        if bool(amount) == bool(percent) or not (topics or modalities):
            part.fault(
                None,
                N_("A part of the hours is an amount or a percentage of some topics or modalities."),
                N_('Write for example {"topics": ["implicit-bias"], "amount": 1}.'),
            )
        found.append(Share(topics, modalities, amount, percent))
    return tuple(found)


def _some(reader: Reader, name: str) -> frozenset[str]:
    return frozenset(reader.names(name)) if reader.has(name) else frozenset()


# --- when it is due -------------------------------------------------------------------------------------------------------


def _first(reader: Reader, kind: Recurs) -> dict[str, Any]:
    first = reader.group("first", optional=kind in SERIES)
    if first is None:
        return {"first_within": NO_LENGTH}
    of = First(first.choice("of", list(First), First.ENTERING))
    before = first.has("before")
    if before:
        first.choice("before", ["licence"], "licence")
        of = First.LICENCE
    optional = kind in SERIES or before or of == First.RENEWAL
    within = None if optional and not first.has("within") else length_in(first, "within")
    incumbents = first.day("incumbents_due")
    if incumbents and kind in SERIES:
        first.fault(
            "incumbents_due",
            N_("A rule with a fixed calendar date has no other date for those who are here already."),
            N_("Leave out incumbents_due, or use the recurrence “cadence”."),
        )
    return {
        "first": of,
        "first_within": within or NO_LENGTH,
        "first_before": before,
        "first_exactly": first.flag("exactly", False) if of == First.LICENCE else False,
        "first_not_before": first.day("not_before") if of == First.RENEWAL else None,
        "incumbents_due": incumbents,
        "first_opens_before": first.count("opens_before", None),
    }


def _recurs(reader: Reader) -> dict[str, Any]:
    recurs = reader.group("recurs", optional=True)
    if recurs is None:
        return {"recurs": Recurs.ONCE, "every": NO_LENGTH}
    kind = Recurs(recurs.choice("kind", list(Recurs), Recurs.ONCE))
    fields: dict[str, Any] = {"recurs": kind, "every": NO_LENGTH}
    if kind not in (Recurs.ONCE, Recurs.HELD) and (kind != Recurs.LICENCE or recurs.has("every")):
        fields["every"] = length_in(recurs, "every") or NO_LENGTH
    if kind == Recurs.ROLLING:
        fields["early_counts"] = recurs.flag("early_counts", True)
    if kind in SERIES:
        default = 0 if kind == Recurs.LICENCE else 30
        fields["minimum_window"] = _days(recurs, "minimum_window", default)
        if fields["every"].days:
            recurs.fault(
                "every", N_("A fixed calendar date comes back after months or years."), N_('Write {"years": 1}.')
            )
    if kind == Recurs.WINDOW and fields["every"].days:
        recurs.fault("every", N_("A look-back window is months or years long."), N_('Write {"months": 24}.'))
    if kind == Recurs.FIXED:
        fields |= {"month": recurs.number("month", 1, 12), "day": recurs.number("day", 1, 31)}
        if fields["day"] > DAYS_OF_MONTH[fields["month"] - 1]:
            recurs.fault("day", N_("This month has no such day."), N_("Write the last day that the month can have."))
    return fields


def _again(reader: Reader, kind: Recurs) -> dict[str, Any]:
    if not reader.has("again_on"):
        return {}
    group = reader.group("again_on")
    if group is None:
        return {}
    names = {f"policy:{name}" for name in _some(group, "policies")} | _some(group, "courses")
    if not names:
        group.fault(
            None,
            N_("A rule that asks again after a change names the policies or courses that change."),
            N_('Write for example {"policies": ["language-access"], "within": {"days": 30}}.'),
        )
    if kind not in (Recurs.ONCE, Recurs.ROLLING):
        reader.fault(
            "again_on",
            N_("Only rules that are done once or recur from completion can ask again after a change."),
            N_("Make a second requirement for the change."),
        )
    return {"again_on": frozenset(names), "again_within": length_in(group, "within") or NO_LENGTH}


def _licence(reader: Reader) -> dict[str, Any]:
    """Whose issue and renewals count, where there are several licences."""
    group = reader.group("licence", optional=True)
    return {"licence_kinds": _some(group, "kinds"), "licence_states": _some(group, "states")} if group else {}


def _look_back(reader: Reader, every: Length, kind: Recurs, hours: bool) -> dict[str, Any]:
    if not reader.has("look_back"):
        if kind == Recurs.WINDOW:
            return {"look_back": every}
        return {"look_back": None if hours else every if every != NO_LENGTH else ANY_TIME}
    if reader.is_text("look_back"):
        word = reader.choice("look_back", ["any", "none", "term"], "any")
        return {"look_back": ANY_TIME if word == "any" else None, "look_back_term": word == "term"}
    return {"look_back": length_in(reader, "look_back")}


def length_in(reader: Reader, name: str) -> Length | None:
    """The length of time in a field, which must be there."""
    group = reader.group(name)
    if group is None:
        return None
    months = (group.count("months", 0) or 0) + 12 * (group.count("years", 0) or 0)
    days = group.count("days", 0) or 0
    if bool(months) == bool(days):
        reader.fault(
            name,
            N_("A length of time needs days, months or years."),
            N_('Write one of them, for example {"months": 12}.'),
        )
    return Length(months, days)


def _days(reader: Reader, name: str, default: int) -> int:
    found = reader.count(name, default)
    return default if found is None else found
