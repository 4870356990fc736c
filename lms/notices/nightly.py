"""The night's run: finds what is to be said, keeps it as lines, and writes one mail for each person. In short steps that resume."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Table,
    and_,
    delete,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.orm import Session, aliased

from lms.access import Permission, Role, Viewer, may
from lms.bulk import bulk
from lms.clock import FOR_EVER
from lms.compliance import more_time
from lms.compliance import queries as compliance
from lms.compliance.models import OVERALL, Requirement, Span
from lms.compliance.spans import State
from lms.compliance.tallies import active
from lms.db import day_in, known
from lms.notices import actions, merging
from lms.notices.calendar import Event, cycle_asked
from lms.notices.corrections import CALENDAR, expected_corrections, write_corrections
from lms.notices.failing import failing
from lms.notices.follow_ups import FOLLOW_UPS, asked_of, expected_follow_ups, write_follow_ups
from lms.notices.holders import Holders
from lms.notices.models import Mail, NoticeChoice, NoticeLine, NoticePlanRow, NoticeRun
from lms.notices.plan import BEFORE_STATES, LATE_STATES, Line, NoticePlan, Reason, due_days, line, send_at, team_day
from lms.notices.requests import REQUESTS, requests_to_decide
from lms.notices.reviews import REVIEWS, reviews_to_decide
from lms.organisation import Organisation, load
from lms.outbox import HowFar
from lms.people.models import Leave, Person, display_name
from lms.prepared import Prepared, among
from lms.records.outside import queries as outside

RUN = "notices.run"
"""The job of a night."""

PEOPLE_IN_STEP = 50_000
MAILS_IN_STEP = 500
LONGEST_BACK = 14
"""Days that a run makes good after an outage; who was to be told earlier is told by the next date of the plan."""

OPTIONAL = frozenset({Reason.BEFORE, Reason.ASSIGNED, Reason.CALENDAR})
"""Reasons of lines that people may do without; being late is told in any case."""

NO_DUTY = frozenset({OVERALL, FOLLOW_UPS, REVIEWS, REQUESTS, CALENDAR})
"""What stands for a requirement in lines about something else than the reader's own training."""

NAMED = 15
"""People named in a weekly list; the page shows everybody."""


class Told(NamedTuple):
    """One line before it is written."""

    person_id: int
    requirement_id: int
    reason: Reason
    amount: int
    due: date | None
    cycle: int | None = 0


def plan(session: Session) -> NoticePlan:
    """The organisation's plan."""
    row = session.get(NoticePlanRow, 1)
    return NoticePlan.read(row.plan if row else None)


def wanted(session: Session, day: date) -> bool:
    """Whether a run for this local day is still to be made: the plan is on, mail is set up, and the day has none that is done."""
    own = load(session)
    run = session.get(NoticeRun, day)
    return own is not None and own.mail is not None and plan(session).on and (run is None or run.finished_at is None)


def day_to_run(session: Session, now: datetime) -> date | None:
    """The local day whose run is to be made now; None before its morning, and when it is made."""
    own = load(session)
    if own is None or own.mail is None:
        return None
    here = now.astimezone(ZoneInfo(own.zone))
    return here.date() if here.hour >= plan(session).from_hour and wanted(session, here.date()) else None


def step(session: Session, day: date, now: datetime) -> bool:
    """One short piece of the run, in the caller's transaction; True when there is nothing (more) to do."""
    if not wanted(session, day):
        return True
    run = session.get(NoticeRun, day)
    if run is None:
        last = session.scalar(select(func.max(NoticeRun.day)).where(NoticeRun.day < day))
        since = max(last or day - timedelta(days=1), day - timedelta(days=LONGEST_BACK))
        run = NoticeRun(day=day, since=since, phase="lines", requirement=0, person=0, started_at=now, finished_at=None)
        session.add(run)
        session.flush()
    if run.phase == "lines":
        _write_lines(session, run)
    elif run.phase == "lists":
        _write_lists(session, run, now)
    elif run.phase == "calendars":
        run.person = write_corrections(session, run.day, run.person) or 0
        run.phase = "calendars" if run.person else "mails"
    elif not _write_mails(session, run, now):
        run.phase, run.finished_at = "done", now
        return True
    return False


