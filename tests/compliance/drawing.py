"""Whatever rules and people there can be, drawn by chance: plain ones (courses, dates, exemptions, extensions) and rich ones (hours, own
days, licences, look-back windows, events, versions that are not enforced)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from lms.compliance.calendar import Length
from lms.compliance.facts import Event, Exemption, Extension, Leave, LeaveKind, Licence, Membership, PersonFacts, Record
from lms.compliance.rules import RequirementFacts, Rule, RuleVersion, Status
from lms.compliance.situations import Employment, cut

from .making import REQUIREMENT, d

FIRST = d("2021-01-01")
LAST = d("2027-12-31")
days = st.dates(FIRST, LAST)
lengths = st.one_of(
    st.builds(lambda n: {"days": n}, st.integers(1, 200)), st.builds(lambda n: {"months": n}, st.integers(1, 36))
)
months = st.builds(lambda n: {"months": n}, st.sampled_from([1, 3, 6, 12, 24]))
TOPICS = ("bias", "culture")


@st.composite
def stretches(draw: st.DrawFn) -> tuple[date, date | None]:
    start = draw(days)
    return start, draw(st.one_of(st.none(), st.integers(1, 900).map(lambda n: start + timedelta(days=n))))


# --- plain ones -------------------------------------------------------------------------------------------------------


@st.composite
def plain_rules(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["once", "rolling", "cadence", "fixed"]))
    first: dict[str, Any] = {"within": draw(lengths)}
    recurs: dict[str, Any] = {"kind": kind}
    if kind == "rolling":
        recurs |= {"every": draw(lengths), "early_counts": draw(st.booleans())}
    elif kind == "cadence":
        recurs |= {"every": draw(months)}
    elif kind == "fixed":
        recurs |= {"every": draw(months), "month": draw(st.integers(1, 12)), "day": draw(st.integers(1, 28))}
    if kind != "fixed" and draw(st.booleans()):
        first["incumbents_due"] = draw(days).isoformat()
    if draw(st.booleans()):
        first["opens_before"] = draw(st.integers(0, 120))
    data: dict[str, Any] = {
        "courses": draw(st.sampled_from([["a"], ["a", "b"], ["b"]])),
        "first": first,
        "recurs": recurs,
    }
    data["needs"] = draw(st.sampled_from(["all", "any"]))
    data["audience"] = draw(
        st.sampled_from(
            [{"everyone": True}, {"field": "department", "in": ["ED"]}, {"field": "patient_contact", "is": True}]
        )
    )
    for name in ("opens_before", "grace", "rejoin_within", "return_window"):
        if draw(st.booleans()):
            data[name] = draw(st.integers(0, 120))
    data["leave"] = draw(st.sampled_from([kind.value for kind in LeaveKind]))
    if draw(st.booleans()):
        data["look_back"] = draw(st.one_of(st.sampled_from(["any", "none"]), lengths))
    if draw(st.booleans()):
        data["align"] = "end_of_month"
    return data


@st.composite
def plain_requirements(draw: st.DrawFn) -> RequirementFacts:
    versions = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        start, end = draw(stretches())
        adopted = start + timedelta(days=draw(st.sampled_from([-30, 0, 0, 45])))
        versions.append(RuleVersion(number, Rule.parse(draw(plain_rules())), start, end, adopted, draw(st.booleans())))
    return RequirementFacts(REQUIREMENT, versions)


@st.composite
def plain_people(draw: st.DrawFn) -> PersonFacts:
    def some(made: st.SearchStrategy[Any], most: int) -> list[Any]:
        return draw(st.lists(made, max_size=most))

    memberships = [
        Membership(*stretch, department, codes, None, None, contact, primary)
        for stretch, department, codes, contact, primary in some(
            st.tuples(
                stretches(),
                st.integers(1, 4),
                st.sampled_from([frozenset({"ED"}), frozenset({"HR"})]),
                st.booleans(),
                st.booleans(),
            ),
            4,
        )
    ]
    leaves = [
        Leave(number, *stretch, kind)
        for number, (stretch, kind) in enumerate(
            some(st.tuples(stretches(), st.one_of(st.none(), st.sampled_from(LeaveKind))), 3), 1
        )
    ]
    exemptions = [
        Exemption(number, which, *stretch)
        for number, (stretch, which) in enumerate(
            some(st.tuples(stretches(), st.sampled_from([None, REQUIREMENT, 99])), 2), 1
        )
    ]
    extensions = [
        Extension(number, REQUIREMENT, cycle, due, granted)
        for number, (cycle, due, granted) in enumerate(some(st.tuples(st.integers(1, 4), days, days), 2), 1)
    ]
    records = [
        Record(number, course, day, revoked=revoked)
        for number, (course, day, revoked) in enumerate(
            some(st.tuples(st.sampled_from("abc"), days, st.sampled_from([False, False, True])), 6), 1
        )
    ]
    employments = some(stretches(), 3) or [(FIRST, None)]
    return PersonFacts(7, employments, memberships, leaves, exemptions, extensions, records)


# --- rich ones --------------------------------------------------------------------------------------------------------


@st.composite
def hours(draw: st.DrawFn, calendar: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"hour": draw(st.sampled_from([50, 60]))}
    if calendar and draw(st.booleans()):
        found |= {
            "per_year": draw(st.sampled_from([0.5, 1, 2])),
            "part_year": draw(st.sampled_from(["whole", "pro_rata"])),
        }
    else:
        found["amount"] = draw(st.sampled_from([1, 2.5, 4]))
    if calendar and draw(st.booleans()):
        found["average_over"] = draw(st.integers(1, 3))
    if draw(st.booleans()):
        found["topics"] = draw(st.sampled_from([["bias"], ["bias", "culture"]]))
    if draw(st.booleans()):
        found["at_least"] = [{"topics": ["bias"], "percent": draw(st.integers(10, 50))}]
    if draw(st.booleans()):
        found["at_most"] = [{"modalities": ["independent"], "percent": 50}]
    for name in ("no_repeat", "no_repeat_next", "no_carry_over"):
        found[name] = draw(st.booleans())
    found["rounding"] = draw(st.sampled_from(["none", "quarter_down", "quarter_nearest"]))
    return found


@st.composite
def rich_rules(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(
        st.sampled_from(
            [
                *("once", "rolling", "cadence", "fixed", "anniversary_of_hire", "birth_month", "licence_renewal"),
                *("look_back_window", "while_valid"),
            ]
        )
    )
    calendar = kind in ("cadence", "fixed", "anniversary_of_hire", "birth_month", "licence_renewal")
    recurs: dict[str, Any] = {"kind": kind}
    if kind not in ("once", "while_valid", "licence_renewal"):
        recurs["every"] = draw(months)
    if kind == "fixed":
        recurs |= {"month": draw(st.integers(1, 12)), "day": draw(st.integers(1, 28))}
    of = draw(st.sampled_from(["entering", "entering", "licence", "licence_renewal"]))
    first: dict[str, Any] = {"within": draw(lengths), "of": of}
    if of == "licence" and draw(st.booleans()):
        first = {"before": "licence", "within": draw(lengths)} if draw(st.booleans()) else first | {"exactly": True}
    data: dict[str, Any] = {"first": first, "recurs": recurs}
    one = st.sampled_from([{"course": "a"}, {"attestation": "x"}, {"acknowledgement": "p"}, {"licence": "RN"}])
    in_hours = hours(calendar).map(lambda each: {"hours": each})
    data["satisfied_by"] = draw(
        in_hours
        if kind == "look_back_window"
        else st.one_of(one, in_hours, st.lists(st.one_of(one, in_hours), min_size=1, max_size=3).map(lambda p: {"all": p}),
                       st.lists(one, min_size=1, max_size=3).map(lambda p: {"any": p}))
    )  # fmt: skip
    if kind in ("once", "rolling") and draw(st.booleans()):
        data["again_on"] = {"policies": ["p"], "courses": ["a"], "within": draw(lengths)}
    if draw(st.booleans()):
        data["look_back"] = draw(st.one_of(st.sampled_from(["any", "none", "term"]), lengths))
    data["audience"] = draw(
        st.sampled_from(
            [
                {"everyone": True},
                {"field": "licence_state", "in": ["CA"]},
                {"field": "employment", "in": ["employee"]},
                {"supervises": {"field": "patient_contact", "is": True}},
                {"not": {"field": "licence", "in": ["RN:CA"]}},
            ]
        )
    )
    for name in ("opens_before", "grace", "return_window"):
        if draw(st.booleans()):
            data[name] = draw(st.integers(0, 120))
    data["leave"] = draw(st.sampled_from([kind.value for kind in LeaveKind]))
    return data


@st.composite
def rich_requirements(draw: st.DrawFn) -> RequirementFacts:
    versions = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        start, end = draw(stretches())
        status = draw(st.sampled_from([Status.ENACTED, Status.OWN_POLICY, Status.PENDING, Status.LITIGATED]))
        running = draw(st.booleans())
        versions.append(RuleVersion(number, Rule.parse(draw(rich_rules())), start, end, start, running, status))
    return RequirementFacts(REQUIREMENT, versions)


@st.composite
def rich_people(draw: st.DrawFn) -> PersonFacts:
    def some(made: st.SearchStrategy[Any], most: int) -> list[Any]:
        return draw(st.lists(made, max_size=most))

    employments = [Employment(*s, draw(st.sampled_from(["employee", "agency"]))) for s in some(stretches(), 2)]
    employments = employments or [Employment(FIRST, None, "employee")]
    licences = [
        Licence(number, kind, "CA", *issued, tuple(sorted(renewals)), Length(24))
        for number, (kind, issued, renewals) in enumerate(
            some(st.tuples(st.sampled_from(["RN", "CHI"]), stretches(), st.lists(days, max_size=2)), 2), 1
        )
    ]
    held = [Membership(*s, n, frozenset({"ED"})) for n, s in enumerate(some(stretches(), 3), 1)]
    team = [Membership(*s, 9, frozenset(), patient_contact=True) for s in some(stretches(), 2)]
    names = st.sampled_from(["a", "b", "attestation:x", "policy:p", "external:e", "licence:RN"])
    records = [
        Record(
            number, name, day, version, minutes, ((TOPICS[number % 2], minutes),), modality=modality, expires=expires,
            counts_as=("a",) if number == 3 else (),
        )
        for number, (name, day, version, minutes, modality, expires) in enumerate(
            some(
                st.tuples(
                    names, days, st.integers(1, 3), st.sampled_from([0, 45, 100, 300]),
                    st.sampled_from(["live", "independent"]), st.one_of(st.none(), days),
                ), 7,
            ), 1,
        )
    ]  # fmt: skip
    events = [
        Event(number, about, version, day)
        for number, (about, version, day) in enumerate(
            some(st.tuples(st.sampled_from(["policy:p", "a"]), st.integers(1, 3), days), 2), 1
        )
    ]
    leaves = [Leave(number, *stretch) for number, stretch in enumerate(some(stretches(), 2), 1)]
    return PersonFacts(
        7,
        [(each.from_day, each.to_day) for each in employments],
        cut(held, employments, licences, team),
        leaves,
        records=records,
        licences=licences,
        events=events,
        birth_month=draw(st.one_of(st.none(), st.integers(1, 12))),
    )


# --- both -------------------------------------------------------------------------------------------------------------

cases = st.one_of(st.tuples(plain_requirements(), plain_people()), st.tuples(rich_requirements(), rich_people()))
"""A requirement and somebody who is all that its rules ask about."""
