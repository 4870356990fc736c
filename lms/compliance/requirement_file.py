"""A requirement as a document: its versions, what stands behind each, and what it says in plain words. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from lms.errors import N_, Invalid

from .reading import Reader
from .rules import ENFORCED, RequirementFacts, Rule, RuleVersion, Status

AUTHORITIES = ("statute", "regulation", "accreditor", "guidance", "own_policy", "contract")
CONFIDENCE = ("high", "medium", "low")
OBLIGATIONS = ("learner", "course_content", "employer", "none")


@dataclass(frozen=True, slots=True)
class About:
    """What stands behind a version: ``as_of`` is the day on which the source was read, ``review_by`` when to read it again."""

    authority: str
    citation: str
    status: Status
    source: str = ""
    as_of: date | None = None
    confidence: str | None = None
    review_by: date | None = None


@dataclass(frozen=True, slots=True)
class Stated:
    """One version as it is written; ``version`` is None where it asks nothing of learners."""

    about: About
    from_day: date
    to_day: date | None
    data: dict[str, Any] | None
    version: RuleVersion | None


@dataclass(frozen=True, slots=True)
class Document:
    """A requirement. ``obligation`` says whose it is; ``plain_words`` and ``jurisdiction`` are for the library."""

    code: str
    title: str
    plain_words: str
    jurisdiction: str
    obligation: str
    versions: tuple[Stated, ...]

    def facts(self, requirement_id: int = 1) -> RequirementFacts:
        """What the timeline needs of it; versions are numbered as they are written, from 1."""
        return RequirementFacts(requirement_id, [each.version for each in self.versions if each.version is not None])


def read_document(data: object) -> Document:
    """The requirement that ``data`` says. Raises :class:`lms.errors.Invalid` with every fault and its field."""
    reader = Reader.of(data)
    obligation = reader.choice("obligation", OBLIGATIONS, "learner")
    document = Document(
        code=reader.word("requirement"),
        title=reader.word("title"),
        plain_words=reader.maybe("plain_words") or "",
        jurisdiction=reader.maybe("jurisdiction") or "",
        obligation=obligation,
        versions=tuple(_version(each, number, obligation) for number, each in enumerate(reader.groups("versions"), 1)),
    )
    _refuse_two_from_one_day(reader, document.versions)
    reader.finish(N_("The requirement cannot be used."))
    return document


def _refuse_two_from_one_day(reader: Reader, versions: tuple[Stated, ...]) -> None:
    """Two versions that begin, and were adopted, on the same days contradict each other; a pending one changes nothing."""
    begun: dict[tuple[date, date], int] = {}
    for place, stated in enumerate(versions):
        if stated.about.status is Status.PENDING:
            continue
        adopted = stated.version.adopted_on if stated.version else stated.from_day
        first = begun.setdefault((stated.from_day, adopted), place)
        if first != place:
            reader.fault(
                f"versions[{place}].from",
                N_("Version %(number)s begins on the same day: only one of them can be in force."),
                N_("Write another first day, or, where this one corrects the other, the day on which it was adopted."),
                number=first + 1,
            )


def _version(reader: Reader, number: int, obligation: str) -> Stated:
    status = Status(reader.choice("status", list(Status), Status.OWN_POLICY))
    about = About(
        authority=reader.choice("authority", AUTHORITIES, "own_policy"),
        citation=reader.maybe("citation") or "",
        status=status,
        source=reader.maybe("source") or "",
        as_of=reader.day("as_of"),
        confidence=reader.choice("confidence", CONFIDENCE, "") or None,
        review_by=reader.day("review_by"),
    )
    if about.authority != "own_policy" and not about.citation:
        reader.fault("citation", N_("A rule of somebody else needs its citation."), N_("Write where it stands."))
    first, last = reader.must_day("from"), reader.day("until")
    to_day = last + timedelta(days=1) if last else None
    if to_day is not None and to_day <= first:
        reader.fault("until", N_("It ends before it begins."), N_("Write the last day on which it is in force."))
    adopted, running = reader.day("adopted_on"), reader.flag("apply_to_running", False)
    data = reader.raw("rule")
    if data is None:
        if obligation == "learner" and status in ENFORCED:
            reader.fault("rule", N_("An enforced version needs its rule."), N_("Add `rule:` with courses and first."))
        return Stated(about, first, to_day, None, None)
    rule = _rule(reader, data)
    if rule is None or not isinstance(data, dict):
        return Stated(about, first, to_day, None, None)
    version = RuleVersion(number, rule, first, to_day, adopted or first, running, status)
    return Stated(about, first, to_day, plain(data), version)


def _rule(reader: Reader, data: object) -> Rule | None:
    try:
        return Rule.parse(data)  # type: ignore[arg-type]  # it refuses what is no mapping
    except Invalid as refused:
        path = reader.path("rule")
        if not refused.problems:
            reader.fault("rule", refused.message.msgid, N_("Write its fields below it, indented."))
        for problem in refused.problems:
            where = f"{path}.{problem.where}" if problem.where else path
            reader.problems.append(replace(problem, where=where))
        return None


def plain(data: Any) -> Any:
    """The same data as JSON holds it: days as text."""
    if isinstance(data, dict):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [plain(value) for value in data]
    return data.isoformat() if isinstance(data, date) else data