def how_far(session: Session, day: date) -> HowFar | None:
    """How far the run of a day has come: duties, then the weekly lists, then the people to write to; None before it and after it."""
    run = session.get(NoticeRun, day)
    if run is None or run.finished_at is not None:
        return None
    if run.phase == "lines":
        counted = select(func.count(), func.count().filter(Requirement.id < run.requirement)).select_from(Requirement)
        total, done = session.execute(counted).one()
    elif run.phase == "lists":
        total, done = 1, 0
    else:
        total = session.scalar(select(func.max(Person.id))) or 0
        done = min(run.person, total)
    return HowFar(run.phase, done, total)


# --- what is to be said ---------------------------------------------------------------------------------------------------


def told(
    session: Session, agreed: NoticePlan, day: date, since: date, requirement_id: int, where: ColumnElement[bool]
) -> Iterator[Told]:
    """What people are told about one requirement on ``day``, by person. One statement; ``where`` narrows the people."""
    before = aliased(Span)
    could_be_done = (
        select(literal(1))
        .where(
            before.generation_id == Span.generation_id,
            before.requirement_id == Span.requirement_id,
            before.person_id == Span.person_id,
            before.to_day == Span.from_day,
            before.cycle == Span.cycle,
            before.state.in_([int(state) for state in BEFORE_STATES | LATE_STATES]),
        )
        .exists()
    )
    began = and_(Span.from_day > since, ~could_be_done)
    near = or_(false(), *(Span.due.between(first, last) for first, last in due_days(agreed, day, since)))
    query = (
        select(Span.person_id, Span.state, Span.due, Span.cycle, began)
        .where(
            Span.generation_id == active(),
            Span.requirement_id == requirement_id,
            day_in(day, Span.from_day, Span.to_day),
            or_(
                and_(Span.state.in_([int(state) for state in BEFORE_STATES]), or_(began, near)),
                Span.state.in_([int(state) for state in LATE_STATES]),
            ),
            where,
        )
        .order_by(Span.person_id)
    )

    @cache
    def say(state: int, due: date | None, new: bool) -> Line | None:
        return line(agreed, State(state), due, day, since, began=new)  # the same for all who are due on a day

    for person_id, state, due, cycle, new in session.execute(query):
        said = say(state, due, bool(new))
        if said is not None:
            yield Told(person_id, requirement_id, said.reason, said.days, due, cycle_asked(State(state), cycle))


def _write_lines(session: Session, run: NoticeRun) -> None:
    """The lines of one requirement for the next people; the run's place moves with them."""
    highest = session.scalar(select(func.max(Person.id))) or 0
    if run.requirement == 0 or run.person >= highest:
        following = select(func.min(Requirement.id)).where(Requirement.id > run.requirement)
        run.requirement, run.person = session.scalar(following) or 0, 0
        if run.requirement == 0:
            run.phase = "lists"
            return
    last = run.person + PEOPLE_IN_STEP
    here = and_(Span.person_id > run.person, Span.person_id <= last)
    of_today = and_(NoticeLine.day == run.day, NoticeLine.person_id > run.person, NoticeLine.person_id <= last)
    before = and_(NoticeLine.requirement_id == run.requirement, NoticeLine.asked_by.is_not(None))
    asked = set(
        session.scalars(select(NoticeLine.person_id).where(of_today, before))
    )  # said already, before the morning's run
    found = told(session, plan(session), run.day, run.since, run.requirement, here)
    _keep_lines(session, run.day, (each for each in found if each.person_id not in asked))
    run.person = last


