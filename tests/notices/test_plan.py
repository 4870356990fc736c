"""When somebody is written to: tables of days, and what must hold for any run of nights."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.compliance.spans import State
from lms.errors import Invalid
from lms.notices.calendar import Asked, Event, corrections, ics
from lms.notices.plan import Line, NoticePlan, Reason, due_days, line, send_at, team_day

DUE = date(2026, 7, 15)
PLAN = NoticePlan(on=True)


def on(day: date, state: State = State.OPEN, since: date | None = None, **more: bool) -> Line | None:
    return line(PLAN, state, DUE, day, since or day - timedelta(days=1), **more)


@pytest.mark.parametrize(
    ("day", "state", "said"),
    [
        (date(2026, 6, 14), State.OPEN, None),
        (date(2026, 6, 15), State.OPEN, Line(Reason.BEFORE, 30)),
        (date(2026, 6, 16), State.OPEN, None),
        (date(2026, 7, 8), State.RENEWAL_OPEN, Line(Reason.BEFORE, 7)),
        (date(2026, 7, 8), State.COMPLIANT, None),  # it cannot be renewed yet
        (date(2026, 7, 8), State.ON_LEAVE, None),
        (date(2026, 7, 8), State.EXEMPT, None),
        (date(2026, 7, 14), State.OPEN, Line(Reason.BEFORE, 1)),
        (date(2026, 7, 15), State.OPEN, None),
        (date(2026, 7, 16), State.IN_GRACE, Line(Reason.LATE, -1)),
        (date(2026, 7, 17), State.OVERDUE, None),
        (date(2026, 7, 29), State.OVERDUE, Line(Reason.LATE, -14)),
        (date(2026, 8, 28), State.OVERDUE, Line(Reason.LATE, -44)),  # 14, then every 30 days
        (date(2026, 9, 27), State.OVERDUE, Line(Reason.LATE, -74)),
    ],
)
def test_the_days_of_the_plan(day: date, state: State, said: Line | None) -> None:
    assert on(day, state) == said


def test_a_new_duty_is_told_on_its_first_day() -> None:
    assert on(date(2026, 5, 1), began=True) == Line(Reason.ASSIGNED, 75)
    assert line(PLAN, State.OPEN, None, date(2026, 5, 1), date(2026, 4, 30), began=True) == Line(Reason.ASSIGNED, 0)


def test_nights_that_were_missed_are_made_good_once() -> None:
    assert on(date(2026, 7, 10), since=date(2026, 7, 6)) == Line(Reason.BEFORE, 5), (
        "the 7th day before fell into the outage"
    )
    assert on(date(2026, 7, 11), since=date(2026, 7, 10)) is None
    assert on(date(2026, 7, 18), State.OVERDUE, since=date(2026, 7, 14)) == Line(Reason.LATE, -3)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(cuts=st.sets(st.integers(0, 90), max_size=30))
def test_no_day_of_the_plan_is_lost_or_told_twice(cuts: set[int]) -> None:
    """Whatever nights a run is made on, each day of the plan speaks in exactly one of them, or together with a later one."""
    first = DUE - timedelta(days=40)
    nights = [first + timedelta(days=cut) for cut in sorted(cuts | {91})]
    since, told = first - timedelta(days=1), 0
    for night in nights:
        state = State.OPEN if night <= DUE else State.OVERDUE
        told += line(PLAN, state, DUE, night, since) is not None
        since = night
    every = len(PLAN.before) + len([n for n in (1, 14, 44) if n <= 51])
    assert told <= every
    if len(nights) == 91:
        assert told == every


def test_stretches_of_due_days_that_touch_are_one() -> None:
    day = date(2026, 6, 15)
    since, plan = day - timedelta(days=1), NoticePlan(before=(1, 2, 3, 30))
    assert due_days(plan, day, since) == [
        (date(2026, 6, 16), date(2026, 6, 18)),
        (date(2026, 7, 15), date(2026, 7, 15)),
    ]
    missed = due_days(plan, day, day - timedelta(days=3))
    assert missed == [(date(2026, 6, 14), date(2026, 6, 18)), (date(2026, 7, 13), date(2026, 7, 15))]


def test_mail_waits_for_the_morning_where_the_reader_is() -> None:
    noon = datetime(2026, 6, 15, 14, tzinfo=UTC)  # 10:00 in New York, 04:00 in Honolulu, 22:00 in Shanghai
    assert send_at(PLAN, noon, "America/New_York") == noon
    assert send_at(PLAN, noon, "Pacific/Honolulu") == datetime(2026, 6, 15, 17, tzinfo=UTC)
    assert send_at(PLAN, noon, "Asia/Shanghai") == datetime(2026, 6, 15, 23, tzinfo=UTC)
    evening = datetime(2026, 6, 15, 22, 59, tzinfo=UTC)  # 18:59 in New York: the last minute of the day's mail
    assert send_at(PLAN, evening, "America/New_York") == evening
    late = evening + timedelta(minutes=1)
    assert send_at(PLAN, late, "America/New_York") == datetime(2026, 6, 16, 11, tzinfo=UTC)
    before_the_change = datetime(2026, 3, 8, 4, tzinfo=UTC)  # 23:00 in New York, summer time begins that night
    assert send_at(PLAN, before_the_change, "America/New_York") == datetime(2026, 3, 8, 11, tzinfo=UTC)


def test_the_weekly_list_comes_on_its_day_or_the_next_run() -> None:
    monday = date(2026, 6, 15)
    assert team_day(PLAN, monday, monday - timedelta(days=1))
    assert not team_day(PLAN, monday + timedelta(days=1), monday)
    assert team_day(PLAN, monday + timedelta(days=2), monday - timedelta(days=1)), "Monday's run was missed"
    assert not team_day(NoticePlan(team_weekday=None), monday, monday - timedelta(days=7))


def test_a_plan_that_cannot_be_followed_is_refused() -> None:
    for wrong in ({"from_hour": 19, "to_hour": 7}, {"before": [400]}, {"every_after": -1}):
        with pytest.raises(Invalid):
            NoticePlan.read(wrong)
    assert NoticePlan.read(NoticePlan(on=True).data()) == NoticePlan(on=True)


def test_a_calendar_file_is_folded_between_characters_and_escaped() -> None:
    event = Event(7, 2, "", DUE)
    written = datetime(2026, 6, 1, tzinfo=UTC)
    made = ics(
        event, "Đào tạo; dịch, " * 12, person_id=3, host="x", written_at=written, url="line\nnext", organiser="a@x"
    )
    rows = made.split(b"\r\n")
    assert all(len(row) <= 75 for row in rows) and made.endswith(b"END:VCALENDAR\r\n")
    whole = made.replace(b"\r\n ", b"").decode()
    assert "SUMMARY:" + "Đào tạo\\; dịch\\, " * 12 in whole and "DESCRIPTION:line\\nnext" in whole
    assert "DTSTART;VALUE=DATE:20260715" in whole and "DTEND;VALUE=DATE:20260716" in whole


def test_a_calendar_is_put_right_when_a_duty_is_done_moved_or_ended() -> None:
    day, moved = date(2026, 6, 20), date(2026, 8, 1)
    told = [Event(1, 1, "A", DUE)]
    assert corrections(told, {1: Asked(1, DUE)}, day) == []
    assert corrections(told, {1: Asked(1, moved)}, day) == [Event(1, 1, "A", moved)]
    assert corrections([*told, Event(1, 1, "A", moved)], {1: Asked(1, moved)}, day) == [], "said once"
    assert corrections(told, {}, day) == [Event(1, 1, "A", DUE, True)], "done, or not asked any more"
    assert corrections([*told, Event(1, 1, "A", DUE, True)], {}, day) == []
    assert corrections(told, {1: Asked(2, moved)}, day) == [Event(1, 1, "A", DUE, True)], (
        "the next cycle is another event"
    )
    assert corrections(told, {1: None}, day) == [], "on leave nobody knows the day yet"
    assert corrections(told, {}, DUE + timedelta(days=1)) == [], "what is over stays where it is"


def test_a_later_file_follows_an_earlier_one_in_the_calendar() -> None:
    def lines(event: Event, hour: int) -> dict[str, str]:
        made = ics(
            event, "x", person_id=3, host="h", written_at=datetime(2026, 6, 1, hour, tzinfo=UTC), url="u", organiser="a@x"
        )  # fmt: skip
        return dict(
            row.split(":", 1) for row in made.decode().split("\r\n") if ":" in row and row[:5] not in ("BEGIN", "END:V")
        )

    first, gone = lines(Event(1, 2, "A", DUE), 8), lines(Event(1, 2, "A", DUE, True), 9)
    assert first["UID"] == gone["UID"] == "due-1-2-3@h" and int(gone["SEQUENCE"]) > int(first["SEQUENCE"])
    assert (first["METHOD"], gone["METHOD"], gone["STATUS"]) == ("PUBLISH", "CANCEL", "CANCELLED")
    assert first["ORGANIZER"] == "mailto:a@x", "RFC 5546 asks for one"
