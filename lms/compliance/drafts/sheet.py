"""A version of a requirement as a form shows it: what was typed, field by field; to and from the data of its document. Pure.

A *document* is what a file of ``docs/requirement-format.md`` says, with one version, as JSON holds it. It may be unfinished:
what is missing or wrong is told by :func:`lms.compliance.requirement_file.read_document`, whose faults :meth:`Sheet.place` finds
again in the form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lms.compliance.drafts.parts import (
    GROUPS,
    TESTS,
    Part,
    Places,
    Sent,
    audience_data,
    audience_part,
    first,
    found,
    number,
    read_part,
    satisfied_data,
    satisfied_part,
    split,
)
from lms.compliance.rule_reading import ITEMS
from lms.compliance.rule_words import SERIES, Recurs

Document = dict[str, Any]

ABOUT = ("authority", "status", "citation", "source", "as_of", "confidence", "review_by")
KEPT = ("plain_words", "jurisdiction", "obligation")
"""What a document says beyond what the form shows; it is carried along."""

FIRST: dict[str, dict[str, Any]] = {
    "entering": {}, "licence": {"of": "licence"}, "licence_exactly": {"of": "licence", "exactly": True},
    "before_licence": {"before": "licence"}, "licence_renewal": {"of": "licence_renewal"},
}  # fmt: skip
"""What a first due day is counted from, as the form offers it, and as the data says it."""

WITH_WINDOW = frozenset({"entering", "licence", "licence_exactly"})
WITHOUT_EVERY = frozenset({Recurs.ONCE, Recurs.HELD})
COUNTS = ("opens_before", "grace", "rejoin_within", "return_window")
NEW: dict[str, str] = {
    "first.of": "entering", "first.within": "30", "first.within_unit": "days", "recurs.kind": "rolling", "recurs.every": "1",
    "recurs.every_unit": "years", "recurs.early": "yes", "opens_before": "60", "grace": "0",
}  # fmt: skip
"""A new requirement begins as the commonest rule: every year after completion."""

_NAME = re.compile(r"[a-z_.]{1,40}")


@dataclass(slots=True)
class Sheet:
    """What the form holds. ``values`` are texts by the names of fields; ``kept`` is what the form does not show."""

    values: dict[str, str]
    audience: Part
    satisfied: Part
    kept: dict[str, Any] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """What stands in a field."""
        return self.values.get(name, "")

    def document(self) -> Document:
        """The document that the form says."""
        return self._made({})

    def place(self, where: str) -> str | None:
        """The field in which a fault stands that was found at ``where`` in the document; None for the whole."""
        places: Places = {}
        self._made(places)
        at = re.sub(r"^versions\[0\]\.(rule\.)?", "", where)
        while at:
            if at in places:
                return places[at]
            if at in FIELDS or at in ALIASES:
                return ALIASES.get(at, at)
            at = re.sub(r"(\.[a-z_]+|\[\d+\]|^[a-z_]+)$", "", at)
        return None

    def add(self, target: str, kind: str) -> str | None:
        """Add a part of a kind to the group that stands at ``target``; gives where it stands, None where it cannot be."""
        root, steps = self._steps(target)
        group = found(root, steps) if root is not None else None
        if root is None or group is None:
            return None
        if group.kind == "everyone" and not steps:
            group.kind = "all"
        group.parts.append(_fresh(kind))
        return f"{target}.{len(group.parts) - 1}"

    def remove(self, target: str) -> str | None:
        """Take away the part at ``target``; gives the group in which it stood."""
        root, steps = self._steps(target)
        if root is None or not steps:
            return None
        group = found(root, steps[:-1])
        if group is None or steps[-1] >= len(group.parts):
            return None
        del group.parts[steps[-1]]
        if root is self.audience and group is root and not root.parts:
            root.kind = "everyone"
        return target.rpartition(".")[0]

    def _steps(self, target: str) -> tuple[Part | None, list[int]]:
        name, *steps = target.split(".")
        root = {"audience": self.audience, "satisfied": self.satisfied}.get(name)
        if root is None or not all(step.isdigit() for step in steps):
            return None, []
        return root, [int(step) for step in steps]

    def _made(self, places: Places) -> Document:
        v = self.value
        version: dict[str, Any] = {"from": v("from")} if v("from") else {}
        if v("apply_to_running") == "yes":
            version["apply_to_running"] = True
        version |= {name: v(name) for name in ABOUT if v(name)}
        rule: dict[str, Any] = {
            "audience": audience_data(self.audience, "audience", "audience", places, root=True),
            **satisfied_data(self.satisfied, places),
        }
        rule |= self._when()
        rule |= {name: number(v(name)) for name in COUNTS if v(name) and not (name == "grace" and v(name) == "0")}
        if v("look_back"):
            rule["look_back"] = self._length("look_back_length") if v("look_back") == "length" else v("look_back")
        rule |= {name: v(name) for name in ("grace_counts_as", "leave", "align") if v(name)}
        return {"requirement": v("code"), "title": v("title"), **self.kept, "versions": [{**version, "rule": rule}]}

    def _when(self) -> dict[str, Any]:
        v = self.value
        kind = v("recurs.kind") or Recurs.ONCE.value
        of = v("first.of") or "entering"
        made: dict[str, Any] = dict(FIRST.get(of, {"of": of}))
        if v("first.within") or (of in WITH_WINDOW and kind not in SERIES):
            made["within"] = self._length("first.within")
        if of == "licence_renewal" and v("first.not_before"):
            made["not_before"] = v("first.not_before")
        if v("first.incumbents_due"):
            made["incumbents_due"] = v("first.incumbents_due")
        if v("first.opens_before"):
            made["opens_before"] = number(v("first.opens_before"))
        rule: dict[str, Any] = {"first": made} if made or kind not in SERIES else {}
        licence = {name: split(v(f"licence.{name}")) for name in ("kinds", "states")}
        rule |= {"licence": {name: names for name, names in licence.items() if names}} if any(licence.values()) else {}
        if kind != Recurs.ONCE:
            rule["recurs"] = self._recurs(kind)
        again = {name: split(v(f"again.{name}")) for name in ("policies", "courses")}
        if any(again.values()):
            rule["again_on"] = {name: names for name, names in again.items() if names}
            rule["again_on"]["within"] = self._length("again.within")
        return rule

    def _recurs(self, kind: str) -> dict[str, Any]:
        v = self.value
        made: dict[str, Any] = {"kind": kind}
        if kind not in WITHOUT_EVERY and (v("recurs.every") or kind != Recurs.LICENCE):
            made["every"] = self._length("recurs.every")
        if kind == Recurs.FIXED:
            made |= {name: number(v(f"recurs.{name}")) for name in ("month", "day")}
        if kind == Recurs.ROLLING and v("recurs.early") == "no":
            made["early_counts"] = False
        if kind in SERIES and v("recurs.minimum_window"):
            made["minimum_window"] = number(v("recurs.minimum_window"))
        return made

    def _length(self, name: str) -> dict[str, Any]:
        typed = self.value(name)
        return {self.value(f"{name}_unit") or "days": number(typed)} if typed else {}


FIELDS = frozenset({
    "title", "code", "from", "apply_to_running", *ABOUT, "first.of", "first.within", "first.not_before", "first.incumbents_due",
    "first.opens_before", "licence.kinds", "licence.states", "recurs.kind", "recurs.every", "recurs.early", "recurs.month",
    "recurs.day", "recurs.minimum_window", "again.policies", "again.courses", "again.within", *COUNTS, "grace_counts_as",
    "look_back", "look_back_length", "leave", "align",
})  # fmt: skip
"""The single fields of the form; lengths of time have ``<name>_unit`` beside them."""

ALIASES = {
    "requirement": "code", "first": "first.within", "recurs": "recurs.kind", "again_on": "again.policies", "licence": "licence.kinds",
    "again_on.within": "again.within", "recurs.early_counts": "recurs.early",
}  # fmt: skip
"""Fields that the form calls otherwise than the document."""


def blank(today: str) -> Sheet:
    """A new requirement."""
    return Sheet({**NEW, "from": today}, Part("everyone"), Part("courses", {"needs": "all"}, {"courses": []}))


def sheet_of(document: Mapping[str, Any]) -> Sheet:
    """The form that shows a document, of whose versions the first."""
    versions = document.get("versions") or [{}]
    version = versions[0]
    rule = version.get("rule") or {}
    values = {"code": _text(document.get("requirement")), "title": _text(document.get("title"))}
    values |= {name: _text(version.get(name)) for name in ("from", *ABOUT)}
    values["apply_to_running"] = "yes" if version.get("apply_to_running") is True else ""
    values |= _first_values(rule.get("first") or {}) | _recurs_values(rule.get("recurs") or {})
    licence, again = rule.get("licence") or {}, rule.get("again_on") or {}
    values |= {f"licence.{name}": "; ".join(licence.get(name, ())) for name in ("kinds", "states")}
    values |= {f"again.{name}": "; ".join(again.get(name, ())) for name in ("policies", "courses")}
    values |= _length_values("again.within", again.get("within"))
    values |= {name: _text(rule.get(name)) for name in (*COUNTS, "grace_counts_as", "leave", "align")}
    look_back = rule.get("look_back")
    values["look_back"] = "length" if isinstance(look_back, Mapping) else _text(look_back)
    values |= _length_values("look_back_length", look_back)
    kept = {name: document[name] for name in KEPT if name in document}
    return Sheet(_said(values), audience_part(rule.get("audience")), satisfied_part(rule), kept)


def _first_values(data: Mapping[str, Any]) -> dict[str, str]:
    of = _text(data.get("of")) or "entering"
    if data.get("before"):
        of = "before_licence"
    elif of == "licence" and data.get("exactly") is True:
        of = "licence_exactly"
    values = {f"first.{name}": _text(data.get(name)) for name in ("not_before", "incumbents_due", "opens_before")}
    return {"first.of": of, **values, **_length_values("first.within", data.get("within"))}


def _recurs_values(data: Mapping[str, Any]) -> dict[str, str]:
    return {
        "recurs.kind": _text(data.get("kind")) or Recurs.ONCE.value,
        **_length_values("recurs.every", data.get("every")),
        "recurs.early": "no" if data.get("early_counts") is False else "yes",
        **{f"recurs.{name}": _text(data.get(name)) for name in ("month", "day", "minimum_window")},
    }


def _length_values(name: str, data: Any) -> dict[str, str]:
    """A length of time as a number and its unit: what has several units becomes months."""
    if not isinstance(data, Mapping):
        return {}
    units = [unit for unit in ("days", "months", "years") if data.get(unit)]
    if units == ["years", "months"] or units == ["months", "years"]:
        return {name: str(data["months"] + 12 * data["years"]), f"{name}_unit": "months"}
    unit = units[0] if units else next((unit for unit in ("days", "months", "years") if unit in data), "")
    return {name: _text(data.get(unit)), f"{name}_unit": unit} if unit else {}


def _said(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def read_sheet(sent: Sent, kept: Mapping[str, Any]) -> Sheet:
    """What a browser sent."""
    values = {name: first(sent, name) for name in sent if _is_field(name)}
    audience = read_part(sent, "audience", AUDIENCE_KINDS.__contains__, "everyone")
    satisfied = read_part(sent, "satisfied", SATISFIED_KINDS.__contains__, "courses")
    if audience.kind == "everyone":
        audience.parts = []
    elif audience.kind not in GROUPS:
        audience = Part("all", parts=[audience])
    return Sheet(_said(values), audience, _fitting(satisfied), dict(kept))


def _fitting(part: Part) -> Part:
    """What satisfies it, after its kind was changed in the form: parts that do not fit the new kind are left out."""
    if part.kind == "courses":
        return Part("courses", {"needs": part.values.get("needs") or "all"}, {"courses": part.lists.get("courses", [])})
    if part.kind == "hours":
        if "measure" not in part.values:
            return _fresh("hours")
        part.parts = [each for each in part.parts if each.kind in ("at_least", "at_most")]
    if part.kind in ("all", "any"):
        named = [Part("course", {"name": slug}) for slug in part.lists.pop("courses", [])]
        part.parts = [_fitting(each) for each in part.parts if each.kind not in ("at_least", "at_most")] + named
        part.values, part.lists = {}, {}
    return part


def _is_field(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and (name in FIELDS or name.removesuffix("_unit") in FIELDS)


def _fresh(kind: str) -> Part:
    if kind == "hours":
        return Part("hours", {"measure": "amount", "number": "", "hour": "60"})
    if kind in ("at_least", "at_most"):
        return Part(kind, {"measure": "amount", "number": ""})
    if kind == "patient_contact":
        return Part(kind, {"is": "yes"})
    return Part(kind)


AUDIENCE_KINDS = frozenset({"everyone", *GROUPS, *TESTS})
SATISFIED_KINDS = frozenset({"courses", "hours", "all", "any", "at_least", "at_most", *ITEMS})


def _text(value: Any) -> str:
    return "" if value is None else str(value)
