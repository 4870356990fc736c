"""The leadership rollup in words: the same sentences for the page, the document and the workbook."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import flask_babel
from babel.dates import format_skeleton
from flask_babel import get_locale

from lms.errors import Message
from lms.reports import pdf
from lms.reports.attention import AboutPoints, AboutShare, Points, Share
from lms.reports.export import Column, Sheet, Value
from lms.reports.leadership import Leadership, Week
from lms.reports.suppression import COLUMNS, LIMIT, Shown
from lms.web.page import tell
from lms.web.reports.figures import column_words, long_day, number, per_cent
from lms.web.words import gettext, ngettext

FEW = "*"
"""What stands in place of a suppressed figure: not “<11”, for a large one may be suppressed to hide a small one."""
ABOUT = "~"
"""What stands before a rate that is rounded so that it tells no small number."""


def headline(shown: Leadership) -> str:
    """The one sentence: the rate, how it moved, and who needs attention."""
    if shown.overall.rate is None:
        return gettext("No rate can be shown: the duty of fewer than %(limit)s people has come due.", limit=LIMIT)
    rate = gettext("%(rate)s of staff whose training has come due are compliant", rate=per_cent(shown.overall.rate))
    moved = _moved(shown)
    names = [each.name for each in shown.attention[:3]]
    if not names:
        return gettext("%(rate)s, %(moved)s; no department stands out.", rate=rate, moved=moved)
    need = ngettext("%(names)s needs attention", "%(names)s need attention", len(names), names=joined(names))
    return gettext("%(rate)s, %(moved)s; %(need)s.", rate=rate, moved=moved, need=need)


def _moved(shown: Leadership) -> str:
    since = short_day(shown.since)
    if shown.change is None:
        return gettext("with nothing to compare on %(day)s", day=since)
    points = round(shown.change * 100)
    if points == 0:
        return gettext("as on %(day)s", day=since)
    if points > 0:
        return ngettext("up %(num)s point since %(day)s", "up %(num)s points since %(day)s", points, day=since)
    return ngettext("down %(num)s point since %(day)s", "down %(num)s points since %(day)s", -points, day=since)


def joined(names: Sequence[str]) -> str:
    """Names as a list in a sentence."""
    return str(flask_babel.format_list(list(names))) if hasattr(flask_babel, "format_list") else _listed(names)


def _listed(names: Sequence[str]) -> str:
    from babel.lists import format_list

    return str(format_list(list(names), locale=get_locale() or "en"))


def short_day(day: date) -> str:
    """Day and month in words, without the year."""
    return str(format_skeleton("MMMMd", day, locale=get_locale() or "en"))


def month(day: date) -> str:
    """A month and its year, short."""
    return str(flask_babel.format_date(day, "MMM yyyy"))


def reason(message: Message) -> str:
    """A reason for attention in the reader's language."""
    params = {name: _spoken(value) for name, value in message.params.items()}
    return tell(Message(message.msgid, params))


def _spoken(value: object) -> object:
    about = ABOUT if isinstance(value, AboutShare | AboutPoints) else ""
    if isinstance(value, Share):
        return about + per_cent(value)
    if isinstance(value, Points):
        return about + number(max(1, round(value * 100)))
    return number(value) if isinstance(value, int) else value


def change(share: float | None) -> str:
    """A difference of rates in whole points, with its sign."""
    if share is None:
        return "–"
    points = round(share * 100)
    return "±0" if points == 0 else f"{'+' if points > 0 else '−'}{number(abs(points))}"


def week(stretch: Week) -> str:
    """The days of a week."""
    first, last = (
        str(format_skeleton("MMMd", day, locale=get_locale() or "en")) for day in (stretch.first, stretch.last)
    )
    return f"{first} – {last}"


def definitions(shown: Leadership) -> list[tuple[str, str]]:
    """What the figures mean, and whom they are about."""
    words = column_words()
    grace = (
        gettext("Grace days count as compliant here.")
        if shown.grace_is_compliant
        else gettext("Grace days count as late.")
    )
    share = gettext(
        "Compliant, divided by compliant, in grace and overdue together: of those whose duty has fallen due or been met."
    )
    told = f"{share} {grace}"
    due = [shown.overall.counts[name] for name in ("compliant", "in_grace", "overdue")]
    if all(count is not None for count in due):
        told += " " + gettext(
            "Overall these are %(people)s of %(required)s people who are asked.",
            people=number(sum(count or 0 for count in due)),
            required=number(shown.overall.counts["required"] or 0),
        )
    return [
        (words["rate"], told),
        (
            words["required"],
            gettext(
                "Everybody who is asked: compliant, in grace, overdue, open, upcoming, on leave and exempt together. "
                "Each person counts once, in the state that all requirements together give."
            ),
        ),
        (
            gettext("Change in points"),
            gettext("The rate on the day, less the rate on %(day)s, in percentage points.", day=long_day(shown.since)),
        ),
        (
            gettext("Lapsing"),
            gettext("People who are compliant today and will not be any more, if they do nothing in the next 90 days."),
        ),
        (
            gettext("Small groups"),
            gettext(
                "“%(mark)s” stands for fewer than %(limit)s people, or for a number that would give such a number away. A rate "
                "that would do so is rounded to five or ten per cent (“~”) or left out (“–”), and its change is left out. The figures of "
                "the whole organisation are shown as they are. Departments that need attention are chosen among those with "
                "a rate about at least %(limit)s people.",
                mark=FEW,
                limit=LIMIT,
            ),
        ),
    ]


