"""The summary of a pack on paper: what was asked, of whom, how they stand, and how to check all of it. Tagged; same facts, same bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from lms.errors import N_, Message
from lms.evidence.paper import Column, Paper
from lms.evidence.scope import EVERY, Scope
from lms.language import Voice
from lms.pdf.palette import ACCENT, QUIET

STATES = {
    "compliant": N_("Compliant"), "renewal_open": N_("Compliant, renewal open"), "in_grace": N_("In grace"), "overdue": N_("Overdue"),
    "open": N_("Open"), "upcoming": N_("Upcoming"), "on_leave": N_("On leave"), "exempt": N_("Exempt"),
}  # fmt: skip
KINDS = {
    "assignment": N_("Course assigned by name"), "completion by hand": N_("Completion recorded by hand"),
    "exemption": N_("Exemption"), "extension": N_("Extension"), "leave": N_("Leave"),
    "accommodation for tests": N_("Accommodation for tests"), "attempts given": N_("Attempts given"),
}  # fmt: skip
MET = ("compliant", "renewal_open")
LATE = ("in_grace", "overdue")


@dataclass(frozen=True, slots=True)
class Summary:
    """What the summary tells: the people and rules of the pack as its JSON files hold them, and each rule (in the same order) in words."""

    organisation: str
    scope: Scope
    people: Sequence[Mapping[str, Any]]
    rules: Sequence[Mapping[str, Any]]
    in_words: Sequence[Sequence[Message]]
    unknown: Sequence[str]
    audit: Mapping[str, Any]


def title(scope: Scope, _: Callable[..., str], ngettext: Callable[..., str]) -> str:
    """What a pack is about, in a few words: those of a :class:`Voice` on paper, those of the page on a page."""
    parts = []
    if scope.requirement:
        parts.append(_("requirement %(code)s", code=scope.requirement))
    if scope.department:
        parts.append(_("department %(code)s", code=scope.department))
    if len(scope.numbers) == 1:
        parts.append(_("person %(number)s", number=scope.numbers[0]))
    elif scope.numbers:
        parts.append(ngettext("%(num)s number", "%(num)s numbers", len(scope.numbers)))
    words = ", ".join(parts)
    return words[:1].upper() + words[1:]


def summary_pdf(told: Summary) -> bytes:
    """The summary as a PDF on A4, in the language of the scope; its date is the day it speaks of."""
    voice = Voice(told.scope.language)
    _, number = voice.gettext, voice.number
    about = title(told.scope, voice.gettext, voice.ngettext)
    as_of = _("as of %(day)s", day=told.scope.as_of)
    paper = Paper(
        title=f"{_('Evidence of training')}: {about}, {as_of}",
        author=told.organisation,
        made_on=told.scope.as_of,
        foot=f"{told.organisation} · {_('Evidence of training')} · {about} · {as_of}",
        voice=voice,
    )
    paper.paragraph(f"{told.organisation} · {as_of[:1].upper()}{as_of[1:]}", 9, after=4)
    paper.paragraph(_("Evidence of training"), 25, tag="H1", style="display", colour=ACCENT, after=1.5)
    paper.paragraph(about, 13, style="bold", after=3)
    paper.paragraph(_lede(told, voice), 11, after=4)
    asked = [each for person in told.people for each in person["assignments"]]
    met, due = come_due(each["state"] for each in asked)
    paper.band(
        [
            (number(len(told.people)), _("people")),
            (_("%(part)s of %(all)s", part=number(met), all=number(due)), _("duties met, of those come due")),
            (number(sum(len(person["records"]) for person in told.people)), _("completions on record")),
            (number(sum(len(person["certificates"]) for person in told.people)), _("certificates")),
        ]
    )
    if told.unknown:
        paper.heading(_("Numbers that nobody here has"), 10)
        paper.paragraph(", ".join(told.unknown), after=3, lines=40)
    _by_requirement(paper, voice, asked)
    _rules(paper, voice, told)
    _people(paper, voice, told.people)
    _held(paper, voice, told.people)
    _decisions(paper, voice, told.people)
    _checking(paper, voice, told)
    return paper.finish()


def come_due(states: Iterable[str]) -> tuple[int, int]:
    """How many duties are met, and of how many: those that have come due or been met, as in every rate of the pages."""
    counts = Counter(states)
    met = sum(counts[state] for state in MET)
    return met, met + sum(counts[state] for state in LATE)


def _short(voice: Voice, day: str | None) -> str:
    return voice.short_day(date.fromisoformat(day)) if day else "–"


def _lede(told: Summary, voice: Voice) -> str:
    moment = told.scope.known_at.astimezone(UTC)
    said = {"day": told.scope.as_of, "moment": f"{voice.day(moment.date())}, {moment:%H:%M} UTC"}
    left = sum(person["on_the_day"] is None for person in told.people)
    stood = voice.ngettext(
        "How %(num)s person stood on %(day)s, with the rules and departments of that day, worked out from what had been written down by"
        " %(moment)s.",
        "How %(num)s people stood on %(day)s, with the rules and departments of that day, worked out from what had been written down by"
        " %(moment)s.",
        len(told.people),
        **said,
    )
    gone = voice.ngettext(
        "%(num)s of them did not work here on that day.", "%(num)s of them did not work here on that day.", left
    )
    return f"{stood} {gone}" if left else stood


def _by_requirement(paper: Paper, voice: Voice, asked: Sequence[Mapping[str, Any]]) -> None:
    _, number = voice.gettext, voice.number
    counts: dict[str, Counter[str]] = {}
    titles: dict[str, str] = {}
    for each in asked:
        counts.setdefault(each["requirement"], Counter())[each["state"]] += 1
        titles[each["requirement"]] = each["title"] or each["requirement"]
    paper.heading(_("How they stand, by requirement"))
    if not counts:
        paper.paragraph(_("No requirement applied to these people on this day."), after=3)
        return
    heads = (
        _("Required"), _("Compliant"), _("In grace"), _("Overdue"), _("Open"), _("Upcoming"), _("On leave"), _("Exempt"),
    )  # fmt: skip
    columns = [Column(_("Requirement"), 0.36), *(Column(head, 0.08, True) for head in heads)]
    rows = []
    for code, states in sorted(counts.items()):
        compliant = states["compliant"] + states["renewal_open"]
        others = (states[name] for name in ("in_grace", "overdue", "open", "upcoming", "on_leave", "exempt"))
        rows.append([titles[code], *(number(count) for count in (sum(states.values()), compliant, *others))])
    paper.table(columns, rows)


def _rules(paper: Paper, voice: Voice, told: Summary) -> None:
    if not told.rules:
        return
    _ = voice.gettext
    paper.heading(_("What the rules asked"))
    for rule, words in zip(told.rules, told.in_words, strict=True):
        paper.need(62)
        paper.paragraph(f"{rule['title']} ({rule['requirement']})", 10, tag="H3", style="bold", after=0.6)
        said = {
            "version": rule["version"],
            "first": _short(voice, rule["from"]),
            "adopted": _short(voice, rule["adopted_on"]),
        }
        force = (
            _("Version %(version)s, in force from %(first)s until %(last)s; adopted %(adopted)s.", last=_short(voice, rule["to"]), **said)
            if rule["to"]
            else _("Version %(version)s, in force from %(first)s; adopted %(adopted)s.", **said)
        )  # fmt: skip
        paper.paragraph(force, 8.5, colour=QUIET, after=0.6)
        paper.paragraph(" ".join(voice.tell(sentence) for sentence in words), 9.5, after=3)


def _people(paper: Paper, voice: Voice, people: Sequence[Mapping[str, Any]]) -> None:
    _ = voice.gettext
    paper.heading(_("Each person"), 36)
    told = _("How they stand, when it was or is due, and when it was done, with the score of the test.")
    paper.paragraph(told, 9, colour=QUIET, after=1.5)
    several = len({each["requirement"] for person in people for each in person["assignments"]}) > 1
    heads = [_("Name"), _("Number"), _("Department and job"), _("State"), _("Due"), _("Done")]
    shares = [0.2, 0.12, 0.29, 0.14, 0.125, 0.125]
    if several:
        heads.insert(3, _("Requirement"))
        shares = [0.17, 0.11, 0.22, 0.17, 0.11, 0.1, 0.12]
    rows = []
    for person in people:
        held = person["on_the_day"]
        place = (
            ", ".join(part for part in (held["department"], held["job"]) if part) if held else _("Not here on this day")
        )
        who = [person["name"], person["number"], place]
        if not person["assignments"]:
            asked = [_("Nothing required")] if several else []
            rows.append([*who, *asked, "–" if several else _("Nothing required"), "–", _last_done(voice, person)])
        for each in person["assignments"]:
            done = _short(voice, each["satisfied_on"])
            asked = [each["title"]] if several else []
            rows.append(
                [*who, *asked, _(STATES[each["state"]]), _short(voice, each["due"]), done + _score(voice, person, each)]
            )
    if rows:
        paper.table([Column(head, share) for head, share in zip(heads, shares, strict=True)], rows)
    else:
        paper.paragraph(_("Nobody is in this pack."), after=3)


def _score(voice: Voice, person: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """The score of what was completed on the day the duty was met, where it is one record."""
    found = [
        r
        for r in person["records"]
        if r["completed_on"] == asked["satisfied_on"] and r["score"] is not None and not r["revoked"]
    ]
    return f" ({voice.number(round(found[0]['score'], 1))}%)" if len(found) == 1 else ""


def _last_done(voice: Voice, person: Mapping[str, Any]) -> str:
    return _short(voice, person["records"][-1]["completed_on"]) if person["records"] else "–"


def _days(voice: Voice, first: str | None, last: str | None) -> str:
    return " – ".join(_short(voice, day) for day in (first, last) if day) or "–"


def _held(paper: Paper, voice: Voice, people: Sequence[Mapping[str, Any]]) -> None:
    """Licences held on the day, what was acknowledged by then, and what was learnt elsewhere and counts."""
    _ = voice.gettext
    rows = []
    for person in people:
        who = f"{person['name']}, {person['number']}"
        rows += [
            [who, _("Licence: %(name)s", name=" ".join(filter(None, (each["kind"], each["state"], each["licence_number"])))),
             _days(voice, each["from"], each["to"])]
            for each in person["licences"] if each["held_on_the_day"]
        ]  # fmt: skip
        rows += [
            [who, _("Acknowledged: %(policy)s, version %(version)s", policy=each["title"], version=each["version"]),
             _short(voice, each["acknowledged_on"])]
            for each in person["acknowledgements"]
        ]  # fmt: skip
        rows += [
            [who, _("Done elsewhere: %(title)s (%(provider)s), approved by %(name)s", title=each["title"], provider=each["provider"],
                    name=each["decided_by"]),
             _days(voice, each["finished_on"], each["expires_on"])]
            for each in person["outside_training"] if each["state"] == "approved"
        ]  # fmt: skip
    if rows:
        paper.heading(_("Licences held, policies acknowledged, training done elsewhere"))
        shares = ((_("Person"), 0.32), (_("What"), 0.44), (_("Days"), 0.24))
        paper.table([Column(head, share) for head, share in shares], rows)


def _decisions(paper: Paper, voice: Voice, people: Sequence[Mapping[str, Any]]) -> None:
    _ = voice.gettext
    rows = []
    for person in people:
        who = f"{person['name']}, {person['number']}"
        for each in person["decisions"]:
            about = each.get("requirement")
            kind = _(KINDS[each["kind"]]) + (
                f": {_('every requirement') if about == EVERY else about}" if about else ""
            )
            when = _days(voice, each.get("from"), each.get("to") or each.get("due"))
            rows.append([who, kind, when, each["reason"] or "–", each["decided_by"]])
        rows += [
            [who, _("Record revoked: %(course)s", course=record["course"]), _short(voice, record["revoked"]["at"][:10]),
             record["revoked"]["reason"], record["revoked"]["by"]]
            for record in person["records"] if record["revoked"]
        ]  # fmt: skip
    if rows:
        paper.heading(_("Decisions, with who made them and why"))
        shares = (
            (_("Person"), 0.2),
            (_("Decision"), 0.22),
            (_("Days"), 0.2),
            (_("Reason"), 0.22),
            (_("Decided by"), 0.16),
        )
        paper.table([Column(head, share) for head, share in shares], rows)


def _checking(paper: Paper, voice: Voice, told: Summary) -> None:
    _, number = voice.gettext, voice.number
    paper.heading(_("How to check this pack"))
    paper.paragraph(
        _(
            "Every file is listed in MANIFEST with its SHA-256; unpacked, “%(command)s” checks them all. “%(own)s” also checks, without a"
            " database or a network, that the audit entries about these people are in the chain of the audit log.",
            command="sha256sum -c MANIFEST",
            own="lms evidence verify FILE",
        ),
        after=2,
    )
    audit = told.audit
    paper.paragraph(
        _(
            "The chain is told up to entry %(last)s; %(own)s of them are about these people and are in the pack in full, of all others"
            " only digests. Last link: %(link)s",
            last=number(audit["entries"]),
            own=number(audit["own_entries"]),
            link=audit["last_link"],
        ),
        after=2,
    )
    paper.paragraph(
        _(
            "people/ holds one file for each person with the questions as they were shown and the answers as they were given;"
            " tables/ holds the same facts for spreadsheets. Requirements are listed as the organisation states them; this is no legal"
            " advice."
        ),
        after=0,
    )
