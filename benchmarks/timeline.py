"""The pure timeline: pairs of person and requirement a second, without a database.

python -m benchmarks.timeline
"""

from __future__ import annotations

import random
import time
from datetime import date, timedelta

import click

from lms.compliance.facts import Leave, Membership, PersonFacts, Record
from lms.compliance.rows import rows_of
from lms.compliance.rules import RequirementFacts, Rule, RuleVersion
from lms.compliance.timeline import timeline

TODAY = date(2026, 6, 15)
BEGAN = TODAY - timedelta(days=3 * 365)


def requirement(number: int) -> RequirementFacts:
    """Yearly, two-yearly or one-time, some with grace, some for patient contact only."""
    rule = {"courses": [f"c-{number}"], "first": {"within": {"days": 30}}, "grace": 14 * (number % 2)}
    if number % 3:
        rule |= {"recurs": {"kind": "rolling", "every": {"months": 12 * (number % 3)}}, "opens_before": 60}
    if number % 5 == 4:
        rule |= {"audience": {"field": "patient_contact", "is": True}}
    return RequirementFacts(number, [RuleVersion(number, Rule.parse(rule), BEGAN, None, BEGAN)])


def person(number: int, asked: int) -> PersonFacts:
    """Somebody hired in the last seven years, with completions that are mostly in time; one in twelve with a leave."""
    chance = random.Random(number)
    hired = TODAY - timedelta(days=chance.randrange(10, 2600))
    days = range(chance.randrange(1, 100), (TODAY - max(hired, BEGAN)).days, 345)
    done = [
        Record(100 * course + place, f"c-{course}", max(hired, BEGAN) + timedelta(days=day + chance.randrange(30)))
        for course in range(1, asked + 1)
        for place, day in enumerate(days)
    ]
    start = TODAY - timedelta(days=chance.randrange(100, 900))
    away = [Leave(1, start, start + timedelta(days=90))] if number % 12 == 0 else []
    held = Membership(hired, None, 1 + number % 40, frozenset(("D",)), "RN", "nursing", chance.random() < 0.7)
    return PersonFacts(number, [(hired, None)], [held], away, records=done)


@click.command()
@click.option("--people", default=200, show_default=True)
@click.option("--requirements", "asked", default=30, show_default=True)
def main(people: int, asked: int) -> None:
    """Print pairs a second of processor time, for the timelines alone and for everything that is stored."""
    rules = [requirement(number) for number in range(1, asked + 1)]
    staff = [person(number, asked) for number in range(people)]
    began = time.process_time()
    spans = sum(len(timeline(rule, each, date.max)) for each in staff for rule in rules)
    alone = time.process_time()
    rows = sum(len(rows_of(rules, each, 30)) for each in staff)
    stored = time.process_time()
    pairs = people * asked
    print(f"timeline: {pairs / (alone - began):,.0f} pairs a second, {spans / pairs:.1f} spans a pair")
    print(f"with overall states and departments: {pairs / (stored - alone):,.0f} pairs a second, {rows:,} rows")


if __name__ == "__main__":
    main()
