"""One person's facts as a document, so that a rule can be tried without a database. Pure.

Days are the organisation's; where a moment is given (``completed_at``), its day in ``zone`` counts. ``until`` is the last day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from lms.errors import N_

from .facts import (
    Assigned,
    Equivalency,
    Event,
    Exemption,
    Extension,
    Leave,
    LeaveKind,
    Licence,
    Membership,
    PersonFacts,
    Record,
)
from .reading import Reader
from .rule_reading import length_in
from .situations import Employment, Size, cut

REQUIREMENT = 1
MODALITIES = ("live", "asynchronous", "independent", "in_person", "blended")


@dataclass(frozen=True, slots=True)
class Scene:
    """The facts of one person; ``departments`` gives the code that a department's number stands for."""

    person: PersonFacts
    departments: Mapping[int, str]


def read_scene(data: object) -> Scene:
    """The facts that ``data`` says. Raises :class:`lms.errors.Invalid` with every fault and its field."""
    reader = Reader.of(data)
    zone = _zone(reader)
    numbers: dict[str, int] = {}
    sizes = [Size(each.must_day("from"), each.count("people", 0) or 0) for each in _list(reader, "employer_size")]
    employments = [Employment(*_days(each), each.maybe("kind")) for each in reader.groups("employments")]
    memberships = [_membership(each, numbers) for each in _list(reader, "memberships")]
    if not reader.has("memberships"):
        memberships = [Membership(e.from_day, e.to_day, 0, frozenset()) for e in employments]
    licences = [_licence(each, number) for number, each in enumerate(_list(reader, "licences"), 1)]
    assigned = [_assigned(each, number) for number, each in enumerate(_list(reader, "assigned"), 1)]
    supervised = [_membership(each, numbers) for each in _list(reader, "supervises")]
    person = PersonFacts(
        1,
        employments=[(each.from_day, each.to_day) for each in employments],
        memberships=cut(memberships, employments, licences, supervised, sizes, assigned=assigned),
        leaves=[_leave(each, number) for number, each in enumerate(_list(reader, "leaves"), 1)],
        exemptions=[
            Exemption(number, None, *_days(each), reason=each.maybe("reason") or "")
            for number, each in enumerate(_list(reader, "exemptions"), 1)
        ],
        extensions=[
            Extension(
                number, REQUIREMENT, each.number("cycle", 1, 1000), each.must_day("due"), each.must_day("granted_on")
            )
            for number, each in enumerate(_list(reader, "extensions"), 1)
        ],
        records=[*_records(reader, zone), *(_held(licence) for licence in licences)],
        licences=licences,
        events=[_event(each, number) for number, each in enumerate(_list(reader, "events"), 1)],
        birth_month=reader.number("birth_month", 1, 12) if reader.has("birth_month") else None,
        assigned=assigned,
        equivalencies=[_equivalency(each, number) for number, each in enumerate(_list(reader, "equivalencies"), 1)],
    )
    reader.finish(N_("The facts cannot be used."))
    return Scene(person, {number: code for code, number in numbers.items()})


def _zone(reader: Reader) -> ZoneInfo:
    name = reader.maybe("zone") or "UTC"
    if name not in available_timezones():
        reader.fault("zone", N_("There is no such time zone."), N_("Write a name such as America/Chicago."))
        name = "UTC"
    return ZoneInfo(name)


def _list(reader: Reader, name: str) -> list[Reader]:
    return reader.groups(name) if reader.has(name) else []


def _days(reader: Reader) -> tuple[date, date | None]:
    first, last = reader.must_day("from"), reader.day("until")
    if last is not None and last < first:
        reader.fault("until", N_("It ends before it begins."), N_("Write its last day, on or after the first."))
        return first, first + timedelta(days=1)
    return first, last + timedelta(days=1) if last else None


