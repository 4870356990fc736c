"""The employer's report: who was asked for a training in a year and has not completed it, each person once; on a page and as a file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.access import Permission, scope
from lms.audit import record
from lms.compliance import queries as compliance
from lms.compliance.models import RequirementVersion
from lms.compliance.standing import standings
from lms.errors import N_, Invalid, NotFound
from lms.evidence.paper import Column as PaperColumn
from lms.evidence.paper import Paper
from lms.language import Voice
from lms.people.queries import tree as tree_of
from lms.people.tree import Tree
from lms.reports import employer, queries
from lms.reports.employer import Group, Line
from lms.reports.export import Column, Sheet, Value, csv_lines, xlsx
from lms.reports.reporting_duties import ReportingDuty, duty_of
from lms.web.page import actor, house, locale, needs, only_read, organisation, session, tell, today, viewer
from lms.web.reports import figures, people_behind, sheets
from lms.web.reports.asked import asked as asked_of
from lms.web.reports.asked import person_url
from lms.web.requirements.rule_choices import AUTHORITY
from lms.web.words import gettext, ngettext

blueprint = Blueprint("employer_report", __name__, url_prefix="/completion/employer-report")

PEOPLE = 50
BATCH = 500
AUTHORITIES = dict(AUTHORITY)
KINDS = ("csv", "xlsx", "pdf")
ON_PAPER = 2000
"""So many people at most are named in a PDF; for more the tables of a file are the better form."""

FIRST_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Report:
    """What the page and the files say: the question, what stands behind it, and how many are where."""

    year: int
    asked: employer.Asked
    version: RequirementVersion
    code: str
    place: str
    tree: Tree
    department: int | None
    duty: ReportingDuty | None
    counts: Mapping[Group, int]

    @property
    def total(self) -> int:
        """Everybody who was asked."""
        return sum(self.counts.values())


def roots() -> frozenset[int] | None:
    """The departments for which the viewer may see this; None means all."""
    return scope(viewer(), Permission.COMPLETION_VIEW)


def _years() -> list[int]:
    return list(range(today().year, today().year - 7, -1))


def _report(requirement_id: int, year: int, department: int | None) -> Report:
    """The report as asked for.

    Raises:
        NotFound: no such requirement, year or department, or none that the viewer may see.
    """
    if not FIRST_YEAR <= year <= today().year:
        raise NotFound(N_("There is no report on this year."))
    code, versions = compliance.requirement_versions(session(), requirement_id)
    if not versions:
        raise NotFound(N_("There is no such requirement."))
    last = min(date(year, 12, 31), today())
    tree = tree_of(session(), last)
    seen = queries.covered(tree, roots(), department)
    version = next((each for each in versions if each.from_day <= last), versions[-1])
    question = employer.year_of(requirement_id, year, today(), seen)
    place = (
        tree.path(department)
        if department is not None
        else organisation().name
        if seen is None
        else gettext("Your departments")
    )
    citations = [str(each.about.get("citation", "")) for each in versions]
    return Report(
        year, question, version, code, place, tree, department, duty_of(citations), employer.counts(session(), question)
    )


def group_words() -> dict[Group, str]:
    """What each group is called."""
    return {
        Group.LATE: gettext("Not completed, and the due day has passed"),
        Group.NOT_DUE: gettext("Not completed, and not due yet"),
        Group.ON_LEAVE: gettext("On leave"),
        Group.EXEMPT: gettext("Exempt"),
        Group.ENDED: gettext("No longer asked, and not completed"),
        Group.DONE: gettext("Completed and valid"),
    }


@blueprint.get("")
@needs(Permission.COMPLETION_VIEW)
def index() -> ResponseReturnValue:
    """Choose a requirement and a year; then who has not completed it."""
    offered = _offered()
    chosen = request.args.get("requirement", type=int)
    if chosen is None:
        return render_template(
            "employer_report/index.html", report=None, offered=offered, years=_choices(), chosen="", year=""
        )
    year = request.args.get("year", type=int) or _usual_year()
    report = _report(chosen, year, request.args.get("department", type=int))
    name = request.args.get("group", Group.LATE)
    group = Group(name) if name in list(Group) else Group.LATE
    pages = max(1, -(-report.counts[group] // PEOPLE))
    page = min(max(request.args.get("page", 1, type=int) or 1, 1), pages)
    found = list(employer.lines(session(), report.asked, group, page=page, size=PEOPLE))
    kept: dict[str, Any] = {"requirement": chosen, "year": year, "department": report.department}
    return render_template(
        "employer_report/index.html",
        report=report,
        offered=offered,
        years=_choices(),
        chosen=str(chosen),
        year=str(year),
        departments=figures.department_choices(report.tree, roots()),
        lede=_lede(report),
        due=report.duty.due(year) if report.duty else None,
        law=_duty_words(report),
        unknown=[gettext(text) for text in report.duty.unknown] if report.duty else [],
        facts=_facts(report),
        groups=[
            {
                "label": label,
                "count": report.counts[each],
                "url": url_for(".index", group=each.value, **kept),
                "current": each == group,
            }
            for each, label in group_words().items()
        ],
        heading=group_words()[group],
        people=list(_page_lines(report, found)),
        page=page,
        pages=pages,
        summary=people_behind.summary(page, PEOPLE, report.counts[group]),
        url_of=lambda number: url_for(".index", group=group.value, page=number, **kept),
        status=compliance.rebuild_status(session()),
    )


def _usual_year() -> int:
    """The year that is reported on: the last one that is over."""
    return today().year - 1


def _offered() -> list[tuple[str, str]]:
    every = [*compliance.requirements(session(), today()), *compliance.not_in_force(session(), today())]
    return [(str(version.requirement_id), f"{version.title} ({code})") for version, code in every]


def _choices() -> list[tuple[str, str]]:
    return [(str(year), str(year)) for year in _years()]


def _lede(report: Report) -> str:
    if not report.total:
        return gettext("Nobody was asked for this in %(year)s.", year=str(report.year))
    return gettext(
        "%(late)s of %(people)s who were asked in %(year)s had not completed it by %(day)s, although it was due.",
        late=figures.number(report.counts[Group.LATE]),
        people=ngettext("%(num)s person", "%(num)s people", report.total),
        year=str(report.year),
        day=figures.long_day(report.asked.last),
    )


def _facts(report: Report) -> list[tuple[str, str | None]]:
    """What stands behind the report, for the page and for the files."""
    about = report.version.about
    authority, read_on = str(about.get("authority") or ""), str(about.get("as_of") or "")
    whole = report.asked.last == date(report.year, 12, 31)
    period = gettext(
        "%(first)s to %(last)s", first=figures.long_day(report.asked.first), last=figures.long_day(report.asked.last)
    )
    return [
        (gettext("Employer"), organisation().name),
        (gettext("Covers"), report.place),
        (gettext("Requirement"), f"{report.version.title} ({report.code})"),
        (gettext("Period"), period if whole else gettext("%(period)s; the year is not over yet", period=period)),
        (gettext("Known on"), figures.long_day(today())),
        (gettext("Authority"), str(AUTHORITIES.get(authority, AUTHORITIES[""])) if authority else None),
        (gettext("Citation"), str(about.get("citation") or "") or None),
        (gettext("Source"), str(about.get("source") or "") or None),
        (gettext("Source read on"), figures.long_day(date.fromisoformat(read_on)) if read_on else None),
    ]


def _duty_words(report: Report) -> list[str]:
    """What the law asks, and what is not known about it."""
    duty = report.duty
    if duty is None:
        return [gettext("No duty to report this to an authority is known here. Ask counsel.")]
    due = duty.due(report.year)
    told = [gettext("Reported to %(authority)s.", authority=gettext(duty.to))]
    if due is not None:
        told.append(
            gettext("The report on %(year)s is due on %(day)s.", year=str(report.year), day=figures.long_day(due))
        )
    told += [gettext(text) for text in duty.says]
    told.append(
        gettext(
            "%(citation)s; source %(source)s, as read on %(day)s. Not legal advice.",
            citation=duty.citation,
            source=duty.source,
            day=figures.long_day(duty.as_of),
        )
    )
    return told


def _page_lines(report: Report, found: Sequence[Line]) -> Iterator[dict[str, Any]]:
    """Lines for the table of people, with what became of it since."""
    question = asked_of(today())
    for line, why, since in _with_reasons(report, found):
        yield {
            "name": line.found.name,
            "url": person_url(line.found.person_id, question),
            "number": line.found.number,
            "job": line.found.job,
            "department": _place(report, line),
            "due": line.found.due,
            "why": why,
            "since": since,
        }


def _place(report: Report, line: Line) -> str:
    inside = line.found.department_id in report.tree.nodes
    return report.tree.path(line.found.department_id) if inside else figures.outside_words()


def _with_reasons(report: Report, found: Iterable[Line]) -> Iterator[tuple[Line, str, str]]:
    """Each line with why, and with what is so today where that is better. Two statements for each batch."""
    rest = iter(found)
    titles = {report.asked.requirement_id: report.version.title}
    while some := list(islice(rest, BATCH)):
        why = queries.reasons(session(), [line.found for line in some], titles)
        open_ids = [line.found.person_id for line in some if line.group is not Group.DONE]
        now_at = standings(session(), today(), open_ids, [report.asked.requirement_id]) if open_ids else {}
        for line, message in zip(some, why, strict=True):
            said = tell(message)
            if line.group is Group.ENDED:
                said = gettext("Asked until %(day)s. %(why)s", day=figures.long_day(line.day), why=said)
            standing = now_at.get(line.found.person_id, {}).get(report.asked.requirement_id)
            met = standing is not None and standing.state.name in ("COMPLIANT", "RENEWAL_OPEN")
            yield line, said, gettext("Completed since.") if met else ""


def _sheet(report: Report) -> Sheet:
    words = group_words()
    columns = [
        Column(gettext("Group"), width=40),
        Column(gettext("Number"), width=12),
        Column(gettext("Name"), width=28),
        Column(gettext("Department"), width=48),
        Column(gettext("Job"), width=24),
        Column(gettext("Profession"), width=14),
        Column(gettext("Due"), "day"),
        Column(gettext("Valid until"), "day"),
        Column(gettext("Why"), width=60),
        Column(gettext("Since then"), width=18),
    ]

    def rows() -> Iterator[Sequence[Value]]:
        for line, why, since in _with_reasons(report, employer.lines(session(), report.asked)):
            one = line.found
            yield [
                words[line.group], one.number, one.name, _place(report, line), one.job, one.profession, one.due,
                one.valid_until, why, since,
            ]  # fmt: skip

    notes = [f"{label}: {value}" for label, value in _facts(report) if value]
    notes += [f"{words[group]}: {figures.number(people)}" for group, people in report.counts.items()]
    notes += _duty_words(report)
    if report.duty is not None:
        notes += [gettext(text) for text in report.duty.unknown]
    return Sheet(
        gettext("Report"), gettext("Who has not completed “%(title)s”, %(year)s", title=report.version.title, year=str(report.year)),
        notes, columns, rows(), _definitions(), gettext("Definitions"),
    )  # fmt: skip


def _definitions() -> list[tuple[str, str]]:
    words = group_words()
    return [
        (
            words[Group.LATE],
            gettext(
                "On the last day of the period the due day had passed and the training was not done; "
                "whoever had days of grace left is among them."
            ),
        ),
        (words[Group.NOT_DUE], gettext("Asked on the last day of the period, with a due day after it.")),
        (words[Group.ON_LEAVE], gettext("On leave on the last day of the period; nothing fell due in this time.")),
        (words[Group.EXEMPT], gettext("Exempt on the last day of the period, by a decision with a reason.")),
        (
            words[Group.ENDED],
            gettext(
                "Left, or came out of the circle of those who are asked, in the period, without having completed it."
            ),
        ),
        (
            words[Group.DONE],
            gettext(
                "Completed and valid on the last day of the period, or on the last day on which they were asked in it."
            ),
        ),
        (
            gettext("Each person once"),
            gettext("Everybody who was asked on any day of the period stands in exactly one group."),
        ),
    ]


def _pdf(report: Report) -> bytes:
    language = "en" if locale() == "xx" else locale()
    title = gettext("Who has not completed “%(title)s”, %(year)s", title=report.version.title, year=str(report.year))
    paper = Paper(
        title=title, author=organisation().name, made_on=today(), voice=Voice(language),
        foot=gettext("%(name)s · known on %(day)s", name=organisation().name, day=figures.long_day(today())),
    )  # fmt: skip
    paper.paragraph(title, 18, tag="H1", style="bold", after=2)
    paper.paragraph(_lede(report), 11, after=3)
    paper.band([(figures.number(report.counts[group]), label) for group, label in _short_words().items()])
    for label, value in _facts(report):
        if value:
            paper.paragraph(f"{label}: {value}", after=0.6)
    paper.heading(gettext("What the law asks"))
    for text in _duty_words(report):
        paper.paragraph(text, after=0.8)
    if report.duty is not None:
        paper.heading(gettext("What is not known here"))
        for text in report.duty.unknown:
            paper.paragraph(gettext(text), after=0.8)
    columns = [
        PaperColumn(gettext("Name"), 0.22),
        PaperColumn(gettext("Number"), 0.11),
        PaperColumn(gettext("Job"), 0.17),
        PaperColumn(gettext("Department"), 0.2),
        PaperColumn(gettext("Why"), 0.3),
    ]
    for group, label in group_words().items():
        if group is Group.DONE or not report.counts[group]:
            continue
        paper.heading(f"{label} ({figures.number(report.counts[group])})")
        rows = [
            [line.found.name, line.found.number, line.found.job, _leaf(report, line), f"{why} {since}".strip()]
            for line, why, since in _with_reasons(report, employer.lines(session(), report.asked, group))
        ]
        paper.table(columns, rows)
    paper.heading(gettext("What the words mean"))
    for term, meaning in _definitions():
        paper.paragraph(f"{term}: {meaning}", after=0.8)
    return paper.finish()


def _leaf(report: Report, line: Line) -> str:
    node = report.tree.nodes.get(line.found.department_id)
    return node.name if node is not None else figures.outside_words()


def _short_words() -> dict[Group, str]:
    return {
        Group.LATE: gettext("past due"),
        Group.NOT_DUE: gettext("not due yet"),
        Group.ON_LEAVE: gettext("on leave"),
        Group.EXEMPT: gettext("exempt"),
        Group.ENDED: gettext("no longer asked"),
        Group.DONE: gettext("completed"),
    }


@blueprint.post("/file")
@needs(Permission.EVIDENCE_BUILD)
def export() -> ResponseReturnValue:
    """The report as a file; that it was made is written down in the audit log, with the hash of the file."""
    kind = request.form.get("kind", "")
    requirement_id, year = request.form.get("requirement", 0, type=int), request.form.get("year", 0, type=int)
    if kind not in KINDS:
        abort(404)
    only_read()  # a file of everybody takes seconds, in which others save their answers
    report = _report(requirement_id, year, request.form.get("department", type=int))
    if kind == "pdf" and report.total - report.counts[Group.DONE] > ON_PAPER:
        raise Invalid(
            N_(
                "More than %(most)s people would be named on paper. Choose a facility or department, or take the Excel file."
            ),
            most=ON_PAPER,
        )
    if kind == "pdf":
        data, media = _pdf(report), "application/pdf"
    elif kind == "xlsx":
        data, media = xlsx(_sheet(report)), sheets.XLSX
    else:
        data, media = "".join(csv_lines(_sheet(report))).encode(), "text/csv"
    told = {
        "kind": kind, "year": year, "as_of": report.asked.last.isoformat(), "department": report.department,
        "people": report.total, "not_completed": report.counts[Group.LATE], "sha256": hashlib.sha256(data).hexdigest(),
    }  # fmt: skip
    with house().database.transaction() as own:
        record(own, actor(), "report.export", "requirement", requirement_id, after=told)
    answer = Response(data, mimetype=media)
    name = "".join(sign if sign.isalnum() or sign in "-." else "-" for sign in f"{report.code}-{year}")
    answer.headers["Content-Disposition"] = f'attachment; filename="report-{name}.{kind}"'
    return answer
