"""The summary of a pack on paper: what was asked, of whom, how they stand, and how to check all of it. Tagged; same facts, same bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from babel.dates import format_date

from lms.evidence.paper import Column, Paper
from lms.evidence.scope import Scope
from lms.pdf.palette import ACCENT, QUIET

STATES = {
    "compliant": "Compliant", "renewal_open": "Compliant, renewal open", "in_grace": "In grace", "overdue": "Overdue", "open": "Open",
    "upcoming": "Upcoming", "on_leave": "On leave", "exempt": "Exempt",
}  # fmt: skip
MET = ("compliant", "renewal_open")


@dataclass(frozen=True, slots=True)
class Summary:
    """What the summary tells: the people and rules of the pack as its JSON files hold them."""

    organisation: str
    scope: Scope
    people: Sequence[Mapping[str, Any]]
    rules: Sequence[Mapping[str, Any]]
    unknown: Sequence[str]
    audit: Mapping[str, Any]


def title(scope: Scope) -> str:
    """What the pack is about, in a few words."""
    parts = []
    if scope.requirement:
        parts.append(f"requirement {scope.requirement}")
    if scope.department:
        parts.append(f"department {scope.department}")
    if scope.numbers:
        parts.append(
            f"person {scope.numbers[0]}" if len(scope.numbers) == 1 else f"{len(scope.numbers)} people by their numbers"
        )
    words = ", ".join(parts)
    return words[:1].upper() + words[1:]


def summary_pdf(told: Summary) -> bytes:
    """The summary as a PDF on A4; its date is the day it speaks of."""
    about, day = title(told.scope), long(told.scope.as_of)
    paper = Paper(
        title=f"Evidence of training: {about}, as of {told.scope.as_of.isoformat()}",
        author=told.organisation,
        made_on=told.scope.as_of,
        foot=f"{told.organisation} · Evidence of training · {about} · as of {day}",
    )
    paper.paragraph(f"{told.organisation} · As of {day}", 9, after=4)
    paper.paragraph("Evidence of training", 25, tag="H1", style="display", colour=ACCENT, after=1.5)
    paper.paragraph(about, 13, style="bold", after=3)
    paper.paragraph(_lede(told), 11, after=4)
    asked = [each for person in told.people for each in person["assignments"]]
    met = sum(each["state"] in MET for each in asked)
    paper.band(
        [
            (f"{len(told.people):,}", "people"),
            (f"{met:,} of {len(asked):,}", "duties met on that day"),
            (f"{sum(len(person['records']) for person in told.people):,}", "completions on record"),
            (f"{sum(len(person['certificates']) for person in told.people):,}", "certificates"),
        ]
    )
    if told.unknown:
        paper.heading("Numbers that nobody here has", 10)
        paper.paragraph(", ".join(told.unknown), after=3, lines=40)
    _by_requirement(paper, asked)
    _rules(paper, told.rules)
    _people(paper, told.people)
    _decisions(paper, told.people)
    _checking(paper, told)
    return paper.finish()


def long(day: date) -> str:
    """A day written out."""
    return format_date(day, "long", locale="en_US")


def _short(day: str | None) -> str:
    return format_date(date.fromisoformat(day), "d MMM y", locale="en_US") if day else "–"


def _lede(told: Summary) -> str:
    moment = told.scope.known_at.astimezone(UTC)
    left = sum(person["on_the_day"] is None for person in told.people)
    gone = f" {left:,} of them did not work here on that day." if left else ""
    return (
        f"How {len(told.people):,} {'person' if len(told.people) == 1 else 'people'} stood on {long(told.scope.as_of)}, with the rules and"
        f" departments of that day, worked out from what had been written down by {_moment(moment)}.{gone}"
    )


def _moment(moment: datetime) -> str:
    return f"{long(moment.date())}, {moment:%H:%M} UTC"


def _by_requirement(paper: Paper, asked: Sequence[Mapping[str, Any]]) -> None:
    counts: dict[str, Counter[str]] = {}
    titles: dict[str, str] = {}
    for each in asked:
        counts.setdefault(each["requirement"], Counter())[each["state"]] += 1
        titles[each["requirement"]] = each["title"] or each["requirement"]
    paper.heading("How they stand, by requirement")
    if not counts:
        paper.paragraph("No requirement applied to these people on this day.", after=3)
        return
    heads = ("Required", "Compliant", "In grace", "Overdue", "Open", "Upcoming", "On leave", "Exempt")
    columns = [Column("Requirement", 0.36), *(Column(head, 0.08, True) for head in heads)]
    rows = []
    for code, states in sorted(counts.items()):
        compliant = states["compliant"] + states["renewal_open"]
        others = (states[name] for name in ("in_grace", "overdue", "open", "upcoming", "on_leave", "exempt"))
        rows.append([titles[code], *(f"{number:,}" for number in (sum(states.values()), compliant, *others))])
    paper.table(columns, rows)


def _rules(paper: Paper, rules: Sequence[Mapping[str, Any]]) -> None:
    if not rules:
        return
    paper.heading("What the rules asked")
    for rule in rules:
        until = f" until {_short(rule['to'])}" if rule["to"] else ""
        paper.need(62)
        paper.paragraph(f"{rule['title']} ({rule['requirement']})", 10, tag="H3", style="bold", after=0.6)
        told = f"Version {rule['version']}, in force from {_short(rule['from'])}{until}; adopted {_short(rule['adopted_on'])}."
        paper.paragraph(told, 8.5, colour=QUIET, after=0.6)
        paper.paragraph(" ".join(rule["in_words"]), 9.5, after=3)


def _people(paper: Paper, people: Sequence[Mapping[str, Any]]) -> None:
    paper.heading("Each person", 36)
    told = "How they stand, when it was or is due, and when it was done, with the score of the test."
    paper.paragraph(told, 9, colour=QUIET, after=1.5)
    several = len({each["requirement"] for person in people for each in person["assignments"]}) > 1
    shares = [
        ("Name", 0.17),
        ("Number", 0.11),
        ("Department and job", 0.22),
        ("Requirement", 0.17),
        ("State", 0.11),
        ("Due", 0.1),
        ("Done", 0.12),
    ]
    if not several:
        shares = [
            ("Name", 0.2),
            ("Number", 0.12),
            ("Department and job", 0.29),
            ("State", 0.14),
            ("Due", 0.125),
            ("Done", 0.125),
        ]
    columns = [Column(head, share) for head, share in shares]
    rows = []
    for person in people:
        held = person["on_the_day"]
        place = (
            ", ".join(part for part in (held["department"], held["job"]) if part) if held else "Not here on this day"
        )
        who = [person["name"], person["number"], place]
        if not person["assignments"]:
            asked = ["Nothing required"] if several else []
            rows.append([*who, *asked, "–" if several else "Nothing required", "–", _last_done(person)])
        for each in person["assignments"]:
            done = _short(each["satisfied_on"]) if each["satisfied_on"] else "–"
            asked = [each["title"]] if several else []
            rows.append([*who, *asked, STATES[each["state"]], _short(each["due"]), done + _score(person, each)])
    if rows:
        paper.table(columns, rows)
    else:
        paper.paragraph("Nobody is in this pack.", after=3)


def _score(person: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """The score of what was completed on the day the duty was met, where it is one record."""
    found = [
        r
        for r in person["records"]
        if r["completed_on"] == asked["satisfied_on"] and r["score"] is not None and not r["revoked"]
    ]
    return f" ({found[0]['score']:g}%)" if len(found) == 1 else ""


def _last_done(person: Mapping[str, Any]) -> str:
    return _short(person["records"][-1]["completed_on"]) if person["records"] else "–"


def _decisions(paper: Paper, people: Sequence[Mapping[str, Any]]) -> None:
    rows = []
    for person in people:
        for each in person["decisions"]:
            last = each.get("to") or each.get("due")
            when = " to ".join(_short(day) for day in (each.get("from"), last) if day) or "–"
            kind = each["kind"].capitalize() + (f": {each['requirement']}" if each.get("requirement") else "")
            rows.append(
                [f"{person['name']}, {person['number']}", kind, when, each["reason"] or "–", each["decided_by"]]
            )
        rows += [
            [f"{person['name']}, {person['number']}", f"Record revoked: {record['course']}", _short(record["revoked"]["at"][:10]),
             record["revoked"]["reason"], record["revoked"]["by"]]
            for record in person["records"] if record["revoked"]
        ]  # fmt: skip
    if rows:
        paper.heading("Decisions, with who made them and why")
        shares = (("Person", 0.2), ("Decision", 0.22), ("Days", 0.2), ("Reason", 0.22), ("Decided by", 0.16))
        paper.table([Column(head, share) for head, share in shares], rows)


def _checking(paper: Paper, told: Summary) -> None:
    paper.heading("How to check this pack")
    paper.paragraph(
        "Every file is listed in MANIFEST with its SHA-256; unpacked, “sha256sum -c MANIFEST” checks them all. “lms evidence verify FILE”"
        " also checks, without a database or a network, that the audit entries about these people are in the chain of the audit log.",
        after=2,
    )
    audit = told.audit
    paper.paragraph(
        f"The chain is told up to entry {audit['entries']:,}; {audit['own_entries']:,} of them are about these people and are in the pack"
        f" in full, of all others only digests. Last link: {audit['last_link']}",
        after=2,
    )
    paper.paragraph(
        "people/ holds one file for each person with the questions as they were shown and the answers as they were given;"
        " tables/ holds the same facts for spreadsheets. Requirements are listed as the organisation states them; this is no legal advice.",
        after=0,
    )