def _membership(reader: Reader, numbers: dict[str, int]) -> Membership:
    """``department`` is the code, ``under`` the codes of all that it lies under."""
    first, to_day = _days(reader)
    code = reader.maybe("department")
    above = reader.names("under") if reader.has("under") else []
    number = numbers.setdefault(code, len(numbers) + 1) if code else 0
    return Membership(
        first,
        to_day,
        number,
        frozenset([code, *above] if code else above),
        job=reader.maybe("job"),
        profession=reader.maybe("profession"),
        patient_contact=reader.flag("patient_contact", False),
        primary=reader.flag("primary", True),
        duties=frozenset(reader.names("duties")) if reader.has("duties") else frozenset(),
    )


def _assigned(reader: Reader, number: int) -> Assigned:
    first, to_day = _days(reader)
    return Assigned(number, reader.word("name"), first, to_day, reader.maybe("reason") or "")


def _equivalency(reader: Reader, number: int) -> Equivalency:
    """``course`` or ``external`` names what was done, ``counts_as`` the course; the days are those of completion."""
    first, to_day = _days(reader)
    source = f"external:{reader.word('external')}" if reader.has("external") else reader.word("course")
    return Equivalency(number, source, reader.word("counts_as"), first, to_day)


def _licence(reader: Reader, number: int) -> Licence:
    renewals = reader.days("renewals")
    return Licence(
        number,
        reader.word("kind"),
        reader.maybe("state"),
        reader.must_day("issued"),
        reader.day("expires"),
        tuple(renewals),
        length_in(reader, "every") if reader.has("every") else None,
    )


def _held(licence: Licence) -> Record:
    """A licence that is held counts like something done."""
    return Record(licence.id, f"licence:{licence.kind}", licence.issued, expires=licence.expires, kind="licence")


def _leave(reader: Reader, number: int) -> Leave:
    first, to_day = _days(reader)
    kind = LeaveKind(reader.choice("kind", list(LeaveKind), LeaveKind.STOPS)) if reader.has("kind") else None
    return Leave(number, first, to_day, kind)


def _event(reader: Reader, number: int) -> Event:
    """``policy`` or ``course``, its new ``version``, and the day from which it is in force."""
    about = f"policy:{reader.word('policy')}" if reader.has("policy") else reader.word("course")
    return Event(number, about, reader.number("version", 1, 10_000), reader.must_day("from"))


def _records(reader: Reader, zone: ZoneInfo) -> list[Record]:
    found = [_record(each, number, zone) for number, each in enumerate(_list(reader, "records"), 1)]
    for number, each in enumerate(_list(reader, "attestations"), 1):
        day = each.must_day("on")
        found.append(Record(number, f"attestation:{each.word('name')}", day, kind="attestation"))
    for number, each in enumerate(_list(reader, "acknowledgements"), 1):
        version = each.number("version", 1, 10_000) if each.has("version") else 1
        about = f"policy:{each.word('policy')}"
        found.append(Record(number, about, each.must_day("on"), version, kind="acknowledgement"))
    for number, each in enumerate(_list(reader, "external"), 1):
        made = _record(each, number, zone, named="name")
        found.append(made._replace(course=f"external:{made.course}", kind="external"))
    return found


def _record(reader: Reader, number: int, zone: ZoneInfo, named: str = "course") -> Record:
    topics = reader.group("topics", optional=True)
    minutes = topics.counts() if topics else {}
    return Record(
        number,
        reader.word(named),
        _completed(reader, zone),
        version=reader.number("version", 1, 10_000) if reader.has("version") else 1,
        minutes=reader.count("minutes", None) or sum(minutes.values()),
        topics=tuple(minutes.items()),
        revoked=reader.flag("revoked", False),
        replaces=reader.count("replaces", None),
        modality=reader.choice("modality", MODALITIES, "") or None,
        approved=frozenset(reader.names("approved")) if reader.has("approved") else frozenset(),
        counts_as=tuple(reader.names("counts_as")) if reader.has("counts_as") else (),
        expires=reader.day("expires"),
    )


def _completed(reader: Reader, zone: ZoneInfo) -> date:
    """The organisation's day of a completion: as it is written, or that of the moment in its time zone."""
    if not reader.has("completed_at"):
        return reader.must_day("completed_on")
    text = reader.word("completed_at")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        reader.fault(
            "completed_at", N_("This is no moment in time."), N_("Write it as 2026-03-08T23:30:00-06:00, in quotes.")
        )
        return date.min
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone).date()