def _keep_lines(session: Session, day: date, told: Iterable[Told]) -> None:
    """Write lines past the object layer: it may be tens of thousands."""
    rows = [
        (day.isoformat(), person_id, requirement_id, reason.value, amount, due.isoformat() if due else None, cycle)
        for person_id, requirement_id, reason, amount, due, cycle in told
    ]
    bulk(session, _LINE, rows, only=("day", *Told._fields))


class Late(NamedTuple):
    """Somebody who is late, as a weekly list names them."""

    person_id: int
    number: str
    name: str
    due: date | None


class Lists:
    """The weekly lists: managers' of their teams, HR's of the people in its scope; who is both gets HR's. ``only``: of these leaders, not
    of all. Two statements, however many they are, and one more for some thousands of people who are late."""

    def __init__(self, holders: Holders, agreed: NoticePlan, only: Collection[int] | None = None) -> None:
        both = {viewer.person_id: viewer for viewer in holders.of((Role.MANAGER, Role.HR))}
        self.leaders = both if only is None else {one: viewer for one, viewer in both.items() if one in only}
        self._until = holders.day - timedelta(days=agreed.escalate_after)
        self._late = self._read(holders) if self.leaders else {}
        self._reach = holders.reach(self._late)

    def _read(self, holders: Holders) -> dict[int, Late]:
        """Everybody who is late and seen by one of the leaders, the longest late first."""
        visible = holders.visible_to({viewer: _seen_as(viewer) for viewer in self.leaders.values()})
        who = compliance.Who(holders.day, states=compliance.LATE, visible=visible)
        found = compliance.everyone_in(holders.session, who, sort="due")
        return {one.person_id: Late(one.person_id, one.number, one.name, one.due) for one in found}

    def of(self, person_id: int) -> tuple[Reason, list[Late]]:
        """The list of one of the leaders, the longest late first, and why it is theirs."""
        leader = self.leaders[person_id]
        late = self._among(self._reach.seen_by(leader, _seen_as(leader)))
        if _seen_as(leader) is Permission.TEAM_VIEW:
            return Reason.TEAM, late
        return Reason.ESCALATION, [one for one in late if one.due is not None and one.due <= self._until]

    def _among(self, visible: Set[int]) -> list[Late]:
        if visible >= self._late.keys():
            return list(self._late.values())
        found = (self._late[one] for one in visible & self._late.keys())
        return sorted(found, key=lambda one: (one.due or FOR_EVER, one.person_id))


def _seen_as(leader: Viewer) -> Permission:
    """As what a leader sees those on the list: HR's where they are HR, too."""
    return Permission.COMPLETION_VIEW if may(leader, Permission.COMPLETION_VIEW) else Permission.TEAM_VIEW


def for_deciders(session: Session, agreed: NoticePlan, day: date, since: date, after: datetime) -> Iterator[Told]:
    """What those who decide are told on ``day``: the weekly lists, and what waits for them; ``after`` is when they were last told. The
    number of statements does not grow with them."""
    weekly, holders = team_day(agreed, day, since), Holders(session, day)
    handed = outside.waiting(session, None, not_person=None)
    asked = [each.request for each in more_time.waiting(session, None, day, not_person=None)]
    reach = holders.reach({*(each.person_id for each in handed), *(each.person_id for each in asked)})
    for person_id, number in reviews_to_decide(handed, holders, reach, after, weekly=weekly).items():
        yield Told(person_id, REVIEWS, Reason.REVIEW, number, None, None)
    for person_id, number in requests_to_decide(asked, holders, reach, after, weekly=weekly).items():
        yield Told(person_id, REQUESTS, Reason.REQUEST, number, None, None)
    if not weekly:
        return
    lists = Lists(holders, agreed)
    for person_id in lists.leaders:
        reason, theirs = lists.of(person_id)
        if theirs:
            yield Told(person_id, OVERALL, reason, len(theirs), None, None)


