"""The pure timeline, without a database: the time for one person and thirty requirements, and pairs a second for many people.

python -m benchmarks.timeline
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from dataclasses import replace
from datetime import date, timedelta

import click

from lms.compliance.facts import Leave, Membership, PersonFacts, Record
from lms.compliance.rows import rows_of
from lms.compliance.rules import RequirementFacts, Rule, RuleVersion
from lms.compliance.timeline import timeline

TODAY = date(2026, 6, 15)
BEGAN = TODAY - timedelta(days=3 * 365)


def requirement(number: int, of: int = 30) -> RequirementFacts:
    """Of thirty: twenty rolling (yearly or two-yearly), five in a cadence, three on a calendar day, two in hours."""
    place = number * 30 // max(of, 1)
    rule: dict[str, object] = {"first": {"within": {"days": 30}}, "grace": 14 * (number % 2)}
    if place <= 20:
        recurs: dict[str, object] = {"kind": "rolling", "every": {"months": 12 * (1 + number % 2)}}
        rule |= {"courses": [f"c-{number}"], "opens_before": 60}
    elif place <= 25:
        recurs = {"kind": "cadence", "every": {"years": 1}}
        rule |= {"courses": [f"c-{number}"]}
    elif place <= 28:
        recurs = {"kind": "fixed", "every": {"years": 1}, "month": 1, "day": 31}
        rule |= {"courses": [f"c-{number}"], "opens_before": 60}
    else:
        recurs = {"kind": "cadence", "every": {"years": 1}}
        rule |= {"satisfied_by": {"hours": {"amount": 1, "courses": [f"c-{number}"], "no_repeat": True}}}
    if number % 5 == 4:
        rule |= {"audience": {"field": "patient_contact", "is": True}}
    return RequirementFacts(number, [RuleVersion(number, Rule.parse(rule | {"recurs": recurs}), BEGAN, None, BEGAN)])


def person(number: int, asked: int, since: date = BEGAN) -> PersonFacts:
    """Somebody hired in the last seven years, with completions since a day that are mostly in time; one in twelve with a leave."""
    chance = random.Random(number)
    hired = TODAY - timedelta(days=chance.randrange(10, 2600))
    began = max(hired, since)
    days = range(chance.randrange(1, 100), (TODAY - began).days, 345)
    done = [
        Record(
            100 * course + place,
            f"c-{course}",
            began + timedelta(days=day + chance.randrange(30)),
            minutes=60,
        )
        for course in range(1, asked + 1)
        for place, day in enumerate(days)
    ]
    start = TODAY - timedelta(days=chance.randrange(100, 900))
    away = [Leave(1, start, start + timedelta(days=90))] if number % 12 == 0 else []
    held = Membership(hired, None, 1 + number % 40, frozenset(("D",)), "RN", "nursing", chance.random() < 0.7)
    return PersonFacts(number, [(hired, None)], [held], away, records=done)


def fresh(person: PersonFacts) -> PersonFacts:
    """The same facts as if they had just been read: nothing that is worked out of them is kept."""
    return replace(person)


@click.command()
@click.option("--people", default=200, show_default=True)
@click.option("--requirements", "asked", default=30, show_default=True)
def main(people: int, asked: int) -> None:
    """Print the median time of one person, and pairs a second of processor time, alone and with all that is stored."""
    rules = [requirement(number, asked) for number in range(1, asked + 1)]
    staff = [person(number, asked) for number in range(people)]
    recent = [person(number, asked, TODAY - timedelta(days=60)) for number in range(people)]
    gc.disable()  # garbage of other work would be counted where it happens to be collected
    for what, some in (("done once since the duty began", recent), ("three years of history", staff)):
        times, spans = [], 0
        for each in some:
            taken = []
            for _ in range(3):  # the quickest of three: the neighbours on the machine are not what is measured
                facts = fresh(each)
                began = time.process_time_ns()
                found = sum(len(timeline(rule, facts, date.max)) for rule in rules)
                taken.append((time.process_time_ns() - began) / 1e6)
            spans += found
            times.append(min(taken))
        pairs = people * asked
        middle, rate = statistics.median(times), pairs / sum(times) * 1000
        print(
            f"one person, {asked} requirements, {what}: median {middle:.2f} ms, slowest {max(times):.2f} ms", end="; "
        )
        print(f"{rate:,.0f} pairs a second, {spans / pairs:.1f} spans a pair")
    gc.enable()
    taken = []
    for _ in range(3):
        again = [fresh(each) for each in staff]
        alone = time.process_time()
        rows = sum(len(rows_of(rules, each, 30)) for each in again)
        taken.append(time.process_time() - alone)
    print(f"with overall states and departments: {pairs / min(taken):,.0f} pairs a second, {rows:,} rows")


if __name__ == "__main__":
    main()
