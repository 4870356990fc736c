"""The audit log: who did what, when, to whom, from where and why; filtered, paged, and as a file. A page of Administration."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date, gettext

from lms.access import Permission, may, scope
from lms.accounts import queries as accounts
from lms.audit import AuditEntry
from lms.audit import queries as log
from lms.people import queries as people
from lms.reports.export import Column, Sheet, Value
from lms.web.administration import admin
from lms.web.page import needs, organisation, session, today, viewer
from lms.web.reports import sheets


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters as they were typed, and what they mean; ``unknown`` are names of people that nobody has."""

    typed: Mapping[str, str]
    wish: log.Wish
    unknown: tuple[str, ...]

    def url(self, endpoint: str, **more: Any) -> str:
        """The address of another page of the same question."""
        values: dict[str, Any] = {name: value for name, value in self.typed.items() if value}
        return url_for(endpoint, **values, **more)


def _asked() -> Asked:
    typed = {name: request.args.get(name, "").strip()[:100] for name in ("action", "person", "actor", "since", "until")}
    ids = {name: accounts.by_number(session(), typed[name]) for name in ("person", "actor") if typed[name]}
    since, until = _day(typed["since"]), _day(typed["until"])
    within = None
    if scope(viewer(), Permission.AUDIT_VIEW) is not None:
        within = people.visible_to(session(), viewer(), Permission.AUDIT_VIEW, today())
    wish = log.Wish(
        action=typed["action"],
        person_id=_person(ids.get("person")),
        actor_id=_person(ids.get("actor")),
        since=_begins(since) if since else None,
        before=_begins(until + timedelta(days=1)) if until and until.year < 9999 else None,
        within=within,
    )
    typed |= {"since": since.isoformat() if since else "", "until": until.isoformat() if until else ""}
    return Asked(typed, wish, tuple(typed[name] for name, found in ids.items() if found is None))


@admin.blueprint.get("/audit", endpoint="audit")
@needs(Permission.AUDIT_VIEW)
def audit_log() -> ResponseReturnValue:
    """Who did what, when, to whom, and why."""
    question = _asked()
    page = admin.page_number()
    found = [] if question.unknown else log.listed(session(), question.wish, page=page, size=admin.PAGE)
    shown = found[: admin.PAGE]
    names = accounts.names_of(session(), _mentioned(shown))
    sealed, link = log.head(session())
    return render_template(
        "admin/audit.html",
        rows=[
            (entry, names.get(entry.actor_id or 0), names.get(entry.about_id or 0), changes(entry)) for entry in shown
        ],
        more=len(found) > admin.PAGE,
        asked=question,
        kinds=[("", gettext("Everything")), *((verb, verb) for verb in log.verbs(session()))],
        unknown=question.unknown,
        page=page,
        sealed=sealed,
        link=link,
        person_page=may(viewer(), Permission.PEOPLE_VIEW),
        url_of=lambda other: question.url("admin.audit", page=other),
        file=question.url("admin.audit_file", kind="csv"),
        book=question.url("admin.audit_file", kind="xlsx"),
    )


@admin.blueprint.get("/audit.<kind>", endpoint="audit_file")
@needs(Permission.AUDIT_VIEW)
def audit_file(kind: str) -> ResponseReturnValue:
    """The same entries, all of them, as a file."""
    if kind not in ("csv", "xlsx"):
        abort(404)
    question = _asked()
    if question.unknown:
        abort(404)
    labels = (
        (gettext("Number"), "count", 10), (gettext("Sealed as"), "count", 10), (gettext("When (UTC)"), "moment", 20),
        (gettext("Who"), "text", 24), (gettext("What"), "text", 22), (gettext("Kind of thing"), "text", 16),
        (gettext("Its number"), "count", 10), (gettext("About"), "text", 24), (gettext("Before"), "text", 40),
        (gettext("After"), "text", 40), (gettext("Reason"), "text", 40), (gettext("From"), "text", 18),
    )  # fmt: skip
    told = [
        (gettext("Sealed as"), gettext("The place in the hash chain; empty until a worker has sealed the entry.")),
        (gettext("From"), gettext("An address on the network, the command line, or an import.")),
    ]
    title = gettext("Audit log, read on %(day)s", day=format_date(today(), "long"))
    sheet = Sheet(
        gettext("Audit log"), title, _filters(question), [Column(*each) for each in labels], _lines(question), told
    )
    return sheets.file_answer(sheet, kind, f"audit-{today()}")


def changes(entry: AuditEntry) -> list[tuple[str, str, str]]:
    """What an entry says as lines: name of the value, before, after. What did not change is left out."""
    before, after = entry.before or {}, entry.after or {}
    names = [*before, *(name for name in after if name not in before)]
    return [
        (name.replace("_", " "), _plain(before.get(name)), _plain(after.get(name)))
        for name in names
        if _plain(before.get(name)) != _plain(after.get(name))
    ]


def _plain(value: Any) -> str:
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, list):
        return "; ".join(_plain(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(
            f"{name.replace('_', ' ')}: {_plain(each)}" for name, each in value.items() if each is not None
        )
    return str(value)


def _lines(question: Asked) -> Iterator[list[Value]]:
    names: dict[int, str] = {}
    for entry in log.everything(session(), question.wish):
        lacking = _mentioned([entry]) - names.keys()
        if lacking:
            names |= accounts.names_of(session(), lacking)
        yield [
            entry.id,
            entry.sealed_as,
            entry.at.replace(microsecond=0),
            names.get(entry.actor_id or 0, gettext("Attune")),
            entry.action,
            entry.subject_kind,
            entry.subject_id,
            names.get(entry.about_id or 0, ""),
            json.dumps(entry.before, ensure_ascii=False, sort_keys=True) if entry.before else "",
            json.dumps(entry.after, ensure_ascii=False, sort_keys=True) if entry.after else "",
            entry.reason or "",
            entry.origin or "",
        ]


def _filters(question: Asked) -> list[str]:
    words = {
        "action": gettext("What begins with"), "person": gettext("Person, by them or about them"),
        "actor": gettext("Done by"), "since": gettext("From day"), "until": gettext("Up to and including"),
    }  # fmt: skip
    return [f"{words[name]}: {value}" for name, value in question.typed.items() if value]


def _mentioned(entries: Any) -> set[int]:
    return {who for entry in entries for who in (entry.actor_id, entry.about_id) if who is not None}


def _person(found: tuple[int, int | None] | None) -> int | None:
    return found[0] if found else None


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(organisation().zone))


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        return None
