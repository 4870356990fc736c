"""What changes do to somebody's facts: pure, by tables and by properties that must always hold."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.clock import FOR_EVER
from lms.errors import AttuneError, Conflict
from lms.people import plan
from lms.people.models import display_name
from lms.people.plan import Employed, Facts, Holding, Placed, Verdict, Wanted, decide

NURSE = Holding(1, "Nurse", "nursing", True, None)
CLERK = Holding(2, "Clerk", "", False, 9)
HIRED, AS_OF = date(2020, 1, 1), date(2026, 6, 1)
HERE = Facts((Employed("employee", HIRED, FOR_EVER, 1),), (Placed(NURSE, True, HIRED, FOR_EVER, 1),))
GONE = plan.until(HERE, HERE.employments[0], date(2024, 1, 1))


def days(facts: Facts) -> list[tuple[int, bool, date, date]]:
    """Memberships as (department, primary, from, to), in order."""
    return sorted((m.holding.department_id, m.primary, m.from_day, m.to_day) for m in facts.memberships)


def test_a_move_cuts_the_old_place_and_keeps_the_past() -> None:
    after = plan.moved(HERE, AS_OF, CLERK)
    assert days(after) == [(1, True, HIRED, AS_OF), (2, True, AS_OF, FOR_EVER)]
    assert plan.difference(HERE, after).memberships_gone == [1]
    assert plan.moved(after, AS_OF, CLERK) == after


def test_a_move_keeps_one_that_is_planned_for_later() -> None:
    later = plan.moved(HERE, date(2026, 9, 1), CLERK)
    third = CLERK._replace(department_id=3)
    assert days(plan.moved(later, AS_OF, third)) == [
        (1, True, HIRED, AS_OF), (2, True, date(2026, 9, 1), FOR_EVER), (3, True, AS_OF, date(2026, 9, 1)),
    ]  # fmt: skip


def test_an_end_is_inclusive_and_takes_memberships_along() -> None:
    both = plan.joined_also(HERE, CLERK, AS_OF)
    after = plan.ended(both, date(2026, 6, 30))
    assert after.employments[0].to_day == date(2026, 7, 1)
    assert days(after) == [(1, True, HIRED, date(2026, 7, 1)), (2, False, AS_OF, date(2026, 7, 1))]
    with pytest.raises(Conflict):
        plan.ended(after, date(2026, 7, 1))


def test_a_rehire_is_a_second_stretch_of_the_same_person() -> None:
    after = plan.hired(GONE, "employee", CLERK, AS_OF)
    assert [(e.from_day, e.to_day) for e in after.employments] == [(HIRED, date(2024, 1, 1)), (AS_OF, FOR_EVER)]
    with pytest.raises(Conflict):
        plan.hired(HERE, "employee", CLERK, AS_OF)


def test_another_first_day_moves_what_began_with_it() -> None:
    earlier = plan.began(HERE, HERE.employments[0], date(2019, 6, 1))
    assert days(earlier) == [(1, True, date(2019, 6, 1), FOR_EVER)]
    later = plan.began(plan.moved(HERE, AS_OF, CLERK), HERE.employments[0], date(2026, 8, 1))
    assert days(later) == [(2, True, date(2026, 8, 1), FOR_EVER)]


@pytest.mark.parametrize(
    ("facts", "wanted", "verdict", "employed_to"),
    [
        (HERE, Wanted("employee", NURSE, HIRED, FOR_EVER), Verdict.UNCHANGED, FOR_EVER),
        (HERE, Wanted(None, NURSE, None, None), Verdict.UNCHANGED, FOR_EVER),
        (HERE, Wanted("employee", NURSE._replace(department_id=5), HIRED, FOR_EVER), Verdict.MOVED, FOR_EVER),
        (HERE, Wanted("employee", NURSE._replace(job="Lead"), HIRED, FOR_EVER), Verdict.CHANGED, FOR_EVER),
        (HERE, Wanted("contractor", NURSE, HIRED, FOR_EVER), Verdict.CHANGED, FOR_EVER),
        (HERE, Wanted("employee", NURSE, date(2019, 1, 1), FOR_EVER), Verdict.CHANGED, FOR_EVER),
        (HERE, Wanted("employee", NURSE, HIRED, date(2026, 5, 1)), Verdict.ENDED, date(2026, 5, 1)),
        (HERE, Wanted("employee", NURSE, HIRED, date(2026, 9, 1)), Verdict.ENDED, date(2026, 9, 1)),
        (GONE, Wanted("employee", NURSE, HIRED, date(2024, 1, 1)), Verdict.UNCHANGED, date(2024, 1, 1)),
        (GONE, Wanted("employee", NURSE, HIRED, FOR_EVER), Verdict.REHIRED, FOR_EVER),
        (GONE, Wanted("employee", NURSE, date(2026, 5, 20), FOR_EVER), Verdict.REHIRED, FOR_EVER),
        (Facts(), Wanted(None, NURSE, date(2026, 7, 1), FOR_EVER), Verdict.NEW, FOR_EVER),
    ],
)
def test_a_row_of_a_feed_says_what_becomes_of_somebody(
    facts: Facts, wanted: Wanted, verdict: Verdict, employed_to: date
) -> None:
    said, after = decide(facts, wanted, AS_OF)
    assert said is verdict
    assert max(e.to_day for e in after.employments) == employed_to
    assert (after == facts) == (verdict is Verdict.UNCHANGED)
    assert decide(after, wanted, AS_OF) == (Verdict.UNCHANGED, after)


def test_a_rehire_begins_on_the_day_the_file_names_or_speaks_of() -> None:
    kept_first_hire = decide(GONE, Wanted(None, NURSE, HIRED, FOR_EVER), AS_OF)[1]
    assert kept_first_hire.employments[-1].from_day == AS_OF
    named = decide(GONE, Wanted(None, NURSE, date(2026, 5, 20), FOR_EVER), AS_OF)[1]
    assert named.employments[-1].from_day == date(2026, 5, 20)


def test_secondary_places_follow_the_file_only_where_it_names_them() -> None:
    _, two = decide(HERE, Wanted(None, NURSE, None, None, frozenset({4, 5})), AS_OF)
    assert [m.holding.department_id for m in two.secondary(AS_OF)] == [4, 5]
    assert decide(two, Wanted(None, NURSE, None, None, None), AS_OF)[1] == two
    _, one = decide(two, Wanted(None, NURSE, None, None, frozenset({5})), AS_OF + timedelta(days=30))
    assert [m.holding.department_id for m in one.secondary(AS_OF + timedelta(days=30))] == [5]
    assert [m.holding.department_id for m in one.secondary(AS_OF)] == [4, 5]


def test_somebody_missing_ends_on_the_day_and_what_was_to_begin_never_does() -> None:
    coming = plan.hired(GONE, "employee", CLERK, date(2026, 7, 1))
    assert plan.missing(coming, AS_OF) == GONE
    assert plan.missing(HERE, AS_OF).employments[0].to_day == AS_OF


DAYS = st.integers(0, 3000).map(lambda n: date(2020, 1, 1) + timedelta(days=n))
PLACES = st.builds(
    Holding, st.integers(1, 3), st.sampled_from(["Nurse", "Clerk"]), st.just(""), st.booleans(), st.none()
)
STEPS = st.one_of(
    st.tuples(st.just("move"), DAYS, PLACES),
    st.tuples(st.just("end"), DAYS, PLACES),
    st.tuples(st.just("hire"), DAYS, PLACES),
    st.tuples(st.just("also"), DAYS, PLACES),
    st.tuples(st.just("feed"), DAYS, PLACES),
    st.tuples(st.just("missing"), DAYS, PLACES),
)


def step(facts: Facts, what: str, day: date, holding: Holding) -> Facts:
    """One of the verbs, or nothing where it refuses."""
    try:
        match what:
            case "move":
                return plan.moved(facts, day, holding)
            case "end":
                return plan.ended(facts, day)
            case "hire":
                return plan.hired(facts, "employee", holding, day, day + timedelta(days=400))
            case "also":
                return plan.joined_also(facts, holding, day)
            case "feed":
                return decide(facts, Wanted("student", holding, None, FOR_EVER, frozenset({3})), day)[1]
            case _:
                return plan.missing(facts, day)
    except AttuneError:
        return facts


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=10))
def test_always_one_primary_place_a_day_and_none_outside_employment(steps: list[tuple[str, date, Holding]]) -> None:
    facts = HERE
    for what, day, holding in steps:
        facts = step(facts, what, day, holding)
    stretches = sorted((e.from_day, e.to_day) for e in facts.employments)
    assert all(one[1] <= other[0] for one, other in pairwise(stretches))
    primary = sorted((m.from_day, m.to_day) for m in facts.memberships if m.primary)
    assert all(one[1] <= other[0] for one, other in pairwise(primary))
    for m in facts.memberships:
        assert m.from_day < m.to_day
        assert any(start <= m.from_day and m.to_day <= end for start, end in stretches)


def test_a_name_stands_in_the_order_of_its_own_letters() -> None:
    assert display_name("Thị Ánh Tuyết", "Nguyễn") == "Thị Ánh Tuyết Nguyễn", "as HR has written it"
    assert (display_name("小明", "王"), display_name("민준", "김"), display_name("さくら", "佐藤")) == (
        "王小明",
        "김민준",
        "佐藤さくら",
    )
    assert display_name("Mei 美", "王") == "Mei 美 王", "mixed letters stay as they are"
    assert (display_name("", "王"), display_name("محمد", "الأحمد")) == ("王", "محمد الأحمد")
