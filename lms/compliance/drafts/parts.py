"""An audience, and what satisfies a rule, as nested parts that a form can draw; and back to the data of the rule. Pure.

The two shapes say the same. A group of the form says how its parts are joined in one word, where the data nests ``not`` and
``supervises``: ``{"not": {"any": [...]}}`` is the group ``none``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lms.compliance.audience import NAMED
from lms.compliance.rule_reading import ITEMS

GROUPS = ("all", "any", "none", "not_all", "supervises_all", "supervises_any")
TESTS = (*NAMED, "patient_contact", "hired", "employer_size")
SHARES = ("at_least", "at_most")
FLAGS = ("no_repeat", "no_repeat_next", "no_carry_over")
MEASURES = ("amount", "minutes", "per_year", "percent")
DEEPEST = 6
MOST = 60
"""Parts within one group."""

Places = dict[str, str]
"""Where a field of the data stands in the form: ``audience.all[0].in`` -> ``audience.0``."""


@dataclass(slots=True)
class Part:
    """A group with parts, or one condition, or one thing to do. ``kind`` is one of the words above or below.

    ``values`` are what was typed, as text; ``lists`` are names; ``negated`` turns a test of one field around.
    """

    kind: str
    values: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    negated: bool = False
    parts: list[Part] = field(default_factory=list)


# --- whom it is for -------------------------------------------------------------------------------------------------------


def audience_part(data: Any) -> Part:
    """The whole audience: ``everyone``, or a group."""
    part = _audience(data if isinstance(data, Mapping) else {})
    return part if part.kind == "everyone" or part.kind in GROUPS else Part("all", parts=[part])


def _audience(data: Mapping[str, Any]) -> Part:
    match data:
        case {"all": list(parts)}:
            return Part("all", parts=[_audience(each) for each in parts])
        case {"any": list(parts)}:
            return Part("any", parts=[_audience(each) for each in parts])
        case {"not": {"any": list(parts)}}:
            return Part("none", parts=[_audience(each) for each in parts])
        case {"not": {"all": list(parts)}}:
            return Part("not_all", parts=[_audience(each) for each in parts])
        case {"not": {"field": _} as test}:
            part = _audience(test)
            part.negated = True
            return part
        case {"not": inner}:
            return Part("none", parts=[_audience(inner)])
        case {"supervises": {"any": list(parts)}}:
            return Part("supervises_any", parts=[_audience(each) for each in parts])
        case {"supervises": {"all": list(parts)}}:
            return Part("supervises_all", parts=[_audience(each) for each in parts])
        case {"supervises": inner}:
            return Part("supervises_all", parts=[_audience(inner)])
        case {"field": "patient_contact"}:
            return Part("patient_contact", {"is": "yes" if data.get("is", True) is True else "no"})
        case {"field": "hired" | "employer_size" as kind}:
            return Part(kind, {name: _text(value) for name, value in data.items() if name != "field"})
        case {"field": str(kind)}:
            return Part(kind, lists={"in": _names(data.get("in"))})
        case _:
            return Part("everyone")


def audience_data(part: Part, at: str, to: str, places: Places, *, root: bool = False) -> dict[str, Any]:
    """The data of an audience; ``at`` and ``to`` say where it stands in the data and in the form."""
    places[at] = to
    if part.kind not in GROUPS:
        return _test(part, at, to, places)
    outer, inner = {"none": ("not", "any"), "not_all": ("not", "all")}.get(part.kind, ("", part.kind))
    if part.kind.startswith("supervises_"):
        outer, inner = "supervises", part.kind.removeprefix("supervises_")
    if inner == "all" and len(part.parts) == 1 and (root or outer == "supervises") and outer != "not":
        only = audience_data(part.parts[0], f"{at}.{outer}" if outer else at, f"{to}.0", places, root=True)
        return {outer: only} if outer else only
    below = f"{at}.{outer}.{inner}" if outer else f"{at}.{inner}"
    places[below] = to
    if outer:
        places[f"{at}.{outer}"] = to
    made = {inner: [audience_data(each, f"{below}[{n}]", f"{to}.{n}", places) for n, each in enumerate(part.parts)]}
    return {outer: made} if outer else made


def _test(part: Part, at: str, to: str, places: Places) -> dict[str, Any]:
    if part.kind == "everyone":
        return {"everyone": True}
    if part.negated:
        places[f"{at}.not"] = to
    made: dict[str, Any] = {"field": part.kind}
    match part.kind:
        case "patient_contact":
            made["is"] = part.values.get("is", "yes") == "yes"
        case "hired":
            made |= {name: part.values[name] for name in ("from", "before") if part.values.get(name)}
        case "employer_size":
            made |= {name: number(part.values[name]) for name in ("at_least", "at_most") if part.values.get(name)}
        case _:
            made["in"] = list(part.lists.get("in", ()))
    return {"not": made} if part.negated else made


# --- what satisfies it ----------------------------------------------------------------------------------------------------


def satisfied_part(rule: Mapping[str, Any]) -> Part:
    """What satisfies the rule: ``courses``, ``hours``, or a group of all or any of several things."""
    data = rule.get("satisfied_by")
    if not isinstance(data, Mapping):
        return _courses(_names(rule.get("courses")), str(rule.get("needs", "all")))
    part = _satisfied(data)
    if part.kind == "course":
        return _courses([part.values["name"]], "all")
    if part.kind in ("all", "any") and part.parts and all(each.kind == "course" for each in part.parts):
        return _courses([each.values["name"] for each in part.parts], part.kind)
    return part if part.kind in ("all", "any", "hours") else Part("all", parts=[part])


def _courses(slugs: list[str], needs: str) -> Part:
    return Part("courses", {"needs": needs}, {"courses": slugs})


def _satisfied(data: Mapping[str, Any]) -> Part:
    for kind in ("all", "any"):
        if isinstance(data.get(kind), list):
            parts = [_satisfied(each) for each in data[kind]]
            return parts[0] if len(parts) == 1 else Part(kind, parts=parts)  # all or any of one thing is that thing
    if isinstance(data.get("hours"), Mapping):
        return _hours(data["hours"])
    kind = next((kind for kind in ITEMS if kind in data), "course")
    return Part(kind, {"name": _text(data.get(kind))})


def _hours(data: Mapping[str, Any]) -> Part:
    values = _measured(data, ("amount", "minutes", "per_year"))
    values |= {name: _text(data[name]) for name in ("hour", "part_year", "rounding", "average_over") if name in data}
    values |= {name: "yes" for name in FLAGS if data.get(name) is True}
    parts = [_share(kind, each) for kind in SHARES for each in data.get(kind, ())]
    return Part(
        "hours", values, {name: _names(data.get(name)) for name in ("topics", "courses", "approved")}, parts=parts
    )


def _share(kind: str, data: Mapping[str, Any]) -> Part:
    lists = {name: _names(data.get(name)) for name in ("topics", "modalities")}
    return Part(kind, _measured(data, ("amount", "minutes", "percent")), lists)


def _measured(data: Mapping[str, Any], measures: Sequence[str]) -> dict[str, str]:
    measure = next((each for each in measures if each in data), "amount")
    return {"measure": measure, "number": _text(data.get(measure))}


def satisfied_data(part: Part, places: Places) -> dict[str, Any]:
    """The fields of the rule that say what satisfies it."""
    places |= {"courses": "satisfied", "needs": "satisfied", "satisfied_by": "satisfied"}
    if part.kind == "courses":
        made: dict[str, Any] = {"courses": list(part.lists.get("courses", ()))}
        return made | ({"needs": "any"} if part.values.get("needs") == "any" else {})
    if part.kind == "all" and len(part.parts) == 1:
        return {"satisfied_by": _done(part.parts[0], "satisfied_by", "satisfied.0", places)}
    return {"satisfied_by": _done(part, "satisfied_by", "satisfied", places)}


def _done(part: Part, at: str, to: str, places: Places) -> dict[str, Any]:
    places[at] = to
    if part.kind in ("all", "any"):
        below = f"{at}.{part.kind}"
        return {part.kind: [_done(each, f"{below}[{n}]", f"{to}.{n}", places) for n, each in enumerate(part.parts)]}
    if part.kind == "hours":
        return {"hours": _hours_data(part, f"{at}.hours", to, places)}
    return {part.kind: part.values.get("name", "")}


def _hours_data(part: Part, at: str, to: str, places: Places) -> dict[str, Any]:
    values = part.values
    made: dict[str, Any] = {values.get("measure", "amount"): number(values.get("number", ""))}
    made |= {name: number(values[name]) for name in ("hour", "average_over") if values.get(name)}
    made |= {name: values[name] for name in ("part_year", "rounding") if values.get(name)}
    made |= {name: list(part.lists[name]) for name in ("topics", "courses", "approved") if part.lists.get(name)}
    for kind in SHARES:
        shares = [(n, each) for n, each in enumerate(part.parts) if each.kind == kind]
        if shares:
            made[kind] = [_share_data(each) for _, each in shares]
            places |= {f"{at}.{kind}[{place}]": f"{to}.{n}" for place, (n, _) in enumerate(shares)}
    return made | {name: True for name in FLAGS if values.get(name) == "yes"}


def _share_data(part: Part) -> dict[str, Any]:
    lists = {name: list(part.lists[name]) for name in ("topics", "modalities") if part.lists.get(name)}
    return {**lists, part.values.get("measure", "amount"): number(part.values.get("number", ""))}


# --- as a browser sends it ------------------------------------------------------------------------------------------------

Sent = Mapping[str, Sequence[str]]
"""The fields of a form, each with all its values."""


def read_part(sent: Sent, name: str, kinds: Callable[[str], bool], fallback: str, depth: int = 0) -> Part:
    """The part whose fields begin with ``name``. Names may be ticked (``in``) and typed, separated by semicolons (``in+``)."""
    kind = first(sent, f"{name}.kind")
    part = Part(kind if kinds(kind) else fallback, negated=first(sent, f"{name}.negated") == "yes")
    own = re.compile(re.escape(name) + r"\.([a-z_]+)(\+?)(\*?)")
    for field_name in sent:
        found = own.fullmatch(field_name)
        if found is None or found[1] in ("kind", "negated"):
            continue
        if found[2] or found[3]:
            typed = split(first(sent, field_name)) if found[2] else list(sent[field_name])
            there = part.lists.setdefault(found[1], [])
            there += [each for each in typed if each and each not in there]
        else:
            part.values[found[1]] = first(sent, field_name)
    child = re.compile(re.escape(name) + r"\.(\d{1,3})\.kind")
    places = sorted(int(found[1]) for field_name in sent if (found := child.fullmatch(field_name)))
    if depth < DEEPEST:
        part.parts = [read_part(sent, f"{name}.{n}", kinds, fallback, depth + 1) for n in places[:MOST]]
    return part


def found(root: Part, steps: Sequence[int]) -> Part | None:
    """The part below ``root`` at these places, one for each level."""
    part = root
    for step in steps:
        if step >= len(part.parts):
            return None
        part = part.parts[step]
    return part


def first(sent: Sent, name: str) -> str:
    """The one value of a field."""
    values = sent.get(name) or [""]
    return values[0].strip()


def split(typed: str) -> list[str]:
    """Names separated by semicolons or lines."""
    return [name.strip() for name in re.split(r"[;\n]", typed) if name.strip()]


def number(typed: str) -> int | float | str:
    """A number as it was typed; what is none stays text, for the reader of rules to tell."""
    if re.fullmatch(r"\d{1,9}", typed):
        return int(typed)
    if re.fullmatch(r"\d{1,9}[.,]\d{1,3}", typed):
        value = float(typed.replace(",", "."))
        return int(value) if value.is_integer() else value
    return typed


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _names(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