def _write_lists(session: Session, run: NoticeRun, now: datetime) -> None:
    own = load(session)
    zone = own.zone if own else "UTC"
    write_follow_ups(session, run.day, zone)
    last = session.scalar(select(func.max(NoticeRun.started_at)).where(NoticeRun.day <= run.since))
    after = last or datetime.combine(run.since, time(), ZoneInfo(zone))
    _keep_lines(session, run.day, for_deciders(session, plan(session), run.day, run.since, after))
    run.phase, run.person = "calendars", 0


# --- the mails ------------------------------------------------------------------------------------------------------------


_LINE = cast(Table, NoticeLine.__table__)
ADDRESSEES = Prepared(
    select(Person.id, Person.email, Person.language, Person.zone, Person.given_name, Person.family_name)
    .where(among(Person.id, "people"))
    .order_by(Person.id)
)
TOLD_BY = Prepared(
    update(_LINE)
    .where(among(_LINE.c.id, "lines"), Mail.person_id == _LINE.c.person_id, among(Mail.id + 0, "mails"))
    .values(mail_id=Mail.id)
)
"""Says of lines which of these mails tells them: that of their person. Without the 0 SQLite would look up each mail for each line."""


def _write_mails(session: Session, run: NoticeRun, now: datetime) -> bool:
    """One mail for each of the next people with lines; False when nobody is left."""
    waiting = (
        select(NoticeLine.person_id)
        .where(NoticeLine.day == run.day, NoticeLine.person_id > run.person)
        .where(NoticeLine.mail_id.is_(None), NoticeLine.withheld.is_(None))
    )
    ids = session.scalars(waiting.distinct().order_by(NoticeLine.person_id).limit(MAILS_IN_STEP)).all()
    if not ids:
        return False
    lines: dict[int, list[Row[Any]]] = {}
    of_these = select(*NoticeLine.__table__.c).where(NoticeLine.day == run.day, NoticeLine.person_id.in_(ids))
    of_these = of_these.where(NoticeLine.mail_id.is_(None))
    for row in session.execute(of_these.order_by(NoticeLine.due, NoticeLine.id)):
        lines.setdefault(row.person_id, []).append(row)
    silence = Silence(session, run.day, ids)
    withheld: dict[int, str] = {}
    kept: dict[int, list[Row[Any]]] = {}
    for person_id, of_person in lines.items():
        why = {row.id: silence.why(person_id, row.reason) for row in of_person}
        withheld |= {line_id: said for line_id, said in why.items() if said}
        if left := [row for row in of_person if not why[row.id]]:
            kept[person_id] = left
    taken = merging.TakenBack(session, kept, run.day)
    leaders = taken.leaders | {who for who, rows in kept.items() if any(row.requirement_id == OVERALL for row in rows)}
    lists = Lists(Holders(session, run.day), plan(session), leaders) if leaders else None
    writer = Writer(session, run.day, now, actions.corrections(session, ids, run.day), taken, lists)
    for line_id, said in withheld.items():
        writer.withhold(line_id, said)
    for row in ADDRESSEES.rows(session, people=kept):
        person_id, email, language, zone, given_name, family_name = row
        to = actions.Addressee(person_id, email, language, zone, display_name(given_name, family_name))
        writer.write(to, kept[person_id])
    writer.keep()
    run.person = ids[-1]
    return True