def page_for_pdf(shown: Leadership, language: str) -> pdf.LeadershipPage:
    """The same values as the page shows, for the document."""
    return pdf.LeadershipPage(
        organisation_name=shown.organisation,
        language=language,
        as_of=shown.day,
        generated_at=gettext(
            "Worked out on %(moment)s.", moment=str(flask_babel.format_datetime(shown.generated_at, "long"))
        ),
        headline=headline(shown),
        overall=_figures(shown.overall, gettext("Overall"), shown.change, shown.lapses),
        divisions=tuple(_figures(each.shown, each.shown.name, each.change, each.lapsing) for each in shown.divisions),
        trend=tuple(pdf.TrendPoint(point.day, point.rate) for point in shown.trend),
        lapses=tuple(pdf.Lapse(week(each), each.people) for each in shown.weeks) if shown.lapses != 0 else (),
        attention=tuple(
            pdf.Attention(each.name, tuple(reason(one) for one in each.reasons), each.rate, each.rounded)
            for each in shown.attention
        ),
        definitions=tuple(definitions(shown)),
        labels=_labels(),
    )


def _figures(shown: Shown, name: str, moved: float | None, lapsing: int | None) -> pdf.Figures:
    counts = {column: shown.counts[column] for column in COLUMNS if column != "due_soon"}
    return pdf.Figures(
        name=name, rate=shown.rate, rounded=shown.rounded, change=change(moved), lapsing=lapsing, **counts
    )


def _labels() -> pdf.LeadershipLabels:
    words = column_words()
    own = {
        name: words[name]
        for name in ("rate", "compliant", "in_grace", "overdue", "open", "upcoming", "on_leave", "exempt", "required")
    }
    return pdf.LeadershipLabels(
        title=gettext("Training compliance"),
        as_of=gettext("As of %(date)s", date="%(date)s"),
        overall=gettext("Overall"),
        overall_counts=gettext(
            "%(compliant)s of %(due)s whose training has come due; %(required)s are asked",
            compliant="%(compliant)s",
            due="%(due)s",
            required="%(required)s",
        ),
        trend=gettext("The last 24 months"),
        trend_alt=gettext(
            "Line chart of the overall rate over %(months)s months: %(first)s at the start, %(last)s at the end, "
            "lowest %(low)s, highest %(high)s.",
            months="%(months)s",
            first="%(first)s",
            last="%(last)s",
            low="%(low)s",
            high="%(high)s",
        ),
        divisions=gettext("By division"),
        division=gettext("Division"),
        change=gettext("Change in points"),
        lapsing=gettext("Lapsing"),
        lapses=gettext("Lapsing in the next 90 days"),
        lapses_none=gettext("Nothing lapses in the next 90 days."),
        lapses_alt=gettext("Bar chart: %(rows)s.", rows="%(rows)s"),
        attention=gettext("Departments that need attention"),
        attention_none=gettext("No department needs attention."),
        definitions=gettext("Definitions and denominators"),
        suppressed=FEW,
        page=gettext("Page %(page)s", page="%(page)s"),
        **own,
    )


def sheet(shown: Leadership) -> Sheet:
    """The divisions and the whole as a workbook; a suppressed figure says so."""
    words = column_words()
    few = FEW
    columns = [
        Column(gettext("Code"), width=14),
        Column(gettext("Division"), width=30),
        Column(gettext("Path"), width=50),
        Column(words["rate"], "share"),
        *(Column(words[name], "count") for name in COLUMNS),
        Column(gettext("Lapsing in 90 days"), "count"),
        Column(gettext("Change in points")),
    ]

    def line(each: Shown, lapsing: int | None, moved: float | None) -> Sequence[Value]:
        counts = [few if each.counts[name] is None else each.counts[name] for name in COLUMNS]
        rate = ABOUT + per_cent(each.rate) if each.rounded else each.rate
        return [each.code, each.name, each.path, rate, *counts, few if lapsing is None else lapsing, change(moved)]

    lines = [line(each.shown, each.lapsing, each.change) for each in shown.divisions]
    lines.append(line(shown.overall, shown.lapses, shown.change))
    terms = [*definitions(shown)]
    terms += [(each.name, " ".join(reason(one) for one in each.reasons)) for each in shown.attention]
    terms += [(month(point.day), per_cent(point.rate)) for point in shown.trend]
    return Sheet(
        gettext("Divisions"),
        gettext("Training compliance as of %(day)s", day=long_day(shown.day)),
        [headline(shown)],
        columns,
        lines,
        terms,
        gettext("Definitions"),
    )
