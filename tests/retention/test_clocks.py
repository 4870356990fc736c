"""The clocks of retention, as a table: until when somebody is kept by name, and which clock says so."""

from __future__ import annotations

from datetime import date

import pytest

from lms.retention.clocks import CLOCKS, Clock, Kept, verdict

D = date.fromisoformat
SHORT = tuple(clock for clock in CLOCKS if clock.code not in {"accme", "ancc", "own-employment", "own-decisions"})


@pytest.mark.parametrize(
    ("why", "kept", "until", "code"),
    [
        ("employed: never", Kept(D("2010-01-01"), (None,), (D("2011-05-01"),)), None, None),
        ("rehired: never", Kept(D("2010-01-01"), (D("2012-06-30"), None)), None, None),
        ("left, nothing completed", Kept(D("2010-01-01"), (D("2020-06-30"),)), "2026-06-29", "own-employment"),
        ("left on 29 February", Kept(D("2010-01-01"), (D("2020-02-29"),)), "2026-02-27", "own-employment"),
        ("the last of two employments counts", Kept(D("2010-01-01"), (D("2012-06-30"), D("2018-01-31"))), "2024-01-30", "own-employment"),
        ("never employed: from the day of entry", Kept(D("2019-03-01")), "2025-02-28", "own-employment"),
        (
            "completed after leaving (a volunteer's course)",
            Kept(D("2010-01-01"), (D("2020-06-30"),), (D("2012-01-01"), D("2021-04-01"))), "2027-03-31", "ancc",
        ),
        (
            "a decision outlives the employment (a revocation)",
            Kept(D("2010-01-01"), (D("2020-06-30"),), (), (D("2022-01-10"),)), "2028-01-09", "own-decisions",
        ),
    ],
)  # fmt: skip
def test_the_longest_applicable_clock(why: str, kept: Kept, until: str | None, code: str | None) -> None:
    said = verdict(kept)
    assert said.until == (D(until) if until else None), why
    assert (said.clock.code if said.clock else None) == code, why


@pytest.mark.parametrize(
    ("states", "until", "code"),
    [
        (None, "2026-03-14", "michigan"),  # not known: every state's clock applies
        (frozenset({"MI", "CT"}), "2026-03-14", "michigan"),
        (frozenset({"WA"}), "2024-03-14", "washington"),
        (frozenset({"CT"}), "2023-12-31", "section-1557"),  # three calendar years outlast three years
        (frozenset[str](), "2023-12-31", "section-1557"),
    ],
)
def test_states_and_calendar_years(states: frozenset[str] | None, until: str, code: str) -> None:
    kept = Kept(D("2010-01-01"), (D("2011-01-01"),), (D("2020-03-15"),), states=states)
    own = Clock("own-employment", 1, "left", "Own policy", D("2026-11-22"), "high")
    said = verdict(kept, (own, *SHORT))
    assert (str(said.until), said.clock.code if said.clock else None) == (until, code)


def test_the_last_day_is_kept_and_the_next_is_not() -> None:
    said = verdict(Kept(D("2010-01-01"), (D("2020-06-30"),)))
    assert not said.due(D("2026-06-29"))
    assert said.due(D("2026-06-30"))


def test_every_clock_names_its_source_and_how_sure_it_is() -> None:
    for clock in CLOCKS:
        assert clock.source and clock.confidence in {"high", "medium", "low"} and clock.years >= 1
    assert max(clock.years for clock in CLOCKS) == 6