class Silence:
    """Who is not written to on a day, and why: of these people, or (None) of all."""

    def __init__(self, session: Session, day: date, ids: Collection[int] | None = None) -> None:
        def of_these(column: Any) -> Any:
            return true() if ids is None else column.in_(ids)

        away = select(literal("away"), Leave.person_id).where(known(Leave), day_in(day, Leave.from_day, Leave.to_day))
        found = union_all(
            away.where(of_these(Leave.person_id)),
            select(literal("declined"), NoticeChoice.person_id).where(of_these(NoticeChoice.person_id)),
            select(literal("no_address"), Person.id).where(Person.email.is_(None), of_these(Person.id)),
        )
        sets: dict[str, set[int]] = {"away": set(), "declined": set(), "no_address": set()}
        for name, person_id in session.execute(found):
            sets[name].add(person_id)
        self.away, self.declined, self.no_address = sets["away"], sets["declined"], sets["no_address"]
        self.fails = failing(session, select(Person.id) if ids is None else ids)

    def why(self, person_id: int, reason: str) -> str:
        """Why a line with this reason is in no mail, as :class:`NoticeLine` says it; empty: it is in one."""
        if person_id in self.away:
            return "on_leave"
        if person_id in self.declined and reason in OPTIONAL:
            return "declined"
        if person_id in self.no_address:
            return "no_address"
        return "address_fails" if person_id in self.fails else ""


class Writer:
    """Writes the mails of one step; titles and lists are looked up once. ``corrections`` are for the calendars of those written to,
    ``taken`` their mails of earlier days that waited (:mod:`lms.notices.merging`): what they said goes into the mail of the day;
    ``lists`` are the weekly ones of the leaders among them."""

    def __init__(
        self,
        session: Session,
        day: date,
        now: datetime,
        corrections: Mapping[int, Sequence[Event]],
        taken: merging.TakenBack,
        lists: Lists | None,
    ) -> None:
        self.session, self.day, self.now, self.corrections, self.taken = session, day, now, corrections, taken
        self.own = load(session) or Organisation(name="Attune")
        self.plan = plan(session)
        self.titles = {version.requirement_id: version.title for version, _ in compliance.requirements(session, day)}
        self.lists = lists
        self.written: list[tuple[dict[str, Any], datetime, list[int]]] = []
        self.withheld: dict[str, list[int]] = {}
        self.over: list[int] = []

    def withhold(self, line_id: int, why: str) -> None:
        """Say that a line is in no mail, and why; :meth:`keep` keeps it."""
        self.withheld.setdefault(why, []).append(line_id)

    def keep(self) -> None:
        """Keep and queue all that was written, at once, and what became of each line."""
        ids = actions.write_mails(self.session, [(draft, moment) for draft, moment, _ in self.written], self.now)
        if ids:
            TOLD_BY.rows(self.session, mails=ids, lines=[line_id for _, _, lines in self.written for line_id in lines])
        for why, lines in self.withheld.items():
            self.session.execute(update(NoticeLine).where(NoticeLine.id.in_(lines)).values(withheld=why))
        if self.over:
            self.session.execute(delete(NoticeLine).where(NoticeLine.id.in_(self.over)))
        self.written, self.withheld, self.over = [], {}, []

    def write(self, person: Person | actions.Addressee, lines: Sequence[Any]) -> None:
        """Write the one mail of a person with these lines; :meth:`keep` keeps it. Where nothing of them is left to be said, because it
        settled itself since they were written, there is no mail, and the lines go."""
        ids = [row.id for row in lines]
        days = {row.day for row in lines}
        taken = self.taken.of(person.id, lines)
        for line_id in taken.settled:
            self.withhold(line_id, "settled")
        asked_by = {row.asked_by for row in lines if row.asked_by} | set(taken.asked_by)
        askers = [self.session.get_one(Person, one).display_name for one in sorted(asked_by)]
        lines, ids, days = [*lines, *taken.lines], [*ids, *taken.ids], days | taken.days
        own_lines = [row for row in lines if row.requirement_id not in NO_DUTY]
        asks = any(row.requirement_id == FOLLOW_UPS for row in lines)
        lists = [(row, self._late(person.id)) for row in lines if row.requirement_id == OVERALL]
        reviews = sum(row.amount for row in lines if row.requirement_id == REVIEWS)
        requests = sum(row.amount for row in lines if row.requirement_id == REQUESTS)
        language = actions.language_of(person, self.own)
        follow_ups = asked_of(self.session, person.id, days, language) if asks else []
        moment = send_at(self.plan, self.now, person.zone or self.own.zone)
        events = [
            Event(row.requirement_id, row.cycle, self.titles.get(row.requirement_id, ""), row.due)
            for row in own_lines
            if row.due is not None and row.cycle is not None and row.reason in OPTIONAL
        ]
        said = {(event.requirement_id, event.cycle) for event in events}
        corrected = [e for e in self.corrections.get(person.id, ()) if (e.requirement_id, e.cycle) not in said]
        if not (own_lines or corrected or lists or requests or reviews or follow_ups):
            self.over += ids
            return
        draft = actions.drafted(
            self.own, actions.NOTICE, person, self.now, events=[*events, *corrected], corrected=corrected,
            optional=asks or any(row.reason in OPTIONAL for row in lines),
            lines=[(row, self.titles.get(row.requirement_id, "")) for row in own_lines], lists=lists, day=self.day,
            asker=askers[0] if askers else "", by_plan=any(row.reason != Reason.ASKED for row in own_lines),
            follow_ups=[(each, f"{self.own.base_url}/follow-up/{each.enrolment_id}") for each in follow_ups],
            requests=requests, decide=f"{self.own.base_url}/team/attempts",
            reviews=reviews, review=f"{self.own.base_url}/outside-training/review/",
            learning=f"{self.own.base_url}/learning", account=f"{self.own.base_url}/account",
            pages={Reason.TEAM: f"{self.own.base_url}/team", Reason.ESCALATION: f"{self.own.base_url}/completion"},
        )  # fmt: skip
        if draft is not None:
            self.written.append((draft, moment, ids))

    def _late(self, person_id: int) -> Sequence[Late]:
        return self.lists.of(person_id)[1][:NAMED] if self.lists and person_id in self.lists.leaders else ()


