"""What a page of figures is asked for, read from its address: day, requirement, department, filters, order. Bad values are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from flask import current_app, request, url_for

from lms.access import Permission, may
from lms.compliance.models import OVERALL
from lms.errors import N_, Message
from lms.reports.queries import Wish
from lms.reports.rollup import STATES
from lms.web.page import viewer

COLUMNS = ("required", *STATES, "due_soon")
PEOPLE_PAGES = ("people.show", "people.person")
YEARS = range(1990, 2101)


@dataclass(frozen=True, slots=True)
class Asked:
    """The question in an address. ``state`` is a column (empty: everybody), ``sort`` a column with ``-`` before it for descending.

    ``problem`` says what could not be read; today, or no filter, stands in its place.
    """

    as_of: date
    today: date
    requirement: int = OVERALL
    department: int | None = None
    job: str = ""
    profession: str = ""
    state: str = ""
    q: str = ""
    sort: str = ""
    page: int = 1
    reports: bool = False
    problem: Message | None = None

    @property
    def wish(self) -> Wish:
        """The question as reports take it."""
        return Wish(
            self.requirement,
            self.department,
            (self.job,) if self.job else (),
            (self.profession,) if self.profession else (),
            viewer().person_id if self.reports else None,
        )

    @property
    def args(self) -> dict[str, Any]:
        """The parts of an address that say the same; what is as usual is left out."""
        found: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ("today", "problem") or value in (None, "", False):
                continue
            if (field.name, value) in (("requirement", OVERALL), ("page", 1), ("as_of", self.today)):
                continue
            found[field.name] = value.isoformat() if isinstance(value, date) else 1 if value is True else value
        return found

    def url(self, endpoint: str, **changes: Any) -> str:
        """The address of the same question with changes, on the first page unless a page is named; what else is given is for the route."""
        own = {field.name for field in fields(self)}
        change = {"page": 1} | {name: value for name, value in changes.items() if name in own}
        rest = {name: value for name, value in changes.items() if name not in own}
        return url_for(endpoint, **replace(self, **change).args, **rest)

    def kept(self, *but: str) -> dict[str, Any]:
        """What a form must carry along; without the fields that it holds itself."""
        return {name: value for name, value in self.args.items() if name not in (*but, "page")}

    def sorting(self, endpoint: str, column: str, *, first: str = "", **route: Any) -> dict[str, Any]:
        """The keys of a table column that sort it: pressing again turns the order around. ``first`` is ``-`` for largest first;
        ``route`` is what else the endpoint needs."""
        down = self.sort == f"-{column}"
        active = down or self.sort == column
        following = (column if down else f"-{column}") if active else first + column
        sorted_ = ("descending" if down else "ascending") if active else None
        return {"sort_url": self.url(endpoint, sort=following, **route), "sorted": sorted_}


def asked(today: date, sorts: Sequence[str] = (), *, reports: bool = False) -> Asked:
    """Read the address of the request; ``sorts`` are the columns that can be sorted by.

    ``reports``: the page can be narrowed to the viewer's direct reports; others leave that wish aside.
    """
    args = request.args
    problem: Message | None = None
    day = today
    if written := args.get("as_of", "").strip():
        try:
            day = date.fromisoformat(written)
            if day.year not in YEARS:
                raise ValueError
        except ValueError:
            day = today
            problem = Message(
                N_(
                    "“%(value)s” is not a day that can be shown. Write it as 2026-06-30; these are the figures of today."
                ),
                {"value": written[:40]},
            )
    sort = args.get("sort", "")
    state = args.get("state", "")
    return Asked(
        as_of=day,
        today=today,
        requirement=args.get("requirement", OVERALL, type=int),
        department=args.get("department", None, type=int),
        job=args.get("job", "")[:200],
        profession=args.get("profession", "")[:200],
        state=state if state in COLUMNS[1:] else "",
        q=args.get("q", "").strip()[:100],
        sort=sort if sort.removeprefix("-") in sorts else "",
        page=min(max(args.get("page", 1, type=int), 1), 100_000),
        reports=reports and args.get("reports") == "1",
        problem=problem,
    )


def person_url(person_id: int, shown: Asked) -> str | None:
    """The page of a person, the fullest that the viewer may open; None where there is none."""
    if may(viewer(), Permission.PEOPLE_VIEW):
        for endpoint in PEOPLE_PAGES:
            if endpoint in current_app.view_functions:
                return url_for(endpoint, person_id=person_id)
    if may(viewer(), Permission.TEAM_VIEW):
        when: dict[str, Any] = {} if shown.as_of == shown.today else {"as_of": shown.as_of.isoformat()}
        return url_for("team.person", person_id=person_id, **when)
    return None
