"""Where somebody stands on one day is what the whole timeline says, also where it is taken over from another state of knowledge."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from lms.compliance.facts import PersonFacts
from lms.compliance.on_day import stand, stand_again
from lms.compliance.rows import rows_of
from lms.compliance.rules import RequirementFacts

from .drawing import days, rich_people, rich_requirements
from .making import person, requirement, rule
from .test_properties import often

Sets = list[RequirementFacts]


def numbered(drawn: Sets) -> dict[int, RequirementFacts]:
    return {number: RequirementFacts(number, each.versions) for number, each in enumerate(drawn, 1)}


def said(rules: dict[int, RequirementFacts], facts: PersonFacts, day: date) -> dict[int, tuple[object, ...]]:
    """What the stored rows say of a day."""
    rows = [row for row in rows_of(rules.values(), facts, 30) if row.from_day <= day < row.to_day]
    return {row.requirement_id: (row.state, row.department_id, row.due, row.valid_until, row.because) for row in rows}


@often(60)
@given(st.lists(rich_requirements(), min_size=1, max_size=3), rich_people(), days, st.data())
def test_a_day_by_two_states_of_knowledge(drawn: Sets, facts: PersonFacts, day: date, data: st.DataObject) -> None:
    rules = numbered(drawn)
    was = replace(facts, records=[record for record in facts.records if data.draw(st.booleans())])
    if data.draw(st.booleans()):
        was = replace(was, leaves=(), extensions=())
    rules_then = {number: each for number, each in rules.items() if data.draw(st.integers(0, 3))}
    before = stand(rules_then, was, day)
    now = stand_again(rules, facts, day, before, rules_then, was)
    assert now == stand(rules, facts, day)
    for number, span in now.spans.items():
        assert span.from_day <= day < span.to_day or number == 0
    found = {
        id: (span.state, now.department_id or 0, span.due, span.valid_until, span.because)
        for id, span in now.spans.items()
    }
    assert found == said(rules, facts, day)


def test_what_is_learnt_about_one_course_leaves_the_others_as_they_were() -> None:
    rules = numbered([requirement(rule()), requirement(rule() | {"courses": ["other"]})])
    was, facts = person("2024-03-01"), person("2024-03-01", done=["2024-03-02"])
    day = date(2024, 3, 4)
    before = stand(rules, was, day)
    after = stand_again(rules, facts, day, before, rules, was)
    assert [before.spans[1].state.name, after.spans[1].state.name] == ["OPEN", "COMPLIANT"]
    assert after.spans[2] is before.spans[2]
    assert stand_again(rules, person("2024-03-01"), day, before, rules, was) is before