class Expected(NamedTuple):
    """One line that a run would write; ``withheld`` says why it would be in no mail (empty: it is in one)."""

    told: Told
    withheld: str


def preview(
    session: Session, agreed: NoticePlan, day: date, since: date, visible: Select[int] | None = None
) -> dict[int, list[Expected]]:
    """What a run for ``day`` would say about people's own training, by person, as the facts are now and if the run of the day ``since``
    is made; nothing is written. ``visible`` narrows the people."""
    where = true() if visible is None else Span.person_id.in_(visible)
    found: list[Told] = []
    for requirement_id in session.scalars(select(Requirement.id).order_by(Requirement.id)):
        found += told(session, agreed, day, since, requirement_id, where)
    own = load(session)
    asked = expected_follow_ups(session, day, own.zone if own else "UTC", visible)
    found += [Told(one, FOLLOW_UPS, Reason.FOLLOW_UP, number, None) for one, number in sorted(asked.items())]
    changed = expected_corrections(session, day, visible)
    found += [Told(one, CALENDAR, Reason.CALENDAR, number, None) for one, number in changed]
    return _expected(session, day, found)


def preview_for_deciders(
    session: Session, agreed: NoticePlan, day: date, since: date, visible: Select[int] | None = None
) -> dict[int, list[Expected]]:
    """The same of what those who decide would be told: weekly lists, and what waits for them."""
    made = session.scalar(select(NoticeRun.started_at).where(NoticeRun.day == since))
    found = list(for_deciders(session, agreed, day, since, made or datetime.max.replace(tzinfo=UTC)))
    if found and visible is not None:
        shown = set(
            session.scalars(
                select(Person.id).where(Person.id.in_([each.person_id for each in found]), Person.id.in_(visible))
            )
        )
        found = [each for each in found if each.person_id in shown]
    return _expected(session, day, found)


def _expected(session: Session, day: date, found: Sequence[Told]) -> dict[int, list[Expected]]:
    if not found:
        return {}
    silence = Silence(session, day)
    by_person: dict[int, list[Expected]] = {}
    for said in found:
        by_person.setdefault(said.person_id, []).append(Expected(said, silence.why(said.person_id, said.reason)))
    return by_person
